"""What is refused about invitations of ours and answers of ours."""

from uuid import UUID

from kit.errors import Conflict, FieldError, Invalid, NotFound


class LetterNotFound(NotFound):
    code = "letter_not_found"

    def __init__(self, letter_id: UUID) -> None:
        super().__init__(f"There is no calendar message {letter_id} of ours.")


class MailAccountNotConfigured(Conflict):
    """features E2."""

    code = "mail_account_not_configured"

    def __init__(self) -> None:
        super().__init__("No mail account of ours can send mail for this.")


class MailAccountCannotWrite(Invalid):
    code = "mail_account_cannot_send"

    def __init__(self, mail_account_id: UUID) -> None:
        super().__init__(
            f"The mail account {mail_account_id} is not known or cannot send.",
            errors=[FieldError(pointer="#/from_account_id", detail="cannot send")],
        )


class NobodyToInvite(Conflict):
    """features E33: neither the account nor its contacts have an address."""

    code = "nobody_to_invite"

    def __init__(self, missing: list[UUID]) -> None:
        super().__init__(
            "Nobody can be invited: no address was named, and the task's account and contacts have none.",
            without_address=[str(card_id) for card_id in missing],
        )


class OrganizedByOthers(Conflict):
    code = "organized_by_others"

    def __init__(self, organizer: str | None) -> None:
        super().__init__(
            "Somebody else organizes this meeting, so it can be answered but not sent out.", organizer=organizer
        )


class OrganizedByUs(Conflict):
    code = "organized_by_us"

    def __init__(self) -> None:
        super().__init__("We organize this meeting ourselves, so there is nobody to answer.")


class NotInvited(Conflict):
    code = "not_invited"

    def __init__(self) -> None:
        super().__init__("The task was not made from an invitation that names an organizer.")


class WithoutStart(Conflict):
    code = "task_without_start"

    def __init__(self) -> None:
        super().__init__("A task without a start cannot be sent out as an invitation.")


class NotOnTheList(NotFound):
    code = "attendee_not_found"

    def __init__(self) -> None:
        super().__init__("Nobody with that address was invited to the task.")


class NotAProposal(Conflict):
    code = "not_a_proposal"

    def __init__(self, method: str | None) -> None:
        super().__init__(f"Only a proposal of other times (COUNTER) can be declined; this is {method or 'no message'}.")


class LetterOnItsWay(Conflict):
    code = "letter_on_its_way"

    def __init__(self, status: str) -> None:
        super().__init__(f"It need not be sent again: it is {status}.")
