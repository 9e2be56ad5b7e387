"""What case-threader can be told beside what every service can."""

from typing import ClassVar

from pydantic import Field

from case_threader.case_settings import DEFAULT_PREFIX
from kit.settings import ServiceSettings


class Settings(ServiceSettings):
    service: ClassVar[str] = "case-threader"
    package: ClassVar[str] = "case_threader"
    port_offset: ClassVar[int] = 3

    loop_mark: str = Field(
        default="goniec",
        pattern="^[!-~]{1,100}$",
        description="Value of X-Loop on every mail; the same for all services of one installation.",
    )
    tag_prefix: str = Field(
        default=DEFAULT_PREFIX, description="At first start: our name in the case tag. Later the case settings say it."
    )
    smtp_connections: int = Field(
        default=4, ge=1, le=64, description="Replies sent at a time through one mail account."
    )
