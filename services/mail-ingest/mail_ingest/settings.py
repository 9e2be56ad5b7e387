"""What mail-ingest can be told; the README's table is made from these descriptions."""

from typing import ClassVar

from pydantic import Field

from kit.settings import ServiceSettings
from mail_ingest.parsing.limits import Limits


class Settings(ServiceSettings):
    service: ClassVar[str] = "mail-ingest"
    package: ClassVar[str] = "mail_ingest"
    port_offset: ClassVar[int] = 2

    raw_store: str = Field(
        default="database",
        description="Where raw mail is kept: `database`, or `s3://bucket/prefix` (also gs://, az://, file://).",
    )
    workers: int = Field(default=2, ge=1, le=64, description="Processes that take mail apart.")
    worker_seconds: float = Field(default=10, gt=0, description="CPU time one mail may take (`parser_timeout`).")
    worker_memory_mb: int = Field(default=512, ge=64, description="Memory one mail may take (`parser_memory`).")
    parse_attempts: int = Field(
        default=3, ge=1, description="So often a mail may be begun and never finished before it is `parser_crashed`."
    )

    max_message_bytes: int = Field(
        default=50_000_000, ge=1024, description="Larger mail is `too_large`; its headers are kept."
    )
    max_mime_depth: int = Field(default=30, ge=1, description="Parts inside of parts (`too_deep`).")
    max_parts: int = Field(default=1000, ge=1, description="Parts of one mail (`too_many_parts`).")
    max_header_fields: int = Field(default=1000, ge=1, description="Header fields of one part (`too_many_headers`).")
    max_header_bytes: int = Field(default=256 * 1024, ge=1024, description="Header of one part (`headers_too_large`).")
    max_calendar_bytes: int = Field(
        default=1_000_000, ge=1024, description="A larger calendar part is held (`too_large`)."
    )
    min_free_disk_mb: int = Field(
        default=64,
        ge=0,
        description="With less space left in the data folder no mail is taken in and readiness says so.",
    )

    imap_poll_seconds: float = Field(default=60, gt=0, description="A folder is looked at so often, IDLE or not.")
    imap_idle_seconds: float = Field(default=540, gt=0, le=540, description="An IDLE is renewed at least so often.")
    imap_batch: int = Field(default=50, ge=1, le=500, description="Mails fetched by one command.")
    imap_batch_bytes: int = Field(
        default=8_000_000, ge=100_000, description="Bytes fetched by one command (or one mail)."
    )
    imap_logins_per_hour: int = Field(
        default=5, ge=1, description="Logins tried in an hour while the server refuses them."
    )

    def limits(self) -> Limits:
        return Limits(
            message_bytes=self.max_message_bytes,
            depth=self.max_mime_depth,
            parts=self.max_parts,
            header_fields=self.max_header_fields,
            header_bytes=self.max_header_bytes,
            calendar_bytes=self.max_calendar_bytes,
        )
