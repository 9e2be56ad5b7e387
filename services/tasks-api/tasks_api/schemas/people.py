"""Users and tokens."""

from typing import Annotated, cast
from uuid import UUID

from pydantic import AfterValidator, Field, SecretStr

from kit.schemas import Body, Line, Moment, Shape
from tasks_api.models.people import User
from tasks_api.passwords import LONGEST, SHORTEST
from tasks_api.schemas.values import Change, Name, Stripped
from tasks_api.scopes import List, Visibility, overall_visibility

Username = Annotated[Line, Stripped, Field(pattern=r"^[^\s:]+$", max_length=100), AfterValidator(str.lower)]
Password = Annotated[SecretStr, Field(min_length=SHORTEST, max_length=LONGEST)]
Locale = Annotated[str, Field(pattern="^[a-z]{2,3}([-_][A-Za-z0-9]{2,8})*$", max_length=20)]

VisibilityByList = dict[List, Visibility]


class TokenShape(Shape):
    """RFC 6749 section 5.1."""

    access_token: str
    token_type: str = "Bearer"  # noqa: S105 - the type of the token, not a token
    expires_in: int = Field(description="Seconds.")
    scope: str


class LoginBody(Body):
    """A login for a person who gets a card at the same time."""

    username: Username
    password: Password
    scopes: list[str] | None = None
    visibility: Visibility = Field(
        default="own",
        description="What is seen of the agenda (tasks, activities, calendar): one's own, what co-workers of one's unit do, what "
        "anybody in it or below it does, or everything (features K32, K33).",
    )
    visibility_by_list: VisibilityByList = Field(
        default={},
        description="Per list (features K32): it outranks `visibility`. Firms and people are shown unless `own`.",
    )


class UserBody(LoginBody):
    name: Name | None = None
    employee_id: UUID | None = None
    reminders_enabled: bool = True
    locale: Locale | None = None


class UserChange(Change):
    may_be_null = frozenset({"employee_id", "locale"})

    name: Name | None = None
    password: Password | None = None
    scopes: list[str] | None = None
    visibility: Visibility | None = None
    visibility_by_list: VisibilityByList | None = None
    employee_id: UUID | None = None
    reminders_enabled: bool | None = None
    locale: Locale | None = None
    active: bool | None = None


class MyChange(Change):
    """What people may change about themselves."""

    may_be_null = frozenset({"locale"})

    current_password: SecretStr | None = Field(
        default=None, max_length=LONGEST, description="Needed to set another password."
    )
    password: Password | None = None
    reminders_enabled: bool | None = None
    locale: Locale | None = None


class UserShape(Shape):
    id: UUID
    version: int
    username: str
    name: str
    scopes: list[str]
    visibility: Visibility
    visibility_by_list: VisibilityByList
    employee_id: UUID | None
    reminders_enabled: bool
    locale: str | None
    active: bool
    created_at: Moment

    @classmethod
    def of(cls, user: User) -> "UserShape":
        return cls(
            id=user.id,
            version=user.version,
            username=user.username,
            name=user.name,
            scopes=user.scopes,
            visibility=overall_visibility(user.visibility),
            visibility_by_list=cast("VisibilityByList", user.visibility),
            employee_id=user.employee_id,
            reminders_enabled=user.reminders_enabled,
            locale=user.locale,
            active=user.active,
            created_at=user.created_at,
        )


class UserNameShape(Shape):
    """What others may know of a login: who it is, and whether it is in use."""

    id: UUID
    version: int
    name: str
    employee_id: UUID | None
    active: bool

    @classmethod
    def of(cls, user: User) -> "UserNameShape":
        return cls(
            id=user.id,
            version=user.version,
            name=user.name,
            employee_id=user.employee_id,
            active=user.active,
        )


class MeShape(Shape):
    """Who the token speaks for."""

    subject: str
    scopes: list[str]
    employee_id: UUID | None
    user: UserShape | None
