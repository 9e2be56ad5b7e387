"""What a template would say, and what it would cost, before anybody gets it."""

from dataclasses import dataclass
from uuid import UUID

from kit.database import AsyncSession
from reminder_dispatcher.automation import zone_named
from reminder_dispatcher.composing import Language
from reminder_dispatcher.errors import TaskNotFound
from reminder_dispatcher.merge_fields import SAMPLE, Facts, Locale, Manner
from reminder_dispatcher.rendering import Sms, empty_fields, html_text, plain_text, sms_text, subject_text
from reminder_dispatcher.repository import automation as automation_repository
from reminder_dispatcher.repository import copies


@dataclass(frozen=True, slots=True)
class Draft:
    """The text of a template, saved or not."""

    channel: str
    locale: Locale
    subject: str | None
    body: str
    html: str | None
    fold: bool
    max_segments: int


@dataclass(frozen=True, slots=True)
class Preview:
    subject: str | None
    text: str
    html: str | None
    sms: Sms | None
    empty_fields: list[str]


def preview(draft: Draft, facts: Facts) -> Preview:
    parts = " ".join(part for part in (draft.subject, draft.body, draft.html) if part)
    empty = empty_fields(parts, facts)
    manner = Manner(draft.locale, brief=draft.channel == "sms")
    if draft.channel == "sms":
        sms = sms_text(draft.body, facts, manner, fold=draft.fold, max_segments=draft.max_segments)
        return Preview(None, sms.text, None, sms, empty)
    return Preview(
        subject=subject_text(draft.subject or "{{task.title}}", facts, manner),
        text=plain_text(draft.body, facts, manner),
        html=html_text(draft.html, facts, manner) if draft.html else None,
        sms=None,
        empty_fields=empty,
    )


async def facts_for_preview(session: AsyncSession, task_id: UUID | None, language: Language) -> Facts:
    """Those of a task (raises TaskNotFound), or a sample."""
    if task_id is None:
        return SAMPLE
    task = (await copies.tasks_by_id(session, [task_id])).get(task_id)
    if task is None:
        raise TaskNotFound(task_id)
    accounts = await copies.accounts_by_id(session, [task.account_id] if task.account_id else [])
    contacts = await copies.contacts_by_id(session, task.contact_ids)
    employees = await copies.employees_by_id(session, task.assignee_ids)
    settings = await automation_repository.get_settings(session)
    sender = (
        await copies.find_mail_account(session, settings.mail_account_id)
        if settings.mail_account_id is not None
        else None
    )
    contact = next((contacts[one].name for one in task.contact_ids if one in contacts), "")
    account = accounts[task.account_id].name if task.account_id in accounts else ""
    return Facts(
        title=task.title,
        description=task.description,
        location=task.location,
        number=task.number or "",
        starts_at=task.starts_at,
        ends_at=task.ends_at,
        all_day=task.all_day,
        zone=zone_named(task.timezone, language.timezone),
        account=account,
        contact=contact,
        recipient=contact or account,
        assignees=tuple(employees[one].name for one in task.assignee_ids if one in employees),
        sender=sender.name if sender else "",
        case_number=task.case_number,
    )
