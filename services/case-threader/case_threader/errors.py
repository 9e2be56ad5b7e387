"""What case-threader refuses, each by its fact."""

from __future__ import annotations

from uuid import UUID

from kit.errors import Conflict, FieldError, Invalid, NotFound, Unavailable


class CaseNotFound(NotFound):
    code = "case_not_found"

    def __init__(self, number: int) -> None:
        super().__init__(f"There is no case {number}, or it was deleted.", number=number)


class MessageNotFound(NotFound):
    code = "message_not_found"

    def __init__(self, message_id: UUID) -> None:
        super().__init__(f"No case and nobody who waits for one holds a message {message_id}.")


class SavedReplyNotFound(NotFound):
    """Also said of somebody else's."""

    code = "saved_reply_not_found"

    def __init__(self, reply_id: UUID) -> None:
        super().__init__(f"There is no saved reply {reply_id} of yours.")


class FilingNotFound(NotFound):
    code = "filing_not_found"

    def __init__(self, message_id: UUID) -> None:
        super().__init__(f"Nothing has been decided about message {message_id} yet.")


class ReplyNotFound(NotFound):
    code = "reply_not_found"

    def __init__(self, reply_id: UUID) -> None:
        super().__init__(f"There is no reply {reply_id}.")


class TemplateNotFound(NotFound):
    code = "template_not_found"

    def __init__(self, template_id: UUID) -> None:
        super().__init__(f"There is no reply template {template_id}.")


class SignatureNotFound(NotFound):
    code = "signature_not_found"

    def __init__(self, mail_account_id: UUID) -> None:
        super().__init__(f"The mail account {mail_account_id} has no signature.")


class TemplateNameTaken(Conflict):
    code = "template_name_taken"

    def __init__(self, name: str) -> None:
        super().__init__(f"There is a reply template {name} already.")


class TemplateInUse(Conflict):
    code = "template_in_use"

    def __init__(self, template_id: UUID) -> None:
        super().__init__(f"The reply template {template_id} is the text of the acknowledgement; choose another first.")


class BadWording(Invalid):
    code = "bad_wording"


class TemplateUnknown(Invalid):
    """A body or setting names a template that is not there."""

    code = "template_unknown"

    def __init__(self, template_id: UUID) -> None:
        super().__init__(f"There is no reply template {template_id}.")


class OwnerUnknown(Invalid):
    code = "owner_unknown"

    def __init__(self, owner_id: UUID) -> None:
        super().__init__(f"case-threader does not know an employee {owner_id} (yet), so the case cannot be theirs.")


class ContactUnknown(Invalid):
    code = "contact_unknown"

    def __init__(self, contact_id: UUID) -> None:
        super().__init__(f"case-threader does not know a contact {contact_id} of that account (yet).")


class ChangeNotFound(NotFound):
    code = "change_not_found"

    def __init__(self) -> None:
        super().__init__("There is no change that could be taken back.")


class AccountUnknown(Invalid):
    """422, since the directory's news may be under way: asking again shortly can help."""

    code = "account_unknown"

    def __init__(self, account_id: UUID) -> None:
        super().__init__(f"case-threader does not know an account {account_id} (yet).")


class MailAccountUnknown(Invalid):
    code = "mail_account_unknown"

    def __init__(self, mail_account_id: UUID) -> None:
        super().__init__(f"case-threader does not know a mail account {mail_account_id} (yet).")


class MailAccountNotTold(Invalid):
    code = "mail_account_not_told"

    def __init__(self, number: int) -> None:
        super().__init__(f"Nothing in case {number} shows which mail account to answer from; name one.")


class MailAccountCannotSend(Conflict):
    code = "mail_account_cannot_send"

    def __init__(self, address: str) -> None:
        super().__init__(f"The mail account {address} has no way to send mail.")


class AlreadyAssigned(Conflict):
    code = "already_assigned"

    def __init__(self, message_id: UUID, number: int) -> None:
        super().__init__(f"Message {message_id} is in case {number} already; move it instead.", case_number=number)


class CannotBeAssigned(Conflict):
    code = "cannot_be_assigned"

    def __init__(self, message_id: UUID, outcome: str) -> None:
        super().__init__(f"Message {message_id} was {outcome}; there is nothing of it to put into a case.")


class NotInACase(Conflict):
    code = "not_in_a_case"

    def __init__(self, message_id: UUID) -> None:
        super().__init__(f"Message {message_id} is in no case; assign it first.")


class AlreadyThere(Conflict):
    code = "already_there"

    def __init__(self, message_id: UUID, number: int) -> None:
        super().__init__(f"Message {message_id} is in case {number} already.")


class NotInThisCase(Invalid):
    code = "not_in_this_case"

    def __init__(self, number: int, missing: int) -> None:
        super().__init__(f"{missing} of the messages are not in case {number}.")


class CannotMerge(Conflict):
    code = "cannot_merge"


class CannotUndo(Conflict):
    code = "cannot_undo"


class CannotLearn(Invalid):
    code = "cannot_learn_address"


class LearningUnavailable(Unavailable):
    code = "directory_unavailable"

    def __init__(self) -> None:
        super().__init__(
            "tasks-api does not answer, so the address cannot be learned; nothing was changed.", retry_after=2
        )


class OriginalUnavailable(Unavailable):
    code = "original_unavailable"

    def __init__(self) -> None:
        super().__init__(
            "mail-ingest does not answer, so the original cannot be quoted; nothing was sent.", retry_after=2
        )


class UnverifiedRecipient(Conflict):
    code = "unverified_recipient"

    def __init__(self, count: int) -> None:
        super().__init__(
            f"{count} of the recipients only know the case number; confirm them as participants first.", count=count
        )


class NobodyToWriteTo(Invalid):
    code = "no_recipients"

    def __init__(self) -> None:
        super().__init__("A mail needs at least one recipient in to, cc or bcc.")


class BadPrefix(Invalid):
    code = "bad_tag_prefix"


class FixedSetting(Invalid):
    code = "fixed_setting"


class NothingAskedFor(Invalid):
    code = "nothing_asked_for"

    def __init__(self) -> None:
        super().__init__("Name exactly one of account_id, contact_id and participant.")


class TooMuchExpanded(Invalid):
    code = "too_much_expanded"

    def __init__(self, most: int) -> None:
        super().__init__(f"With expand a page has at most {most} cases: ask with limit={most}.")


class ParticipantNotFound(NotFound):
    code = "participant_not_found"

    def __init__(self, number: int) -> None:
        super().__init__(f"Nobody of that address takes part in case {number}.")


class NotOutside(Invalid):
    code = "not_outside"

    def __init__(self) -> None:
        super().__init__("Only people outside take part in a case; that is no address, or one of ours.")


class NothingToRetry(Conflict):
    code = "nothing_to_retry"

    def __init__(self, reply_id: UUID, status: str) -> None:
        super().__init__(f"Reply {reply_id} is {status}; only a failed one can be sent again.", reply_status=status)


class NothingToFileBy(Invalid):
    """features C34."""

    code = "nothing_to_file_by"

    def __init__(self) -> None:
        super().__init__(
            "Without a tag in the subject answers are known by their references; both cannot be off.",
            errors=[FieldError(pointer="#/tag_position", detail="needs file_by_references")],
        )
