"""What an IMAP server sends, cut and read (RFC 3501 section 7; reliability A3, A6)."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail_ingest.sources.imap_replies import (
    Fetched,
    FolderState,
    LiteralTooLong,
    ReplyReader,
    UnreadableReply,
    fetched,
    folder_state,
    found_uids,
    response_code,
    uid_set,
)

BODY = b"Subject: x\r\n\r\n) {5}\r\nA1 OK not the end\r\n"
STREAM = (
    b"* 2 EXISTS\r\n"
    + b"* 1 FETCH (UID 7 RFC822.SIZE %d BODY[] {%d}\r\n" % (len(BODY), len(BODY))
    + BODY
    + b")\r\n* SEARCH\r\nA2 OK done\r\n"
)


def replies(*pieces: bytes, longest: int = 1000) -> list[list[bytes]]:
    reader = ReplyReader(longest_literal=longest)
    return [reply for piece in pieces for reply in reader.feed(piece)]


def test_literals_stand_between_the_lines_of_their_reply() -> None:
    head = b"* 1 FETCH (UID 7 RFC822.SIZE %d BODY[] {%d}" % (len(BODY), len(BODY))
    assert replies(STREAM) == [[b"* 2 EXISTS"], [head, BODY, b")"], [b"* SEARCH"], [b"A2 OK done"]]


@given(st.lists(st.integers(min_value=1, max_value=len(STREAM) - 1), max_size=8))
def test_it_does_not_matter_how_the_bytes_arrive(cuts: list[int]) -> None:
    places = [0, *sorted(cuts), len(STREAM)]
    pieces = [STREAM[a:b] for a, b in pairwise(places)]
    assert replies(*pieces) == replies(STREAM)


@given(st.binary(max_size=300))
def test_any_bytes_give_replies_or_one_kind_of_refusal(noise: bytes) -> None:
    try:
        for reply in replies(noise, longest=100):
            fetched(reply)
    except UnreadableReply:
        pass


def test_a_literal_over_the_limit_is_refused_when_it_is_announced() -> None:
    with pytest.raises(LiteralTooLong) as refused:
        replies(b"* 3 FETCH (UID 12 BODY[] {4294967296}\r\n")
    assert (refused.value.size, refused.value.uid) == (2**32, 12)


def test_an_empty_literal_is_a_literal() -> None:
    (reply,) = replies(b"* 1 FETCH (UID 1 BODY[] {0}\r\n)\r\n")
    assert reply == [b"* 1 FETCH (UID 1 BODY[] {0}", b"", b")"]
    assert fetched(reply) == Fetched(1, None, None, b"")


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([b"* 1 FETCH (UID 7 RFC822.SIZE 3 BODY[] {3}", b"abc", b")"], Fetched(7, 3, None, b"abc")),
        ([b"* 1 FETCH (BODY[] {3}", b"abc", b" UID 7 RFC822.SIZE 3)"], Fetched(7, 3, None, b"abc")),  # any order
        ([b"1 FETCH (uid 7 body[] ~{3}", b"abc", b")"], Fetched(7, None, None, b"abc")),  # any case, literal8
        ([b"* 1 FETCH (UID 7 BODY[HEADER]<0> {3}", b"abc", b")"], Fetched(7, None, None, b"abc")),
        ([b'* 1 FETCH (UID 7 BODY[] "a\\"b")'], Fetched(7, None, None, b'a"b')),
        ([b"* 1 FETCH (UID 7 BODY[] NIL)"], Fetched(7, None, None, b"")),
        ([b"* 1 FETCH (UID 7 RFC822.SIZE 3)"], Fetched(7, 3, None, None)),
        ([b"* 1 FETCH (FLAGS (\\Seen))"], None),  # no UID: whose it is nobody knows
        ([b"* 1 FETCH (BODY[] {10}", b"UID 9 RFC8", b")"], None),  # a UID inside of the mail is no UID
        ([b"* 1 EXPUNGE"], None),
        ([b"* 12 EXISTS"], None),
    ],
)
def test_fetched(parts: list[bytes], expected: Fetched | None) -> None:
    assert fetched(parts) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (b"20-Nov-2026 09:30:00 +0100", datetime(2026, 11, 20, 8, 30, tzinfo=UTC)),
        (b" 1-Jan-2026 00:00:00 -0530", datetime(2026, 1, 1, 5, 30, tzinfo=UTC)),
        (b"31-Feb-2026 00:00:00 +0000", None),
        (b"20-Lis-2026 09:30:00 +0100", None),
        (b"20-Nov-2026 09:30:00 +9900", None),
    ],
)
def test_internal_date(written: bytes, expected: datetime | None) -> None:
    reply = fetched([b'* 1 FETCH (UID 1 INTERNALDATE "' + written + b'")'])
    assert reply is not None
    assert reply.received_at == expected


def test_state_of_a_folder() -> None:
    lines = [b"172 EXISTS", b"OK [UIDVALIDITY 3857529045] valid", b"OK [UIDNEXT 4392] next", b"[READ-ONLY] done"]
    assert folder_state(lines) == FolderState(3857529045, 4392, 172)
    assert folder_state([b"172 EXISTS"]) is None


def test_found_uids() -> None:
    assert found_uids([b"SEARCH 5 3 3", b"9 (MODSEQ 12345678901)"]) == [3, 5, 9]
    assert found_uids([]) == []


@pytest.mark.parametrize(
    ("line", "code"),
    [(b"[AUTHENTICATIONFAILED] no", "AUTHENTICATIONFAILED"), (b"[unavailable] x", "UNAVAILABLE"), (b"no code", None)],
)
def test_response_code(line: bytes, code: str | None) -> None:
    assert response_code(line) == code


@pytest.mark.parametrize(("uids", "expected"), [([], ""), ([4], "4"), ([1, 2, 3], "1:3"), ([1, 3, 4, 9], "1,3:4,9")])
def test_uid_set(uids: list[int], expected: str) -> None:
    assert uid_set(uids) == expected
