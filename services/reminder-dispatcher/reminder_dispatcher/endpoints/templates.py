"""Templates, their preview, and the merge fields they may use."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from kit.database import AsyncSession
from kit.etags import check_if_match, etag_of, show_version
from kit.paging import Page, PageWanted, page_of
from reminder_dispatcher.endpoints.callers import Reader, Writer
from reminder_dispatcher.merge_fields import MERGE_FIELDS, SAMPLE, Manner
from reminder_dispatcher.models import Template
from reminder_dispatcher.parts import The
from reminder_dispatcher.previewing import Draft, facts_for_preview, preview
from reminder_dispatcher.rendering import placeholders
from reminder_dispatcher.repository import templates as repository
from reminder_dispatcher.schemas.templates import (
    Channel,
    MergeFieldShape,
    PreviewBody,
    PreviewShape,
    SmsPreview,
    TemplateBody,
    TemplateChange,
    TemplateShape,
    TrialBody,
    TrialShape,
)
from reminder_dispatcher.sms_segments import sms_size
from reminder_dispatcher.template_keeping import (
    add_template,
    change_template,
    check_text,
    delete_template,
    get_template,
)
from reminder_dispatcher.trials import trial_of

router = APIRouter(tags=["templates"])
Place = Annotated[str | None, Query(max_length=60, description="Only those for this place, or for every place.")]


@router.get("/v1/templates", response_model=Page[TemplateShape])
async def list_templates(
    the: The, _: Reader, paging: PageWanted, channel: Channel | None = None, context: Place = None
) -> Page[TemplateShape]:
    async with the.database.reading() as session:
        found = await repository.list_templates(session, paging, channel=channel)
        defaults = await repository.defaults_among(session, {template.id for template in found})
    page: Page[TemplateShape] = page_of(
        found, paging, key=lambda template: (template.id,), shape=lambda template: _shape(template, defaults)
    )
    if context is not None:
        page.items = [template for template in page.items if {context, "*"} & set(template.contexts)]
    return page


@router.post("/v1/templates", response_model=TemplateShape, status_code=201)
async def post_template(the: The, _: Writer, body: TemplateBody, response: Response) -> TemplateShape:
    """Make a template; an unknown merge field is refused with the place where it stands (features R82)."""
    values = body.model_dump(exclude={"is_default"})
    values["locale"] = body.locale or the.language.locale
    async with the.database.transaction() as session:
        template = await add_template(session, values, is_default=body.is_default, now=the.clock.now())
        shape = await _shown(session, template)
    response.headers["location"] = f"/v1/templates/{shape.id}"
    response.headers["etag"] = etag_of(shape.version)
    return shape


@router.post("/v1/templates/preview", response_model=PreviewShape)
async def preview_template(the: The, _: Reader, body: PreviewBody) -> PreviewShape:
    """What a template says for a task, or for a sample, and what an SMS of it costs (features R76)."""
    async with the.database.reading() as session:
        draft = await _draft(session, the, body)
        facts = await facts_for_preview(session, body.task_id, the.language)
    check_text({"subject": draft.subject, "body": draft.body, "html": draft.html})
    shown = preview(draft, facts)
    sms = None
    if shown.sms is not None:
        sms = SmsPreview(
            encoding=shown.sms.encoding,
            characters=sms_size(shown.text).characters,
            segments=shown.sms.segments,
            diacritics_folded=draft.fold,
            was_shortened=shown.sms.was_shortened,
        )
    return PreviewShape(
        channel="sms" if draft.channel == "sms" else "email",
        subject=shown.subject,
        text=shown.text,
        html=shown.html,
        sms=sms,
        empty_fields=shown.empty_fields,
    )


@router.post("/v1/templates/{template_id}/test", response_model=TrialShape)
async def try_template(the: The, _: Writer, template_id: UUID, body: TrialBody) -> TrialShape:
    """Send it now to one number or address, filled with a task or with a sample; what came of it is the answer."""
    async with the.database.reading() as session:
        template = await get_template(session, template_id)
        facts = await facts_for_preview(session, body.task_id, the.language)
        trial = await trial_of(session, template, facts, body.to, the.language)
    return TrialShape.model_validate(await the.trials.run(trial))


@router.get("/v1/templates/{template_id}", response_model=TemplateShape)
async def show_template(the: The, _: Reader, template_id: UUID, request: Request, response: Response) -> TemplateShape:
    async with the.database.reading() as session:
        shape = await _shown(session, await get_template(session, template_id))
    show_version(request, response, shape.version)
    return shape


@router.patch("/v1/templates/{template_id}", response_model=TemplateShape)
async def patch_template(
    the: The, _: Writer, template_id: UUID, body: TemplateChange, request: Request, response: Response
) -> TemplateShape:
    async with the.database.transaction() as session:
        known = await get_template(session, template_id)
        check_if_match(request, etag_of(known.version))
        shape = await _shown(session, await change_template(session, known, body.fields(), now=the.clock.now()))
    response.headers["etag"] = etag_of(shape.version)
    return shape


@router.delete("/v1/templates/{template_id}", status_code=204)
async def remove_template(the: The, _: Writer, template_id: UUID, request: Request) -> None:
    """Delete a template; tasks that name it fall back to the default of their place."""
    async with the.database.transaction() as session:
        known = await get_template(session, template_id)
        check_if_match(request, etag_of(known.version))
        await delete_template(session, known, now=the.clock.now())


@router.get("/v1/merge-fields", response_model=list[MergeFieldShape])
async def list_merge_fields(the: The, _: Reader) -> list[MergeFieldShape]:
    """Everything a template may say, with its Polish names and a sample."""
    manner = Manner(the.language.locale)
    return [
        MergeFieldShape(
            name=field.name,
            aliases=list(field.aliases),
            description=field.description,
            sample=field.value(SAMPLE, manner),
        )
        for field in MERGE_FIELDS
    ]


async def _draft(session: AsyncSession, the: The, body: PreviewBody) -> Draft:
    if body.template_id is None:
        return Draft(
            channel=body.channel or "email",
            locale=body.locale or the.language.locale,
            subject=body.subject,
            body=body.body or "",
            html=body.html,
            fold=body.diacritics == "fold",
            max_segments=body.max_segments,
        )
    template = await get_template(session, body.template_id)
    return Draft(
        channel=template.channel,
        locale="en" if (body.locale or template.locale) == "en" else "pl",
        subject=template.subject,
        body=body.body or template.body,
        html=template.html,
        fold=template.diacritics == "fold",
        max_segments=template.max_segments,
    )


async def _shown(session: AsyncSession, template: Template) -> TemplateShape:
    return _shape(template, await repository.defaults_among(session, {template.id}))


def _shape(template: Template, defaults: set[UUID]) -> TemplateShape:
    parts = " ".join(part for part in (template.subject, template.body, template.html) if part)
    return TemplateShape.model_validate(
        {**template.model_dump(), "is_default": template.id in defaults, "merge_fields": placeholders(parts)}
    )
