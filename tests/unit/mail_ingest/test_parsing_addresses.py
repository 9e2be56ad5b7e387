"""Address fields as people's programs write them, and as attackers do (CVE-2023-27043)."""

from __future__ import annotations

import time

import pytest

from mail_ingest.parsing.addresses import mailboxes


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("jan@x.pl", [("jan@x.pl", "")]),
        ("<jan@x.pl>", [("jan@x.pl", "")]),
        ("Jan Kowalski <Jan@X.pl>", [("jan@x.pl", "Jan Kowalski")]),
        ('"Kowalski, Jan" <jan@x.pl>', [("jan@x.pl", "Kowalski, Jan")]),
        ('"Jan \\"Ton\\" K." <jan@x.pl>', [("jan@x.pl", 'Jan "Ton" K.')]),
        ("'Jan K.' <jan@x.pl>", [("jan@x.pl", "Jan K.")]),
        ("jan@x.pl (Jan Kowalski)", [("jan@x.pl", "Jan Kowalski")]),
        ("jan@x.pl (Jan (Janek) Kowalski)", [("jan@x.pl", "Jan (Janek) Kowalski")]),
        ("Jan (biuro) <jan@x.pl>", [("jan@x.pl", "Jan")]),
        ("(Jan) <jan@x.pl>", [("jan@x.pl", "Jan")]),
        ("a@x.pl, b@x.pl", [("a@x.pl", ""), ("b@x.pl", "")]),
        ("A <a@x.pl>, b@x.pl,", [("a@x.pl", "A"), ("b@x.pl", "")]),
        ("a@x.pl; b@x.pl", [("a@x.pl", ""), ("b@x.pl", "")]),  # Outlook's separator
        ("A <a@x.pl>; B <b@x.pl>", [("a@x.pl", "A"), ("b@x.pl", "B")]),
        ("A <a@x.pl> B <b@x.pl>", [("a@x.pl", "A"), ("b@x.pl", "B")]),  # a comma was forgotten
        ("a@x.pl b@x.pl", [("a@x.pl", ""), ("b@x.pl", "")]),
        ("Jan Kowalski jan@x.pl", [("jan@x.pl", "Jan Kowalski")]),  # brackets were forgotten
        ("Jan Kowalski <jan@x.pl", [("jan@x.pl", "Jan Kowalski")]),
        ("Jan Kowalski jan@x.pl>", [("jan@x.pl", "Jan Kowalski")]),
        ("<<jan@x.pl>>", [("jan@x.pl", "")]),
        ("Jan [mailto:jan@x.pl]", [("jan@x.pl", "Jan")]),
        ("mailto:jan@x.pl", [("jan@x.pl", "")]),
        ("Jan <mailto:jan@x.pl>", [("jan@x.pl", "Jan")]),
        ("jan@x.pl <jan@x.pl>", [("jan@x.pl", "")]),
        ("jan @ x.pl", [("jan@x.pl", "")]),
        ("<jan@x.pl.>", [("jan@x.pl", "")]),
        ("<@relay.pl,@other.pl:jan@x.pl>", [("jan@x.pl", "")]),  # a source route
        ('"jan"@x.pl', [("jan@x.pl", "")]),
        ('"jan kow"@x.pl', [('"jan kow"@x.pl', "")]),
        ("jan@[192.0.2.1]", [("jan@[192.0.2.1]", "")]),
        ("Team: a@x.pl, B <b@x.pl>;, c@x.pl", [("a@x.pl", ""), ("b@x.pl", "B"), ("c@x.pl", "")]),
        ("undisclosed-recipients:;", []),
        ("Undisclosed recipients:", []),
        ('"A: B" <a@x.pl>', [("a@x.pl", "A: B")]),
        ("", []),
        (", ,", []),
        ("<>", []),
        ('"我" <>', [("", "我")]),
        ("Jan Kowalski", [("", "Jan Kowalski")]),
        ("root", [("root", "")]),
        ("MAILER-DAEMON (Mail Delivery System)", [("mailer-daemon", "Mail Delivery System")]),
        ("=?utf-8?Q?Jan_=C5=BB?= <jan@x.pl>", [("jan@x.pl", "Jan Ż")]),
        ('"=?utf-8?Q?Jan_=C5=BB?=" <jan@x.pl>', [("jan@x.pl", "Jan Ż")]),  # encoded inside quotes: forbidden and common
        ("=?utf-8?Q?Kowalski=2C_Jan?= <jan@x.pl>", [("jan@x.pl", "Kowalski, Jan")]),
        ("=?utf-8?Q?Jan?= =?utf-8?Q?_K?= <jan@x.pl>", [("jan@x.pl", "Jan K")]),
        ("=?utf-8?Q?Jan_<jan=40x.pl>?=", [("jan@x.pl", "Jan")]),  # everything was encoded
        ("Żółw <zolw@x.pl>", [("zolw@x.pl", "Żółw")]),
        ("Jan\t <jan@x.pl>", [("jan@x.pl", "Jan")]),
        ("Jan \u202egpj.exe <jan@x.pl>", [("jan@x.pl", "Jan gpj.exe")]),
    ],
)
def test_mailboxes(written: str, expected: list[tuple[str, str]]) -> None:
    assert [tuple(box) for box in mailboxes([written.encode()])] == expected


@pytest.mark.parametrize(
    ("written", "addresses"),
    [
        # what the sender shows is the organizer, what he is stands in the brackets
        ('"anna@klient.example" <zly@atak.example>', ["zly@atak.example"]),
        ("anna@klient.example <zly@atak.example>", ["zly@atak.example"]),
        ('"anna@klient.example" zly@atak.example', ["zly@atak.example"]),
        ("=?utf-8?Q?anna=40klient.example?= <zly@atak.example>", ["zly@atak.example"]),
        ("=?utf-8?Q?anna=40klient.example=2C?= <zly@atak.example>", ["zly@atak.example"]),
        ("=?utf-8?Q?=3Canna=40klient.example=3E?= <zly@atak.example>", ["zly@atak.example"]),
        ("(anna@klient.example) zly@atak.example", ["zly@atak.example"]),
        ("zly@atak.example (anna@klient.example)", ["zly@atak.example"]),
        ('"<anna@klient.example>" <zly@atak.example>', ["zly@atak.example"]),
        ('"anna@klient.example"@atak.example', ['"anna@klient.example"@atak.example']),
        ("anna@klient.example。atak.example", ["anna@klient.example.atak.example"]),
        ("klient: zly@atak.example;", ["zly@atak.example"]),
        # two mailboxes prove nobody: both are seen
        ("anna@klient.example, zly@atak.example", ["anna@klient.example", "zly@atak.example"]),
        ("<anna@klient.example> <zly@atak.example>", ["anna@klient.example", "zly@atak.example"]),
        ("anna@klient.example zly@atak.example", ["anna@klient.example", "zly@atak.example"]),
    ],
)
def test_an_address_counts_only_where_the_grammar_puts_one(written: str, addresses: list[str]) -> None:
    assert [box.email for box in mailboxes([written.encode()]) if box.is_usable] == addresses


@pytest.mark.parametrize(
    "written",
    [
        b"(" * 200_000,
        b"()" * 100_000,
        b"<" * 200_000,
        b"<>" * 100_000,
        b'"' * 200_001,
        b'"\\' * 100_000,
        b'\\"' * 100_000,
        b":" * 200_000,
        b"a@b:" * 50_000,
        b"," * 200_000,
        b"a@b," * 50_000,
        b"a" + b" " * 200_000 + b"b@c",
        b"a@" * 100_000,
        b"=?utf-8?q?" * 20_000,
        b"=?a?b?" + b"x?" * 100_000,
        b"a <b@c> " * 25_000,
        b"[" * 200_000,
        b"\\" * 200_001,
    ],
)
def test_no_field_takes_long(written: bytes) -> None:
    started = time.process_time()
    mailboxes([written])
    assert time.process_time() - started < 2.0


def test_several_fields_of_one_name_are_all_read() -> None:
    assert [box.email for box in mailboxes([b"a@x.pl", b"B <b@x.pl>"])] == ["a@x.pl", "b@x.pl"]


def test_raw_bytes_in_names_are_polish() -> None:
    assert mailboxes(["Żółw <zolw@x.pl>".encode("iso8859-2")])[0].name == "Żółw"
    assert mailboxes(["Łukasz Śpiewak <l@x.pl>".encode("cp1250")])[0].name == "Łukasz Śpiewak"
