"""Making, changing and deleting templates; one default for each place and language (features R79-R82)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.reminders import TemplateChanged
from kit.announcing import announce
from kit.database import AsyncSession
from kit.errors import FieldError
from kit.ids import new_id
from reminder_dispatcher.errors import TemplateInUse, TemplateNotFound, UnusableTemplate
from reminder_dispatcher.models import Template
from reminder_dispatcher.rendering import faults_of
from reminder_dispatcher.repository import automation as automation_repository
from reminder_dispatcher.repository import templates as repository
from reminder_dispatcher.template_channels import check_channel

_PARTS = ("subject", "body", "html")
_CHANGEABLE = (
    "name", "locale", "subject", "body", "html", "bcc", "from_address", "contexts", "diacritics", "max_segments"
)  # fmt: skip


def check_text(values: dict[str, Any]) -> None:
    """Raises UnusableTemplate that points at every placeholder we do not have."""
    errors: list[FieldError] = [
        {"pointer": f"/{fault.part}", "detail": fault.detail}
        for part in _PARTS
        if values.get(part)
        for fault in faults_of(part, values[part])
    ]
    if errors:
        raise UnusableTemplate(errors)


async def get_template(session: AsyncSession, template_id: UUID) -> Template:
    template = await repository.find_template(session, template_id)
    if template is None:
        raise TemplateNotFound(template_id)
    return template


async def add_template(session: AsyncSession, values: dict[str, Any], *, is_default: bool, now: datetime) -> Template:
    """`values` are the columns but id, version and moments."""
    check_text(values)
    template_id = new_id()
    row = {**values, "id": template_id, "version": 1, "deleted_at": None, "changed_at": now}
    await repository.add_templates(session, [row])
    template = await get_template(session, template_id)
    displaced = await _settle_default(session, template, is_default=is_default)
    announce(session, await template_fact(session, template))
    await _tell_displaced(session, displaced - {template_id})
    return template


async def change_template(
    session: AsyncSession, template: Template, changes: dict[str, Any], *, now: datetime
) -> Template:
    """`changes` by field name; `is_default` among them moves the default."""
    was_default = bool(await repository.defaults_among(session, [template.id]))
    values = {name: changes[name] for name in _CHANGEABLE if name in changes}
    try:
        check_channel(template.channel, set(values), values)
    except ValueError as error:
        raise UnusableTemplate([{"pointer": "/", "detail": str(error)}]) from None
    check_text(values)
    await repository.save_template(session, template.id, {**values, "version": template.version + 1, "changed_at": now})
    template = await get_template(session, template.id)
    is_default = changes.get("is_default", was_default)
    displaced = await _settle_default(session, template, is_default=is_default)
    announce(session, await template_fact(session, template))
    await _tell_displaced(session, displaced - {template.id})
    return template


async def delete_template(session: AsyncSession, template: Template, *, now: datetime) -> None:
    """Tasks that still name it fall back to the default. Raises TemplateInUse while the reminder settings name it."""
    settings = await automation_repository.get_settings(session)
    used = {plan.template_id for _, _, plan in settings.plans()}
    if template.id in used:
        raise TemplateInUse(template.id)
    await repository.delete_template(session, template.id, now=now)
    announce(session, await template_fact(session, template, deleted=True))


async def _settle_default(session: AsyncSession, template: Template, *, is_default: bool) -> set[UUID]:
    """The templates that were the default where this one is now."""
    if not is_default:
        await repository.stop_being_default(session, template.id)
        return set()
    places = {(template.channel, context, template.locale) for context in template.contexts}
    before = {
        default.template_id
        for default in await repository.all_defaults(session)
        if (default.channel, default.context, default.locale) in places
    }
    await repository.stop_being_default(session, template.id)
    await repository.make_default(
        session, template.id, channel=template.channel, contexts=template.contexts, locale=template.locale
    )
    return before


async def template_fact(session: AsyncSession, template: Template, *, deleted: bool = False) -> TemplateChanged:
    """The template as others hear of it, with the places whose default it is."""
    places = [one.context for one in await repository.all_defaults(session) if one.template_id == template.id]
    return TemplateChanged(
        template_id=template.id,
        version=template.version,
        name=template.name,
        channel="sms" if template.channel == "sms" else "email",
        bcc=template.bcc,
        from_address=template.from_address,
        locale=template.locale,
        contexts=template.contexts,
        is_default=bool(places),
        default_contexts=sorted(places),
        deleted=deleted,
    )


async def _tell_displaced(session: AsyncSession, displaced: set[UUID]) -> None:
    for template in (await repository.templates_by_id(session, displaced)).values():
        announce(session, await template_fact(session, template))
