"""Who may know what of the events that are told live: the same rights as in the lists (features K32, K34, R53, R63)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from kit.database import AsyncSession
from kit.event_log import LoggedEvent
from kit.live_events import Earshot
from kit.tokens import Caller
from tasks_api.endpoints.callers import in_crm
from tasks_api.errors.directory import CardNotFound
from tasks_api.repository import directory
from tasks_api.repository.task_filters import may_be_seen
from tasks_api.scopes import SEEN_BY
from tasks_api.viewer import DirectoryViewer, Member, Viewer

_TASK, _INVITATION, _ACCOUNT, _CONTACT = "task", "invitation", "directory.account", "directory.contact"
_GONE = "task.deleted.v1"


async def what_may_be_seen(session: AsyncSession, caller: Caller, events: Sequence[LoggedEvent]) -> list[LoggedEvent]:
    """Those of the events that speak of what the caller would find in their lists just now.

    A deleted task stands in no list any more: whoever it belonged to is told. What comes of invitations is for those who see
    everything, as its list is. A card that is gone is told to those who see all cards.
    """
    cards = DirectoryViewer.behind(caller)
    tasks = await _tasks(session, Viewer.behind(caller), events)
    seen: list[LoggedEvent] = []
    for event in events:
        if event.type.startswith(f"{_TASK}."):
            may_be_told = event.event_id in tasks
        elif event.type.startswith(f"{_INVITATION}."):
            may_be_told = not (isinstance(caller, Member) and caller.has_limits)
        else:
            may_be_told = await _card_is_seen(session, cards, event)
        if may_be_told:
            seen.append(event)
    return seen


EARSHOT = Earshot(
    {
        _TASK: ("tasks:read",),
        _INVITATION: ("tasks:read", SEEN_BY["tasks"], SEEN_BY["activities"]),
        "directory": ("directory:read",),
    },
    narrow=what_may_be_seen,
    door=in_crm(),
)


async def _tasks(session: AsyncSession, viewer: Viewer, events: Sequence[LoggedEvent]) -> set[UUID]:
    """The ids of those events about tasks that the viewer may see."""
    told = {event.event_id: event for event in events if event.type.startswith(f"{_TASK}.")}
    if viewer.sees_all and not viewer.limits:
        return set(told)
    states = {event_id: event.data()["task"] for event_id, event in told.items()}
    there = await may_be_seen(session, viewer, {UUID(state["task_id"]) for state in states.values()})
    return {
        event_id
        for event_id, state in states.items()
        if UUID(state["task_id"]) in there or (told[event_id].type == _GONE and _was_seen(viewer, state))
    }


def _was_seen(viewer: Viewer, state: Mapping[str, Any]) -> bool:
    """By what the last state of the task says. What was hidden by an administrator's filter cannot be told apart any more."""
    made_by = state.get("created_by")
    assignees = [UUID(assignee) for assignee in state.get("assignee_ids", ())]
    return not viewer.limits and viewer.sees(state["kind"], UUID(made_by) if made_by else None, assignees)


async def _card_is_seen(session: AsyncSession, cards: DirectoryViewer, event: LoggedEvent) -> bool:
    asked: dict[str, tuple[str, Callable[[AsyncSession, UUID, DirectoryViewer], Awaitable[object]]]] = {
        _ACCOUNT: ("account_id", directory.get_account),
        _CONTACT: ("contact_id", directory.get_contact),
    }
    kind = event.type.rpartition(".")[0]
    if cards.sees_everything or kind not in asked:
        return True
    name, get = asked[kind]
    try:
        await get(session, UUID(event.data()[name]), cards)
    except CardNotFound:
        return False
    return True
