"""Message-IDs in every spelling found in the wild, and Thread-Index."""

from __future__ import annotations

import time
from base64 import b64encode

import pytest

from mail_ingest.parsing.message_ids import message_ids, own_message_id, references, thread_index


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (b"<a@x>", ["a@x"]),
        (b"<A@X.pl>", ["a@x.pl"]),
        (b"<a@x> <b@x>", ["a@x", "b@x"]),
        (b"<a@x><b@x>,\t<c@x>", ["a@x", "b@x", "c@x"]),
        (b"<a@x>;<b@x>", ["a@x", "b@x"]),
        (b"a@x", ["a@x"]),  # without brackets
        (b"a@x b@x,c@x", ["a@x", "b@x", "c@x"]),
        (b"<a @x>", ["a@x"]),  # folded inside
        (b"< a@x >", ["a@x"]),
        (b"<a@x b@x>", ["a@x", "b@x"]),  # two in one pair
        (b"<a@x <b@x>", ["a@x", "b@x"]),  # a bracket lost behind
        (b"a@x> <b@x>", ["a@x", "b@x"]),  # … and in front
        (b"<a@x", ["a@x"]),
        (b"<<a@x>>", ["a@x"]),
        (b"<a@x> (was: something)", ["a@x"]),
        (b"(comment) a@x", ["a@x"]),
        (b'"Jan\'s mail of Monday" <a@x>', ["a@x"]),
        (b"Your message of Mon, 4 Jan from jan@firma.pl <a@x>", ["a@x"]),  # an address in a phrase is no id
        (b"<abc>", ["abc"]),  # without a domain
        (b"abc", ["abc"]),
        (b"<>", []),
        (b"", []),
        (b"<> <>", []),
        (b"  ", []),
        (b"no reference at all", []),
        (b"<a@x> <a@x> <A@x>", ["a@x"]),
        (b'<"a b"@x>', ['"ab"@x']),
        (b"=?utf-8?Q?=3Ca=40x=3E?=", ["a@x"]),
        (b"<a@x\x00>", ["a@x"]),
    ],
)
def test_message_ids(written: bytes, expected: list[str]) -> None:
    assert message_ids([written]) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ([b"<a@x>"], "a@x"),
        ([b"a@x"], "a@x"),
        ([b"no at sign here"], "noatsignhere"),
        ([b"<>"], None),
        ([b""], None),
        ([], None),
        ([b"<a@x>", b"<b@x>"], "a@x"),
    ],
)
def test_own_message_id(written: list[bytes], expected: str | None) -> None:
    assert own_message_id(written) == expected


def test_long_chains_keep_their_ends() -> None:
    chain = references([b" ".join(b"<%d@x>" % n for n in range(2000))])
    assert (len(chain), chain[0], chain[-1]) == (500, "0@x", "1999@x")


def test_ids_are_found_in_linear_time() -> None:
    for written in (
        b"<" * 200_000,
        b"<a" * 100_000,
        b">" * 200_000,
        b"(" * 200_000,
        b"a@x " * 50_000,
        b"<a@x>" * 40_000,
    ):
        started = time.process_time()
        message_ids([written])
        assert time.process_time() - started < 2.0


CONVERSATION = bytes(range(1, 23))


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (b64encode(CONVERSATION), CONVERSATION.hex()),
        (b64encode(CONVERSATION + b"reply"), CONVERSATION.hex()),
        (
            b64encode(CONVERSATION + b"reply" * 9)[:60] + b"\r\n " + b64encode(CONVERSATION + b"reply" * 9)[60:],
            CONVERSATION.hex(),
        ),
        (b64encode(CONVERSATION).rstrip(b"="), CONVERSATION.hex()),
        (b64encode(CONVERSATION[:21]), None),
        (b"", None),
        (None, None),
        (b"\xff!!", None),
    ],
)
def test_thread_index(written: bytes | None, expected: str | None) -> None:
    assert thread_index(written) == expected
