"""Cases: list, search, open, show, change, delete."""

import re
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from case_threader.assigning import assign_to_account
from case_threader.changing import change_case, check_cards
from case_threader.deleting import delete_case
from case_threader.endpoints.viewing import shape_of_case, shapes_of_cases
from case_threader.errors import TooMuchExpanded
from case_threader.folding import words_of
from case_threader.locking import changing_cases
from case_threader.models import CaseRow
from case_threader.opening import open_case
from case_threader.parts import Reader, The, Writer, author_of
from case_threader.repository import cases
from case_threader.schemas.cases import CaseChangeBody, CaseItem, CaseShape, NewCaseBody, StatusName
from contracts.addresses import canonical_email
from kit.etags import check_if_match, etag_of, show_version
from kit.paging import Page, PageWanted, Paging, page_of

router = APIRouter(tags=["cases"])

MOST_EXPANDED = 20
_NUMBER = re.compile(r"(?:\[?[^\s#]{0,40}#\s?)?([0-9]{1,9})\]?")


@router.get("/v1/cases", response_model=Page[CaseItem], response_model_exclude_none=False)
async def list_cases(
    the: The,
    _: Reader,
    paging: PageWanted,
    status: StatusName | None = None,
    account_id: UUID | None = None,
    owner_id: UUID | None = None,
    contact_id: Annotated[UUID | None, Query(description="The contact the case belongs to.")] = None,
    participant: Annotated[str | None, Query(max_length=320, description="An address that takes part.")] = None,
    task_id: Annotated[UUID | None, Query(description="A task that stands on the timeline.")] = None,
    q: Annotated[
        str, Query(max_length=200, description="A number or tag, or words of subject, text, people, account.")
    ] = "",
    expand: Literal["messages"] | None = None,
) -> Page[CaseItem]:
    """Cases, the one with the newest activity first; every word of `q` must begin a word of one of its messages."""
    if expand is not None and paging.limit > MOST_EXPANDED:
        raise TooMuchExpanded(MOST_EXPANDED)
    async with the.database.reading() as session:
        found = await cases.found_by(session, words_of(q, most=10), _number_in(q)) if q.strip() else None
        query = cases.cases_in_list(
            paging,
            cases.Wanted(
                status=status, account_id=account_id, owner_id=owner_id, contact_id=contact_id,
                participant=canonical_email(participant) if participant else None, task_id=task_id,
            ),
            found=found,
        )  # fmt: skip
        listed = list((await session.scalars(query)).all())
        shapes = await shapes_of_cases(session, listed[: paging.limit], expand=expand is not None)
    return _page(listed, shapes, paging)


@router.post("/v1/cases", response_model=CaseShape, status_code=201)
async def add_case(the: The, caller: Writer, body: NewCaseBody, response: Response) -> CaseShape:
    """Open a case of an account, with or without an unassigned mail in it (features C4, C23)."""
    now = the.clock.now()
    async with changing_cases(the.database) as session:
        if body.message_id is not None:
            case = await assign_to_account(
                session, body.message_id, account_id=body.account_id, contact_id=body.contact_id,
                author=author_of(caller), now=now,
            )  # fmt: skip
        else:
            await check_cards(
                session, account_id=body.account_id, contact_id=body.contact_id, of_account=body.account_id,
                owner_id=body.owner_id,
            )  # fmt: skip
            case = await open_case(
                session, account_id=body.account_id, contact_id=body.contact_id, owner_id=body.owner_id,
                title=body.title, now=now,
            )  # fmt: skip
        shape = await shape_of_case(session, case)
    response.headers["location"] = f"/v1/cases/{shape.number}"
    response.headers["etag"] = etag_of(shape.version)
    return shape


@router.get("/v1/cases/{number}", response_model=CaseShape)
async def show_case(the: The, _: Reader, number: int, request: Request, response: Response) -> CaseShape:
    """One case; a merged one names in `merged_into` where it lives on."""
    async with the.database.reading() as session:
        shape = await shape_of_case(session, await cases.get_case(session, number))
    show_version(request, response, shape.version)
    return shape


@router.patch("/v1/cases/{number}", response_model=CaseShape)
async def patch_case(
    the: The, caller: Writer, number: int, body: CaseChangeBody, request: Request, response: Response
) -> CaseShape:
    """Set status, owner, title, account or contact by hand (features C47)."""
    async with changing_cases(the.database) as session:
        case = await cases.get_live_case(session, number)
        check_if_match(request, etag_of(case.version))
        await change_case(session, case, body.fields(), author=author_of(caller), now=the.clock.now())
        await session.flush()
        shape = await shape_of_case(session, case)
    response.headers["etag"] = etag_of(shape.version)
    return shape


@router.delete("/v1/cases/{number}", status_code=204)
async def remove_case(the: The, caller: Writer, number: int, request: Request) -> None:
    """Delete a case: its number stays taken and its tag is followed by nothing. `…/undo` brings it back."""
    async with changing_cases(the.database) as session:
        case = await cases.get_live_case(session, number)
        check_if_match(request, etag_of(case.version))
        await delete_case(session, number, author=author_of(caller), now=the.clock.now())


def _number_in(q: str) -> int | None:
    """The number when something like `3932`, `#3932` or `[Acme#3932]` is looked for."""
    match = _NUMBER.fullmatch(q.strip())
    return int(match[1]) if match else None


def _page(listed: list[CaseRow], shapes: list[CaseItem], paging: Paging) -> Page[CaseItem]:
    by_id = {shape.id: shape for shape in shapes}
    return page_of(listed, paging, key=lambda case: (case.last_activity_at, case.id), shape=lambda case: by_id[case.id])
