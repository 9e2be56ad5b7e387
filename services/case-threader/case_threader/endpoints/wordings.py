"""Templates for replies, and the signature of each mail account."""

from uuid import UUID

from fastapi import APIRouter, Request, Response

from case_threader.errors import SignatureNotFound
from case_threader.merge_fields import FIELDS
from case_threader.parts import Reader, The, Writer
from case_threader.repository import wordings
from case_threader.schemas.wordings import (
    FieldShape,
    SignatureBody,
    SignatureShape,
    TemplateBody,
    TemplateChange,
    TemplateShape,
)
from case_threader.wording_keeping import add_template, change_template, delete_template, put_signature
from kit.etags import check_if_match, etag_of, show_version
from kit.paging import Page, PageWanted, page_of

router = APIRouter(tags=["reply templates"])


@router.get("/v1/reply-templates", response_model=Page[TemplateShape])
async def list_templates(the: The, _: Reader, paging: PageWanted) -> Page[TemplateShape]:
    """By name."""
    async with the.database.reading() as session:
        listed = list((await session.scalars(wordings.templates_in_list(paging))).all())
    return page_of(listed, paging, key=lambda each: (each.folded_name, each.id), shape=TemplateShape.of)


@router.post("/v1/reply-templates", response_model=TemplateShape, status_code=201)
async def add_reply_template(the: The, _: Writer, body: TemplateBody, response: Response) -> TemplateShape:
    """Keep a text with fields such as `{{case_number}}`; `GET /v1/reply-fields` lists them."""
    async with the.database.transaction() as session:
        template = await add_template(session, body.model_dump(), now=the.clock.now())
        shape = TemplateShape.of(template)
    response.headers["location"] = f"/v1/reply-templates/{shape.id}"
    response.headers["etag"] = etag_of(shape.version)
    return shape


@router.get("/v1/reply-templates/{template_id}", response_model=TemplateShape)
async def show_template(the: The, _: Reader, template_id: UUID, request: Request, response: Response) -> TemplateShape:
    async with the.database.reading() as session:
        shape = TemplateShape.of(await wordings.get_template(session, template_id))
    show_version(request, response, shape.version)
    return shape


@router.patch("/v1/reply-templates/{template_id}", response_model=TemplateShape)
async def patch_template(
    the: The, _: Writer, template_id: UUID, body: TemplateChange, request: Request, response: Response
) -> TemplateShape:
    async with the.database.transaction() as session:
        template = await wordings.get_template(session, template_id)
        check_if_match(request, etag_of(template.version))
        await change_template(session, template, body.fields(), now=the.clock.now())
        shape = TemplateShape.of(template)
    response.headers["etag"] = etag_of(shape.version)
    return shape


@router.delete("/v1/reply-templates/{template_id}", status_code=204)
async def remove_template(the: The, _: Writer, template_id: UUID, request: Request) -> None:
    async with the.database.transaction() as session:
        template = await wordings.get_template(session, template_id)
        check_if_match(request, etag_of(template.version))
        await delete_template(session, template)


@router.get("/v1/reply-fields", response_model=Page[FieldShape])
async def list_fields(_: Reader) -> Page[FieldShape]:
    """What templates and signatures may name."""
    fields = [
        FieldShape(name=name, polish_name=polish, description=description)
        for name, (polish, description) in FIELDS.items()
    ]
    return Page[FieldShape](items=fields)


@router.get("/v1/signatures/{mail_account_id}", response_model=SignatureShape)
async def show_signature(
    the: The, _: Reader, mail_account_id: UUID, request: Request, response: Response
) -> SignatureShape:
    async with the.database.reading() as session:
        signature = await wordings.find_signature(session, mail_account_id)
    if signature is None:
        raise SignatureNotFound(mail_account_id)
    show_version(request, response, signature.version)
    return SignatureShape.of(signature)


@router.put("/v1/signatures/{mail_account_id}", response_model=SignatureShape)
async def set_signature(
    the: The, _: Writer, mail_account_id: UUID, body: SignatureBody, request: Request, response: Response
) -> SignatureShape:
    """What stands below every mail that leaves from this mail account."""
    async with the.database.transaction() as session:
        former = await wordings.find_signature(session, mail_account_id)
        if former is not None:
            check_if_match(request, etag_of(former.version))
        signature = await put_signature(session, mail_account_id, text=body.text, html=body.html, now=the.clock.now())
        shape = SignatureShape.of(signature)
    response.headers["etag"] = etag_of(shape.version)
    return shape


@router.delete("/v1/signatures/{mail_account_id}", status_code=204)
async def remove_signature(the: The, _: Writer, mail_account_id: UUID) -> None:
    async with the.database.transaction() as session:
        signature = await wordings.find_signature(session, mail_account_id)
        if signature is None:
            raise SignatureNotFound(mail_account_id)
        await session.delete(signature)
