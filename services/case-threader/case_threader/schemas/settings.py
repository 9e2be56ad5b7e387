from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field

from case_threader.case_settings import CaseSettings
from contracts.addresses import canonical_email
from kit.schemas import Body

FormAddress = Annotated[
    str, Field(min_length=3, max_length=320, pattern=r"^[^@\s]+@[^@\s]+$"), AfterValidator(canonical_email)
]


class CaseSettingsBody(Body):
    """The whole object, as GET gives it."""

    tag_prefix: str = Field(max_length=100, examples=["Acme"])
    recognised_prefixes: Annotated[list[Annotated[str, Field(max_length=100)]], Field(max_length=50)]
    reopen_days: int | None = Field(ge=1, le=36500)
    tag_from_strangers: Literal["hold", "append"]
    close_on_first_outbound: bool
    subject_limit: int = Field(ge=60, le=900)
    new_cases_per_sender: int | None = Field(ge=1, le=100_000)
    tag_position: Literal["end", "start", "none"] = "end"
    file_by_references: bool = True
    match_by_subject: bool = False
    sender_from_reply_to: Annotated[list[FormAddress], Field(max_length=50)] = Field(default_factory=list)
    acknowledge: bool = False
    acknowledgement_template_id: UUID | None = None
    acknowledgements_per_hour: int = Field(default=3, ge=1, le=100)

    def settings(self) -> CaseSettings:
        return CaseSettings.model_validate(self.model_dump())
