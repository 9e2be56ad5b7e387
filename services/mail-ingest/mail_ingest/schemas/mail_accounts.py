"""Mail accounts. Secrets come in and never go out."""

from __future__ import annotations

import re
from typing import Annotated, Any, ClassVar, Literal, Self
from uuid import UUID
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from contracts.addresses import canonical_email
from kit.schemas import Body, Line, Moment, Shape
from mail_ingest.sources.folder_names import BadFolderName, wire_name

_ADDRESS = re.compile(r"[^@\s<>,;\"]+@[^@\s<>,;\"]+")
_AUTHSERV = re.compile(r"[A-Za-z0-9._-]{1,253}")


def _address(text: str) -> str:
    canonical = canonical_email(text)
    if not _ADDRESS.fullmatch(canonical):
        raise ValueError("must be an e-mail address")
    return canonical


def _zone(name: str) -> str:
    if name not in available_timezones():  # never a path: ZoneInfo would open whatever is named
        raise ValueError("must be the IANA name of a time zone, for instance Europe/Warsaw")
    return name


def _authserv(text: str) -> str:
    if not _AUTHSERV.fullmatch(text):
        raise ValueError("must be the name a mail server gives itself in Authentication-Results")
    return text.lower()


def _folder(name: str) -> str:
    try:
        wire_name(name)
    except BadFolderName as error:
        raise ValueError(str(error)) from None
    return name


def _no_control_characters(text: str) -> str:
    if any(character in text for character in "\r\n\x00"):
        raise ValueError("must not contain line ends")
    return text


Address = Annotated[Line, Field(max_length=320), AfterValidator(_address)]
Zone = Annotated[str, Field(max_length=100), AfterValidator(_zone)]
Name = Annotated[Line, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Host = Annotated[Line, StringConstraints(strip_whitespace=True, min_length=1, max_length=253)]
Port = Annotated[int, Field(ge=1, le=65535)]
Security = Literal["tls", "starttls", "none"]
Secret = Annotated[str, Field(min_length=1, max_length=10_000), AfterValidator(_no_control_characters)]
Username = Annotated[Line, Field(min_length=1, max_length=320)]
Aliases = Annotated[list[Address], Field(max_length=200)]
AuthservIds = Annotated[list[Annotated[str, AfterValidator(_authserv)]], Field(max_length=50)]
Policy = Literal["auto", "ask"]
CreateFrom = Literal["anyone", "known", "nobody"]


class PasswordAuth(Body):
    """`password` may be left out of a change: the one we have stays."""

    kind: Literal["password"]
    username: Username
    password: Secret | None = Field(default=None, repr=False)


class OAuth2Auth(Body):
    """XOAUTH2 with access tokens from `token_url`. `flow` `refresh_token` acts for a person who agreed once;
    `client_credentials` acts for the application (Microsoft 365: IMAP.AccessAsApp). Secrets may be left out of a change.
    """

    kind: Literal["oauth2"]
    username: Username
    flow: Literal["refresh_token", "client_credentials"] = "refresh_token"
    token_url: Annotated[Line, Field(max_length=2000, pattern=r"^https?://")]
    client_id: Annotated[Line, Field(min_length=1, max_length=500)]
    scope: Annotated[Line, Field(max_length=2000)] | None = None
    client_secret: Secret | None = Field(default=None, repr=False)
    refresh_token: Secret | None = Field(default=None, repr=False)


Auth = Annotated[PasswordAuth | OAuth2Auth, Field(discriminator="kind")]


class FolderBody(Body):
    name: Annotated[str, AfterValidator(_folder)]
    role: Literal["inbox", "sent"]


class ImapBody(Body):
    host: Host
    port: Port = 993
    security: Security = "tls"
    auth: Auth
    folders: Annotated[list[FolderBody], Field(min_length=1, max_length=20)] = Field(
        default_factory=lambda: [FolderBody(name="INBOX", role="inbox")]
    )
    start: Literal["new", "all"] = "new"
    keep_sent_copies: bool = Field(
        default=False,
        description="Put what Goniec sends into the folder with the role sent. Gmail and Microsoft 365 do so themselves.",
    )

    @model_validator(mode="after")
    def _copies_have_a_place(self) -> Self:
        if self.keep_sent_copies and all(folder.role != "sent" for folder in self.folders):
            raise ValueError("keep_sent_copies needs a folder with the role sent")
        return self

    @model_validator(mode="after")
    def _each_folder_once(self) -> Self:
        names = [folder.name.upper() if folder.name.upper() == "INBOX" else folder.name for folder in self.folders]
        if len(set(names)) < len(names):
            raise ValueError("each folder can be watched once")
        return self


class SmtpBody(Body):
    host: Host
    port: Port = 465
    security: Security = "tls"
    auth: Auth | None = None


class MailAccountBody(Body):
    """`timezone` is where times without a zone are meant; the default is that of the installation."""

    name: Name
    address: Address
    aliases: Aliases = Field(default_factory=list)
    imap: ImapBody | None = None
    smtp: SmtpBody | None = None
    invitation_policy: Policy = "auto"
    auto_create_from: CreateFrom = "anyone"
    trusted_authserv_ids: AuthservIds = Field(default_factory=list)
    timezone: Zone | None = None


class MailAccountChange(Body):
    """What is left out stays as it is; `imap` and `smtp` are replaced whole, but for secrets that are left out."""

    may_be_null: ClassVar[frozenset[str]] = frozenset({"imap", "smtp"})

    name: Name | None = None
    address: Address | None = None
    aliases: Aliases | None = None
    imap: ImapBody | None = None
    smtp: SmtpBody | None = None
    invitation_policy: Policy | None = None
    auto_create_from: CreateFrom | None = None
    trusted_authserv_ids: AuthservIds | None = None
    timezone: Zone | None = None

    @model_validator(mode="after")
    def _only_servers_may_be_null(self) -> Self:
        for name in sorted(self.model_fields_set - self.may_be_null):
            if getattr(self, name) is None:
                raise ValueError(f"{name} must not be null")
        return self


class ProbeBody(Body):
    """An account that need not exist yet, or the id of one whose secrets are to be used where they are left out."""

    id: UUID | None = None
    imap: ImapBody | None = None
    smtp: SmtpBody | None = None


class MailAccountShape(Shape):
    id: UUID
    version: int
    name: str
    address: str
    aliases: list[str]
    imap: dict[str, Any] | None
    smtp: dict[str, Any] | None
    invitation_policy: str
    auto_create_from: str
    trusted_authserv_ids: list[str]
    timezone: str
    created_at: Moment
    updated_at: Moment
    state: str


class FolderHealth(Shape):
    name: str
    uid_validity: int
    last_uid: int
    last_success_at: Moment | None
    paused_reason: str | None


class UnfetchedShape(Shape):
    folder: str
    uid: int
    attempts: int
    error: str
    first_failed_at: Moment
    next_attempt_at: Moment


class HealthShape(Shape):
    """`state`: push_only, starting, ok, degraded, unreachable, auth_failed, paused or silent. `lag_seconds`: since when
    nothing has been heard of the server, null before the first success.
    """

    mail_account_id: UUID
    state: str
    since: Moment | None
    last_success_at: Moment | None
    lag_seconds: float | None
    last_error: str | None
    last_error_code: str | None
    last_error_at: Moment | None
    next_login_at: Moment | None
    capabilities: list[str]
    unfetched: int
    unfetched_mails: list[UnfetchedShape]
    folders: list[FolderHealth]


class StepShape(Shape):
    """One step of a test: `ok` true, false, or null when it was not reached."""

    step: str
    ok: bool | None
    detail: str


class ProbeShape(Shape):
    ok: bool
    imap: list[StepShape]
    smtp: list[StepShape]


class SmtpAccessShape(Shape):
    """How to send as this mail account. `auth` is null, a password, or an OAuth 2 access token with the end of its life."""

    mail_account_id: UUID
    name: str
    address: str
    host: str
    port: int
    security: Security
    auth: dict[str, Any] | None
