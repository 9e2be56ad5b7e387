"""Files on a task."""

from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from kit.body_limits import body_limit
from kit.schemas import Line
from tasks_api import attaching
from tasks_api.endpoints.callers import Reader, Writer
from tasks_api.endpoints.single_task import task_to_change
from tasks_api.errors.work import AttachmentNotFound, AttachmentTooLarge
from tasks_api.parts import The
from tasks_api.repository import files, tasks
from tasks_api.schemas.particulars import AttachmentShape, AttachmentsShape
from tasks_api.viewer import Viewer

router = APIRouter(tags=["stages, clock and files of a task"])
_MEDIA_TYPE = "application/octet-stream"
_ANY_BYTES = {
    "requestBody": {"required": True, "content": {_MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}}}
}
_FileName = Annotated[Line, Query(min_length=1, max_length=255, description="How the file is called.")]


@router.get("/v1/tasks/{task_id}/attachments", response_model=AttachmentsShape)
async def list_attachments(the: The, caller: Reader, task_id: UUID) -> AttachmentsShape:
    async with the.database.reading() as session:
        task = await tasks.get_task(session, task_id, Viewer.behind(caller))
    return AttachmentsShape(items=[AttachmentShape.of(one) for one in task.particulars.attachments])


@router.post(
    "/v1/tasks/{task_id}/attachments", response_model=AttachmentShape, status_code=201, openapi_extra=_ANY_BYTES
)
@body_limit(None)
async def add_attachment(
    the: The, caller: Writer, task_id: UUID, name: _FileName, request: Request, response: Response
) -> AttachmentShape:
    """Put a file on the task: its bytes as they are, named by the query, its Content-Type kept."""
    content = await _body(request, the.settings.attachment_bytes)
    media_type = (request.headers.get("content-type") or _MEDIA_TYPE).partition(";")[0].strip().lower()[:127]
    async with the.database.transaction() as session:
        task = await task_to_change(session, caller, task_id, request)
        attachment = await attaching.attach(
            session,
            the.desk,
            task,
            content,
            name=name,
            media_type=media_type or _MEDIA_TYPE,
            by=caller.subject,
            now=the.clock.now(),
        )
    response.headers["location"] = f"/v1/tasks/{task_id}/attachments/{attachment.id}"
    return AttachmentShape.of(attachment)


@router.get("/v1/tasks/{task_id}/attachments/{attachment_id}", response_class=Response)
async def fetch_attachment(the: The, caller: Reader, task_id: UUID, attachment_id: UUID) -> Response:
    """The bytes, to be saved and never shown by a browser in our name (reliability D)."""
    async with the.database.reading() as session:
        task = await tasks.get_task(session, task_id, Viewer.behind(caller))
        attachment = attaching.attachment_of(task, attachment_id)
        content = await files.file_content(session, attachment_id)
    if content is None:
        raise AttachmentNotFound(attachment_id)
    return Response(
        content,
        media_type=attachment.media_type if attachment.media_type.isascii() else _MEDIA_TYPE,
        headers={
            "content-disposition": f"attachment; filename*=UTF-8''{quote(attachment.name, safe='')}",
            "x-content-type-options": "nosniff",
            "content-security-policy": "sandbox",
        },
    )


@router.delete("/v1/tasks/{task_id}/attachments/{attachment_id}", status_code=204)
async def remove_attachment(the: The, caller: Writer, task_id: UUID, attachment_id: UUID, request: Request) -> None:
    async with the.database.transaction() as session:
        task = await task_to_change(session, caller, task_id, request)
        await attaching.detach(session, the.desk, task, attachment_id, by=caller.subject, now=the.clock.now())


async def _body(request: Request, most: int) -> bytes:
    """The body, never more of it in memory than is allowed."""
    pieces: list[bytes] = []
    size = 0
    async for piece in request.stream():
        size += len(piece)
        if size > most:
            raise AttachmentTooLarge(most)
        pieces.append(piece)
    return b"".join(pieces)
