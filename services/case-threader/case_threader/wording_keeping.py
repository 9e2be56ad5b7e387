"""Templates and signatures are kept: saved only when every field in them exists (reliability D8)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from case_threader.errors import BadWording, MailAccountUnknown, TemplateInUse, TemplateNameTaken
from case_threader.folding import folded
from case_threader.merge_fields import faults_of
from case_threader.models import ReplyTemplate, Signature
from case_threader.repository import directory, wordings
from case_threader.repository.settings import get_settings
from kit.database import AsyncSession
from kit.errors import FieldError
from kit.ids import new_id


async def add_template(session: AsyncSession, fields: dict[str, Any], *, now: datetime) -> ReplyTemplate:
    """Raises BadWording, TemplateNameTaken."""
    template = ReplyTemplate(
        id=new_id(), version=0, name="", folded_name="", subject="", text="", html=None, changed_at=now
    )
    await change_template(session, template, fields, now=now)
    return template


async def change_template(
    session: AsyncSession, template: ReplyTemplate, fields: dict[str, Any], *, now: datetime
) -> None:
    """Set the given fields. Raises BadWording, TemplateNameTaken."""
    _check(fields)
    if "name" in fields:
        other = await wordings.find_template_named(session, folded(fields["name"]))
        if other is not None and other.id != template.id:
            raise TemplateNameTaken(fields["name"])
        template.folded_name = folded(fields["name"])
    for name, value in fields.items():
        setattr(template, name, value)
    template.version += 1
    template.changed_at = now
    session.add(template)
    await session.flush()


async def delete_template(session: AsyncSession, template: ReplyTemplate) -> None:
    """Raises TemplateInUse for the text of the acknowledgement."""
    if (await get_settings(session)).settings.acknowledgement_template_id == template.id:
        raise TemplateInUse(template.id)
    await session.delete(template)


async def put_signature(
    session: AsyncSession, mail_account_id: UUID, *, text: str, html: str | None, now: datetime
) -> Signature:
    """Raises MailAccountUnknown, BadWording."""
    if await directory.find_mail_account(session, mail_account_id) is None:
        raise MailAccountUnknown(mail_account_id)
    _check({"text": text, "html": html})
    signature = await wordings.find_signature(session, mail_account_id)
    if signature is None:
        signature = Signature(mail_account_id=mail_account_id, version=0, text="", html=None, changed_at=now)
    signature.text, signature.html, signature.changed_at = text, html, now
    signature.version += 1
    session.add(signature)
    await session.flush()
    return signature


def _check(fields: dict[str, Any]) -> None:
    errors: list[FieldError] = [
        {"pointer": f"#/{part}", "detail": fault}
        for part in ("subject", "text", "html")
        for fault in faults_of(fields.get(part) or "")
    ]
    if errors:
        raise BadWording(errors[0]["detail"], errors=errors)
