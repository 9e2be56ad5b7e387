"""Logs: one line of JSON an event, without addresses, bodies and secrets, safe to show in any terminal.

log = structlog.get_logger("case_threader.filing")
log.info("mail_filed", case_id=…, rule="references")
"""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO

import orjson
import structlog

from kit.correlation import current_correlation_id

LONGEST_VALUE = 8_000
_LARGEST_INTEGER = 2**63 - 1

# What a mail address or the credentials of a URL look like; a slip of the pen in a log call must not leak them.
_ADDRESS = re.compile(r"""[^\s@<>"'(),:;/\[\]\\=]{1,64}@[^\s@<>"'(),:;/\[\]\\=]{1,255}""")
_URL_CREDENTIALS = re.compile(r"(?<=://)[^\s/@]+@")
_SECRET_NAME = re.compile(r"password|secret|token|authorization|cookie|api_?key|credential", re.IGNORECASE)
# JSON escapes C0 itself. These move cursors, break lines or turn text around as well (reliability D16).
_TREACHEROUS = re.compile("[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")

EventDict = MutableMapping[str, Any]


def configure_logging(level: str, *, service: str, stream: TextIO | None = None) -> None:
    """Everything that is logged from now on, by us or by libraries, goes to `stream` (stderr) as one JSON line each."""
    number = logging.getLevelNamesMapping()[level.upper()]
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        _Labels(service),
        structlog.processors.format_exc_info,
    ]
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(allow=()), *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, scrubbed, one_line],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(number)
    for noisy in ("httpx", "httpcore", "aiosqlite", "asyncio", "uvicorn", "alembic", "nats", "aiosmtplib", "mail.log"):
        logging.getLogger(noisy).setLevel(max(number, logging.WARNING))
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )


class _Labels:
    def __init__(self, service: str) -> None:
        self._service = service

    def __call__(self, _: Any, __: str, event: EventDict) -> EventDict:
        event["service"] = self._service
        correlation_id = current_correlation_id()
        if correlation_id is not None:
            event.setdefault("correlation_id", correlation_id)
        return event


def scrubbed(_: Any, __: str, event: EventDict) -> EventDict:
    """The event without what must not be logged: values named like secrets, and whatever looks like an address."""
    return {name: "…" if _SECRET_NAME.search(name) else _clean(value) for name, value in event.items()}


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return _clean_text(value)
    if isinstance(value, dict):
        return {str(name): "…" if _SECRET_NAME.search(str(name)) else _clean(item) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean(item) for item in value]
    if isinstance(value, int) and not -_LARGEST_INTEGER <= value <= _LARGEST_INTEGER:
        return str(value)
    return value


def _clean_text(text: str) -> str:
    if "@" in text:
        text = _ADDRESS.sub("<address>", _URL_CREDENTIALS.sub("", text))
    if len(text) > LONGEST_VALUE:
        text = f"{text[: LONGEST_VALUE // 2]} … {text[-LONGEST_VALUE // 2 :]}"
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def one_line(_: Any, __: str, event: EventDict) -> str:
    """The event as one line of JSON; control, separator and direction characters are escaped."""
    line = orjson.dumps(event, default=_shown, option=orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z).decode()
    return _TREACHEROUS.sub(lambda match: f"\\u{ord(match[0]):04x}", line)


def _shown(value: Any) -> str:
    return _clean_text(value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value))
