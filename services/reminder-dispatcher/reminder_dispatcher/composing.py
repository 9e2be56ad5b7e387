"""From a claimed reminder to the message that leaves: who gets it, by which template, in which language, with which words.

Everything is looked up at this moment, for a whole batch at once; what was true when the reminder was armed does not count.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from contracts.tasks import TaskState
from kit.database import AsyncSession
from reminder_dispatcher.automation import AutomationSettings, zone_named
from reminder_dispatcher.channels.role import Mail, Notice, Sms
from reminder_dispatcher.due_reminder import DueReminder
from reminder_dispatcher.merge_fields import Facts, Locale, Manner
from reminder_dispatcher.models import (
    AccountCard,
    ContactCard,
    EmployeeCard,
    MailAccountCard,
    Template,
    TemplateDefault,
)
from reminder_dispatcher.recipients import (
    Found,
    NoRecipient,
    NumberPolicy,
    Recipient,
    client_recipient,
    operator_recipient,
)
from reminder_dispatcher.rendering import empty_fields, html_text, plain_text, sms_text, subject_text
from reminder_dispatcher.repository import automation as automation_repository
from reminder_dispatcher.repository import copies
from reminder_dispatcher.repository import templates as template_repository
from reminder_dispatcher.sender_names import usable_sender
from reminder_dispatcher.template_channels import words_of

_PREVIEW = 120
EVERYWHERE = "*"


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What composing needs to know beside the reminders themselves."""

    settings: AutomationSettings
    tasks: Mapping[UUID, TaskState]
    accounts: Mapping[UUID, AccountCard] = field(default_factory=dict)
    contacts: Mapping[UUID, ContactCard] = field(default_factory=dict)
    employees: Mapping[UUID, EmployeeCard] = field(default_factory=dict)
    templates: Mapping[UUID, Template] = field(default_factory=dict)
    defaults: Mapping[tuple[str, str, str], UUID] = field(default_factory=dict)  # (channel, context, locale)
    mail_account: MailAccountCard | None = None
    sms_sender: str | None = None  # None: that of the gateway

    @property
    def withheld_sender(self) -> str | None:
        """A sender name that is wanted and may not be used yet (features R74)."""
        return self.settings.sms_sender if self.sms_sender is None else None


@dataclass(frozen=True, slots=True)
class Language:
    """What the installation speaks and where it is."""

    locale: Locale
    timezone: str
    numbers: NumberPolicy


@dataclass(frozen=True, slots=True)
class Composed:
    """A message ready to leave. `note` tells what a person should know of it, for instance that it was shortened; `run_as` is the
    user on whose behalf it is sent (features R32)."""

    message: Mail | Sms | Notice
    recipient: Recipient
    subject: str | None
    text: str
    segments: int | None = None
    note: str | None = None
    run_as: UUID | None = None

    @property
    def preview(self) -> str:
        return (self.subject or self.text)[:_PREVIEW]


@dataclass(frozen=True, slots=True)
class CannotCompose:
    """Why nothing can be sent. `is_wish`: nobody wanted it, so it is no failure."""

    reason: str
    detail: str
    is_wish: bool = False


async def circumstances_of(session: AsyncSession, due: Sequence[DueReminder]) -> Circumstances:
    """Everything these reminders refer to, one query for each kind."""
    settings = await automation_repository.get_settings(session)
    tasks = await copies.tasks_to_tell(session, {reminder.task_id for reminder in due})
    contacts = await copies.contacts_by_id(
        session, {contact for task in tasks.values() for contact in task.contact_ids}
    )
    accounts = await copies.accounts_by_id(session, {task.account_id for task in tasks.values() if task.account_id})
    people = {employee for task in tasks.values() for employee in task.assignee_ids}
    people |= {reminder.employee_id for reminder in due if reminder.employee_id}
    people |= {task.party_employee_id for task in tasks.values() if task.party_employee_id}
    defaults = _by_place(await template_repository.all_defaults(session))
    chosen = {reminder.template_id for reminder in due if reminder.template_id} | set(defaults.values())
    return Circumstances(
        settings=settings,
        tasks=tasks,
        accounts=accounts,
        contacts=contacts,
        employees=await copies.employees_by_id(session, people),
        templates=await template_repository.templates_by_id(session, chosen),
        defaults=defaults,
        mail_account=await copies.find_mail_account(session, settings.mail_account_id)
        if settings.mail_account_id
        else None,
        sms_sender=await usable_sender(session, settings.sms_sender) if settings.sms_sender else None,
    )


def compose(reminder: DueReminder, given: Circumstances, language: Language) -> Composed | CannotCompose:
    """The message of one reminder, or why there is none."""
    task = given.tasks.get(reminder.task_id)
    if task is None:
        return CannotCompose("task_unknown", "The task of this reminder is not known.")
    found = recipient_of(reminder, task, given, language)
    if isinstance(found, NoRecipient):
        return CannotCompose(found.reason, found.detail, is_wish=found.is_wish)
    template = template_for(reminder, found.locale, given, language)
    if template is None:
        return CannotCompose("no_template", f"There is no template for {reminder.channel} to {reminder.audience}s.")
    facts = facts_of(reminder, task, found, given, language)
    if reminder.channel == "app":
        return _notice(reminder, template, facts, found, given)
    if reminder.channel == "sms":
        return _sms(reminder, template, facts, found, given)
    return _mail(reminder, template, facts, found, given)


def recipient_of(reminder: DueReminder, task: TaskState, given: Circumstances, language: Language) -> Found:
    if reminder.audience == "client":
        cards = [given.contacts[contact] for contact in task.contact_ids if contact in given.contacts]
        account = given.accounts.get(task.account_id) if task.account_id else None
        return client_recipient(
            reminder.channel,
            typed=reminder.address,
            contacts=[card for card in cards if card.active],
            account=account if account and account.active else None,
            locale=language.locale,
            policy=language.numbers,
            party=given.employees.get(task.party_employee_id) if task.party_employee_id else None,
        )
    if reminder.employee_id is None:
        return NoRecipient("no_assignee", "Nobody is assigned to the task.")
    rows = {participant.employee_id: participant for participant in task.participants}
    return operator_recipient(
        reminder.channel,
        participant=rows.get(reminder.employee_id),
        card=given.employees.get(reminder.employee_id),
        default_locale=language.locale,
        policy=language.numbers,
    )


def template_for(reminder: DueReminder, locale: Locale, given: Circumstances, language: Language) -> Template | None:
    """The chosen template, else the default of the place in the recipient's language, else in that of the installation.

    A chosen template that is a default gives way to the default of the recipient's language. What shows in the application
    has the words of an SMS.
    """
    channel = words_of(reminder.channel)
    place = reminder.audience if reminder.about == "task" else reminder.about
    chosen = given.templates.get(reminder.template_id) if reminder.template_id else None
    if chosen is not None and (chosen.locale == locale or chosen.id not in given.defaults.values()):
        return chosen
    for spoken in (locale, language.locale):
        for context in (place, EVERYWHERE):
            template_id = given.defaults.get((channel, context, spoken))
            if template_id is not None and template_id in given.templates:
                return given.templates[template_id]
    return chosen


def facts_of(
    reminder: DueReminder, task: TaskState, recipient: Recipient, given: Circumstances, language: Language
) -> Facts:
    contact = next((given.contacts[one] for one in task.contact_ids if one in given.contacts), None)
    account = given.accounts.get(task.account_id) if task.account_id else None
    names = [given.employees[one].name for one in task.assignee_ids if one in given.employees]
    return Facts(
        title=task.title,
        description=task.description,
        location=task.location,
        number=task.number or "",
        starts_at=reminder.starts_at,
        ends_at=reminder.ends_at,
        all_day=task.all_day,
        zone=zone_named(task.timezone, language.timezone),
        account=account.name if account else "",
        contact=contact.name if contact else "",
        recipient=recipient.name,
        assignees=tuple(names),
        sender=given.mail_account.name if given.mail_account else "",
        case_number=task.case_number,
    )


def _notice(
    reminder: DueReminder, template: Template, facts: Facts, recipient: Recipient, given: Circumstances
) -> Composed | CannotCompose:
    """An SMS that costs nothing keeps its letters and its length."""
    text = plain_text(template.body, facts, Manner(_locale(template))).strip()
    if reminder.employee_id is None or not text:
        return CannotCompose("empty_text", "The template gives an empty text for this task.")
    message = Notice(reminder.id.hex, reminder.employee_id, facts.title, text)
    note, run_as = _what_is_empty(template, facts), given.settings.run_as_user_id
    return Composed(message, recipient, facts.title or None, text, note=note, run_as=run_as)


def _sms(
    reminder: DueReminder, template: Template, facts: Facts, recipient: Recipient, given: Circumstances
) -> Composed | CannotCompose:
    sms = sms_text(
        template.body,
        facts,
        Manner(_locale(template), brief=True),
        fold=template.diacritics == "fold",
        max_segments=template.max_segments,
    )
    if not sms.text:
        return CannotCompose("empty_text", "The template gives an empty text for this task.")
    message = Sms(reminder.id.hex, recipient.address, sms.text, sms.encoding, sms.segments, given.sms_sender)
    shortened = f"Shortened to {template.max_segments} segments." if sms.was_shortened else None
    withheld = given.withheld_sender
    unnamed = f"The sender name {withheld!r} is not approved; the gateway's own was used." if withheld else None
    notes = [note for note in (shortened, unnamed, _what_is_empty(template, facts)) if note]
    run_as = given.settings.run_as_user_id
    return Composed(message, recipient, None, sms.text, sms.segments, " ".join(notes) or None, run_as)


def _mail(
    reminder: DueReminder, template: Template, facts: Facts, recipient: Recipient, given: Circumstances
) -> Composed | CannotCompose:
    account = given.mail_account
    mail_account_id = given.settings.mail_account_id
    if mail_account_id is None:
        return CannotCompose("mail_account_required", "The reminder settings name no mail account that sends.")
    manner = Manner(_locale(template))
    subject = subject_text(template.subject or "{{task.title}}", facts, manner)
    text = plain_text(template.body, facts, manner)
    message = Mail(
        message_id=reminder.rfc_message_id or own_message_id(reminder.id, account.address if account else ""),
        mail_account_id=mail_account_id,
        to=recipient.address,
        to_name=_one_line(recipient.name),
        bcc=tuple(template.bcc),
        subject=subject,
        text=text,
        html=html_text(template.html, facts, manner) if template.html else None,
        language=template.locale,
    )
    note, run_as = _what_is_empty(template, facts), given.settings.run_as_user_id
    return Composed(message, recipient, subject, text, note=note, run_as=run_as)


def _what_is_empty(template: Template, facts: Facts) -> str | None:
    """features R82: an empty value is written as nothing, and that is told in the log."""
    parts = " ".join(part for part in (template.subject, template.body, template.html) if part)
    empty = empty_fields(parts, facts)
    return f"Empty: {', '.join(empty)}." if empty else None


def own_message_id(reminder_id: UUID, sender: str) -> str:
    """One for each reminder, for ever; its 62 random bits cannot be guessed."""
    domain = sender.rpartition("@")[2].lower()
    return f"r.{reminder_id.hex}@{domain or 'goniec.invalid'}"


def _locale(template: Template) -> Locale:
    return "en" if template.locale == "en" else "pl"


def _one_line(name: str) -> str:
    return " ".join("".join(character if character.isprintable() else " " for character in name).split())[:100]


def _by_place(defaults: Collection[TemplateDefault]) -> dict[tuple[str, str, str], UUID]:
    return {(default.channel, default.context, default.locale): default.template_id for default in defaults}
