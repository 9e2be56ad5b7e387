"""Values that appear in several shapes, made canonical where they enter."""

from typing import Annotated, Any, ClassVar, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from kit.schemas import Body, Line
from tasks_api.email_addresses import checked_email

Email = Annotated[str, Field(max_length=400), AfterValidator(checked_email)]
"""One e-mail address, canonical from here on."""

Emails = Annotated[list[Email], Field(max_length=100)]

Stripped = BeforeValidator(lambda value: value.strip() if isinstance(value, str) else value)
"""Blanks around a word are nobody's intention."""

Name = Annotated[Line, Stripped, Field(min_length=1, max_length=300)]

Phone = Annotated[Line, Field(max_length=60)]
"""As written; the country of the installation makes it canonical."""

Text = Annotated[str, Field(max_length=65_536)]


class Change(Body):
    """The body of a PATCH: fields that are left out stay as they are; null empties those that may be empty."""

    may_be_null: ClassVar[frozenset[str]] = frozenset()

    @model_validator(mode="after")
    def _only_some_may_be_null(self) -> Self:
        for name in sorted(self.model_fields_set - self.may_be_null):
            if getattr(self, name) is None:
                raise ValueError(f"{name} must not be null")
        return self

    def fields(self) -> dict[str, Any]:
        """What was named, by name."""
        return {name: getattr(self, name) for name in type(self).model_fields if name in self.model_fields_set}
