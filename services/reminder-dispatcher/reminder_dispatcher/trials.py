"""Sending a template once to see that it arrives: through the real channels, and to whoever tries it (issue 6, point 5)."""

from dataclasses import dataclass
from uuid import UUID

from kit.database import AsyncSession
from kit.errors import FieldError
from kit.ids import new_id
from reminder_dispatcher.automation import AutomationSettings
from reminder_dispatcher.channels.role import Accepted, Channel, Mail, NotAccepted, OutcomeUnknown, Sms
from reminder_dispatcher.composing import Language, own_message_id
from reminder_dispatcher.errors import MailAccountRequired, UnusableAddress
from reminder_dispatcher.merge_fields import Facts, Manner
from reminder_dispatcher.models import Template
from reminder_dispatcher.phone_numbers import NotANumber, NumberNotAllowed, e164
from reminder_dispatcher.recipients import wire_address
from reminder_dispatcher.rendering import html_text, plain_text, sms_text, subject_text
from reminder_dispatcher.repository import automation as automation_repository
from reminder_dispatcher.repository import copies
from reminder_dispatcher.sender_names import usable_sender

_MARK = {"pl": "[Próba]", "en": "[Test]"}


@dataclass(frozen=True, slots=True)
class Trial:
    """A message that is about to be tried."""

    message: Mail | Sms
    text: str
    segments: int | None


@dataclass(frozen=True, slots=True)
class TrialResult:
    """`outcome` as in the delivery log; `detail` is what the server or gateway said."""

    outcome: str
    reason: str | None
    detail: str
    recipient: str
    text: str
    segments: int | None
    rfc_message_id: str | None


class Trials:
    """The channels themselves: a trial leaves at once and is no reminder, so nothing is retried and nothing is logged of it."""

    def __init__(self, email: Channel[Mail], sms: Channel[Sms]) -> None:
        self._email = email
        self._sms = sms

    async def run(self, trial: Trial) -> TrialResult:
        outcome, reason, detail, segments = "sent", None, "", trial.segments
        try:
            answer = await self._send(trial.message)
            detail, segments = answer.detail, answer.segments or segments
        except NotAccepted as refusal:
            outcome, reason, detail = "refused", refusal.reason, refusal.detail
        except OutcomeUnknown as unknown:
            outcome, reason, detail = "unknown", unknown.reason, unknown.detail
        message = trial.message
        return TrialResult(
            outcome=outcome,
            reason=reason,
            detail=detail,
            recipient=message.to if isinstance(message, Mail) else message.number,
            text=trial.text,
            segments=segments,
            rfc_message_id=message.message_id if isinstance(message, Mail) else None,
        )

    async def _send(self, message: Mail | Sms) -> Accepted:
        if isinstance(message, Mail):
            return await self._email.send(message)
        return await self._sms.send(message)


async def trial_of(session: AsyncSession, template: Template, facts: Facts, to: str, language: Language) -> Trial:
    """The template filled in and addressed to `to`. Raises UnusableAddress or MailAccountRequired."""
    settings = await automation_repository.get_settings(session)
    if template.channel == "sms":
        return _sms(template, facts, to, language, await usable_sender(session, settings.sms_sender))
    return await _mail(session, template, facts, to, settings)


def _sms(template: Template, facts: Facts, to: str, language: Language, sender: str | None) -> Trial:
    try:
        number = e164(to, region=language.numbers.region, countries=language.numbers.countries)
    except (NotANumber, NumberNotAllowed) as problem:
        raise UnusableAddress([FieldError(pointer="#/to", detail=str(problem))]) from None
    manner = Manner("en" if template.locale == "en" else "pl", brief=True)
    sms = sms_text(template.body, facts, manner, fold=template.diacritics == "fold", max_segments=template.max_segments)
    message = Sms(new_id().hex, number, sms.text, sms.encoding, sms.segments, sender)
    return Trial(message, sms.text, sms.segments)


async def _mail(
    session: AsyncSession, template: Template, facts: Facts, to: str, settings: AutomationSettings
) -> Trial:
    """Without the copies of the template: a trial is nobody else's business."""
    address = wire_address(to)
    if address is None:
        detail = "This is not an e-mail address that can be written to."
        raise UnusableAddress([FieldError(pointer="#/to", detail=detail)])
    if settings.mail_account_id is None:
        raise MailAccountRequired("#/to")
    account = await copies.find_mail_account(session, settings.mail_account_id)
    manner = Manner("en" if template.locale == "en" else "pl")
    text = plain_text(template.body, facts, manner)
    subject = subject_text(template.subject or "{{task.title}}", facts, manner)
    trial_id: UUID = new_id()
    message = Mail(
        message_id=own_message_id(trial_id, account.address if account else "").replace("r.", "t.", 1),
        mail_account_id=settings.mail_account_id,
        to=address,
        to_name="",
        bcc=(),
        subject=f"{_MARK[manner.locale]} {subject}",
        text=text,
        html=html_text(template.html, facts, manner) if template.html else None,
        language=template.locale,
    )
    return Trial(message, text, None)
