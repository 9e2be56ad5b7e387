"""Text as people search it: small letters without accents, Polish ones included."""

from __future__ import annotations

import re
import unicodedata

MOST_WORDS = 400
LONGEST_WORD = 40

_WORD = re.compile(r"[^\W_]+")
# ł and its like have no decomposition in Unicode: SQLite's remove_diacritics leaves them (ecosystem 0.8).
_WHOLE_LETTERS = str.maketrans(
    {"ł": "l", "đ": "d", "ø": "o", "ß": "ss", "æ": "ae", "œ": "oe", "ı": "i", "ð": "d", "þ": "th"}
)
_POLISH = tuple(zip("ąćęłńóśźż", "acelnoszz", strict=True))


def folded(text: str) -> str:
    """`Zażółć GĘŚLĄ jaźń` → `zazolc gesla jazn`."""
    text = text.lower()
    if text.isascii():
        return text
    for letter, plain in _POLISH:  # the common case; a table for `str.translate` is twenty times slower
        text = text.replace(letter, plain)
    if text.isascii():
        return text
    apart = unicodedata.normalize("NFKD", text.casefold()).casefold().translate(_WHOLE_LETTERS)
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def words_of(text: str, *, most: int = MOST_WORDS) -> list[str]:
    """The different words of a text, folded, in the order of their first appearance; at most `most` of them."""
    words = _in_one_pass(text)
    if words is None:
        words = _WORD.findall(folded(text))
    return [word[:LONGEST_WORD] for word in list(dict.fromkeys(words))[:most]]


def _in_one_pass(text: str) -> list[str] | None:
    """What Polish mail is written in fits one byte a letter, and bytes are folded and cut by one table; None for the rest."""
    if any(letter in text for letter in _NOT_ONE_PLAIN_LETTER):
        return None
    try:
        return text.encode(_CODE_PAGE).translate(_TABLE).decode("ascii").split()
    except UnicodeEncodeError:
        return None


_CODE_PAGE = "cp1250"
_NOT_ONE_PLAIN_LETTER = "ß™µˇ"
"""The letters of the code page that become two, or none of the Latin ones."""


def _letter(byte: int) -> int:
    """What one byte of the code page becomes: its folded letter or digit, else a blank."""
    plain = folded(bytes([byte]).decode(_CODE_PAGE, "replace"))
    return ord(plain) if len(plain) == 1 and plain.isascii() and plain.isalnum() else ord(" ")


_TABLE = bytes(map(_letter, range(256)))
