"""Telephone numbers as they are kept: E.164 where they are valid, else as they were written."""

import re
from collections.abc import Collection

import phonenumbers

LONGEST = 60
_EXTENSION = re.compile(r"(?:,|;)?\s*(?:wewn\.|wew\.|wewn|wew|ext\.|ext)[\s=]*(\d{1,7})\s*$", re.IGNORECASE)


class NoPhoneNumber(ValueError):
    """There is not a single digit in it, or it is far too long."""


def canonical_phone(written: str, *, region: str) -> str | None:
    """The number under which it is kept: `601 234 567` → `+48601234567`; None when nothing was written.

    An internal extension (`wew. 12`) follows as RFC 3966 writes it: `+48221234567;ext=12`. What is no valid number anywhere
    stays as written: a card may hold a short internal number, and refusing it would lose it.
    """
    text = " ".join(written.split())
    if not text:
        return None
    if len(text) > LONGEST or not any(letter.isdigit() for letter in text):
        raise NoPhoneNumber("is no telephone number")
    extension = _EXTENSION.search(text)
    number = text[: extension.start()] if extension else text
    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return text
    if not phonenumbers.is_valid_number(parsed):
        return text
    international = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    return f"{international};ext={extension.group(1)}" if extension else international


def sms_number(written: str, *, region: str, countries: Collection[int]) -> str:
    """The number an SMS is sent to, as `+48601234567`; `countries` empty allows all (features R71, R72).

    Raises NoPhoneNumber for what is no number, and for one of a country SMS do not go to. Whether an operator has handed the
    number out is not asked: that list changes, and a typed number is the user's word.
    """
    text = _EXTENSION.sub("", " ".join(written.split()))
    try:
        parsed = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        raise NoPhoneNumber("is no telephone number") from None
    if len(written) > LONGEST or not phonenumbers.is_possible_number(parsed) or not _fills_its_plan(parsed):
        raise NoPhoneNumber("is no telephone number")
    if countries and parsed.country_code not in countries:
        raise NoPhoneNumber(f"is a number of +{parsed.country_code}, where SMS do not go to")
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))


def _fills_its_plan(parsed: phonenumbers.PhoneNumber) -> bool:
    """A Polish number has nine digits and no zero in front; other plans are left to the library."""
    national = str(parsed.national_number)
    return parsed.country_code != 48 or (len(national) == 9 and not parsed.italian_leading_zero)
