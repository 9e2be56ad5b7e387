"""Task types, dictionaries, settings of work and attributes of accounts."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, field_validator, model_validator

from kit.schemas import Body, Line, Moment, Shape
from tasks_api.dictionaries import Language, label_in
from tasks_api.models.registers import AccountAttribute, DictionaryValue
from tasks_api.models.tasks import TaskType
from tasks_api.schemas.values import Change, Name
from tasks_api.task_settings import PERCENT_STEPS, TaskSettings

Dictionary = Literal["interaction_kind", "priority", "category", "stage"]
LabelsGiven = Annotated[
    dict[Language, Name], Field(min_length=1, description="Language → what people read; one language will do.")
]


class TaskTypeBody(Body):
    name: Name
    labels: LabelsGiven | None = Field(
        default=None, description="The name in each language; else the name is all there is."
    )
    staged: bool = False
    is_default: bool = False


class TaskTypeChange(Change):
    name: Name | None = None
    labels: LabelsGiven | None = None
    staged: bool | None = None
    is_default: bool | None = None
    active: bool | None = None


class TaskTypeShape(Shape):
    """`label`: the name in the language that was asked for."""

    id: UUID
    version: int
    name: str
    label: str
    labels: dict[str, str]
    is_system: bool
    is_default: bool
    staged: bool
    active: bool
    created_at: Moment

    @classmethod
    def of(cls, task_type: TaskType, language: Language) -> "TaskTypeShape":
        return cls(
            id=task_type.id,
            version=task_type.version,
            name=task_type.name,
            label=label_in(language, task_type.labels, task_type.name),
            labels=task_type.labels,
            is_system=task_type.is_system,
            is_default=task_type.is_default,
            staged=task_type.staged,
            active=task_type.active,
            created_at=task_type.created_at,
        )


class ValueBody(Body):
    labels: LabelsGiven
    position: Annotated[int, Field(ge=0, le=10_000)] | None = Field(
        default=None, description="At the end, when left out."
    )


class ValueChange(Change):
    labels: LabelsGiven | None = None
    position: Annotated[int, Field(ge=0, le=10_000)] | None = None
    active: bool | None = None


class ValueShape(Shape):
    """A value of a dictionary; `code` is set for those that came with Goniec, `label` is in the language asked for."""

    id: UUID
    version: int
    dictionary: Dictionary
    code: str | None
    label: str
    labels: dict[str, str]
    position: int
    active: bool
    created_at: Moment

    @classmethod
    def of(cls, value: DictionaryValue, language: Language) -> "ValueShape":
        return cls.model_validate(
            {**value.model_dump(), "label": label_in(language, value.labels), "labels": value.labels}
        )


class KindShape(Shape):
    """A kind of task, and what one made by hand cannot do without (features K3, K23, K28)."""

    kind: str
    label: str
    labels: dict[str, str]
    required: list[str]


class StatusShape(Shape):
    status: str
    label: str
    labels: dict[str, str]


class KindsShape(Shape):
    kinds: list[KindShape]
    statuses: list[StatusShape]


class TaskSettingsBody(Body):
    """How this company works with tasks."""

    percent_step: int = Field(
        default=1, description="Per cent goes in steps of 1, 2, 5, 10, 20, 25 or 50 (features R48)."
    )
    timer_cap_minutes: Annotated[int, Field(ge=1, le=10_080)] = Field(
        default=480, description="So much of a stretch nobody stopped counts (features K46)."
    )
    carry_attributes: bool = Field(
        default=False,
        description="New tasks get the attributes of their account that are to be carried (features R50).",
    )

    @field_validator("percent_step")
    @classmethod
    def _one_of_the_steps(cls, step: int) -> int:
        if step not in PERCENT_STEPS:
            raise ValueError(f"must be one of {', '.join(map(str, PERCENT_STEPS))}")
        return step


class TaskSettingsShape(Shape):
    version: int
    percent_step: int
    timer_cap_minutes: int
    carry_attributes: bool

    @classmethod
    def of(cls, settings: TaskSettings) -> "TaskSettingsShape":
        return cls.model_validate(settings)


class AttributeBody(Body):
    name: Annotated[Line, Field(min_length=1, max_length=100)]
    value: Annotated[str, Field(max_length=2000)]
    carried: bool = Field(default=False, description="New tasks of the account get it (features R50).")


class AttributesBody(Body):
    """Everything known of an account by name."""

    attributes: Annotated[list[AttributeBody], Field(max_length=100)]

    @model_validator(mode="after")
    def _each_name_once(self) -> Self:
        names = [one.name for one in self.attributes]
        if len(set(names)) < len(names):
            raise ValueError("a name stands there twice")
        return self


class AttributeShape(Shape):
    name: str
    value: str
    carried: bool

    @classmethod
    def of(cls, attribute: AccountAttribute) -> "AttributeShape":
        return cls.model_validate(attribute)


class AttributesShape(Shape):
    attributes: list[AttributeShape]
