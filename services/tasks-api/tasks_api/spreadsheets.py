"""Rows as files a spreadsheet opens. A cell that it would take for a formula is text there and stays so (CSV injection)."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import IO, Any

from tasks_api.report_columns import Cell, shown

BYTE_ORDER_MARK = "\ufeff"
"""By it a Polish spreadsheet knows that a CSV is UTF-8."""
_FORMULA_BEGINS = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")
_LONGEST_CELL = 32_767
_PIECE = 65_536
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def plain_text(text: str) -> str:
    """The text, so that no spreadsheet computes it: `=1+1` → `'=1+1`."""
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA_BEGINS) else text


def csv_lines(rows: Iterable[Sequence[Cell]]) -> bytes:
    """Rows as Polish spreadsheets read them: `;` between cells, CR LF between lines."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    for row in rows:
        writer.writerow([cell if isinstance(cell, int) else plain_text(shown(cell)) for cell in row])
    return out.getvalue().encode("utf-8", "replace")


class Workbook:
    """One sheet, written row by row into a temporary file: memory does not grow with the rows."""

    def __init__(self, headings: Sequence[str], *, title: str) -> None:
        import xlsxwriter

        self._file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed when it was sent, or is not wanted
        options = {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "default_date_format": "yyyy-mm-dd hh:mm",
        }
        self._book: Any = xlsxwriter.Workbook(self._file, options)
        self._sheet = self._book.add_worksheet(title[:31])
        self._day = self._book.add_format({"num_format": "yyyy-mm-dd"})
        self._moment = self._book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        bold = self._book.add_format({"bold": True})
        self._sheet.freeze_panes(1, 0)
        self._row = 1
        for position, heading in enumerate(headings):
            self._sheet.set_column(position, position, 18)
            self._sheet.write_string(0, position, heading, bold)

    def add(self, rows: Iterable[Sequence[Cell]]) -> None:
        for row in rows:
            for position, cell in enumerate(row):
                self._write(position, cell)
            self._row += 1

    def pieces(self) -> Iterator[bytes]:
        """Finish the file, then its bytes."""
        self._book.close()
        self._file.seek(0)
        while piece := self._file.read(_PIECE):
            yield piece
        self._file.close()

    def abandon(self) -> None:
        """Nobody wants it any more."""
        self._file.close()

    def _write(self, position: int, cell: Cell) -> None:
        if isinstance(cell, datetime):
            self._sheet.write_datetime(self._row, position, cell, self._moment)
        elif isinstance(cell, date):
            self._sheet.write_datetime(self._row, position, datetime(cell.year, cell.month, cell.day), self._day)  # noqa: DTZ001 - a day
        elif isinstance(cell, int):
            self._sheet.write_number(self._row, position, cell)
        elif cell:
            self._sheet.write_string(self._row, position, cell[:_LONGEST_CELL])
