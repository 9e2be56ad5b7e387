"""Records of what mails asked."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from kit.schemas import Body, Moment, Shape
from tasks_api.decision_undoing import Undone
from tasks_api.invitation_answers import Answer
from tasks_api.models.invitations import InvitationRow

Outcome = Literal["created", "updated", "cancelled", "replied", "unchanged", "stale", "waiting", "review", "ignored"]


class InvitationShape(Shape):
    """What one iTIP object (or one date in it) asked, what was decided, why, and on whose authority.

    `would`: what confirming would do while it waits. `account_match`: whose account the sender was taken for, with the
    candidates when that was not sure. `actions`: what a person can do now.
    """

    id: UUID
    version: int
    message_id: UUID
    mail_account_id: UUID
    method: str | None
    uid: str | None
    recurrence_id: str | None
    sequence: int
    organizer: str | None
    sender: str | None
    sender_trust: str
    mail_subject: str
    summary: str
    starts: str | None
    outcome: Outcome
    reason: str
    would: Outcome | None
    task_ids: list[UUID]
    account_match: dict[str, Any] | None
    details: dict[str, Any]
    changes: list[dict[str, Any]] = Field(
        description="What it did to each task: `did` (created, updated, cancelled, reopened, removed), `fields`: name → [old, new]."
    )
    actions: list[str]
    received_at: Moment
    recorded_at: Moment
    decided_at: Moment | None
    decided_by: str | None
    undone_at: Moment | None
    undone_by: str | None

    @classmethod
    def of(cls, record: InvitationRow) -> "InvitationShape":
        values = {name: getattr(record, name) for name in cls.model_fields if name != "actions"}
        return cls(**values, actions=_actions(record))


def _actions(record: InvitationRow) -> list[str]:
    """features E4, E16."""
    waits = record.outcome in {"waiting", "review"}
    actions: list[str] = []
    if record.uid and record.method in {"REQUEST", "PUBLISH", "ADD"}:
        actions.append("create_task")
    if record.uid and record.method == "CANCEL" and waits:
        actions.append("cancel_tasks")
    if waits and record.would is not None:
        actions.append("confirm")
    if waits and record.method == "COUNTER" and record.would is not None:
        actions.append("decline")
    if record.changes and record.undone_at is None:
        actions.append("undo")
    return [*actions, "dismiss"] if waits else actions


class TasksBody(Body):
    """features E10, E11, E23: what to do when a task was already made from the invitation."""

    on_duplicate: Literal["fail", "create", "update"] = "fail"


class UndoBody(Body):
    """`force` removes tasks that the decision made even when somebody has worked on them since."""

    force: bool = False


class CancellationBody(Body):
    confirm: bool
    task_ids: Annotated[list[UUID], Field(min_length=1, max_length=100)] | None = None


class AnswerShape(Shape):
    invitation: InvitationShape
    result: Literal["created", "updated", "cancelled", "unchanged"]
    task_ids: list[UUID]
    account_match: dict[str, Any] | None
    warnings: list[str] = Field(description="`account_not_found`, `account_ambiguous`: the task was made all the same.")

    @classmethod
    def of(cls, answer: Answer) -> "AnswerShape":
        return cls(
            invitation=InvitationShape.of(answer.invitation),
            result=answer.result,
            task_ids=answer.task_ids,
            account_match=answer.match.to_document() if answer.match else None,
            warnings=answer.warnings,
        )


class UndoneShape(Shape):
    """`kept`: by task, the fields that were changed again since and stay as they are."""

    invitation: InvitationShape
    task_ids: list[UUID]
    kept: dict[UUID, list[str]]

    @classmethod
    def of(cls, undone: Undone) -> "UndoneShape":
        return cls(invitation=InvitationShape.of(undone.invitation), task_ids=undone.task_ids, kept=undone.kept)


class ItemShape(Shape):
    """What came of one invitation of a mail; a failed one says why, and does not undo the others (features E8, E9)."""

    invitation_id: UUID
    result: Literal["created", "updated", "unchanged", "duplicate", "failed"]
    code: str | None = None
    detail: str | None = None
    task_ids: list[UUID] = Field(default=[])
    warnings: list[str] = Field(default=[])


class ItemsShape(Shape):
    items: list[ItemShape]
