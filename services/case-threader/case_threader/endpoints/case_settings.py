"""How cases are kept here."""

from fastapi import APIRouter, Request, Response

from case_threader.case_settings import CaseSettings
from case_threader.locking import changing_cases
from case_threader.parts import Reader, The, Writer
from case_threader.repository.settings import get_settings
from case_threader.schemas.settings import CaseSettingsBody
from case_threader.setting_up import change_settings
from kit.etags import check_if_match, etag_of, show_version

router = APIRouter(tags=["case settings"])


@router.get("/v1/case-settings", response_model=CaseSettings)
async def show_case_settings(the: The, _: Reader, request: Request, response: Response) -> CaseSettings:
    async with the.database.reading() as session:
        stored = await get_settings(session)
    show_version(request, response, stored.version)
    return stored.settings


@router.put("/v1/case-settings", response_model=CaseSettings)
async def put_case_settings(
    the: The, _: Writer, body: CaseSettingsBody, request: Request, response: Response
) -> CaseSettings:
    """Replace the settings. A former prefix stays recognised (features C28); generic ones are refused (features C9)."""
    async with changing_cases(the.database) as session:
        stored = await get_settings(session)
        check_if_match(request, etag_of(stored.version))
        changed = await change_settings(session, stored, body.settings())
    response.headers["etag"] = etag_of(changed.version)
    return changed.settings
