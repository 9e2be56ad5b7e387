"""Templates as they travel, and what a preview shows."""

from typing import Annotated, Any, ClassVar, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from kit.schemas import Body, Line, Shape
from reminder_dispatcher.schemas.values import Email, Name
from reminder_dispatcher.template_channels import check_channel

_BODY = 50_000

Context = Annotated[str, StringConstraints(pattern=r"^(\*|[a-z][a-z0-9_.-]{0,59})$")]
"""A place where templates are used: `client`, `operator`, `*` for everywhere, or a name of your own (features R80)."""

Channel = Literal["sms", "email"]
Subject = Annotated[Line, Field(max_length=400)]
Text = Annotated[str, Field(min_length=1, max_length=_BODY)]


def _each_once(values: list[Any]) -> list[Any]:
    return list(dict.fromkeys(values))


class TemplateBody(Body):
    name: Name
    channel: Channel
    locale: Literal["pl", "en"] | None = Field(default=None, description="Default: the language of the installation.")
    subject: Subject | None = Field(default=None, description="E-mail only.")
    body: Text
    html: Annotated[str, Field(max_length=_BODY)] | None = Field(
        default=None, description="E-mail only, beside `body`."
    )
    bcc: Annotated[list[Email], Field(max_length=20), AfterValidator(_each_once)] = Field(default_factory=list)
    from_address: Email | None = Field(
        default=None, description="For sending by hand; reminders always leave from the automation's mail account."
    )
    contexts: Annotated[list[Context], Field(min_length=1, max_length=20), AfterValidator(_each_once)] = Field(
        default=["*"]
    )
    is_default: bool = False
    diacritics: Literal["keep", "fold"] = Field(
        default="fold", description="SMS: `fold` writes ą as a, at half the price."
    )
    max_segments: Annotated[int, Field(ge=1, le=10)] = 2

    @model_validator(mode="after")
    def _fits_its_channel(self) -> Self:
        check_channel(self.channel, self.model_fields_set, vars(self))
        return self


class TemplateChange(Body):
    """`PATCH`: what is left out stays; null empties `subject`, `html` and `from_address`. The channel never changes."""

    may_be_null: ClassVar[frozenset[str]] = frozenset({"subject", "html", "from_address"})

    name: Name | None = None
    locale: Literal["pl", "en"] | None = None
    subject: Subject | None = None
    body: Text | None = None
    html: Annotated[str, Field(max_length=_BODY)] | None = None
    bcc: Annotated[list[Email], Field(max_length=20), AfterValidator(_each_once)] | None = None
    from_address: Email | None = None
    contexts: Annotated[list[Context], Field(min_length=1, max_length=20), AfterValidator(_each_once)] | None = None
    is_default: bool | None = None
    diacritics: Literal["keep", "fold"] | None = None
    max_segments: Annotated[int, Field(ge=1, le=10)] | None = None

    @model_validator(mode="after")
    def _only_some_may_be_null(self) -> Self:
        for name in sorted(self.model_fields_set - self.may_be_null):
            if getattr(self, name) is None:
                raise ValueError(f"{name} must not be null")
        return self

    def fields(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in type(self).model_fields if name in self.model_fields_set}


class TemplateShape(Shape):
    id: UUID
    version: int
    name: str
    channel: Channel
    locale: Literal["pl", "en"]
    subject: str | None
    body: str
    html: str | None
    bcc: list[str]
    from_address: str | None
    contexts: list[str]
    is_default: bool
    diacritics: Literal["keep", "fold"]
    max_segments: int
    merge_fields: list[str] = Field(description="The merge fields it uses, by their English names.")


class PreviewBody(Body):
    """A saved template, or one that is being written; filled with a task, or with a sample."""

    template_id: UUID | None = None
    channel: Channel | None = None
    subject: Subject | None = None
    body: Text | None = None
    html: Annotated[str, Field(max_length=_BODY)] | None = None
    locale: Literal["pl", "en"] | None = None
    diacritics: Literal["keep", "fold"] = "fold"
    max_segments: Annotated[int, Field(ge=1, le=10)] = 2
    task_id: UUID | None = None

    @model_validator(mode="after")
    def _names_a_template(self) -> Self:
        if self.template_id is None and (self.channel is None or self.body is None):
            raise ValueError("name a template_id, or give channel and body")
        return self


class TrialBody(Body):
    """Where a template is tried: an e-mail address, or a number for SMS."""

    to: Annotated[Line, Field(min_length=3, max_length=320)]
    task_id: UUID | None = None


class TrialShape(Shape):
    """What came of it; `detail` is what the mail server or gateway said."""

    outcome: Literal["sent", "refused", "unknown"]
    reason: str | None
    detail: str
    recipient: str
    text: str
    segments: int | None
    rfc_message_id: str | None


class SmsPreview(Shape):
    """`segments` is what is paid for each message; `characters` is as long as the recipient sees it."""

    encoding: Literal["GSM-7", "UCS-2"]
    characters: int
    segments: int
    diacritics_folded: bool
    was_shortened: bool


class PreviewShape(Shape):
    channel: Channel
    subject: str | None
    text: str
    html: str | None
    sms: SmsPreview | None
    empty_fields: list[str] = Field(description="Merge fields that are empty for this task (features R82).")


class MergeFieldShape(Shape):
    name: str
    aliases: list[str]
    description: str
    sample: str
