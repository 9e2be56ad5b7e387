"""Reminders by e-mail, through the mail account of the automation and never by a template's own sender (features R24)."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from kit.clock import Clock
from kit.smtp import Sent, SmtpAccess, SmtpFailed, SmtpPermanent, SmtpTemporary, SmtpUnknown
from reminder_dispatcher.channels.mail_accounts import SendingAccount
from reminder_dispatcher.channels.role import Accepted, Mail, NotEver, NotNow, OutcomeUnknown
from reminder_dispatcher.mails import UnsafeHeader, mail_bytes


class Sender(Protocol):
    """What is needed of `kit.smtp.SmtpSender`."""

    async def send(
        self, access: SmtpAccess, *, envelope_from: str, recipients: Sequence[str], message: bytes
    ) -> Sent: ...

    async def close(self) -> None: ...


class Accounts(Protocol):
    async def get(self, mail_account_id: UUID) -> SendingAccount: ...

    def forget(self, mail_account_id: UUID) -> None: ...


class EmailChannel:
    kind = "email"
    may_repeat = True
    """A repeated mail bears the same Message-ID, by which mail programs know it."""

    def __init__(self, sender: Sender, accounts: Accounts, *, loop_mark: str, clock: Clock) -> None:
        self._sender = sender
        self._accounts = accounts
        self._loop_mark = loop_mark
        self._clock = clock

    async def send(self, message: Mail) -> Accepted:
        account = await self._accounts.get(message.mail_account_id)
        try:
            content = mail_bytes(
                message,
                sender=account.address,
                sender_name=account.name,
                loop_mark=self._loop_mark,
                now=self._clock.now(),
            )
        except (UnsafeHeader, UnicodeEncodeError) as error:
            raise NotEver("unusable_text", str(error)) from error
        try:
            sent = await self._sender.send(
                account.access,
                envelope_from=account.address,
                recipients=[message.to, *message.bcc],
                message=content,
            )
        except SmtpFailed as error:
            if error.is_ours:
                self._accounts.forget(message.mail_account_id)
            raise _in_our_words(error, message.to) from error
        refusal = sent.refused.get(message.to)
        if refusal is not None:
            raise _refused(refusal.code, refusal.text, permanent=refusal.is_permanent)
        return Accepted(detail=f"{sent.code} {sent.text}".strip())

    async def close(self) -> None:
        await self._sender.close()


def _in_our_words(error: SmtpFailed, recipient: str) -> Exception:
    detail = f"{error.code or ''} {error.text}".strip()
    match error:
        case SmtpUnknown():
            return OutcomeUnknown("answer_lost", detail)
        case SmtpPermanent() if error.is_ours:
            return NotEver(f"smtp_{error.stage}", detail, whole_channel=True)
        case SmtpTemporary() if error.is_ours:
            return NotNow(f"smtp_{error.stage}", detail, whole_channel=True)
    own = error.per_recipient.get(recipient)
    if own is not None:
        return _refused(own.code, own.text, permanent=own.is_permanent)
    return _refused(error.code, error.text, permanent=isinstance(error, SmtpPermanent))


def _refused(code: int | None, text: str, *, permanent: bool) -> NotEver | NotNow:
    detail = f"{code or ''} {text}".strip()
    return NotEver("smtp_refused", detail) if permanent else NotNow("smtp_not_now", detail)
