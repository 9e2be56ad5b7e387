"""Cards of the directory."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from kit.schemas import Body, Line, Moment, Shape
from tasks_api.address_matching import Holder, Match
from tasks_api.models.directory import Account, Contact, Employee
from tasks_api.schemas.people import LoginBody
from tasks_api.schemas.values import Change, Email, Emails, Name, Phone

TaxId = Annotated[Line, Field(max_length=30)]


class AccountBody(Body):
    """A firm."""

    name: Name
    tax_id: TaxId | None = Field(default=None, description="NIP or its foreign counterpart.")
    emails: Emails = Field(default=[])
    phone: Phone | None = None
    mobile: Phone | None = None
    sms_phone: Phone | None = None
    owner_id: UUID | None = Field(default=None, description="The employee in whose care the firm is.")
    active: bool = True


class AccountChange(Change):
    """`emails` replaces all addresses."""

    may_be_null = frozenset({"tax_id", "phone", "mobile", "sms_phone", "owner_id"})

    name: Name | None = None
    tax_id: TaxId | None = None
    emails: Emails | None = None
    phone: Phone | None = None
    mobile: Phone | None = None
    sms_phone: Phone | None = None
    owner_id: UUID | None = None
    active: bool | None = None


class AccountShape(Shape):
    id: UUID
    version: int
    name: str
    tax_id: str | None
    emails: list[str]
    phone: str | None
    mobile: str | None
    sms_phone: str | None
    default_contact_id: UUID | None
    owner_id: UUID | None
    active: bool
    created_at: Moment

    @classmethod
    def of(cls, account: Account, *, emails: list[str], default_contact_id: UUID | None) -> "AccountShape":
        return cls(**_card(account), tax_id=account.tax_id, mobile=account.mobile, sms_phone=account.sms_phone,
                   emails=emails, default_contact_id=default_contact_id, owner_id=account.owner_id)  # fmt: skip


class ContactBody(Body):
    """A person at a firm."""

    account_id: UUID
    name: Name
    emails: Emails = Field(default=[])
    phone: Phone | None = None
    mobile: Phone | None = None
    sms_phone: Phone | None = None
    is_default: bool = False
    active: bool = True


class ContactChange(Change):
    may_be_null = frozenset({"phone", "mobile", "sms_phone"})

    name: Name | None = None
    emails: Emails | None = None
    phone: Phone | None = None
    mobile: Phone | None = None
    sms_phone: Phone | None = None
    is_default: bool | None = None
    active: bool | None = None


class ContactShape(Shape):
    id: UUID
    version: int
    account_id: UUID
    name: str
    emails: list[str]
    phone: str | None
    mobile: str | None
    sms_phone: str | None
    is_default: bool
    active: bool
    created_at: Moment

    @classmethod
    def of(cls, contact: Contact, *, emails: list[str]) -> "ContactShape":
        return cls(**_card(contact), account_id=contact.account_id, mobile=contact.mobile, sms_phone=contact.sms_phone,
                   is_default=contact.is_default, emails=emails)  # fmt: skip


class EmployeeBody(Body):
    """One of our own people; `user` gives them a login at once."""

    name: Name
    email: Email | None = None
    phone: Phone | None = None
    unit_id: UUID | None = Field(default=None, description="Where they work; only an administrator may say so.")
    active: bool = True
    user: LoginBody | None = None


class EmployeeChange(Change):
    may_be_null = frozenset({"email", "phone", "unit_id"})

    name: Name | None = None
    email: Email | None = None
    phone: Phone | None = None
    unit_id: UUID | None = None
    active: bool | None = None


class EmployeeShape(Shape):
    id: UUID
    version: int
    name: str
    email: str | None
    phone: str | None
    unit_id: UUID | None
    user_id: UUID | None
    active: bool
    created_at: Moment

    @classmethod
    def of(cls, employee: Employee, *, emails: list[str], user_id: UUID | None) -> "EmployeeShape":
        return cls(**_card(employee), email=emails[0] if emails else None, unit_id=employee.unit_id, user_id=user_id)


class LearnedEmail(Body):
    """An address somebody was found to write from (features C21)."""

    email: Email


class HolderShape(Shape):
    kind: str
    id: UUID
    account_id: UUID | None
    name: str
    active: bool

    @classmethod
    def of(cls, holder: Holder) -> "HolderShape":
        return cls(
            kind=holder.kind,
            id=holder.card_id,
            account_id=holder.account_id,
            name=holder.name,
            active=holder.active,
        )


class MatchShape(Shape):
    """Whose address it is; with `ambiguous` nobody is picked, the candidates are listed."""

    email: str
    match: str
    account_id: UUID | None
    contact_id: UUID | None
    employee_id: UUID | None
    candidates: list[HolderShape]

    @classmethod
    def of(cls, email: str, match: Match) -> "MatchShape":
        return cls(
            email=email,
            match=match.match,
            account_id=match.account_id,
            contact_id=match.contact_id,
            employee_id=match.employee_id,
            candidates=[HolderShape.of(holder) for holder in match.candidates],
        )


def _card(card: Account | Contact | Employee) -> dict[str, Any]:
    return {
        "id": card.id,
        "version": card.version,
        "name": card.name,
        "phone": card.phone,
        "active": card.active,
        "created_at": card.created_at,
    }
