"""Text as it is searched: lower-case, without diacritics. `ł` needs a hand, Unicode does not take it apart (ecosystem 0.8)."""

from __future__ import annotations

import unicodedata

_STROKES = str.maketrans({"ł": "l", "đ": "d", "ø": "o", "ß": "ss", "æ": "ae", "œ": "oe", "ı": "i"})

_POLISH = tuple(zip("ąćęłńóśźż", "acelnoszz", strict=True))


def folded(text: str) -> str:
    """`Żółta Łódź` → `zolta lodz`."""
    lowered = text.lower()
    if lowered.isascii():
        return lowered
    for letter, plain in _POLISH:  # the common case, many times quicker than the general one
        lowered = lowered.replace(letter, plain)
    if lowered.isascii():
        return lowered
    apart = unicodedata.normalize("NFKD", lowered)
    return "".join(c for c in apart if not unicodedata.combining(c)).translate(_STROKES)
