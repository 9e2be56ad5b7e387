"""What a template or signature may say about a case: `{{names}}` from a fixed list, English and Polish, and nothing else.

No expressions, filters or loops, so that no text can run, hang or inject (reliability D8, D9); a value is put in once and never
looked at again.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

LONGEST_VALUE = 500

_PLACEHOLDER = re.compile(r"\{\{([^{}]{0,60})\}\}")
_LEFTOVER = re.compile(r"\{\{|\}\}|\{%|%\}")
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


@dataclass(frozen=True, slots=True)
class Facts:
    """What the fields stand for, as it is when the mail is written; empty where it is not known."""

    case_number: str = ""
    case_tag: str = ""
    case_title: str = ""
    account: str = ""
    recipient: str = ""
    author: str = ""
    mailbox_name: str = ""
    mailbox_address: str = ""
    date: str = ""


_FIELDS: Mapping[str, tuple[str, str]] = {
    "case_number": ("numer_sprawy", "Number of the case: 3932."),
    "case_tag": ("znacznik_sprawy", "The tag by which answers find the case: [Acme#3932]."),
    "case_title": ("temat_sprawy", "Title of the case."),
    "account": ("kontrahent", "Name of the account the case belongs to."),
    "recipient": ("odbiorca", "Name of the first recipient, else the address."),
    "author": ("autor", "Name of whoever writes."),
    "mailbox_name": ("nazwa_skrzynki", "Name of the mail account it leaves from."),
    "mailbox_address": ("adres_skrzynki", "Address of that mail account."),
    "date": ("data", "The day it is written."),
}
FIELDS: Mapping[str, tuple[str, str]] = _FIELDS
"""English name → (Polish name, description)."""
_BY_NAME = {**{name: name for name in _FIELDS}, **{polish: name for name, (polish, _) in _FIELDS.items()}}


def faults_of(text: str) -> Iterator[str]:
    """What is wrong with the placeholders of a text, a sentence each; it is refused when it is saved."""
    for match in _PLACEHOLDER.finditer(text):
        name = match[1].strip().lower()
        if name not in _BY_NAME:
            nearest = get_close_matches(name, _BY_NAME, n=1, cutoff=0.6)
            hint = f" Did you mean {{{{{nearest[0]}}}}}?" if nearest else f" There are: {', '.join(_FIELDS)}."
            yield f"There is no field {{{{{name}}}}}.{hint}"
    leftover = _LEFTOVER.search(_PLACEHOLDER.sub("", text))
    if leftover is not None:
        yield f"{leftover[0]} stands alone; a field is written {{{{name}}}}, and expressions do not exist here."


def filled(text: str, facts: Facts) -> str:
    """The text with its fields as plain text, each on one line."""
    return _filled(text, facts, str)


def filled_html(markup: str, facts: Facts) -> str:
    """The HTML of the template's author with values that cannot become markup."""
    return _filled(markup, facts, html.escape)


def _filled(text: str, facts: Facts, write: Callable[[str], str]) -> str:
    def value(match: re.Match[str]) -> str:
        name = _BY_NAME.get(match[1].strip().lower())
        return write(_one_line(getattr(facts, name))) if name is not None else ""

    return _PLACEHOLDER.sub(value, text)


def _one_line(value: str) -> str:
    return _UNPRINTABLE.sub(" ", value).strip()[:LONGEST_VALUE]
