"""Logs: one line of JSON, and nothing in it that must not be there (reliability D11, D16)."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from kit.correlation import correlation
from kit.logs import configure_logging


@pytest.fixture
def output() -> Iterator[io.StringIO]:
    before = structlog.get_config()
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    configure_logging("info", service="case-threader", stream=stream)
    yield stream
    structlog.configure(**before)
    root.handlers[:] = handlers
    root.setLevel(level)


def lines(output: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.getvalue().splitlines()]


def test_an_event_is_one_line(output: io.StringIO) -> None:
    with correlation("abc-1"):
        structlog.get_logger("case_threader.filing").info("mail_filed", case_id=7, rule="references")
    (line,) = lines(output)
    assert line.pop("at").endswith("Z")
    assert line == {
        "event": "mail_filed",
        "case_id": 7,
        "rule": "references",
        "level": "info",
        "logger": "case_threader.filing",
        "service": "case-threader",
        "correlation_id": "abc-1",
    }


@pytest.mark.parametrize(
    "value",
    [
        "two\nlines",
        "two\r\nlines",
        "\x1b[2J\x1b[31mred",
        "next\x85line",
        "line\u2028separator",
        "\u202etxt.exe",
        "bell\x07 delete\x7f csi\x9b31m",
        "lone \ud800 surrogate",
    ],
)
def test_control_characters_are_escaped(output: io.StringIO, value: str) -> None:
    structlog.get_logger("x").warning("subject_seen", subject=value)
    written = output.getvalue()
    assert written.count("\n") == 1
    assert written[:-1].isprintable()
    assert len(lines(output)) == 1


def test_addresses_are_not_logged(output: io.StringIO) -> None:
    structlog.get_logger("x").info(
        "sent to anna.nowak+x@firma.example", to=["<b@c.test>"], deep={"from": "Jan <jan@firma.example>"}
    )
    assert "@" not in output.getvalue()
    assert lines(output)[0]["event"] == "sent to <address>"


@pytest.mark.parametrize("url", ["postgresql://goniec:hunter2@db/goniec", "nats://u:hunter2@10.0.0.1:4222"])
def test_credentials_in_urls_are_not_logged(output: io.StringIO, url: str) -> None:
    structlog.get_logger("x").info("connecting", url=url)
    assert "hunter2" not in output.getvalue()


def test_secrets_are_not_logged(output: io.StringIO) -> None:
    structlog.get_logger("x").info("told", password="a1", nested={"access_token": "a1"}, Authorization="a1")
    assert "a1" not in output.getvalue()


def test_tracebacks_have_no_values_and_no_addresses(output: io.StringIO) -> None:
    def fail() -> None:
        secret_local = "hunter2"
        raise ValueError(f"bad address anna@firma.example {len(secret_local)}")

    try:
        fail()
    except ValueError as error:
        structlog.get_logger("x").error("unexpected_error", exc_info=error)
    written = output.getvalue()
    assert "ValueError" in lines(output)[0]["exception"]
    assert "hunter2" not in written.replace('secret_local = "hunter2"', "").replace('secret_local = \\"hunter2\\"', "")
    assert "anna@" not in written


def test_libraries_log_in_the_same_form(output: io.StringIO) -> None:
    logging.getLogger("some.library").warning("lost %s", "connection to a@b.test")
    logging.getLogger("httpx").info("HTTP Request: GET https://x")
    (line,) = lines(output)
    assert line["event"] == "lost connection to <address>"
    assert line["service"] == "case-threader"


def test_values_of_any_kind_can_be_logged(output: io.StringIO) -> None:
    structlog.get_logger("x").info("odd", a=b"\xff\x00", b={1, 2}, c=object, d=2**70, e=float("nan"), f="x" * 100_000)
    assert len(output.getvalue()) < 20_000
    assert len(lines(output)) == 1


def test_what_is_less_than_the_level_is_left_out(output: io.StringIO) -> None:
    structlog.get_logger("x").debug("details")
    assert output.getvalue() == ""
