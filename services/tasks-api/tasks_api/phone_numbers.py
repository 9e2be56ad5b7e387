"""Telephone numbers as they are kept: E.164 where they are valid, else as they were written."""

import re

import phonenumbers

LONGEST = 60
_EXTENSION = re.compile(r"(?:,|;)?\s*(?:wewn\.|wew\.|wewn|wew|ext\.|ext)\s*(\d{1,7})\s*$", re.IGNORECASE)


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
