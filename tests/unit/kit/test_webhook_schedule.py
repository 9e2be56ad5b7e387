"""Webhooks: when a message is tried again, which types a pattern names, what is signed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from kit.event_log import BEGINNING, Place, UnknownEventTypes, chosen_types
from kit.webhooks.schedule import LONGEST_WISH, PAUSES, next_attempt, rest_of, wished_pause
from kit.webhooks.schemas import WebhookBody
from kit.webhooks.signing import new_secret, signed_headers

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
SAID = ["task.created.v1", "task.updated.v1", "task.updated.v2", "invitation.waiting.v1"]


def test_ten_attempts_within_a_little_more_than_three_days() -> None:
    moment, attempts = NOW, 1
    while (following := next_attempt(attempts, now=moment)) is not None:
        assert PAUSES[attempts - 1] <= following - moment <= PAUSES[attempts - 1] * 1.1
        moment, attempts = following, attempts + 1
    assert attempts == 10
    assert timedelta(days=3) < moment - NOW < timedelta(days=4)


@pytest.mark.parametrize(
    ("header", "wished"),
    [
        (None, None),
        ("120", timedelta(seconds=120)),
        ("0", timedelta()),
        ("Sun, 22 Nov 2026 09:10:00 GMT", timedelta(minutes=10)),
        ("Sun, 22 Nov 2026 08:10:00 GMT", timedelta()),
        ("9" * 400, LONGEST_WISH),
        ("soon", None),
        ("-5", None),
        ("٣", None),
    ],
)
def test_a_receiver_may_wish_for_a_pause(header: str | None, wished: timedelta | None) -> None:
    assert wished_pause(header, now=NOW) == wished
    following = next_attempt(1, now=NOW, wished=wished)
    assert following is not None
    assert max(wished or timedelta(), PAUSES[0]) <= following - NOW <= max(wished or timedelta(), PAUSES[0] * 1.1)


def test_whoever_fails_is_left_alone_for_at_most_a_minute() -> None:
    assert [rest_of(failures).seconds for failures in (1, 2, 3, 50)] == [2, 4, 8, 60]


@pytest.mark.parametrize(
    ("patterns", "chosen"),
    [
        (["*"], SAID),
        (["task.*"], SAID[:3]),
        (["task.updated"], SAID[1:3]),
        (["task.updated.v2", "invitation.*"], SAID[2:]),
    ],
)
def test_patterns_name_types(patterns: list[str], chosen: list[str]) -> None:
    assert chosen_types(patterns, SAID) == frozenset(chosen)


@pytest.mark.parametrize("pattern", ["task", "tasks.*", "", "task.created.v9"])
def test_a_pattern_that_names_nothing_is_refused(pattern: str) -> None:
    with pytest.raises(UnknownEventTypes, match=r"invitation\.waiting"):
        chosen_types(["task.created", pattern], SAID)


def test_places_are_written_and_read() -> None:
    place = Place(NOW + timedelta(microseconds=7), 12)
    assert Place.read(str(place)) == place
    assert str(BEGINNING) == "0-0"
    assert not place.is_forgotten(NOW + timedelta(days=7))
    assert place.is_forgotten(NOW + timedelta(days=7, seconds=1))


def test_both_secrets_sign_while_they_are_exchanged() -> None:
    former, secret, stranger = new_secret(), new_secret(), new_secret()
    at = datetime.now(UTC)
    headers = signed_headers("0199", at, '{"a":"ż"}'.encode(), [secret, former])
    assert headers["webhook-timestamp"] == str(int(at.timestamp()))
    for key in (former, secret):
        assert Webhook(key).verify('{"a":"ż"}', headers) == {"a": "ż"}
    with pytest.raises(WebhookVerificationError):
        Webhook(stranger).verify('{"a":"ż"}', headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify('{"a":"z"}', headers)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://crm.example/x", "https://", "https:///x", "//crm.example/x", "https://anna:haslo@crm.example/x",
        "https://crm.example/x#y", "https://crm.example:99999/", "https://crm.example:0/", "https://crm.example/ x",
        "https://[::1", "https://ściana.example/",
    ],
)  # fmt: skip
def test_urls_that_nobody_can_mean(url: str) -> None:
    with pytest.raises(ValueError, match="must be a URL"):
        WebhookBody(url=url)
