"""Text as people search it: small letters without accents, Polish ones included."""

import re
import unicodedata

_WORD = re.compile(r"[^\W_]+")
_NOT_DECOMPOSED = str.maketrans({"ł": "l", "đ": "d", "ø": "o", "ß": "ss", "æ": "ae", "œ": "oe", "ı": "i"})

_POLISH = tuple(zip("ąćęłńóśźż", "acelnoszz", strict=True))


def folded(text: str) -> str:
    """`Zażółć GĘŚLĄ` → `zazolc gesla`. `ł` has no decomposition in Unicode, so it is mapped by hand."""
    text = text.casefold()
    if text.isascii():
        return text
    for letter, plain in _POLISH:  # the common case, many times quicker than the general one
        text = text.replace(letter, plain)
    if text.isascii():
        return text
    small = unicodedata.normalize("NFKD", text).translate(_NOT_DECOMPOSED)
    return "".join(letter for letter in small if not unicodedata.combining(letter))


def search_words(text: str) -> list[str]:
    """The words to look for, folded, at most ten."""
    return words_of(text)[:10]


def words_of(text: str) -> list[str]:
    """All words, folded: letters and digits only, so that both databases cut them the same way."""
    return _WORD.findall(folded(text))
