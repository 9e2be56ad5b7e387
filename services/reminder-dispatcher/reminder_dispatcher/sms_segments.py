"""What an SMS costs: its alphabet, its segments, and how Polish letters are kept from doubling the price (features R76)."""

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import gsm0338

Encoding = Literal["GSM-7", "UCS-2"]

_LIMITS: dict[Encoding, tuple[int, int]] = {"GSM-7": (160, 153), "UCS-2": (70, 67)}
"""Units in a message of one segment, and in each segment of a longer one (3GPP TS 23.040 9.2.3.24.1)."""

_codec = gsm0338.Codec()

_PLAIN = str.maketrans(
    {
        **dict(zip("ąćęłńóśźżĄĆĘŁŃÓŚŹŻ", "acelnoszzACELNOSZZ", strict=True)),
        "ø": "o", "Ø": "O", "đ": "d", "Đ": "D", "ß": "ss", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "þ": "th", "Þ": "Th",
        "„": '"', "“": '"', "”": '"', "«": '"', "»": '"', "‘": "'", "’": "'", "‚": "'", "′": "'", "″": '"',
        "–": "-", "—": "-", "‑": "-", "‐": "-", "−": "-", "…": "...", "•": "*", "×": "x",
        "\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u2007": " ", "\u200b": "", "\ufeff": "", "\u00ad": "",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SmsSize:
    """`units`: septets of GSM-7 (an extension character takes two) or 16-bit units of UCS-2."""

    encoding: Encoding
    characters: int
    units: int
    segments: int


def sms_size(text: str) -> SmsSize:
    """How a gateway will send `text`. A character of two units is never split between segments."""
    cost_of = {character: _septets(character) for character in set(text)}
    encoding: Encoding = "GSM-7" if all(cost_of.values()) else "UCS-2"
    if encoding == "UCS-2":
        cost_of = {character: _code_units(character) for character in cost_of}
    single, each = _LIMITS[encoding]
    units = len(text) + sum(text.count(character) for character, cost in cost_of.items() if cost == 2)
    segments = 1 if units <= single else _segments([cost_of[character] for character in text], each)
    return SmsSize(encoding, len(text), units, segments)


def folded(text: str) -> str:
    """`text` without diacritics and typographic signs, so that it fits GSM-7 where a plain letter can say it.

    What has no plain form (an emoji, another script) stays. What GSM-7 has, like é or ü, stays too.
    """
    plain = unicodedata.normalize("NFC", text).translate(_PLAIN)
    if all(_septets(character) for character in set(plain)):
        return plain
    return "".join(_folded(character) for character in plain)


def shortened(text: str, *, segments: int) -> str:
    """`text` cut so that it needs no more than `segments`, with `...` at the end when something was cut off."""
    if sms_size(text).segments <= segments:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if sms_size(_cut(text, middle)).segments <= segments:
            low = middle
        else:
            high = middle - 1
    return _cut(text, low)


def _cut(text: str, length: int) -> str:
    return text[:length].rstrip() + "..."


def _folded(character: str) -> str:
    if _septets(character):
        return character
    plain = "".join(part for part in unicodedata.normalize("NFKD", character) if not unicodedata.combining(part))
    return plain if plain and all(_septets(part) for part in plain) else character


@lru_cache(maxsize=4096)
def _septets(character: str) -> int:
    """1 or 2 septets, 0 when GSM-7 does not have the character."""
    try:
        return len(_codec.encode(character)[0])
    except UnicodeError:
        return 0


def _code_units(character: str) -> int:
    return 2 if ord(character) > 0xFFFF else 1


def _segments(costs: list[int], each: int) -> int:
    segments, filled = 1, 0
    for cost in costs:
        if filled + cost > each:
            segments, filled = segments + 1, 0
        filled += cost
    return segments
