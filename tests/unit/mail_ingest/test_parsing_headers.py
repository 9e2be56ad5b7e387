"""Header blocks and the text hidden in them: encoded words (RFC 2047), raw 8-bit bytes, damaged lines."""

from __future__ import annotations

import pytest

from mail_ingest.parsing.encoded_words import header_text
from mail_ingest.parsing.header_fields import read_fields
from mail_ingest.parsing.limits import Limits, Rejected


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (b"plain", "plain"),
        (b"=?utf-8?Q?Odpowied=C5=BA?=", "Odpowiedź"),
        (b"=?UTF-8?B?T2Rwb3dpZWTFug==?=", "Odpowiedź"),
        (b"=?iso-8859-2?q?Za=BF=F3=B3=E6?=", "Zażółć"),
        (b"=?utf-8*pl?Q?Odpowied=C5=BA?=", "Odpowiedź"),  # RFC 2231 language
        (b"=?utf-8?Q?Za=C5=BC?= =?utf-8?Q?=C3=B3=C5=82?=", "Zażół"),  # the blank between neighbours vanishes
        (b"=?utf-8?Q?Za=C5?= =?utf-8?Q?=BC=C3=B3?=", "Zażó"),  # split inside a character
        (b"=?utf-8?B?WmHF?= =?utf-8?B?vMOz?=", "Zażó"),
        (b"=?utf-8?B?WmHFv?= =?utf-8?B?MOzxYI=?=", "Zażół"),  # base64 cut off its quantum
        (b"=?utf-8?Q?a?= =?iso-8859-2?Q?=B1?=", "aą"),
        (b"=?utf-8?Q?Re=3A_?= [Acme#12]", "Re:  [Acme#12]"),
        (b"[Acme#12] =?utf-8?Q?za=C5=BC?=", "[Acme#12] zaż"),
        (b"=?utf-8?Q?a?==?utf-8?Q?b?=", "ab"),  # glued together
        (b"x=?utf-8?Q?=C4=85?=y", "xąy"),  # glued to words
        (b"=?utf-8?Q?two words =C4=85?=", "two words ą"),  # blanks inside: forbidden and common
        (b"=?utf-8?Q?Co?=C4=85?=", "Co?ą"),  # an unencoded question mark
        (b"=?utf-8?B?WmHFvMOzxYLEhw?=", "Zażółć"),  # padding missing
        (b"=?utf-8?B?WmHF vMOz\xc5xYLEhw==?=", "Zażółć"),  # dirt inside
        (b"=?utf-8?Q?Odpowied=C5=BA", "Odpowiedź"),  # cut off by a gateway
        (b"=?utf-8?Q?Odpowied=C5=BA?", "Odpowiedź"),
        (b"=?utf-8?Q?=ZZ=?=", "=ZZ="),
        (b"=?utf-8?X?abc?=", "=?utf-8?X?abc?="),  # no such encoding
        (b"=?utf-8?Q??=", ""),
        (b"=??Q?abc?=", "=??Q?abc?="),
        (b"=?x-unknown?Q?Za=BF=F3=B3=E6_g=EA=B6l=B1?=", "Zażółć gęślą"),  # the Polish rule
        (b"=?iso-8859-2?Q?ja=9F=F1?=", "jaźń"),  # windows-1250 under another name
        (b"=?iso-8859-1?Q?Odpowied=C5=BA?=", "OdpowiedÅº"),  # nothing says that it lies
        (b"=?utf-7?Q?+AGE-?=", "+AGE-"),
        (b"=?iso-2022-jp?B?GyRCJF4kXyRgGyhC?=", "まみむ"),
        ("Zażółć".encode(), "Zażółć"),
        ("Zażółć gęślą jaźń".encode("cp1250"), "Zażółć gęślą jaźń"),
        ("Zażółć gęślą jaźń".encode("iso8859-2"), "Zażółć gęślą jaźń"),
        ("Zażółć".encode() + b" =?utf-8?Q?=C4=85?=", "Zażółć ą"),
    ],
)
def test_header_text(written: bytes, text: str) -> None:
    assert header_text(written) == text


def test_raw_bytes_follow_the_charset_of_the_body() -> None:
    assert header_text("Привет".encode("koi8-r"), "koi8-r") == "Привет"
    assert header_text("Привет".encode(), "koi8-r") == "Привет"  # UTF-8 is recognised before


@pytest.mark.parametrize(
    ("block", "items", "body"),
    [
        (b"A: 1\r\nB: 2\r\n\r\nbody", [("a", b"1"), ("b", b"2")], b"body"),
        (b"A: 1\nB: 2\n\nbody", [("a", b"1"), ("b", b"2")], b"body"),
        (b"A: 1\r\r\nB: 2\r\r\n\r\r\nbody", [("a", b"1"), ("b", b"2")], b"body"),
        (b"A: 1\r\n 2\r\n\t3\r\n\r\n", [("a", b"1 2 3")], b""),
        (b"A:\r\n 2\r\n\r\n", [("a", b"2")], b""),
        (b"A : 1\r\n\r\nx", [("a", b"1")], b"x"),
        (b"A:1\r\n\r\nx", [("a", b"1")], b"x"),
        (b"A: 1", [("a", b"1")], b""),
        (b"A: 1\r\n", [("a", b"1")], b""),
        (b"\r\nbody: x", [], b"body: x"),
        (b"A: 1\r\n \r\nB: 2\r\n\r\nx", [("a", b"1"), ("b", b"2")], b"x"),  # a line of blanks goes on with the field
        (
            b"A: 1\r\nnonsense\r\nSubject: 2\r\n\r\nx",
            [("a", b"1"), ("subject", b"2")],
            b"x",
        ),  # a stray line between fields
        (
            b"Subject: 1\r\nHello there\r\nbye\r\n\r\nx",
            [("subject", b"1")],
            b"Hello there\r\nbye\r\n\r\nx",
        ),  # the blank line is missing
        (b"From x@y Mon\r\nA: 1\r\n\r\nx", [("a", b"1")], b"x"),
        (b">From x@y Mon\r\nA: 1\r\n\r\nx", [("a", b"1")], b"x"),
    ],
)
def test_read_fields(block: bytes, items: list[tuple[str, bytes]], body: bytes) -> None:
    fields, begins = read_fields(block, 0, len(block), Limits())
    assert fields.items == items
    assert block[begins:] == body


def test_limits_of_a_header_block() -> None:
    many = b"A: 1\r\n" * 1001
    with pytest.raises(Rejected) as rejected:
        read_fields(many, 0, len(many), Limits())
    assert rejected.value.reason == "too_many_headers"
    large = b"A: " + b"x" * 300_000
    with pytest.raises(Rejected) as rejected:
        read_fields(large, 0, len(large), Limits())
    assert rejected.value.reason == "headers_too_large"
