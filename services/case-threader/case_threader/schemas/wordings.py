from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, model_validator

from case_threader.models import ReplyTemplate, Signature
from kit.schemas import Body, Line, Moment, Shape

Name = Annotated[Line, Field(min_length=1, max_length=200)]
Subject = Annotated[Line, Field(max_length=400)]
Text = Annotated[str, Field(max_length=100_000)]
Html = Annotated[str, Field(max_length=500_000)]


class TemplateBody(Body):
    """`subject` is for new topics and acknowledgements; an answer keeps that of its conversation."""

    name: Name
    subject: Subject = ""
    text: Text = ""
    html: Html | None = None

    @model_validator(mode="after")
    def _says_something(self) -> TemplateBody:
        if not self.text and not self.html:
            raise ValueError("a template needs text or html")
        return self


class TemplateChange(Body):
    """What is left out stays as it is."""

    name: Name | None = None
    subject: Subject | None = None
    text: Text | None = None
    html: Html | None = None

    def fields(self) -> dict[str, Any]:
        named = {name: getattr(self, name) for name in type(self).model_fields if name in self.model_fields_set}
        return {name: value for name, value in named.items() if value is not None or name == "html"}


class TemplateShape(Shape):
    id: UUID
    version: int
    name: str
    subject: str
    text: str
    html: str | None
    changed_at: Moment

    @classmethod
    def of(cls, template: ReplyTemplate) -> TemplateShape:
        return cls.model_validate(template)


class SignatureBody(Body):
    text: Text
    html: Html | None = None


class SignatureShape(Shape):
    mail_account_id: UUID
    version: int
    text: str
    html: str | None
    changed_at: Moment

    @classmethod
    def of(cls, signature: Signature) -> SignatureShape:
        return cls.model_validate(signature)


class FieldShape(Shape):
    """Something a template or signature may name: `{{name}}` or `{{polish_name}}`."""

    name: str
    polish_name: str
    description: str
