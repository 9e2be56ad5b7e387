"""Telephone numbers as gateways want them, and where our SMS may go (features R71, R72)."""

import re
from collections.abc import Collection
from functools import lru_cache

import phonenumbers

_EXTENSION = re.compile(r"\b(?:wew|ext|tel\.? wew)\.?\s*:?\s*\d+\s*$", re.IGNORECASE)


class NotANumber(ValueError):
    """The text is not a telephone number; the argument says why in a sentence."""


class NumberNotAllowed(ValueError):
    """A number of a country that is not on the list of the installation."""


def e164(number: str, *, region: str = "PL", countries: Collection[int] = (48,)) -> str:
    """`number` as `+48600100200`. Raises NotANumber or NumberNotAllowed.

    The shape is checked, not whether an operator has handed the number out: that list changes, and a number that was
    typed in by hand is the user's word. `countries` empty allows every country.
    """
    return _e164(number, region, frozenset(countries))


@lru_cache(maxsize=4096)
def _e164(number: str, region: str, countries: frozenset[int]) -> str:
    """Remembered: the number of a firm or an operator is written to again and again."""
    try:
        parsed = phonenumbers.parse(_EXTENSION.sub("", number).strip(), region)
    except phonenumbers.NumberParseException as problem:
        raise NotANumber(f"This is not a telephone number: {problem.args[0]}") from None
    if not phonenumbers.is_possible_number(parsed) or not _fills_its_plan(parsed):
        raise NotANumber("This is not a telephone number: the count of digits is wrong.")
    if countries and parsed.country_code not in countries:
        allowed = ", ".join(f"+{country}" for country in sorted(countries))
        raise NumberNotAllowed(f"SMS go to {allowed} only, not to +{parsed.country_code}.")
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))


def is_mobile(number: str, *, region: str = "PL") -> bool:
    """Whether the numbering plan says that this is a mobile telephone; a landline cannot show an SMS."""
    try:
        parsed = phonenumbers.parse(_EXTENSION.sub("", number).strip(), region)
    except phonenumbers.NumberParseException:
        return False
    kinds = (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE)
    return phonenumbers.number_type(parsed) in kinds


def _fills_its_plan(parsed: phonenumbers.PhoneNumber) -> bool:
    """A Polish number has nine digits and no zero in front; other plans are left to the library."""
    national = str(parsed.national_number)
    return parsed.country_code != 48 or (len(national) == 9 and not parsed.italian_leading_zero)
