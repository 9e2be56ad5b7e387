"""What tasks-api can be told beside what every service can."""

from datetime import timedelta
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field, SecretStr

from kit.settings import ServiceSettings, Words


class Settings(ServiceSettings):
    service: ClassVar[str] = "tasks-api"
    package: ClassVar[str] = "tasks_api"
    port_offset: ClassVar[int] = 1

    admin_password: SecretStr | None = Field(
        default=None, description="Password of the user `admin`; without it one is generated and printed once."
    )
    signing_key: SecretStr | None = Field(
        default=None,
        description="Ed25519 private key (PEM) that tokens are signed with; default: one kept under `data`.",
    )
    former_signing_keys: SecretStr | None = Field(
        default=None, description="PEM blocks of keys that sign no more but whose tokens are still valid."
    )
    token_minutes: int = Field(default=15, ge=1, le=60, description="How long an access token is valid.")
    wrong_passwords: int = Field(
        default=5, ge=1, description="Wrong passwords in a row from one address before it has to wait."
    )

    auto_create_from: Literal["anyone", "known", "nobody"] = Field(
        default="anyone", description="Under the policy `auto`: whose invitations become tasks by themselves."
    )
    invitations_per_sender: int = Field(
        default=20,
        ge=0,
        description="New meetings an hour that become tasks by themselves from one sender the directory does not know;"
        " 0: no limit.",
    )
    invitations_per_mailbox: int = Field(
        default=500,
        ge=0,
        description="The same for all unknown senders together, in one mail account; 0: no limit.",
    )
    loop_mark: str = Field(
        default="goniec",
        pattern="^[!-~]{1,100}$",
        description="Value of X-Loop on every mail; the same for all services of one installation.",
    )
    smtp_connections: int = Field(
        default=4, ge=1, le=64, description="Calendar messages sent at a time through one mail account."
    )
    phone_region: str = Field(
        default="PL", pattern="^[A-Z]{2}$", description="Country of phone numbers without a country code."
    )
    sms_countries: Words = Field(default=["48"], description="Country codes SMS may go to; `*` allows all.")
    number_prefix: str = Field(
        default="CRM", pattern="^[A-Za-z0-9_-]{1,20}$", description="First part of task numbers: CRM/1/2026."
    )
    window_days: int = Field(
        default=62, ge=1, le=400, description="A task event carries the occurrences of so many coming days."
    )
    calendar_import_bytes: int = Field(default=1_048_576, ge=1024, description="Largest calendar that can be imported.")
    directory_import_bytes: int = Field(
        default=20_971_520, ge=1024, description="Largest list of firms and people that can be imported."
    )
    calendar_days: int = Field(
        default=400, ge=1, le=4000, description="Longest stretch one calendar request may ask for."
    )
    printed_tasks: int = Field(
        default=50_000, ge=1, description="Most tasks of one printout (PDF); other formats have no such limit."
    )
    print_font: Path | None = Field(
        default=None,
        description="TrueType font of printouts; default: Roboto, which has Latin, Greek and Cyrillic letters.",
    )
    attachment_bytes: int = Field(default=10_485_760, ge=1024, description="Largest file on a task.")
    workers: int = Field(
        default=1, ge=1, le=16, description="Processes that read imported calendars and expand series."
    )

    @property
    def language(self) -> Literal["pl", "en"]:
        """Of reports and printouts."""
        return "pl" if self.locale.lower().startswith("pl") else "en"

    @property
    def token_lifetime(self) -> timedelta:
        return timedelta(minutes=self.token_minutes)

    @property
    def sms_country_codes(self) -> frozenset[int]:
        """Empty when every country is allowed."""
        return frozenset(int(code.lstrip("+")) for code in self.sms_countries if code != "*")

    @property
    def window(self) -> timedelta:
        return timedelta(days=self.window_days)
