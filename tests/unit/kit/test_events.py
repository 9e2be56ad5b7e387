import json
from datetime import UTC, datetime, timedelta
from typing import ClassVar
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.events import (
    Envelope,
    Event,
    Unreadable,
    envelope_bytes,
    key_token,
    read_event,
    registered,
    subject_of_wire,
    wire_filter,
    wire_subject,
)
from kit.ids import new_id

EVENT_ID = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
AT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


class Measured(Event):
    subject: ClassVar[str] = "document.measured.v1"

    uid: str
    at: datetime
    length: int | None = None

    def key(self) -> str:
        return self.uid


class Nameless(Event):
    """An abstract event between Event and the ones that are said."""


def sent(event: Event, *, correlation_id: str = "story") -> bytes:
    return envelope_bytes(event, event_id=EVENT_ID, source="/tasks-api", at=AT, correlation_id=correlation_id)


def test_an_event_with_a_subject_is_registered_under_it() -> None:
    assert registered()["document.measured.v1"] is Measured
    assert Nameless not in registered().values()


@pytest.mark.parametrize(
    "bad", ["mail", "mail.received", "Mail.received.v1", "mail.received.v0", "mail..v1", "mail.>.v1"]
)
def test_a_subject_that_could_not_be_published_is_refused(bad: str) -> None:
    with pytest.raises(TypeError, match="expected something like"):
        type("Bad", (Event,), {"subject": bad, "__annotations__": {"subject": ClassVar[str]}})


def test_two_events_cannot_have_one_subject() -> None:
    with pytest.raises(TypeError, match="cannot speak it too"):

        class AlsoMeasured(Event):
            subject: ClassVar[str] = "document.measured.v1"


@pytest.mark.parametrize(
    ("key", "token"),
    [
        ("01890a5d-ac96-774b-bcce-b302099a8057", "01890a5d-ac96-774b-bcce-b302099a8057"),
        ("anna@example_com", "anna@example_com"),
        ("", "_"),
    ],
)
def test_a_plain_key_is_its_own_token(key: str, token: str) -> None:
    assert key_token(key) == token


@pytest.mark.parametrize("key", ["a.b", "a b", "*", ">", "ą", "x" * 101, "\ud800"])
def test_an_odd_key_is_hashed(key: str) -> None:
    assert len(key_token(key)) == 32
    assert key_token(key) != key_token(key + "!")


@given(st.text())
def test_no_key_can_leave_its_token(key: str) -> None:
    """reliability D14: a UID from a mail may hold dots, wildcards, spaces, controls, anything."""
    token = key_token(key)
    assert 1 <= len(token) <= 100
    assert not set(token) & set(".*> \t\r\n\x00")
    assert token.isascii()
    assert key_token(key) == token


def test_where_an_event_is_published_and_heard() -> None:
    event = Measured(uid="u-1", at=AT)
    assert wire_subject(event) == "document.measured.v1.u-1"
    assert wire_filter(Measured) == "document.measured.v1.*"
    assert subject_of_wire("document.measured.v1.u-1") == "document.measured.v1"


def test_an_event_travels_as_cloudevents_in_structured_json() -> None:
    assert json.loads(sent(Measured(uid="u-1", at=AT, length=3))) == {
        "specversion": "1.0",
        "id": str(EVENT_ID),
        "source": "/tasks-api",
        "type": "goniec.document.measured.v1",
        "subject": "u-1",
        "time": "2026-11-20T12:00:00Z",
        "datacontenttype": "application/json",
        "correlationid": "story",
        "data": {"uid": "u-1", "at": "2026-11-20T12:00:00Z", "length": 3},
    }


def test_the_envelope_model_reads_what_is_written() -> None:
    envelope = Envelope[Measured].model_validate_json(sent(Measured(uid="u-1", at=AT)))
    assert envelope.data == Measured(uid="u-1", at=AT)
    assert json.loads(envelope.model_dump_json()) == json.loads(sent(Measured(uid="u-1", at=AT)))


@given(
    uid=st.text(),
    at=st.datetimes(timezones=st.just(UTC)),
    length=st.none() | st.integers(-(2**63), 2**63 - 1),
    correlation_id=st.text(st.characters(exclude_categories=["Cs"]), max_size=200),
)
def test_what_is_said_is_what_is_heard(uid: str, at: datetime, length: int | None, correlation_id: str) -> None:
    event = Measured(uid=uid.encode(errors="replace").decode(), at=at, length=length)
    heard = read_event(wire_subject(event), sent(event, correlation_id=correlation_id), deliveries=2)
    assert heard.event == event
    assert (heard.id, heard.at, heard.source, heard.correlation_id) == (EVENT_ID, AT, "/tasks-api", correlation_id)
    assert heard.deliveries == 2


def test_fields_of_a_later_version_are_ignored() -> None:
    payload = json.loads(sent(Measured(uid="u", at=AT)))
    payload["data"]["width"] = 5
    payload["traceparent"] = "00-…"
    assert read_event("document.measured.v1.u", json.dumps(payload).encode()).event == Measured(uid="u", at=AT)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"id": None}, "id (uuid_type)"),
        ({"specversion": "0.3"}, "specversion (literal_error)"),
        ({"data": {}}, "data.uid (missing), data.at (missing)"),
        ({"correlationid": "x" * 201}, "correlationid (string_too_long)"),
    ],
)
def test_what_is_wrong_is_named_without_its_content(change: dict, reason: str) -> None:
    payload = {**json.loads(sent(Measured(uid="secret", at=AT))), **change}
    with pytest.raises(Unreadable) as refusal:
        read_event("document.measured.v1.u", json.dumps(payload).encode())
    assert str(refusal.value) == f"This is no document.measured.v1: {reason}"


@pytest.mark.parametrize("payload", [b"", b"null", b"[]", b"\xff", b"{" * 100_000])
def test_what_is_no_envelope_is_unreadable(payload: bytes) -> None:
    with pytest.raises(Unreadable):
        read_event("document.measured.v1.u", payload)


def test_an_unknown_subject_is_unreadable() -> None:
    with pytest.raises(Unreadable, match=r"No event is registered for document\.forgotten\.v1"):
        read_event("document.forgotten.v1.u", b"{}")


def test_an_event_is_a_fact_and_does_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Measured(uid="u", at=AT).uid = "v"


def test_ids_of_events_sort_by_time() -> None:
    assert new_id() < new_id()


def test_an_offset_is_kept_as_a_moment() -> None:
    from datetime import timezone

    event = Measured(uid="u", at=AT.astimezone(timezone(timedelta(hours=2))))
    assert read_event(wire_subject(event), sent(event)).event.at == AT
