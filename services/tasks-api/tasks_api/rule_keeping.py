"""Automation rules: what is made when another system prints or sends a document; off until somebody switches them on (W24, W25)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from kit.database import AsyncSession
from kit.errors import FieldError, Invalid
from kit.ids import new_id
from tasks_api.dictionaries import FIELD_OF
from tasks_api.errors.directory import EmployeeUnknown
from tasks_api.errors.work import ValueUnknown
from tasks_api.follow_ups import later
from tasks_api.models.work import AutomationRule
from tasks_api.repository import directory, registers, task_types

Fields = Mapping[str, Any]


async def create_rule(
    session: AsyncSession, fields: Fields, *, created_by: UUID | None, now: datetime
) -> AutomationRule:
    await _check(session, fields["template"])
    rule = AutomationRule(id=new_id(), created_by=created_by, created_at=now, **fields)
    session.add(rule)
    await session.flush()
    return rule


async def change_rule(session: AsyncSession, rule: AutomationRule, fields: Fields) -> AutomationRule:
    if "template" in fields:
        await _check(session, fields["template"])
    for name, value in fields.items():
        setattr(rule, name, value)
    rule.version += 1
    session.add(rule)
    await session.flush()
    return rule


async def _check(session: AsyncSession, template: Fields) -> None:
    """What the rule will put on its tasks is there when the rule is saved."""
    if template.get("type_id") is not None:
        await task_types.usable_type(session, UUID(template["type_id"]))
    for dictionary, field in FIELD_OF.items():
        if template.get(field) is not None and not await registers.is_choosable(
            session, dictionary, UUID(template[field])
        ):
            raise ValueUnknown(f"template/{field}", UUID(template[field]))
    people = [UUID(one) for one in (*(template.get("assignee_ids") or ()), template.get("owner_id")) if one]
    there = await directory.find_employees(session, people)
    for employee_id in people:
        if employee_id not in there:
            raise EmployeeUnknown(employee_id, "#/template/assignee_ids")
    if template.get("due_in") is not None and later(template["due_in"]) is None:
        raise Invalid(
            "The task is due so many hours, days or weeks later: PT48H, P2D, P2W.",
            errors=[FieldError(pointer="#/template/due_in", detail="is no such duration")],
        )
