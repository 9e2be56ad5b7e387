"""Lists and agendas on paper: PDF, with letters of every alphabet the font has (features W12, R58)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

_MARGIN = 10.0
_LINE = 4.6
_SIZE = 7.5
_FAMILY = "print"


@dataclass(frozen=True, slots=True)
class Heading:
    """A line in bold that begins a group of rows or a day."""

    text: str


@dataclass(frozen=True, slots=True)
class Strip:
    """A cell in which a bar is drawn: where it begins and ends as shares of the width (0 to 1), and how far it is done."""

    starts: float
    ends: float
    done: float = 0.0


Row = Sequence["str | Strip"]


class Printout:
    """A document of A4 pages with a title, a foot on every page, and lines of cells cut to their width."""

    def __init__(
        self, title: str, foot: str, *, widths: Sequence[float], heads: Sequence[str] = (), font: Path | None = None
    ) -> None:
        """`foot` is followed by the page's number; `heads` stand above the cells on every page."""
        from fpdf import FPDF  # costs half a second and 20 MB: only who prints pays

        landscape = sum(widths) > 190
        self._pdf = FPDF(orientation="L" if landscape else "P", format="A4")
        self._pdf.set_auto_page_break(False)
        self._pdf.set_title(title)
        regular, bold = _fonts(font)
        self._pdf.add_font(_FAMILY, "", regular)
        self._pdf.add_font(_FAMILY, "B", bold)
        self._known = frozenset(getattr(self._pdf.fonts[_FAMILY], "cmap", ()))
        self._title, self._foot = self._readable(title), self._readable(foot)
        self._widths, self._heads = list(widths), [self._readable(head) for head in heads]
        self._bottom = (210 if landscape else 297) - 14
        self._y = 0.0
        self._new_page()

    def add(self, lines: Iterable[Heading | Row]) -> None:
        """Lines of cells, or headings between them, on as many pages as they need."""
        for line in lines:
            is_heading = isinstance(line, Heading)
            if self._y > self._bottom - (2 * _LINE if is_heading else 0):
                self._new_page()
            if isinstance(line, Heading):
                self._y += 1.5
                self._pdf.set_font(_FAMILY, "B", _SIZE + 2)
                self._pdf.text(_MARGIN, self._y, self._readable(line.text))
                self._pdf.set_font(_FAMILY, "", _SIZE)
            else:
                self._cells(line)
            self._y += _LINE

    def content(self) -> bytes:
        """The whole document."""
        return bytes(self._pdf.output())

    def _new_page(self) -> None:
        self._pdf.add_page()
        self._pdf.set_font(_FAMILY, "B", 11)
        self._pdf.text(_MARGIN, _MARGIN + 2, self._title)
        self._pdf.set_font(_FAMILY, "", 6.5)
        self._pdf.text(_MARGIN, self._bottom + 7, f"{self._foot} {self._pdf.page_no()}")
        self._y = _MARGIN + 9
        if self._heads:
            self._pdf.set_font(_FAMILY, "B", _SIZE)
            self._cells(self._heads)
            self._pdf.line(_MARGIN, self._y + 1.2, _MARGIN + sum(self._widths), self._y + 1.2)
            self._y += _LINE + 1
        self._pdf.set_font(_FAMILY, "", _SIZE)

    def _cells(self, cells: Row) -> None:
        x = _MARGIN
        for width, cell in zip(self._widths, cells, strict=False):
            if isinstance(cell, Strip):
                self._strip(cell, x, width - 1.5)
            elif cell:
                self._pdf.text(x, self._y, self._cut(self._readable(cell), width - 1.5))
            x += width

    def _strip(self, strip: Strip, x: float, width: float) -> None:
        """A frame as long as it takes, filled as far as it is done; what has no length is a millimetre long."""
        left, top, height = x + strip.starts * width, self._y - _LINE * 0.62, _LINE * 0.7
        length = max(1.0, (strip.ends - strip.starts) * width)
        self._pdf.set_fill_color(150)
        if strip.done > 0:
            self._pdf.rect(left, top, length * strip.done, height, style="F")
        self._pdf.rect(left, top, length, height)

    def _cut(self, text: str, width: float) -> str:
        text = text[: int(width)]  # a letter is hardly ever narrower than a millimetre
        if self._pdf.get_string_width(text) <= width:
            return text
        while text and self._pdf.get_string_width(text + "…") > width:
            text = text[:-1]
        return text + "…"

    def _readable(self, text: str) -> str:
        """One line of letters the font has; others lose their accents, or become a question mark."""
        line = " ".join(text.split())
        if all(ord(letter) in self._known for letter in line):
            return line
        return "".join(self._nearest(letter) for letter in line)

    def _nearest(self, letter: str) -> str:
        if ord(letter) in self._known:
            return letter
        plain = unicodedata.normalize("NFKD", letter)
        kept = "".join(one for one in plain if ord(one) in self._known and not unicodedata.combining(one))
        return kept or ("" if unicodedata.combining(letter) else "?")


@cache
def _fonts(font: Path | None) -> tuple[Path, Path]:
    """Regular and bold: of one file somebody names, or of the font that comes along."""
    if font is not None:
        return font, font
    folder = Path(str(files("font_roboto"))) / "files"  # Latin, Greek and Cyrillic letters
    return folder / "Roboto-Regular.ttf", folder / "Roboto-Bold.ttf"
