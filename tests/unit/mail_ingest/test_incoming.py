"""Small pure knowledge about mails on their way in."""

from __future__ import annotations

from uuid import UUID

import pytest

from kit.ids import new_id
from mail_ingest.folding import folded
from mail_ingest.incoming import KEPT_HEADER_BYTES, header_of
from mail_ingest.sources.hints import sign_in_hint
from mail_ingest.verdicts import event_id


@pytest.mark.parametrize(
    ("beginning", "header"),
    [
        (b"A: 1\r\nB: 2\r\n\r\nbody\r\n\r\n", b"A: 1\r\nB: 2\r\n\r\n"),
        (b"A: 1\n\nbody", b"A: 1\n\n"),
        (b"A: 1\r\rbody", b"A: 1\r\r"),
        (b"A: 1", b"A: 1"),
        (b"x" * (KEPT_HEADER_BYTES + 10), b"x" * KEPT_HEADER_BYTES),
    ],
)
def test_header_of(beginning: bytes, header: bytes) -> None:
    assert header_of(beginning) == header


@pytest.mark.parametrize(
    ("text", "expected"),
    [("Żółta Łódź", "zolta lodz"), ("GĘŚLĄ JAŹŃ", "gesla jazn"), ("plain", "plain"), ("Straße Ærø", "strasse aero")],
)
def test_folded(text: str, expected: str) -> None:
    assert folded(text) == expected


def test_event_ids_are_the_same_for_the_same_fact_and_sort_with_their_mails() -> None:
    first, second = new_id(), new_id()
    names = ["mail.received.v1", "calendar.request.v1:1", "calendar.request.v1:2"]
    ids = [event_id(mail, name) for mail in (first, second) for name in names]
    assert len(set(ids)) == 6
    assert ids == [event_id(mail, name) for mail in (first, second) for name in names]
    assert all(isinstance(one, UUID) and one.version == 7 for one in ids)
    assert all(one.int >> 64 == first.int >> 64 for one in ids[:3])


@pytest.mark.parametrize(
    ("host", "with_password", "word"),
    [
        ("outlook.office365.com", True, "OAuth 2"),
        ("outlook.office365.com", False, "consent"),
        ("imap.gmail.com", True, "app password"),
        ("mail.nazwa.pl", True, "IP address"),
        ("imap.firma.example", True, ""),
        ("notgmail.com.evil.example", True, ""),
    ],
)
def test_sign_in_hint(host: str, with_password: bool, word: str) -> None:
    hint = sign_in_hint(host, with_password=with_password)
    assert word in hint
    assert bool(hint) == bool(word)
