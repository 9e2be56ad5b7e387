"""Tasks from documents of other systems (features W20-W25)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from kit.etags import check_if_match, etag_of, show_version
from kit.paging import Page, PageWanted, Paging, page_of
from tasks_api import document_tasks, rule_keeping
from tasks_api.documents import LONGEST_ID, LONGEST_TYPE, Document
from tasks_api.endpoints.callers import DecidesAll, Reader, SeesAll, Writer, editor_of
from tasks_api.endpoints.single_task import shape_of, with_etag
from tasks_api.parts import The
from tasks_api.repository import documents
from tasks_api.repository.task_lists import list_tasks
from tasks_api.schemas.documents import (
    DocumentEvent,
    FromDocumentBody,
    MessageDocumentShape,
    MessageDocumentsShape,
    RuleBody,
    RuleChange,
    RuleShape,
    TasksOfDocumentShape,
)
from tasks_api.schemas.tasks import TaskShape
from tasks_api.task_filter import TaskFilter
from tasks_api.viewer import Viewer

router = APIRouter(tags=["tasks from documents"])


@router.post("/v1/tasks/from-document", response_model=TaskShape, status_code=201)
async def make_from_document(the: The, caller: Writer, body: FromDocumentBody, response: Response) -> TaskShape:
    """A task from an order, an invoice, …: its number in the description, the default contact linked (features W21-W23).

    409 `document_has_task` when there is one already, unless `on_duplicate` is `create`.
    """
    async with the.database.transaction() as session:
        task = await document_tasks.create_from_document(
            session,
            the.desk,
            Document(body.document.type, body.document.id),
            body.document.number,
            body.fields(),
            tax_id=body.account_tax_id,
            email=body.account_email,
            again=body.on_duplicate == "create",
            editor=editor_of(caller),
            now=the.clock.now(),
        )
        shape = await shape_of(session, task)
    response.headers["location"] = f"/v1/tasks/{task.id}"
    return with_etag(response, shape)


@router.get("/v1/document-tasks", response_model=TasksOfDocumentShape)
async def find_tasks_of_document(
    the: The,
    _: SeesAll,
    document_type: Annotated[str, Query(max_length=LONGEST_TYPE)],
    document_id: Annotated[str, Query(max_length=LONGEST_ID)],
) -> TasksOfDocumentShape:
    """The tasks that were made from a document."""
    async with the.database.reading() as session:
        found = await documents.tasks_of_document(session, Document(document_type, document_id))
    return TasksOfDocumentShape(task_ids=found)


@router.get("/v1/documents", response_model=MessageDocumentsShape)
async def show_documents_of_message(the: The, caller: Reader, message_id: UUID) -> MessageDocumentsShape:
    """What was made from a message: its tasks and their documents, as far as the caller sees them (features R85)."""
    async with the.database.reading() as session:
        found = await list_tasks(
            session, Paging(200), TaskFilter(message_id=message_id), Viewer.behind(caller), order="created",
            dialect=the.database.dialect,
        )  # fmt: skip
    return MessageDocumentsShape(
        items=[
            MessageDocumentShape(
                task_id=task.id, number=task.number, title=task.fields.title, status=task.status,
                document=task.source.document,
            )
            for task in found[:200]
        ]
    )  # fmt: skip


@router.get("/v1/automation-rules", response_model=Page[RuleShape])
async def list_rules(the: The, _: SeesAll, paging: PageWanted, event: DocumentEvent | None = None) -> Page[RuleShape]:
    async with the.database.reading() as session:
        rules = await documents.list_rules(session, paging, event=event)
    return page_of(rules, paging, key=lambda one: (one.id,), shape=RuleShape.of)


@router.post("/v1/automation-rules", response_model=RuleShape, status_code=201)
async def add_rule(the: The, caller: DecidesAll, body: RuleBody, response: Response) -> RuleShape:
    """A rule is off until it is switched on (features W24)."""
    async with the.database.transaction() as session:
        rule = await rule_keeping.create_rule(session, body.fields(), created_by=caller.user_id, now=the.clock.now())
        shape = RuleShape.of(rule)
    response.headers["location"] = f"/v1/automation-rules/{shape.id}"
    response.headers["etag"] = etag_of(shape.version)
    return shape


@router.get("/v1/automation-rules/{rule_id}", response_model=RuleShape)
async def show_rule(the: The, _: SeesAll, rule_id: UUID, request: Request, response: Response) -> RuleShape:
    async with the.database.reading() as session:
        rule = await documents.get_rule(session, rule_id)
    show_version(request, response, rule.version)
    return RuleShape.of(rule)


@router.patch("/v1/automation-rules/{rule_id}", response_model=RuleShape)
async def patch_rule(
    the: The, _: DecidesAll, rule_id: UUID, body: RuleChange, request: Request, response: Response
) -> RuleShape:
    async with the.database.transaction() as session:
        rule = await documents.get_rule(session, rule_id, to_change=True)
        check_if_match(request, etag_of(rule.version))
        shape = RuleShape.of(await rule_keeping.change_rule(session, rule, body.fields()))
    response.headers["etag"] = etag_of(shape.version)
    return shape


@router.delete("/v1/automation-rules/{rule_id}", status_code=204)
async def remove_rule(the: The, _: DecidesAll, rule_id: UUID, request: Request) -> None:
    """Tasks it has made stay."""
    async with the.database.transaction() as session:
        rule = await documents.get_rule(session, rule_id, to_change=True)
        check_if_match(request, etag_of(rule.version))
        await session.delete(rule)
