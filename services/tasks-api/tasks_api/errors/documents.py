"""What is refused about tasks made from documents and about the rules that make them."""

from collections.abc import Sequence
from uuid import UUID

from kit.errors import Conflict, NotFound


class DocumentHasTask(Conflict):
    """A repeat asks first, as it does for invitations (features E10, W29)."""

    code = "document_has_task"

    def __init__(self, task_ids: Sequence[UUID]) -> None:
        super().__init__(
            "There is a task for this document already; say on_duplicate=create to make another one.",
            existing_task_ids=[str(one) for one in task_ids],
        )


class RuleNotFound(NotFound):
    code = "automation_rule_not_found"

    def __init__(self, rule_id: UUID) -> None:
        super().__init__(f"There is no automation rule {rule_id}.")
