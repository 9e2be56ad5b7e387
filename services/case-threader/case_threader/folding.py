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
_ONLY_WORDS = bytes(byte if chr(byte).isalnum() and byte < 128 else 32 for byte in range(256))


def folded(text: str) -> str:
    """`Zażółć GĘŚLĄ jaźń` → `zazolc gesla jazn`."""
    text = text.lower()
    if text.isascii():
        return text
    for letter, plain in _POLISH:  # the common case; a table for `str.translate` is twenty times slower
        text = text.replace(letter, plain)
    if text.isascii():
        return text
    apart = unicodedata.normalize("NFKD", text.casefold()).translate(_WHOLE_LETTERS)
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def words_of(text: str, *, most: int = MOST_WORDS) -> list[str]:
    """The different words of a text, folded, in the order of their first appearance; at most `most` of them."""
    text = folded(text)
    words = text.encode().translate(_ONLY_WORDS).decode().split() if text.isascii() else _WORD.findall(text)
    return [word[:LONGEST_WORD] for word in list(dict.fromkeys(words))[:most]]
