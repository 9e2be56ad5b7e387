"""Our case tag in a subject line: `[Acme#3932]` (features C6-C9, C29, C35, C42-C44)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

LONGEST_PREFIX = 32
DIGITS = 9
"""A case number has at most this many digits; a longer one is somebody else's."""

_GENERIC = """
    aw bug call case client contact crm customer email faq fw fwd help helpdesk id incident info issue klient kontakt mail
    message nr number numer odp offer oferta order pd re ref reference reklamacja request rma support task temat
    ticket topic ts watek wg wiadomosc wątek wiadomość zadanie zamowienie zamówienie zgloszenie zgłoszenie sprawa
"""
GENERIC_PREFIXES = frozenset(_GENERIC.split())

_CLOSING = {"[": "]", "［": "］"}
_FOREIGN_TAG = re.compile(r"\[[^\[\]#\n]{1,40}#[^\[\]\n]{1,40}\]")
_BLANKS = re.compile(r"\s+")
_ELLIPSIS = "[...]"


@dataclass(frozen=True, slots=True)
class Tag:
    """One of our tags and where it stands in the subject."""

    number: int
    start: int
    end: int


def tag_of(prefix: str, number: int) -> str:
    return f"[{prefix}#{number}]"


def own_tags(subject: str, prefixes: Sequence[str]) -> list[Tag]:
    """Our tags in the order in which they stand in a decoded subject; the places are those in its composed form.

    Long subjects travel as several encoded words (RFC 2047) with the tag split between them, therefore only the decoded
    text is of use. Anchored at both brackets, so that 3932 is not 39327 and `[MyAcme#1]` is not ours; the number is
    bounded and has no leading zeros, since we never write any. People and mail programs change case and put blanks or
    full-width brackets in; curly brackets are not a tag (features C7).
    """
    if "#" not in subject and "＃" not in subject:
        return []
    return [
        Tag(int(match["number"]), match.start(), match.end())
        for match in _pattern(tuple(prefixes)).finditer(composed(subject))
        if _CLOSING[match["open"]] == match["close"]
    ]


def own_case_number(subject: str, prefix: str) -> int | None:
    """The number in our own case tag, wherever it stands now; of several the last one (features C43)."""
    tags = own_tags(subject, [prefix])
    return tags[-1].number if tags else None


def without_own_tags(subject: str, prefixes: Sequence[str]) -> str:
    """The subject without any tag of ours, dead ones included; tags of other systems stay (features C29)."""
    tags = own_tags(subject, prefixes)
    if not tags:
        return subject
    subject = composed(subject)
    pieces, position = [], 0
    for tag in tags:
        pieces.append(subject[position : tag.start])
        position = tag.end
    pieces.append(subject[position:])
    return _BLANKS.sub(" ", " ".join(pieces)).strip()


def foreign_tags(subject: str, prefixes: Sequence[str]) -> list[str]:
    """Tags of other systems, `[Other#12]`; both systems need theirs to survive (RT ExtractSubjectTag, features C29)."""
    return list(dict.fromkeys(match[0] for match in _FOREIGN_TAG.finditer(without_own_tags(subject, prefixes))))


def with_tag(
    subject: str, prefix: str, number: int, *, prefixes: Sequence[str], limit: int, at_start: bool = False
) -> str:
    """The subject as it goes out: our tag at the end (or `at_start`), no other tag of ours, at most `limit` characters.

    A subject whose last own tag is already this one keeps it where it stands. What is too long loses text, never a tag,
    neither ours nor another system's (Zammad and Znuny shorten alike, features C35).
    """
    tag = tag_of(prefix, number)
    tags = own_tags(subject, prefixes)
    if len(tags) == 1 and tags[0].number == number and len(subject) <= limit:
        return subject
    text = without_own_tags(subject, prefixes)
    whole = (f"{tag} {text}" if at_start else f"{text} {tag}").strip()
    if len(whole) <= limit:
        return whole
    others = " ".join(foreign_tags(text, prefixes)[:5])
    text = _BLANKS.sub(" ", _FOREIGN_TAG.sub(" ", text)).strip() if others else text
    beginning = f"{tag} " if at_start else ""
    ending = " ".join(part for part in (_ELLIPSIS, others, "" if at_start else tag) if part)
    room = max(0, limit - len(beginning) - len(ending))
    return f"{beginning}{_cut(text, room)}{ending}"


def untagged(subject: str, *, prefixes: Sequence[str], limit: int) -> str:
    """The subject as it goes out where no tag is wanted (features C34): without one of ours, at most `limit` characters."""
    text = without_own_tags(subject, prefixes)
    return text if len(text) <= limit else f"{_cut(text, limit - len(_ELLIPSIS))}{_ELLIPSIS}"


def prefix_objection(prefix: str) -> str | None:
    """Why a prefix cannot be ours, as a sentence; None when it can (features C8, C9)."""
    if not prefix or len(prefix) > LONGEST_PREFIX:
        return f"A prefix has 1 to {LONGEST_PREFIX} characters."
    if any(character in "[]{}［］#＃" or not character.isprintable() or character.isspace() for character in prefix):
        return "A prefix has no brackets, no # and no blanks."
    if prefix.isdigit():
        return "A prefix is more than digits."
    if prefix.casefold() in GENERIC_PREFIXES:
        return f"{prefix} is too generic: the other side may use the same; the short name of your company is best."
    return None


def composed(text: str) -> str:
    """The text in composed characters: macOS writes ó as two, which compares unequal to the one ó."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


@lru_cache(maxsize=64)
def _pattern(prefixes: tuple[str, ...]) -> re.Pattern[str]:
    known = "|".join(r"\s?".join(map(re.escape, composed(prefix))) for prefix in prefixes)
    return re.compile(
        rf"(?P<open>[\[［])\s{{0,2}}(?:{known})\s{{0,2}}[#＃]\s{{0,2}}"
        rf"(?P<number>[1-9][0-9]{{0,{DIGITS - 1}}})\s{{0,2}}(?P<close>[\]］])",
        re.IGNORECASE,
    )


def _cut(text: str, room: int) -> str:
    """The beginning of a text, ended at a word where that costs little."""
    if len(text) <= room:
        return f"{text} "
    kept = text[:room]
    at_word = kept.rfind(" ")
    return kept[:at_word].rstrip() if at_word > room * 2 // 3 else kept.rstrip()
