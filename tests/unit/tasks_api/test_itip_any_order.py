"""Mail comes in any order, late, and more than once: the end is always what the organizer last meant (reliability E5)."""

from __future__ import annotations

import os

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from tests.unit.tasks_api.itip_calendar_program import CalendarProgram, Message
from tests.unit.tasks_api.itip_play import Play, ics

from tasks_api.itip import Outcome

STORIES = int(os.environ.get("GONIEC_TEST_STORIES", "100"))
"""How many stories the state machine plays; `.ci/run` asks for 500."""
ACTIONS = st.one_of(
    st.tuples(st.just("rename"), st.sampled_from(["Plan", "Plan B", "Umowa"])),
    st.tuples(st.just("reschedule"), st.integers(1, 3)),
    st.tuples(st.just("move_date"), st.integers(0, 3), st.integers(1, 5)),
    st.tuples(st.just("move_date"), st.integers(0, 3), st.integers(1, 5)),
    st.tuples(st.just("cancel_date"), st.integers(0, 3)),
    st.tuples(st.just("cancel_date"), st.integers(0, 3)),
    st.tuples(st.just("add_date"), st.integers(0, 3)),
    st.tuples(st.just("end_before"), st.integers(1, 3)),
    st.tuples(st.just("send_all")),
    st.tuples(st.just("cancel")),
)


@st.composite
def histories(draw: st.DrawFn) -> tuple[CalendarProgram, list[int]]:
    """An organizer's mails and the order of their arrival: each at least once, some again."""
    organizer = CalendarProgram()
    organizer.invite()
    for name, *arguments in draw(st.lists(ACTIONS, min_size=1, max_size=7)):
        if organizer.alive or name == "reschedule":
            getattr(organizer, name)(*arguments)
    numbers = list(range(len(organizer.mails)))
    again = draw(st.lists(st.sampled_from(numbers), max_size=3))
    return organizer, draw(st.permutations([*numbers, *again]))


def delivered(mails: list[Message], order: list[int]) -> Play:
    play = Play()
    for number in order:
        method, components = mails[number]
        play.hear(components, method=method, mail=number + 1)
    return play


@settings(max_examples=500, deadline=None)
@given(histories())
def test_any_order_and_any_repetition_end_in_what_the_organizer_means(
    history: tuple[CalendarProgram, list[int]],
) -> None:
    organizer, order = history
    assert delivered(organizer.mails, order).dates() == organizer.dates()


@settings(max_examples=100, deadline=None)
@given(histories())
def test_mail_in_order_is_always_applied_or_no_news(history: tuple[CalendarProgram, list[int]]) -> None:
    organizer, _ = history
    play = delivered(organizer.mails, list(range(len(organizer.mails))))
    assert {str(decision.outcome) for decision in play.decisions} <= {"created", "updated", "cancelled", "unchanged"}


class Mailbox(RuleBasedStateMachine):
    """An organizer works, the mail is slow and repeats itself, and strangers try their luck."""

    def __init__(self) -> None:
        super().__init__()
        self.organizer = CalendarProgram()
        self.organizer.invite()
        self.play = Play()
        self.on_the_way = [0]
        self.delivered: list[int] = []

    @rule(action=ACTIONS)
    def organizer_acts(self, action: tuple[str, ...]) -> None:
        name, *arguments = action
        if self.organizer.alive or name == "reschedule":
            known = len(self.organizer.mails)
            getattr(self.organizer, name)(*arguments)
            self.on_the_way += range(known, len(self.organizer.mails))

    @precondition(lambda self: self.on_the_way)
    @rule(data=st.data())
    def mail_arrives(self, data: st.DataObject) -> None:
        place = data.draw(st.integers(0, len(self.on_the_way) - 1))
        self._deliver(self.on_the_way.pop(place))

    @precondition(lambda self: self.delivered)
    @rule(data=st.data())
    def mail_arrives_again(self, data: st.DataObject) -> None:
        before = self.play.known("u1@klient.example").tasks
        self._deliver(data.draw(st.sampled_from(self.delivered)))
        assert self.play.known("u1@klient.example").tasks == before

    @precondition(lambda self: self.play.tasks())
    @rule(
        method=st.sampled_from(["REQUEST", "CANCEL", "ADD", "PUBLISH", "REPLY", "COUNTER"]), sequence=st.integers(0, 99)
    )
    def stranger_tries(self, method: str, sequence: int) -> None:
        before = self.play.known("u1@klient.example")
        attack = ics("DTSTART:20260701T080000Z", "SUMMARY:Evil", f"SEQUENCE:{sequence}", method=method)
        decision = self.play.hear(attack, sender="zly@atak.example")
        assert decision.outcome not in {Outcome.CREATED, Outcome.UPDATED, Outcome.CANCELLED, Outcome.REPLIED}
        assert self.play.known("u1@klient.example") == before

    @invariant()
    def one_task_a_date(self) -> None:
        keys = [task.recurrence_id for task in self.play.tasks()]
        assert len(keys) == len(set(keys))

    def teardown(self) -> None:
        for number in self.on_the_way:
            self._deliver(number)
        assert self.play.dates() == self.organizer.dates()

    def _deliver(self, number: int) -> None:
        method, components = self.organizer.mails[number]
        self.play.hear(components, method=method, mail=number + 1)
        self.delivered.append(number)


TestMailbox = Mailbox.TestCase
TestMailbox.settings = settings(max_examples=STORIES, stateful_step_count=15, deadline=None)
