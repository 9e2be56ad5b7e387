"""A foreign list of firms and people as rows of ours: which column is what, whatever it is called. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from tasks_api.email_addresses import NoEmailAddress, checked_email
from tasks_api.folding import folded
from tasks_api.phone_numbers import NoPhoneNumber, canonical_phone
from tasks_api.tax_ids import BadTaxId, checked_tax_id

Field = Literal[
    "account", "tax_id", "email", "phone", "mobile", "sms_phone",
    "contact", "first_name", "last_name", "contact_email", "contact_phone", "contact_mobile", "contact_sms_phone", "default",
]  # fmt: skip

_CALLED: dict[Field, tuple[str, ...]] = {
    "account": ("nazwa", "firma", "kontrahent", "nazwa firmy", "nazwa skrocona", "nazwa pelna", "klient", "account", "company",
                "organization", "organisation", "name", "company name"),
    "tax_id": ("nip", "numer nip", "tax id", "tax_id", "vat", "vat id", "vat number", "nip ue"),
    "email": ("email", "e mail", "mail", "adres email", "adres e mail", "emails"),
    "phone": ("telefon", "tel", "telefon stacjonarny", "phone", "telephone"),
    "mobile": ("telefon komorkowy", "komorka", "gsm", "mobile", "mobile phone", "tel kom"),
    "sms_phone": ("telefon sms", "sms", "sms phone", "sms_phone"),
    "contact": ("osoba", "osoba kontaktowa", "przedstawiciel", "kontakt", "contact", "contact name", "person", "imie i nazwisko",
                "full name"),
    "first_name": ("imie", "first name", "given name"),
    "last_name": ("nazwisko", "last name", "surname", "family name"),
    "contact_email": ("email osoby", "e mail osoby", "email kontaktu", "contact email"),
    "contact_phone": ("telefon osoby", "telefon kontaktu", "contact phone"),
    "contact_mobile": ("komorka osoby", "gsm osoby", "contact mobile"),
    "contact_sms_phone": ("telefon sms osoby", "contact sms phone"),
    "default": ("domyslny", "domyslna", "default", "kontakt domyslny"),
}  # fmt: skip
FIELDS: frozenset[str] = frozenset(_CALLED)
_BY_HEADING: dict[str, Field] = {name: field for field, names in _CALLED.items() for name in names}
_SEVERAL = re.compile(r"[;,\s|]+")
_YES = frozenset({"1", "t", "tak", "true", "yes", "y", "x"})
LONGEST_NAME = 300


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one cell of one line; such a line is not taken in."""

    line: int
    column: str
    detail: str


@dataclass(slots=True)
class CardRow:
    """One line as it will be kept: a firm, and perhaps a person at it. Addresses, numbers and NIP are canonical."""

    line: int
    account: str = ""
    tax_id: str | None = None
    emails: tuple[str, ...] = ()
    phones: dict[str, str | None] = field(default_factory=dict)
    contact: str = ""
    contact_emails: tuple[str, ...] = ()
    contact_phones: dict[str, str | None] = field(default_factory=dict)
    is_default: bool = False


def fields_of(headings: Sequence[str]) -> dict[int, Field]:
    """What stands in which column; columns nobody knows are left out."""
    return {
        position: known
        for position, heading in enumerate(headings)
        if (known := _BY_HEADING.get(" ".join(re.findall(r"\w+", folded(heading))))) is not None
    }


def checked_rows(
    lines: Sequence[tuple[int, Sequence[str]]], columns: Mapping[int, Field], *, region: str
) -> tuple[list[CardRow], list[Problem]]:
    """The lines that can be kept, and what is wrong with the others. An empty line is no line."""
    rows: list[CardRow] = []
    problems: list[Problem] = []
    for number, cells in lines:
        if not any(cell.strip() for cell in cells):
            continue
        row, wrong = _checked(number, _values(cells, columns), region)
        problems += wrong
        if not wrong:
            rows.append(row)
    return rows, problems


def _values(cells: Sequence[str], columns: Mapping[int, Field]) -> dict[Field, str]:
    values: dict[Field, str] = {}
    for position, name in columns.items():
        cell = " ".join(cells[position].split()) if position < len(cells) else ""
        if cell:
            values[name] = f"{values[name]} {cell}" if name in values and name == "email" else values.get(name) or cell
    return values


def _checked(line: int, values: Mapping[Field, str], region: str) -> tuple[CardRow, list[Problem]]:
    wrong: list[Problem] = []
    person = values.get("contact") or " ".join(filter(None, (values.get("first_name"), values.get("last_name"))))
    row = CardRow(line, values.get("account", "") or person, contact=person)
    if not row.account:
        wrong.append(Problem(line, "account", "is missing"))
    for name, text in (("account", row.account), ("contact", person)):
        if len(text) > LONGEST_NAME:
            wrong.append(Problem(line, name, "is too long"))
    try:
        row.tax_id = checked_tax_id(values.get("tax_id"))
    except BadTaxId as bad:
        wrong.append(Problem(line, "tax_id", str(bad)))
    row.emails = _emails(line, "email", values.get("email", ""), wrong)
    row.contact_emails = _emails(line, "contact_email", values.get("contact_email", ""), wrong)
    for phones, prefix in ((row.phones, ""), (row.contact_phones, "contact_")):
        for name in ("phone", "mobile", "sms_phone"):
            _phone(line, f"{prefix}{name}", name, values, phones, region, wrong)  # type: ignore[arg-type]
    row.is_default = folded(values.get("default", "")) in _YES
    return row, wrong


def _emails(line: int, column: str, text: str, wrong: list[Problem]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for written in filter(None, _SEVERAL.split(text)):
        try:
            found[checked_email(written)] = None
        except NoEmailAddress as bad:
            wrong.append(Problem(line, column, f"{written!r} {bad}"))
    return tuple(found)


def _phone(
    line: int, column: Field, name: str, values: Mapping[Field, str], phones: dict[str, str | None], region: str,
    wrong: list[Problem],
) -> None:  # fmt: skip
    if column not in values:
        return
    try:
        phones[name] = canonical_phone(values[column], region=region)
    except NoPhoneNumber as bad:
        wrong.append(Problem(line, column, f"{values[column]!r} {bad}"))
