"""The settings of cases: what they begin with, and what may become of them."""

from __future__ import annotations

from case_threader.case_settings import CaseSettings
from case_threader.errors import BadPrefix, NothingToFileBy, TemplateUnknown
from case_threader.repository.settings import (
    StoredSettings,
    add_settings,
    find_settings,
    has_opened_cases,
    replace_settings,
)
from case_threader.repository.wordings import find_template
from case_threader.subject_tags import composed, prefix_objection
from kit.database import AsyncSession


async def begin_settings(session: AsyncSession, *, tag_prefix: str) -> None:
    """On the first start: the defaults, with this prefix."""
    if await find_settings(session) is None:
        await add_settings(session, checked(CaseSettings(tag_prefix=tag_prefix)))


async def change_settings(session: AsyncSession, stored: StoredSettings, wanted: CaseSettings) -> StoredSettings:
    """Replace the settings. Raises BadPrefix, TemplateUnknown.

    A prefix that has been used is never lost, for mail with its tags goes on coming (features C28).
    """
    wanted = checked(wanted)
    if await find_template(session, wanted.acknowledgement_template_id) is None and wanted.acknowledgement_template_id:
        raise TemplateUnknown(wanted.acknowledgement_template_id)
    former = stored.settings.tag_prefix
    is_another = former.casefold() != wanted.tag_prefix.casefold()
    known = {prefix.casefold() for prefix in wanted.recognised_prefixes}
    if is_another and former.casefold() not in known and await has_opened_cases(session):
        wanted = wanted.model_copy(update={"recognised_prefixes": [*wanted.recognised_prefixes, former]})
    if wanted == stored.settings:
        return stored
    await replace_settings(session, wanted, version=stored.version + 1)
    return StoredSettings(wanted, stored.version + 1)


def checked(settings: CaseSettings) -> CaseSettings:
    """The settings with canonical prefixes, each once. Raises BadPrefix, NothingToFileBy."""
    prefixes: dict[str, str] = {}
    for place, prefix in enumerate([settings.tag_prefix, *settings.recognised_prefixes]):
        canonical = composed(prefix.strip())
        objection = prefix_objection(canonical)
        if objection is not None:
            pointer = "#/tag_prefix" if place == 0 else f"#/recognised_prefixes/{place - 1}"
            raise BadPrefix(objection, errors=[{"pointer": pointer, "detail": objection}])
        prefixes.setdefault(canonical.casefold(), canonical)
    if settings.tag_position == "none" and not settings.file_by_references:
        raise NothingToFileBy
    own, *former = prefixes.values()
    return settings.model_copy(update={"tag_prefix": own, "recognised_prefixes": former})
