"""A caller's place in the house: whose work they see beside their own, and what administrators hide from them."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, cast
from uuid import UUID

from kit.tokens import Caller
from tasks_api.models.organisation import MandatoryFilter
from tasks_api.models.people import User
from tasks_api.organisation import Circle, Organisation
from tasks_api.parts import TasksParts
from tasks_api.schemas.filters import FilterBody
from tasks_api.schemas.mandatory_filters import CardFilterBody
from tasks_api.scopes import AGENDA_LISTS, SEEN_BY, List, level_of, scopes_of_user
from tasks_api.viewer import CardLimit, Limit, Member

_OF: dict[List, Literal["tasks", "activities", "everything"]] = {
    "tasks": "tasks",
    "activities": "activities",
    "calendar": "everything",
}


async def member_of(the: TasksParts, caller: Caller) -> Member:
    """The caller with what is true of them just now: circles by their scopes, limits by the filters that concern them."""
    sight = await the.sights.look()
    now, timezone = the.clock.now(), the.settings.default_timezone
    concerned = [one for one in sight.filters if concerns(one, caller, sight.organisation)]
    limits: dict[List, tuple[Limit, ...]] = {}
    card_limits: dict[List, tuple[CardLimit, ...]] = {}
    for one in concerned:
        for name in cast("list[List]", one.lists):
            if name in AGENDA_LISTS:
                limits[name] = (*limits.get(name, ()), _limit(one, name, now, timezone))
            else:
                card_limits[name] = (*card_limits.get(name, ()), _card_limit(one))
    return Member(
        caller.subject, caller.scopes, caller.user_id, caller.employee_id, caller.name,
        circles=circles_of(caller, sight.organisation), limits=limits, card_limits=card_limits,
    )  # fmt: skip


async def member_behind(the: TasksParts, user: User) -> Member:
    """The same of somebody who is not calling: whoever made a feed, with the rights they have now."""
    scopes = scopes_of_user(user.scopes, user.visibility)
    caller = Caller(f"user:{user.id}", scopes, user.id, user.employee_id, user.name)
    if caller.has("admin"):
        return Member(caller.subject, caller.scopes, caller.user_id, caller.employee_id, caller.name)
    return await member_of(the, caller)


def circles_of(caller: Caller, organisation: Organisation) -> dict[List, Circle]:
    """List → whose entries of it they see beside their own; empty circles are left out."""
    levels = {name: level_of(name, caller.has) for name in SEEN_BY}
    by_level = {level: organisation.circle(level, caller.employee_id) for level in {*levels.values()}}
    return {name: by_level[level] for name, level in levels.items() if by_level[level]}


def concerns(one: MandatoryFilter, caller: Caller, organisation: Organisation) -> bool:
    """Whether the filter is laid over what this caller sees: over everybody's when it names nobody."""
    if not (one.user_ids or one.unit_ids or one.scopes):
        return True
    units = {str(unit_id) for unit_id in organisation.units_over(caller.employee_id)}
    return str(caller.user_id) in one.user_ids or not units.isdisjoint(one.unit_ids) or any(map(caller.has, one.scopes))


def _limit(one: MandatoryFilter, name: List, now: datetime, timezone: str) -> Limit:
    return Limit(FilterBody.model_validate(one.filter).at(now, timezone), one.hides, _OF[name])


def _card_limit(one: MandatoryFilter) -> CardLimit:
    said = CardFilterBody.model_validate(one.filter)
    ids: tuple[frozenset[UUID], frozenset[UUID]] = frozenset(said.account_id or ()), frozenset(said.owner_id or ())
    return CardLimit(*ids, said.active, one.hides)
