"""Too large, too deep, too many: a stable reason each, in little time; odd but legitimate mail passes (reliability A10, F, G7)."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from mail_ingest.parsing import jobs

HEAD = b"From: Jan <jan@klient.example>\r\nTo: biuro@acme.example\r\nSubject: Temat\r\nMessage-ID: <x@klient.example>\r\nMIME-Version: 1.0\r\n"


def parsed(raw: bytes, **limits: int) -> dict[str, Any]:
    started = time.process_time()
    document = json.loads(jobs.parse_job(jobs.request({"limits": limits}, raw)))
    assert time.process_time() - started < 5.0
    return document


def nested(depth: int) -> bytes:
    levels = (b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(depth))
    return b"".join([HEAD, *levels, b"\r\ninnermost\r\n"])


def enclosed(depth: int) -> bytes:
    return (
        HEAD
        + b"Content-Type: message/rfc822\r\n\r\n"
        + b"Subject: x\r\nContent-Type: message/rfc822\r\n\r\n" * (depth - 1)
        + b"Subject: last\r\n\r\nx"
    )


def parts(count: int) -> bytes:
    return HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * count + b"--b--\r\n"


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "no_headers"),
        (b"\r\n\r\n", "no_headers"),
        (b"\r\n\r\nonly a body\r\n", "no_headers"),
        (b"no header at all", "no_headers"),
        (b"\x00" * 5000, "no_headers"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 10, "no_headers"),
        (nested(31), "too_deep"),
        (nested(3000), "too_deep"),
        (enclosed(31), "too_deep"),
        (enclosed(3000), "too_deep"),
        (parts(1001), "too_many_parts"),
        (parts(100_000), "too_many_parts"),
        (HEAD + b"X-A: 1\r\n" * 1000 + b"\r\nx", "too_many_headers"),
        (HEAD + b"X-A: 1\r\n" * 30_000 + b"\r\nx", "too_many_headers"),
        (HEAD + b"X-A: " + b"x" * 300_000 + b"\r\n\r\nx", "headers_too_large"),
        (HEAD + b"X-A: x\r\n" + b" x\r\n" * 100_000 + b"\r\nx", "headers_too_large"),
        (HEAD + b"Cc: " + b"a@b.pl," * 5001 + b"\r\n\r\nx", "too_many_recipients"),
    ],
)
def test_set_aside_with_a_reason(raw: bytes, reason: str) -> None:
    document = parsed(raw)
    assert (document["outcome"], document.get("reason")) == ("rejected", reason)


@pytest.mark.parametrize(
    "raw",
    [
        HEAD + b"\r\n",  # an empty mail
        HEAD,  # without even the blank line
        b"Subject: x\n\nbody",
        b"\r\n\r\n" + HEAD + b"\r\nx",  # blank lines in front
        b" " * 255 + b"\r\n" + HEAD + b"\r\nx",
        b"\xef\xbb\xbf" + HEAD + b"\r\nx",
        b"From jan@klient.example Mon Jan  4 09:00:00 2027\n" + HEAD + b"\r\nx",
        HEAD.replace(b"\r\n", b"\n") + b"\nx",
        HEAD.replace(b"\r\n", b"\r") + b"\rx",
        HEAD.replace(b"\r\n", b"\r\r\n") + b"\r\r\nx",
        nested(30),
        enclosed(30),
        parts(999),
        HEAD + b"X-A: 1\r\n" * 995 + b"\r\nx",
        HEAD + b"Cc: " + b"a@b.pl," * 4000 + b"\r\n\r\nx",
        HEAD + b"To: " + b"(" * 2000 + b"\r\n\r\nx",
        HEAD + b'Content-Type: multipart/mixed; boundary=""\r\n\r\n--\r\n\r\nx\r\n----\r\n',
        HEAD + b"Content-Type: multipart/mixed\r\n\r\nno boundary at all",
        HEAD + b"Content-Type: multipart/mixed; boundary=" + b"b" * 5000 + b"\r\n\r\nx",
        HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b--\r\n",
        HEAD
        + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n--b--\r\n",
        HEAD + b"Content-Type: text/plain; charset=\xff\xfe\r\nContent-Transfer-Encoding: banana\r\n\r\nx",
        HEAD + b"Content-Type: nonsense\r\n\r\nx",
        HEAD
        + b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n*** not base64 ***",
        HEAD + b"\r\nline\r\n.\r\nMAIL FROM:<zly@atak.example>\r\n.\r\nx",  # leftovers of SMTP smuggling stay text
        HEAD + b"\r\nbare\rreturn\nand feed",
        HEAD + b"\r\n" + b"x" * 3_000_000,  # one long line
    ],
)
def test_odd_but_legitimate_mail_passes(raw: bytes) -> None:
    document = parsed(raw)
    assert document["outcome"] == "parsed", document


def test_a_mail_over_the_limit_keeps_its_headers() -> None:
    document = parsed(HEAD + b"\r\n" + b"x" * 1000, message_bytes=1000)
    assert document["reason"] == "too_large"
    assert document["facts"]["mail_subject"] == "Temat"
    assert document["facts"]["sender"] == {"email": "jan@klient.example", "name": "Jan"}
    assert document["facts"]["rfc_message_id"] == "x@klient.example"
    assert ["subject", "Temat"] in document["headers"]


@pytest.mark.parametrize(
    "body",
    [
        b"\r\n--bx" * 300_000,  # almost the delimiter
        b"--b " * 400_000,
        b"\r\n--b--x" * 200_000,
        b"\n" * 2_000_000,
        b"\r" * 2_000_000,
        b"\n--b" + b" " * 2_000_000,
        b"=\n" * 700_000,
    ],
)
def test_bodies_full_of_almost_delimiters_take_no_time(body: bytes) -> None:
    assert parsed(HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + body)["outcome"] in (
        "parsed",
        "rejected",
    )


@pytest.mark.parametrize("name", [b"Subject", b"From", b"References", b"Content-Type", b"Content-Disposition", b"Date", b"Authentication-Results", b"X-Failed-Recipients", b"Precedence"])  # fmt: skip
@pytest.mark.parametrize("morsel", [b"Re: ", b"=?utf-8?q?x?= ", b"=?utf-8?b?", b"?=", b"; a=b", b'; x="', b"name*0*=a; ", b"(", b"\\", b'"', b"<a@b>", b" ", b"\xc5\x82"])  # fmt: skip
def test_no_header_field_takes_long(name: bytes, morsel: bytes) -> None:
    raw = HEAD + name + b": " + morsel * (30_000 // len(morsel)) + b"\r\n\r\nx"
    assert parsed(raw)["outcome"] in ("parsed", "rejected")
