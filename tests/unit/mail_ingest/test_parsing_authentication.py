"""Authentication-Results under the trust rule (RFC 8601; reliability C1-C6)."""

from __future__ import annotations

import time

import pytest

from mail_ingest.parsing.authentication import authentication, statement_of
from mail_ingest.parsing.domains import is_aligned
from mail_ingest.parsing.header_fields import HeaderFields, read_fields
from mail_ingest.parsing.limits import Limits

OURS = "Received: from out.lipowa.example (out.lipowa.example [192.0.2.10]) by mx.acme.example with ESMTPS id 1; Mon, 4 Jan 2027 09:00:00 +0100"
THEIRS = "Received: from laptop ([198.51.100.7]) by out.lipowa.example with ESMTPSA; Mon, 4 Jan 2027 08:59:59 +0100"
FILTER = "Received: from localhost (localhost [127.0.0.1]) by mx.acme.example (Postfix) with ESMTP id 2; Mon, 4 Jan 2027 09:00:01 +0100"
LMTP = "Received: from mx.acme.example ([203.0.113.9]) by store.acme.example with LMTP id 3; Mon, 4 Jan 2027 09:00:02 +0100"
PASS = (
    "Authentication-Results: mx.acme.example; dkim=pass header.d=lipowa.example; dmarc=pass header.from=lipowa.example"
)
FAIL = "Authentication-Results: mx.acme.example; dkim=none; spf=fail smtp.mailfrom=lipowa.example; dmarc=fail header.from=lipowa.example"
MICROSOFT = (
    "Authentication-Results: spf=pass (sender IP is 192.0.2.10) smtp.mailfrom=lipowa.example; dkim=pass (signature was verified)\r\n"
    " header.d=lipowa.example;dmarc=pass action=none header.from=lipowa.example;compauth=pass reason=100"
)
MICROSOFT_RECEIVED = "Received: from out.lipowa.example (192.0.2.10) by DB5EUR01.mail.protection.outlook.com (10.1.1.1) with Microsoft SMTP Server; x"
FROM = "From: Marta <marta@lipowa.example>"


def block(*lines: str) -> HeaderFields:
    raw = "\r\n".join([*lines, "", ""]).encode()
    return read_fields(raw, 0, len(raw), Limits())[0]


@pytest.mark.parametrize(
    ("lines", "verdict", "reason"),
    [
        ([PASS, OURS, FROM], "passed", "dmarc"),
        ([FAIL, OURS, FROM], "failed", "dmarc_fail"),
        ([OURS, THEIRS, FROM], "none", "no_trusted_header"),
        ([OURS, PASS, THEIRS, FROM], "none", "no_trusted_header"),  # written by the sender: below the line of our own server
        ([FAIL, OURS, PASS, FROM], "failed", "dmarc_fail"),
        ([OURS, THEIRS, PASS, OURS, FROM], "none", "no_trusted_header"),  # with a copy of our line below it
        ([PASS.replace("mx.acme", "mx.evil"), OURS, FROM], "none", "no_trusted_header"),
        ([PASS.replace("mx.acme.example", "MX.Acme.Example"), OURS, FROM], "passed", "dmarc"),
        ([PASS.replace("mx.acme.example", "mx.acme.example 1"), OURS, FROM], "passed", "dmarc"),
        ([PASS.replace("mx.acme.example", "mx.acme.example.evil.example"), OURS, FROM], "none", "no_trusted_header"),
        ([FILTER, PASS, OURS, FROM], "passed", "dmarc"),  # a content filter gave it back
        ([LMTP, FILTER, PASS, OURS, FROM], "passed", "dmarc"),
        ([OURS.replace("out.lipowa.example (out", "localhost (out"), PASS, FROM], "none", "no_trusted_header"),  # HELO localhost
        ([OURS.replace("(out.lipowa.example [", "[127.0.0.1] (evil ["), PASS, FROM], "none", "no_trusted_header"),
        ([PASS, FROM], "passed", "dmarc"),  # no Received at all
        (["Authentication-Results: mx.acme.example; none", OURS, FROM], "none", "no_dmarc_or_dkim"),
        (["Authentication-Results: mx.acme.example; spf=pass smtp.mailfrom=lipowa.example", OURS, FROM], "none", "no_dmarc_or_dkim"),
        (["Authentication-Results: mx.acme.example; dkim=pass header.d=lipowa.example", OURS, FROM], "passed", "dkim"),
        (["Authentication-Results: mx.acme.example; dkim=pass header.i=@mail.lipowa.example", OURS, FROM], "passed", "dkim"),
        (["Authentication-Results: mx.acme.example; dkim=pass header.d=evil.example", OURS, FROM], "failed", "not_aligned"),
        (["Authentication-Results: mx.acme.example; dkim=fail header.d=lipowa.example", OURS, FROM], "failed", "no_pass"),
        (["Authentication-Results: mx.acme.example; dkim=pass header.d=lipowa.example; dmarc=none", OURS, FROM], "passed", "dkim"),
        (["Authentication-Results: mx.acme.example; dkim=pass header.d=lipowa.example; dmarc=temperror", OURS, FROM], "passed", "dkim"),
        (["Authentication-Results: mx.acme.example; dkim=pass header.d=evil.example; dkim=pass header.d=lipowa.example", OURS, FROM], "passed", "dkim"),
        ([PASS.replace("header.from=lipowa", "header.from=evil"), OURS, FROM], "failed", "dmarc_of_another_domain"),
        (["Authentication-Results: mx.acme.example; dmarc=fail (dmarc=pass header.from=lipowa.example)", OURS, FROM], "failed", "dmarc_fail"),
        (['Authentication-Results: mx.acme.example; spf=fail reason="; dmarc=pass"', OURS, FROM], "none", "no_dmarc_or_dkim"),
        (["Authentication-Results: mx.acme.example; x=y (dmarc=pass", OURS, FROM], "none", "no_dmarc_or_dkim"),
        (['Authentication-Results: mx.acme.example; dkim=pass reason="header.d=lipowa.example" header.d=evil.example', OURS, FROM], "failed", "not_aligned"),
        ([PASS, FAIL, OURS, FROM], "failed", "dmarc_fail"),  # two filters of ours: the worse one counts
        (["ARC-" + PASS, OURS, FROM], "none", "no_trusted_header"),
    ],
)  # fmt: skip
def test_verdict(lines: list[str], verdict: str, reason: str) -> None:
    found = authentication(block(*lines), ["lipowa.example"], ["mx.acme.example"])
    assert (found["verdict"], found["reason"]) == (verdict, reason)


def test_without_trusted_names_nothing_is_looked_at() -> None:
    assert authentication(block(PASS, OURS, FROM), ["lipowa.example"], []) == {"verdict": "unchecked"}


@pytest.mark.parametrize(("domains", "reason"), [(["lipowa.example", "lipowa.example"], "several_from"), ([], "no_from"), (["lipowa.example", ""], "several_from")])  # fmt: skip
def test_more_or_less_than_one_sender_proves_nobody(domains: list[str], reason: str) -> None:
    found = authentication(block(PASS, OURS), domains, ["mx.acme.example"])
    assert (found["verdict"], found["reason"]) == ("failed", reason)


@pytest.mark.parametrize(
    ("lines", "trusted", "verdict"),
    [
        ([MICROSOFT, MICROSOFT_RECEIVED, FROM], "protection.outlook.com", "passed"),
        ([MICROSOFT, MICROSOFT_RECEIVED, FROM], "outlook.com", "passed"),
        ([MICROSOFT, MICROSOFT_RECEIVED, FROM], "mx.acme.example", "none"),
        ([MICROSOFT_RECEIVED, MICROSOFT, THEIRS, FROM], "outlook.com", "none"),
        ([MICROSOFT, OURS, FROM], "outlook.com", "none"),
    ],
)
def test_microsoft_writes_no_name_of_the_server(lines: list[str], trusted: str, verdict: str) -> None:
    """The header stands right above the Received line of the server that wrote it."""
    assert authentication(block(*lines), ["lipowa.example"], [trusted])["verdict"] == verdict


def test_statement() -> None:
    statement = statement_of(
        '"mx.acme.example" 1; dkim=pass (2048-bit key; ok) reason="good; really" header.d=Lipowa.example; dmarc/1 = pass'
    )
    assert statement.authserv_id == "mx.acme.example"
    assert [(result.method, result.result) for result in statement.results] == [("dkim", "pass"), ("dmarc", "pass")]


@pytest.mark.parametrize(
    ("one", "other", "aligned"),
    [
        ("lipowa.example", "lipowa.example", True),
        ("mail.lipowa.example", "lipowa.example", True),
        ("a.firma.com.pl", "b.firma.com.pl", True),
        ("firma.com.pl", "inna.com.pl", False),  # com.pl belongs to nobody
        ("com.pl", "firma.com.pl", False),
        ("lipowa.example", "notlipowa.example", False),
        ("lipowa.example.evil.example", "lipowa.example", False),
        ("żółw.pl", "xn--w-uga1v8h.pl", True),
        ("", "", False),
        ("LIPOWA.example.", "lipowa.example", True),
    ],
)
def test_alignment(one: str, other: str, aligned: bool) -> None:
    assert is_aligned(one, other) is aligned


def test_statements_are_read_in_linear_time() -> None:
    for value in (
        "(" * 200_000,
        "a=b;" * 50_000,
        '"' * 200_000,
        "a.b=c " * 40_000,
        "()" * 100_000,
        "x=y " + "a" * 200_000,
        "x=y " + "a." * 100_000,
    ):
        started = time.process_time()
        statement_of(value)
        assert time.process_time() - started < 2.0
