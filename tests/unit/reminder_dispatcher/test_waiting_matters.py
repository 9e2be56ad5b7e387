"""A case without an answer, an invitation nobody has decided about: who is told, when, and once (issue 6, point 6)."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from contracts.tasks import ChannelPlan
from reminder_dispatcher.automation import WaitingRule
from reminder_dispatcher.waiting_matters import Matter, as_task, is_overdue, wanted_for

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
ANNA, PIOTR = UUID(int=1), UUID(int=2)
RULE = WaitingRule(
    enabled=True,
    after=timedelta(hours=4),
    channels=(ChannelPlan(channel="email"), ChannelPlan(channel="app")),
    employee_ids=(ANNA, PIOTR),
)


def a_case(**fields: object) -> Matter:
    return Matter(about="case", id=UUID(int=7), since=NOON, title="Pytanie", number="[Acme#7]", **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(("hours", "expected"), [(0, False), (3.99, False), (4, True), (400, True)])
def test_overdue(hours: float, expected: bool) -> None:
    assert is_overdue(a_case(), RULE, now=NOON + timedelta(hours=hours)) is expected


@pytest.mark.parametrize(("owner", "told"), [(None, {ANNA, PIOTR}), (PIOTR, {PIOTR})])
def test_those_the_settings_name_unless_somebody_leads_it(owner: UUID | None, told: set[UUID]) -> None:
    wanted = wanted_for(a_case(owner_id=owner), RULE)
    assert {want.employee_id for want in wanted} == told
    assert len(wanted) == 2 * len(told)
    assert {want.due_at for want in wanted} == {NOON + timedelta(hours=4)}


def test_each_stretch_of_waiting_is_told_apart() -> None:
    first, second = wanted_for(a_case(), RULE)[0], wanted_for(a_case(owner_id=None), RULE)[0]
    assert first == second
    later = Matter(about="case", id=UUID(int=7), since=NOON + timedelta(days=1), title="Pytanie")
    assert wanted_for(later, RULE)[0].key == first.key
    assert wanted_for(later, RULE)[0].begins_at != first.begins_at


def test_templates_see_a_task() -> None:
    task = as_task(a_case(owner_id=PIOTR), timezone="Europe/Warsaw")
    assert (task.number, task.title, task.starts_at, task.assignee_ids) == ("[Acme#7]", "Pytanie", NOON, [PIOTR])
