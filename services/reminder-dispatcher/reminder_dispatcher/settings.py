"""What reminder-dispatcher can be told beside what every service can."""

from datetime import time, timedelta
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field, SecretStr

from kit.settings import ServiceSettings, Words


class Settings(ServiceSettings):
    service: ClassVar[str] = "reminder-dispatcher"
    package: ClassVar[str] = "reminder_dispatcher"
    port_offset: ClassVar[int] = 4

    locale: Literal["pl", "en"] = Field(default="pl", description="Language of what is written to people.")
    sms_url: SecretStr = Field(
        default=SecretStr("console:"),
        description="Gateway for SMS: `console:`, `smsapi://TOKEN@api.smsapi.pl?sender=NAME`, "
        "`serwersms://TOKEN@api2.serwersms.pl?sender=NAME`, `twilio://SID:TOKEN@api.twilio.com?sender=NUMBER`, "
        "or any `https://…` that takes a POST.",
    )
    sms_region: str = Field(
        default="PL", pattern="^[A-Z]{2}$", description="Country of phone numbers without a country code."
    )
    sms_countries: Words = Field(default=["48"], description="Country codes SMS may go to; `*` allows all.")
    late_grace: timedelta = Field(
        default=timedelta(minutes=30),
        ge=timedelta(0),
        le=timedelta(days=7),
        description="At first start: how late a reminder may still be sent. Later the reminder settings say it.",
    )
    all_day_begins_at: time = Field(
        default=time(8), description="Reminders of all-day tasks count back from this time of the day."
    )
    backlog_per_minute: int = Field(
        default=60, ge=1, description="Reminders that became due while nobody was there leave at this rate at most."
    )
    email_connections: int = Field(default=8, ge=1, le=64, description="E-mails sent at a time.")
    sms_connections: int = Field(default=16, ge=1, le=64, description="SMS sent at a time.")
    sms_per_minute: int = Field(default=0, ge=0, description="SMS per minute at most; 0 sets no limit.")
    email_per_minute: int = Field(default=0, ge=0, description="E-mails per minute at most; 0 sets no limit.")
    email_per_domain_per_minute: int = Field(
        default=0, ge=0, description="E-mails per minute to addresses of one domain at most; 0 sets no limit."
    )
    sms_per_number_per_minute: int = Field(
        default=0, ge=0, description="SMS per minute to one number at most; 0 sets no limit."
    )
    loop_mark: str = Field(
        default="goniec",
        pattern="^[!-~]{1,100}$",
        description="Value of X-Loop on every mail; the same for all services of one installation.",
    )
    public_url: str | None = Field(
        default=None, description="Where gateways reach this service with delivery reports, for instance `https://…`."
    )
    report_secret: SecretStr | None = Field(
        default=None, description="Last part of the address for delivery reports; without it none are taken."
    )

    @property
    def sendings_path(self) -> Path:
        """The log of sendings, beside the database and no part of its backup."""
        return self.data / "reminder_dispatcher.sendings.jsonl"

    @property
    def sms_country_codes(self) -> frozenset[int]:
        """Empty when every country is allowed."""
        return frozenset(int(code.lstrip("+")) for code in self.sms_countries if code != "*")

    def report_address(self, kind: str) -> str | None:
        """Where a gateway of this kind shall report, when both the address and the secret are set."""
        if self.public_url is None or self.report_secret is None:
            return None
        return f"{self.public_url.rstrip('/')}/v1/delivery-reports/{kind}/{self.report_secret.get_secret_value()}"
