"""Templates and which of them is the default where."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, update
from sqlmodel import col, select

from kit.database import AsyncSession, insert_ignoring_conflicts, upsert_many
from kit.paging import Paging, one_page
from reminder_dispatcher.models import Template, TemplateDefault, core


async def find_template(session: AsyncSession, template_id: UUID) -> Template | None:
    """None for one that is not there or was deleted."""
    query = select(Template).where(col(Template.id) == template_id, col(Template.deleted_at).is_(None))
    return (await session.exec(query.execution_options(populate_existing=True))).one_or_none()


async def templates_by_id(session: AsyncSession, ids: Iterable[UUID]) -> dict[UUID, Template]:
    query = select(Template).where(col(Template.id).in_(set(ids)), col(Template.deleted_at).is_(None))
    return {template.id: template for template in await session.exec(query)}


async def list_templates(session: AsyncSession, paging: Paging, *, channel: str | None = None) -> list[Template]:
    """One more than the page holds."""
    query = select(Template).where(col(Template.deleted_at).is_(None))
    if channel is not None:
        query = query.where(col(Template.channel) == channel)
    return list((await session.execute(one_page(query, paging, core(Template).c.id))).scalars())


async def living_templates(session: AsyncSession) -> list[Template]:
    return list(await session.exec(select(Template).where(col(Template.deleted_at).is_(None))))


async def add_templates(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Those that are there already stay as they are."""
    await insert_ignoring_conflicts(session, Template, rows, ["id"])


async def save_template(session: AsyncSession, template_id: UUID, values: dict[str, Any]) -> None:
    await session.execute(update(Template).where(col(Template.id) == template_id).values(**values))


async def delete_template(session: AsyncSession, template_id: UUID, *, now: datetime) -> None:
    await session.execute(delete(TemplateDefault).where(col(TemplateDefault.template_id) == template_id))
    await session.execute(
        update(Template).where(col(Template.id) == template_id).values(deleted_at=now, changed_at=now)
    )


async def all_defaults(session: AsyncSession) -> list[TemplateDefault]:
    return list(await session.exec(select(TemplateDefault)))


async def defaults_among(session: AsyncSession, ids: Collection[UUID]) -> set[UUID]:
    """Which of these templates are the default somewhere."""
    query = select(TemplateDefault.template_id).where(col(TemplateDefault.template_id).in_(ids))
    return set(await session.exec(query))


async def make_default(
    session: AsyncSession, template_id: UUID, *, channel: str, contexts: Collection[str], locale: str
) -> None:
    """The default of each of these places from now on, in place of whichever was (features R81)."""
    rows = [
        {"channel": channel, "context": context, "locale": locale, "template_id": template_id} for context in contexts
    ]
    await upsert_many(session, TemplateDefault, rows, ["channel", "context", "locale"], update=["template_id"])


async def stop_being_default(
    session: AsyncSession, template_id: UUID, *, except_contexts: Collection[str] = ()
) -> None:
    query = delete(TemplateDefault).where(col(TemplateDefault.template_id) == template_id)
    if except_contexts:
        query = query.where(col(TemplateDefault.context).not_in(except_contexts))
    await session.execute(query)
