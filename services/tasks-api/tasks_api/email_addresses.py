"""E-mail addresses as cards keep them: what mail really comes from, not what a registry would allow."""

import re

from contracts.addresses import canonical_email

LONGEST = 320
_ADDRESS = re.compile(r'[^\s@<>,;:"\\\x00-\x1f\x7f]+(?:@[^\s@<>,;:"\\\x00-\x1f\x7f]+)')
_QUOTED = re.compile(r'"[^"\\\r\n\x00]{1,64}"@[^\s@<>,;:"\\\x00-\x1f\x7f]+')


class NoEmailAddress(ValueError):
    """It is not one address: no @, or blanks and separators in it."""


def checked_email(written: str) -> str:
    """The canonical spelling of one address (`MAILTO:Anna@Example.PL` → `anna@example.pl`), or NoEmailAddress.

    Deliberately tolerant: `root@localhost`, dots at odd places and Unicode are all met in real mail.
    """
    email = canonical_email(written)
    if len(email) > LONGEST or not (_ADDRESS.fullmatch(email) or _QUOTED.fullmatch(email)):
        raise NoEmailAddress("is no e-mail address")
    return email
