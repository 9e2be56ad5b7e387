"""Foreign lists of firms and people, NIP: as a specification."""

from __future__ import annotations

import orjson
import pytest

from tasks_api.card_reading import read_job
from tasks_api.card_rows import checked_rows, fields_of
from tasks_api.tax_ids import BadTaxId, checked_tax_id, comparable


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("5250001233", "5250001233"),
        ("525-000-12-33", "5250001233"),
        ("PL 525 000 12 33", "PL5250001233"),
        ("DE123456789", "DE123456789"),  # somebody else's check digit
        ("123", "123"),  # too short for a NIP: a foreign or internal number
        ("", None),
        (None, None),
    ],
)
def test_a_tax_number_is_kept(written: str | None, kept: str | None) -> None:
    assert checked_tax_id(written) == kept


@pytest.mark.parametrize("written", ["5250001234", "PL5250001234", "525-000-12-40", "0000000000"])
def test_a_wrong_check_digit_is_told(written: str) -> None:
    with pytest.raises(BadTaxId):
        checked_tax_id(written)


def test_pl_before_a_nip_does_not_matter() -> None:
    assert comparable("PL5250001233") == comparable("5250001233") == "5250001233"
    assert comparable("DE123456789") == "DE123456789"


def test_headings_are_known_by_many_names() -> None:
    headings = ["NIP", "Nazwa firmy", "E-mail", "Imię i nazwisko", "TELEFON KOMÓRKOWY", "Uwagi"]
    assert fields_of(headings) == {0: "tax_id", 1: "account", 2: "email", 3: "contact", 4: "mobile"}


def test_a_person_alone_is_a_firm_and_wrong_cells_are_named() -> None:
    columns = fields_of(["imię", "nazwisko", "email", "telefon", "nip"])
    lines = [
        (2, ["Jan", "Kowalski", "JAN@k.example; jan2@k.example", "601 234 567", ""]),
        (3, ["", "", "a@b", "", ""]),
        (4, ["Ewa", "Nowak", "nie", "brak", "5250001234"]),
        (5, ["", " ", "", "", ""]),
    ]
    rows, problems = checked_rows(lines, columns, region="PL")
    (jan,) = rows
    assert (jan.account, jan.contact, jan.emails) == (
        "Jan Kowalski",
        "Jan Kowalski",
        ("jan@k.example", "jan2@k.example"),
    )
    assert jan.phones == {"phone": "+48601234567"}
    assert [(one.line, one.column) for one in problems] == [(3, "account"), (4, "tax_id"), (4, "email"), (4, "phone")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1250", "iso8859_2", "utf-16"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_any_encoding_and_delimiter_is_read(encoding: str, delimiter: str) -> None:
    table = "\r\n".join(
        delimiter.join(row)
        for row in (["firma", "miasto"], ["Młyn Świętosława Żółć", "Łódź"], ["Piekarnia „Źródło”", "Gdańsk"])
    )
    answer = orjson.loads(
        read_job(
            table.replace("„", '"').replace("”", '"').encode(encoding)
            if encoding == "iso8859_2"
            else table.encode(encoding)
        )
    )
    assert answer["headings"] == ["firma", "miasto"]
    assert answer["lines"][0] == [2, ["Młyn Świętosława Żółć", "Łódź"]]


def test_a_cell_may_hold_lines_and_quotes() -> None:
    answer = orjson.loads(read_job(b'firma;opis\n"A ""B""";"raz\ndwa"\nC;trzy\n'))
    assert [cells for _, cells in answer["lines"]] == [['A "B"', "raz\ndwa"], ["C", "trzy"]]


@pytest.mark.parametrize("content", [b"", b"\n\n", b"PK\x03\x04 broken", b"\xd0\xcf\x11\xe0 broken"])
def test_what_is_no_list_is_a_problem_and_no_crash(content: bytes) -> None:
    assert "problem" in orjson.loads(read_job(content))
