"""How cases are kept here: the settings people change over the API, with their defaults."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

DEFAULT_PREFIX = "Goniec"


class CaseSettings(BaseModel):
    """The document behind `/v1/case-settings`. An old document without a newer field takes its default."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    tag_prefix: str = Field(default=DEFAULT_PREFIX, description="Our name in the case tag: `[Acme#3932]`.")
    recognised_prefixes: list[str] = Field(
        default_factory=list,
        description="Former prefixes; their tags are followed too, so that old mail finds its case.",
    )
    reopen_days: int | None = Field(
        default=None, ge=1, le=36500,
        description="A mail to a case closed for longer opens a new case linked to it; null: cases reopen for ever.",
    )  # fmt: skip
    tag_from_strangers: Literal["hold", "append"] = Field(
        default="hold", description="A stranger with nothing but a tag: wait for a person, or file as unverified."
    )
    close_on_first_outbound: bool = Field(
        default=True, description="A case that begins with a mail of ours is closed until somebody answers."
    )
    subject_limit: int = Field(
        default=160, ge=60, le=900, description="Longest subject we send; the text is shortened, tags never."
    )
    new_cases_per_sender: int | None = Field(
        default=20, ge=1, le=100_000,
        description="Cases one sender may open within two hours with the same words before a person is asked; null: any.",
    )  # fmt: skip

    tag_position: Literal["end", "start", "none"] = Field(
        default="end",
        description="Where our tag stands in the subjects we send, if it does; answers are recognised wherever it is.",
    )
    file_by_references: bool = Field(
        default=True,
        description="Answers are known by In-Reply-To, References and Thread-Index too; must be so without a tag.",
    )
    match_by_subject: bool = Field(
        default=False,
        description="An answer that bears nothing but the subject of the only such open case of its sender goes there.",
    )
    sender_from_reply_to: list[str] = Field(
        default_factory=list,
        description="From addresses of web forms: of their mail the Reply-To is the sender.",
    )
    acknowledge: bool = Field(
        default=False, description="Tell people who write about something new the number of their case."
    )
    acknowledgement_template_id: UUID | None = Field(
        default=None, description="The reply template for that; null: a short text in the language of the installation."
    )
    acknowledgements_per_hour: int = Field(
        default=3, ge=1, le=100, description="Acknowledgements one address is sent within an hour, at most."
    )

    @property
    def prefixes(self) -> list[str]:
        """Every prefix that is ours, the present one first."""
        return list(dict.fromkeys([self.tag_prefix, *self.recognised_prefixes]))
