"""Changing the automation: what is saved takes effect at once, also for reminders that are armed already (features R39)."""

from datetime import datetime

from kit.announcing import announce
from kit.database import AsyncSession
from kit.errors import FieldError
from reminder_dispatcher.automation import AutomationSettings, WaitingRule
from reminder_dispatcher.default_templates import DEFAULT_TEMPLATES
from reminder_dispatcher.due import planned_moment
from reminder_dispatcher.errors import MailAccountRequired, UnusableSettings
from reminder_dispatcher.repository import automation as repository
from reminder_dispatcher.repository import reminders as reminder_repository
from reminder_dispatcher.repository import sender_names
from reminder_dispatcher.repository import templates as template_repository
from reminder_dispatcher.template_channels import words_of
from reminder_dispatcher.template_keeping import get_template, template_fact

TOLD_SHAPE = 1
"""Raise it when what is announced of settings or templates grows: an installation that is upgraded says them once more, so that
listeners know what is new about them. 1: the address a template sends from (features R33)."""


async def save_settings(
    session: AsyncSession, settings: AutomationSettings, *, now: datetime, default_zone: str
) -> AutomationSettings:
    """Check and keep the settings, plan armed reminders anew when the quiet hours changed, and tell everybody.

    Raises MailAccountRequired or UnusableSettings.
    """
    await _check(session, settings)
    if settings.sms_sender is not None:
        await sender_names.add_sender_name(session, settings.sms_sender, now=now)
    former = await repository.get_settings(session)
    await repository.save_settings(session, settings, told_shape=await repository.told_shape(session), now=now)
    if former.quiet(default_zone) != settings.quiet(default_zone):
        await plan_anew(session, settings, now=now, default_zone=default_zone)
    announce(session, settings.fact())
    return settings


async def first_settings(session: AsyncSession, settings: AutomationSettings, *, now: datetime) -> bool:
    """Write settings and templates of a new installation; False when they are there already."""
    if await repository.find_settings(session) is not None:
        return False
    rows = [
        {
            "id": template.id,
            "version": 1,
            "name": template.name,
            "channel": template.channel,
            "locale": template.locale,
            "subject": template.subject,
            "body": template.body,
            "html": None,
            "bcc": [],
            "from_address": None,
            "contexts": [template.context],
            "diacritics": "fold",
            "max_segments": 2,
            "deleted_at": None,
            "changed_at": now,
        }
        for template in DEFAULT_TEMPLATES
    ]
    await template_repository.add_templates(session, rows)
    for template in DEFAULT_TEMPLATES:
        await template_repository.make_default(
            session, template.id, channel=template.channel, contexts=[template.context], locale=template.locale
        )
    for template in DEFAULT_TEMPLATES:
        announce(session, await template_fact(session, await get_template(session, template.id)))
    await repository.save_settings(session, settings, told_shape=TOLD_SHAPE, now=now)
    announce(session, settings.fact())
    return True


async def tell_again_after_upgrade(session: AsyncSession) -> bool:
    """Say settings and templates once more when what is said of them has grown since they were said last."""
    if await repository.told_shape(session) >= TOLD_SHAPE:
        return False
    announce(session, (await repository.get_settings(session)).fact())
    for template in await template_repository.living_templates(session):
        announce(session, await template_fact(session, template))
    await repository.note_told_shape(session, TOLD_SHAPE)
    return True


async def _check(session: AsyncSession, settings: AutomationSettings) -> None:
    named = {plan.template_id for _, _, plan in settings.plans() if plan.template_id is not None}
    templates = await template_repository.templates_by_id(session, named)
    errors: list[FieldError] = []
    for whose, place, plan in settings.plans():
        if plan.channel == "email" and settings.mail_account_id is None:
            raise MailAccountRequired(f"/{whose}/channels/{place}")
        if plan.template_id is None:
            continue
        template = templates.get(plan.template_id)
        if template is None:
            detail = f"There is no template {plan.template_id}."
        elif template.channel != words_of(plan.channel):
            detail = f"Template {template.name!r} is for {template.channel}, not for {plan.channel}."
        else:
            continue
        errors.append({"pointer": f"/{whose}/channels/{place}/template_id", "detail": detail})
    for whose in ("unanswered_cases", "waiting_invitations"):
        rule: WaitingRule = getattr(settings, whose)
        if rule.enabled and not rule.channels:
            errors.append({"pointer": f"/{whose}/channels", "detail": "Say by what people are told."})
        if rule.enabled and not rule.employee_ids and whose == "waiting_invitations":
            errors.append({"pointer": f"/{whose}/employee_ids", "detail": "Say who is told."})
    if errors:
        raise UnusableSettings(errors)


async def plan_anew(session: AsyncSession, settings: AutomationSettings, *, now: datetime, default_zone: str) -> None:
    """Untried armed reminders leave when the new quiet hours say, page by page."""
    quiet = settings.quiet(default_zone)
    async for page in reminder_repository.armed_plans(session):
        moved = []
        for plan in page:
            concerned = quiet if quiet is not None and quiet.concern(plan.audience, plan.channel) else None
            planned_at = planned_moment(plan.due_at, plan.begins_at, now=now, quiet=concerned)
            if planned_at != plan.planned_at:
                moved.append((plan.id, planned_at))
        await reminder_repository.replan(session, moved, now=now)
