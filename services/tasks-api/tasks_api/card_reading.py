"""Runs in a worker: a list of firms and people somebody sends, from bytes to lines of cells (DESIGN 2.6)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from itertools import islice
from typing import Any

import orjson
import python_calamine
import vobject

READ = "tasks_api.card_reading:read_job"
MOST_LINES = 20_000
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_LETTERS = frozenset("ąćęłńóśźżĄĆĘŁŃÓŚŹŻ")
_DELIMITERS = ";\t,|"
_VCARD_HEADINGS = ["firma", "osoba", "email", "email osoby", "telefon", "gsm", "telefon osoby", "gsm osoby"]


class UnreadableList(ValueError):
    """It is no CSV, XLSX or vCard, or it has more lines than are taken in at once."""


def read_job(job: bytes) -> bytes:
    """Asked: the bytes of a file. Answered: `{"headings": […], "lines": [[number, [cell, …]], …]}` or `{"problem": …}`."""
    try:
        headings, lines = _read(job)
        if len(lines) > MOST_LINES:
            raise UnreadableList(f"more than {MOST_LINES} lines")
    except (UnreadableList, UnicodeError, csv.Error, python_calamine.CalamineError, vobject.base.ParseError) as problem:
        return orjson.dumps({"problem": str(problem)[:300] or type(problem).__name__})
    return orjson.dumps({"headings": headings, "lines": lines})


def _read(content: bytes) -> tuple[list[str], list[tuple[int, list[str]]]]:
    if content[:4] in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0"):
        return _sheet(content)
    text = _text(content)
    if text.lstrip()[:11].upper() == "BEGIN:VCARD":
        return _VCARD_HEADINGS, list(islice(_vcards(text), MOST_LINES + 1))
    return _csv(text)


def _sheet(content: bytes) -> tuple[list[str], list[tuple[int, list[str]]]]:
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
    if not book.sheet_names:
        raise UnreadableList("no sheet in the workbook")
    rows = book.get_sheet_by_index(0).to_python(nrows=MOST_LINES + 2)
    lines = [(number, [_cell(value) for value in row]) for number, row in enumerate(rows, start=1)]
    return _with_headings(lines)


def _cell(value: object) -> str:
    """A number a spreadsheet keeps as a fraction is written as people typed it: 601234567.0 → 601234567."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _csv(text: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    first = text.lstrip("\r\n").partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    lines = [(reader.line_num, row) for row in islice(reader, MOST_LINES + 2)]
    return _with_headings(lines)


def _with_headings(lines: list[tuple[int, list[str]]]) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """The first line that is not empty says what the others hold."""
    for position, (_, cells) in enumerate(lines):
        if any(cell.strip() for cell in cells):
            return cells, lines[position + 1 :]
    raise UnreadableList("no line in the file")


def _vcards(text: str) -> Iterator[tuple[int, list[str]]]:
    """One line per card; a card without a person, or whose person is called like the firm, is the firm's (RFC 6350)."""
    for number, card in enumerate(vobject.readComponents(text, ignoreUnreadable=True), start=1):
        firm, person = _value(card, "org"), _value(card, "fn")
        emails = " ".join(str(one.value) for one in card.contents.get("email", ()))
        voice = mobile = ""
        for one in card.contents.get("tel", ()):
            kinds = {kind.lower() for kind in one.params.get("TYPE", [])}
            if "cell" in kinds:
                mobile = mobile or str(one.value).removeprefix("tel:")
            else:
                voice = voice or str(one.value).removeprefix("tel:")
        if not firm or firm.casefold() == person.casefold():
            yield number, [person, "", emails, "", voice, mobile, "", ""]
        else:
            yield number, [firm, person, "", emails, "", "", voice, mobile]


def _value(card: Any, name: str) -> str:
    """The first value of a property as one line; an organization is a list of units, the firm comes first."""
    found = card.contents.get(name)
    value = found[0].value if found else ""
    return " ".join(str(value[0] if isinstance(value, list) and value else value or "").split())


def _text(content: bytes) -> str:
    """UTF-8 where it is (UTF-16 where it says so), else the Polish encoding that makes more Polish letters of it."""
    for encoding in ("utf-16",) if content[:2] in _UTF16 else ("utf-8-sig",):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return max((content.decode(encoding, "replace") for encoding in ("cp1250", "iso8859_2")), key=_polish)


def _polish(text: str) -> int:
    """How Polish it looks: letters of ours, less what stands in no list."""
    return sum(letter in _LETTERS for letter in text) - 3 * sum("\x80" <= letter <= "\x9f" for letter in text)
