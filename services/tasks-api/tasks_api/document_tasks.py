"""Tasks made from documents of other systems: by a person, or by a rule when one was printed or sent (features W20-W25, W29)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.addresses import canonical_email
from contracts.documents import DocumentFact
from contracts.tasks import TaskSource
from kit.database import AsyncSession
from kit.errors import Invalid, Refuse
from kit.events import Heard
from kit.schemas import is_storable
from tasks_api.address_matching import matched
from tasks_api.desk import Desk
from tasks_api.documents import (
    LONGEST_ID,
    LONGEST_NUMBER,
    LONGEST_TYPE,
    Document,
    Run,
    description_of,
    source_document,
    title_of,
)
from tasks_api.errors.documents import DocumentHasTask
from tasks_api.follow_ups import later, moment_later
from tasks_api.models.work import AutomationRule
from tasks_api.repository import card_matches, directory, documents
from tasks_api.schedule import EARLIEST, LATEST
from tasks_api.task import Task
from tasks_api.task_editing import Editor, create_task
from tasks_api.tax_ids import comparable
from tasks_api.viewer import Viewer

Fields = Mapping[str, Any]
_SEES_ALL = Viewer(sees_all_tasks=True, sees_all_activities=True, changes_all=True)


async def create_from_document(
    session: AsyncSession,
    desk: Desk,
    document: Document,
    number: str,
    fields: Fields,
    *,
    tax_id: str | None,
    email: str | None,
    again: bool,
    editor: Editor,
    now: datetime,
) -> Task:
    """A person makes a task from a document; DocumentHasTask when there is one and `again` is not said."""
    existing = await documents.tasks_of_document(session, document)
    if existing and not again:
        raise DocumentHasTask(existing)
    account_id = fields.get("account_id") or await _account(session, None, tax_id, email)
    source = TaskSource(kind="document", document=source_document(document, number))
    filled = {
        **fields,
        "title": title_of(fields.get("title"), document.type, number),
        "description": description_of(number, fields.get("description") or ""),
        "account_id": account_id,
    }
    if not fields.get("contact_ids"):
        filled["contact_ids"] = await _default_contact(session, account_id)
    task = await create_task(session, desk, filled, editor=editor, now=now, source=source)
    await documents.remember_task(session, document, task.id, now=now)
    return task


async def hear_documents(
    session: AsyncSession, desk: Desk, heard: Sequence[Heard[DocumentFact]], *, now: datetime
) -> list[Task]:
    """What the rules that are switched on make of documents that were printed or sent: each once (features W29).

    A rule that cannot make its task (a retired type, a meeting without a contact) is refused with the reason; the event waits
    among the dead letters until somebody has put the rule right.
    """
    rules = await documents.enabled_rules(session)
    asked = [(one, rule) for one in heard for rule in rules if _concerns(rule, one.event)]
    if not asked:
        return []
    for one, _ in asked:
        _refuse_unusable(one.event)
    done = await documents.runs_of(session, {_document(one.event) for one, _ in asked})
    made: list[Task] = []
    for one, rule in asked:
        run = Run(rule.id, _document(one.event), action_of(one.event), one.id.hex if rule.repeat else "")
        if run in done:
            continue
        done.add(run)
        made.append(await _run(session, desk, rule, run, one.event, now=now))
    return made


def action_of(fact: DocumentFact) -> str:
    """`document.printed` or `document.sent`, without the version."""
    return fact.subject.rpartition(".")[0]


async def _run(
    session: AsyncSession, desk: Desk, rule: AutomationRule, run: Run, fact: DocumentFact, *, now: datetime
) -> Task:
    account_id = await _account(session, fact.account_id, fact.account_tax_id, fact.account_email)
    template = rule.template
    fields: dict[str, Any] = {
        **{name: template[name] for name in ("kind", "color", "in_calendar") if template.get(name) is not None},
        **{name: UUID(template[name]) for name in _IDS if template.get(name) is not None},
        "title": title_of(template.get("title"), fact.document_type, fact.number),
        "description": description_of(fact.number, template.get("description") or ""),
        "account_id": account_id,
        "contact_ids": await _default_contact(session, account_id),
        "assignee_ids": await _assignees(session, template, fact),
    }
    due = later(template["due_in"]) if template.get("due_in") else None
    if due is not None:
        fields["ends_at"] = moment_later(fact.at, due, desk.settings.default_timezone)
    source = TaskSource(kind="automation", document=source_document(run.document, fact.number, run.action))
    editor = Editor(f"automation:{rule.id}", _SEES_ALL, rule.created_by)
    try:
        task = await create_task(session, desk, fields, editor=editor, now=now, source=source)
    except Invalid as wrong:
        raise Refuse(f"The rule {rule.name!r} cannot make its task: {wrong.sentence}") from wrong
    await documents.remember_task(session, run.document, task.id, run, now=now)
    return task


_IDS = ("type_id", "priority_id", "category_id", "stage_id", "kind_id", "owner_id")


def _concerns(rule: AutomationRule, fact: DocumentFact) -> bool:
    return rule.event == action_of(fact) and rule.document_type in (None, fact.document_type)


def _document(fact: DocumentFact) -> Document:
    return Document(fact.document_type, fact.document_id)


def _refuse_unusable(fact: DocumentFact) -> None:
    """Whoever may publish is not thereby careful."""
    for name, text, longest in (
        ("document_type", fact.document_type, LONGEST_TYPE),
        ("document_id", fact.document_id, LONGEST_ID),
        ("number", fact.number, LONGEST_NUMBER),
    ):
        if not 0 < len(text) <= longest or not is_storable(text):
            raise Refuse(f"{name} is empty, too long or no text.")
    if fact.at.tzinfo is None or not EARLIEST.year < fact.at.year < LATEST.year - 1:
        raise Refuse("at has no offset, or lies in no year we know.")


async def _account(
    session: AsyncSession, account_id: UUID | None, tax_id: str | None, email: str | None
) -> UUID | None:
    """The account that is meant: by id, else by its tax number, else by an address that is only its; None when unknown."""
    if account_id is not None and await directory.find_account(session, account_id) is not None:
        return account_id
    if tax_id:
        plain = comparable("".join(letter for letter in tax_id.upper() if letter.isalnum()))
        found = await card_matches.accounts_with_tax_ids(session, [plain])
        if plain in found:
            return found[plain]
    if email:
        address = canonical_email(email)
        holders = await directory.holders_of(session, [address])
        return matched(holders.get(address, ())).account_id
    return None


async def _default_contact(session: AsyncSession, account_id: UUID | None) -> list[UUID]:
    """features W23: the default contact of the account, when it has one."""
    if account_id is None:
        return []
    found = await directory.default_contact_ids(session, [account_id])
    return [found[account_id]] if account_id in found else []


async def _assignees(session: AsyncSession, template: Fields, fact: DocumentFact) -> list[UUID]:
    """Those the rule names; else whoever did it, when their address is that of one of us."""
    named = [UUID(one) for one in template.get("assignee_ids") or ()]
    if named or not fact.by or "@" not in fact.by:
        return named
    address = canonical_email(fact.by)
    holders = await directory.holders_of(session, [address])
    found = matched(holders.get(address, ())).employee_id
    return [found] if found is not None else []
