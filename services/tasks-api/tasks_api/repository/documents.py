"""Tasks made from documents of other systems, and the rules that make them."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_
from sqlmodel import col, select

from kit.database import AsyncSession, insert_many
from kit.ids import new_id
from kit.paging import Paging
from tasks_api.documents import Document, Run
from tasks_api.errors.documents import RuleNotFound
from tasks_api.models.tasks import TaskRow
from tasks_api.models.work import AutomationRule, DocumentTask
from tasks_api.repository.pages import rows_of_page


async def get_rule(session: AsyncSession, rule_id: UUID, *, to_change: bool = False) -> AutomationRule:
    rule = await session.get(AutomationRule, rule_id, with_for_update=to_change or None)
    if rule is None:
        raise RuleNotFound(rule_id)
    return rule


async def list_rules(session: AsyncSession, paging: Paging, *, event: str | None) -> list[AutomationRule]:
    query = select(AutomationRule)
    if event is not None:
        query = query.where(AutomationRule.event == event)
    return list(await session.exec(rows_of_page(query, paging, col(AutomationRule.id))))


async def enabled_rules(session: AsyncSession) -> list[AutomationRule]:
    """The rules that are switched on, oldest first."""
    query = select(AutomationRule).where(col(AutomationRule.enabled)).order_by(col(AutomationRule.id))
    return list(await session.exec(query))


async def tasks_of_document(session: AsyncSession, document: Document) -> list[UUID]:
    """The tasks made from this document that are still there, oldest first."""
    query = (
        select(DocumentTask.task_id)
        .join(TaskRow, col(TaskRow.id) == col(DocumentTask.task_id))
        .where(DocumentTask.document_type == document.type, DocumentTask.document_id == document.id)
        .order_by(col(DocumentTask.id))
    )
    return list(await session.exec(query))


async def runs_of(session: AsyncSession, documents: Collection[Document]) -> set[Run]:
    """What rules have made of these documents before, whether or not the tasks are still there."""
    query = select(DocumentTask).where(
        col(DocumentTask.rule_id).is_not(None),
        or_(
            *(
                (col(DocumentTask.document_type) == one.type) & (col(DocumentTask.document_id) == one.id)
                for one in documents
            )
        ),
    )
    return {
        Run(row.rule_id, Document(row.document_type, row.document_id), row.action, row.repeat_key)
        for row in await session.exec(query)
        if row.rule_id is not None
    }


async def remember_task(
    session: AsyncSession, document: Document, task_id: UUID, run: Run | None = None, *, now: datetime
) -> None:
    """The task was made from the document, by a person or in a run of a rule; two runs that are the same exclude each other."""
    row = {
        "id": new_id(),
        "document_type": document.type,
        "document_id": document.id,
        "rule_id": run.rule_id if run else None,
        "action": run.action if run else "",
        "repeat_key": run.repeat_key if run else "",
        "task_id": task_id,
        "created_at": now,
    }
    await insert_many(session, DocumentTask, [row])
