"""Tax numbers of firms: a Polish NIP has a check digit, which is looked at; a foreign number is kept as written. Pure."""

from __future__ import annotations

import re

_WEIGHTS = (6, 5, 7, 2, 3, 4, 5, 6, 7)
_NIP = re.compile(r"(?:PL)?([0-9]{10})")
LONGEST = 30


class BadTaxId(ValueError):
    """It looks like a NIP, but its check digit is another."""


def checked_tax_id(written: str | None) -> str | None:
    """`PL 525-000-12-36` → `PL5250001236`; None when nothing was written; BadTaxId for a NIP with a wrong check digit.

    Ten digits, with or without PL before them, are a NIP. With other letters in front it is somebody else's number.
    """
    plain = "".join(letter for letter in (written or "").upper() if letter.isalnum())
    nip = _NIP.fullmatch(plain)
    if nip is not None and not has_check_digit(nip[1]):
        raise BadTaxId("is no NIP: the check digit is wrong")
    return plain or None


def has_check_digit(digits: str) -> bool:
    """Whether the tenth digit of a NIP follows from the nine before it; a remainder of 10 belongs to no NIP."""
    check = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, digits, strict=False)) % 11
    return check == int(digits[9]) and digits != "0000000000"


def comparable(tax_id: str) -> str:
    """A NIP with PL and one without are the same number."""
    nip = _NIP.fullmatch(tax_id)
    return nip[1] if nip is not None else tax_id
