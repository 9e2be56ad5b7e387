"""Tasks made from documents of other systems, and the rules that make them."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from kit.schemas import Body, Line, Moment, Shape
from tasks_api.documents import LONGEST_ID, LONGEST_NUMBER, LONGEST_TYPE
from tasks_api.models.work import AutomationRule
from tasks_api.schemas.tasks import Color, Ids, Kind, TaskBody
from tasks_api.schemas.values import Change, Email, Name, Text

DocumentEvent = Literal["document.printed", "document.sent"]
DocumentType = Annotated[Line, Field(min_length=1, max_length=LONGEST_TYPE, description="order, invoice, …")]
TitleTemplate = Annotated[
    Line, Field(min_length=1, max_length=300, description="`{type}` and `{number}` are filled in.")
]


class DocumentBody(Body):
    type: DocumentType
    id: Annotated[Line, Field(min_length=1, max_length=LONGEST_ID, description="Its id in the other system.")]
    number: Annotated[Line, Field(min_length=1, max_length=LONGEST_NUMBER, description="As people write it.")]


class FromDocumentBody(TaskBody):
    """A task from a document (features W21-W23): any field of a task, and the document.

    The account is named by its id, its tax number or an address; its default contact is linked unless contacts are named.
    """

    document: DocumentBody
    title: TitleTemplate | None = None  # type: ignore[assignment]
    account_tax_id: Annotated[Line, Field(max_length=30)] | None = None
    account_email: Email | None = None
    on_duplicate: Literal["fail", "create"] = Field(default="fail", description="When there is a task for it already.")

    def fields(self) -> dict[str, Any]:
        own = {"document", "account_tax_id", "account_email", "on_duplicate"}
        return {name: value for name, value in super().fields().items() if name not in own}


class TemplateBody(Body):
    """The task a rule makes. `due_in`: so long after the document was printed or sent (ISO 8601: PT48H, P2D, P2W)."""

    title: TitleTemplate | None = None
    description: Text = ""
    kind: Kind = "task"
    type_id: UUID | None = None
    kind_id: UUID | None = None
    priority_id: UUID | None = None
    category_id: UUID | None = None
    stage_id: UUID | None = None
    owner_id: UUID | None = None
    assignee_ids: Ids = Field(default=[], description="Else whoever printed or sent it, when one of us is named so.")
    color: Color | None = None
    in_calendar: bool | None = None
    due_in: Annotated[Line, Field(max_length=20)] | None = None


class RuleBody(Body):
    """When another system says that a document was printed or sent, make a task. Off until it is switched on (W24)."""

    name: Name
    event: DocumentEvent
    document_type: DocumentType | None = Field(default=None, description="Only documents of this kind; null: any.")
    enabled: bool = False
    repeat: bool = Field(
        default=False, description="Again for every event; else once for each document (features W29)."
    )
    template: TemplateBody = Field(default_factory=TemplateBody)

    def fields(self) -> dict[str, Any]:
        return {**dict(self), "template": self.template.model_dump(mode="json")}


class RuleChange(Change):
    may_be_null = frozenset({"document_type"})

    name: Name | None = None
    event: DocumentEvent | None = None
    document_type: DocumentType | None = None
    enabled: bool | None = None
    repeat: bool | None = None
    template: TemplateBody | None = None

    def fields(self) -> dict[str, Any]:
        fields = super().fields()
        return {**fields, "template": self.template.model_dump(mode="json")} if self.template else fields


class RuleShape(Shape):
    id: UUID
    version: int
    name: str
    event: DocumentEvent
    document_type: str | None
    enabled: bool
    repeat: bool
    template: TemplateBody
    created_by: UUID | None
    created_at: Moment

    @classmethod
    def of(cls, rule: AutomationRule) -> "RuleShape":
        return cls.model_validate(rule)


class MessageDocumentShape(Shape):
    """A task that was made from a message, and the document of another system it is about, if there is one."""

    task_id: UUID
    number: str
    title: str
    status: str
    document: dict[str, Any] | None


class MessageDocumentsShape(Shape):
    items: list[MessageDocumentShape]


class TasksOfDocumentShape(Shape):
    task_ids: list[UUID]
