"""The one place where text becomes fit to store, log and send on: no NUL, no lone surrogate, no control characters.

PostgreSQL refuses U+0000 in text and jsonb, JSON refuses lone surrogates, a line end in a subject forges log lines and headers
(reliability 4 rule 6, F).
"""

from __future__ import annotations

import re

_BODY_STRANGERS = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufeff]")
_LINE_STRANGERS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff]")
_NAME_STRANGERS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Marks that turn the writing direction: they make a name look like another one."""


def clean_text(text: str) -> str:
    """Text of many lines, ending in single line feeds; control characters are left out, lone surrogates replaced."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if _BODY_STRANGERS.search(text):
        text = _BODY_STRANGERS.sub(_replacement_in_body, text)
    return text


def clean_line(text: str) -> str:
    """Text of one line: line ends and control characters become single blanks; trimmed."""
    if not text.isprintable() and _LINE_STRANGERS.search(text):
        text = _LINE_STRANGERS.sub(_replacement_in_line, text)
        text = " ".join(text.split())
    return text.strip()


def clean_name(text: str) -> str:
    """A line that names a person or a file: marks that turn the writing direction are left out as well."""
    text = clean_line(text)
    return text if text.isascii() else _NAME_STRANGERS.sub("", text)


def _replacement_in_body(match: re.Match[str]) -> str:
    return "\ufffd" if "\ud800" <= match[0] <= "\udfff" else "\n" if match[0] == "\x0c" else ""


def _replacement_in_line(match: re.Match[str]) -> str:
    if "\ud800" <= match[0] <= "\udfff":
        return "\ufffd"
    return "" if match[0] in "\x00\ufeff" else " "
