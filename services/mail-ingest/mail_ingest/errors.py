"""What mail-ingest can refuse."""

from __future__ import annotations

from uuid import UUID

from kit.errors import Conflict, Invalid, NotFound, TooLarge, Unavailable


class MailAccountNotFound(NotFound):
    code = "mail_account_not_found"

    def __init__(self, account_id: UUID) -> None:
        super().__init__(f"There is no mail account {account_id}.")


class MailAccountExists(Conflict):
    code = "mail_account_exists"

    def __init__(self, address: str, account_id: UUID) -> None:
        super().__init__(f"There is a mail account for {address} already.", existing_id=str(account_id))


class MailboxFixed(Conflict):
    """features R89. `mailbox` is the one it stays with: `host` and `username`."""

    code = "mailbox_fixed"

    def __init__(self, mailbox: dict[str, str]) -> None:
        super().__init__(
            f"Mail was fetched from {mailbox['username']} at {mailbox['host']}, and the ledger knows it by its place there; "
            "make another mail account for another mailbox.",
            mailbox=mailbox,
        )


class MailAccountInUse(Conflict):
    """features R33. `used_by` names each use: its kind (`reminder_settings`, `template`), id and name."""

    code = "mail_account_in_use"

    def __init__(self, account_id: UUID, used_by: list[dict[str, str | None]]) -> None:
        users = ", ".join(_user_of_account(use) for use in used_by)
        super().__init__(
            f"The mail account {account_id} is used by {users}; choose another one there first.", used_by=used_by
        )


def _user_of_account(use: dict[str, str | None]) -> str:
    return "the reminder settings" if use["kind"] == "reminder_settings" else f"the template {use['name']!r}"


class SecretMissing(Invalid):
    code = "secret_missing"

    def __init__(self, pointer: str, what: str) -> None:
        super().__init__(
            f"The {what} is missing.", errors=[{"pointer": pointer, "detail": f"the {what} is needed here"}]
        )


class CannotSend(Conflict):
    """E2 of features: nothing works without a mail account that is set up for it."""

    code = "mail_account_cannot_send"

    def __init__(self, account_id: UUID) -> None:
        super().__init__(f"The mail account {account_id} has no SMTP server; add one to send from it.")


class SecretsLocked(Conflict):
    code = "secrets_locked"

    def __init__(self, sentence: str) -> None:
        super().__init__(f"{sentence} Enter its passwords again, or start with the former GONIEC_SECRET_KEY.")


class TokenRefused(Conflict):
    """The token endpoint says no: consent withdrawn, client secret expired, wrong client. Somebody has to act."""

    code = "token_refused"


class TokenNotGranted(Unavailable):
    code = "token_not_granted"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, retry_after=60)


class NoSentFolder(Conflict):
    code = "no_sent_folder"

    def __init__(self, account_id: UUID, sentence: str | None = None) -> None:
        super().__init__(
            sentence or f"The mail account {account_id} has no folder with the role sent on an IMAP server."
        )


class MailboxOutOfReach(Unavailable):
    code = "mailbox_out_of_reach"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, retry_after=60)


class MessageNotFound(NotFound):
    code = "message_not_found"

    def __init__(self, message_id: UUID) -> None:
        super().__init__(f"There is no message {message_id}.")


class NoHtml(NotFound):
    code = "no_html"

    def __init__(self, message_id: UUID) -> None:
        super().__init__(f"The message {message_id} has no HTML that can be shown.")


class AttachmentNotFound(NotFound):
    code = "attachment_not_found"

    def __init__(self, message_id: UUID, n: int) -> None:
        super().__init__(f"The message {message_id} has no attachment {n}.")


class NotQuarantined(Conflict):
    code = "not_quarantined"

    def __init__(self, message_id: UUID) -> None:
        super().__init__(f"The message {message_id} is not in quarantine.")


class NotKeptWhole(Conflict):
    code = "not_kept_whole"

    def __init__(self, message_id: UUID) -> None:
        super().__init__(
            f"Of the message {message_id} only the header was kept, so there is nothing to try again; "
            "raise GONIEC_MAX_MESSAGE_BYTES and deliver it once more."
        )


class EmptyMail(Invalid):
    code = "empty_mail"

    def __init__(self) -> None:
        super().__init__("The body is empty; it should be one mail as it travels (message/rfc822).")


class FarTooLarge(TooLarge):
    def __init__(self, limit: int) -> None:
        super().__init__(f"No mail is larger than {limit} bytes.")


class DiskFull(Unavailable):
    code = "disk_full"

    def __init__(self) -> None:
        super().__init__("There is no space left to keep mail; nothing is taken in until there is.", retry_after=30)
