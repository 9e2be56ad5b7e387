"""Templates and signatures."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Select
from sqlmodel import col, select

from case_threader.errors import TemplateNotFound
from case_threader.models import ReplyTemplate, Signature
from case_threader.repository import tables
from kit.database import AsyncSession
from kit.paging import Paging, one_page


async def get_template(session: AsyncSession, template_id: UUID) -> ReplyTemplate:
    template = await find_template(session, template_id)
    if template is None:
        raise TemplateNotFound(template_id)
    return template


async def find_template(session: AsyncSession, template_id: UUID | None) -> ReplyTemplate | None:
    return await session.get(ReplyTemplate, template_id) if template_id is not None else None


async def find_template_named(session: AsyncSession, folded_name: str) -> ReplyTemplate | None:
    return (await session.exec(select(ReplyTemplate).where(col(ReplyTemplate.folded_name) == folded_name))).first()


def templates_in_list(paging: Paging) -> Select[ReplyTemplate]:
    template = tables.reply_templates.c
    return one_page(select(ReplyTemplate), paging, template.folded_name, template.id)


async def find_signature(session: AsyncSession, mail_account_id: UUID) -> Signature | None:
    return await session.get(Signature, mail_account_id)
