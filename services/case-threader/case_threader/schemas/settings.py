from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from case_threader.case_settings import CaseSettings
from kit.schemas import Body


class CaseSettingsBody(Body):
    """The whole object, as GET gives it."""

    tag_prefix: str = Field(max_length=100, examples=["Acme"])
    recognised_prefixes: Annotated[list[Annotated[str, Field(max_length=100)]], Field(max_length=50)]
    reopen_days: int | None = Field(ge=1, le=36500)
    tag_from_strangers: Literal["hold", "append"]
    close_on_first_outbound: bool
    subject_limit: int = Field(ge=60, le=900)
    new_cases_per_sender: int | None = Field(ge=1, le=100_000)

    def settings(self) -> CaseSettings:
        return CaseSettings.model_validate(self.model_dump())
