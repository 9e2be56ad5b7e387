"""Organizational domains: what two addresses must share for DMARC's relaxed alignment (RFC 7489 sections 3.1.1 and 3.2)."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList


@cache
def _suffixes() -> PublicSuffixList:
    """The public suffix list of the installed package; 10,000 rules, so only read when two different domains meet."""
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList(only_icann=False)


@lru_cache(maxsize=4096)
def organizational_domain(domain: str) -> str:
    """`mail.firma.com.pl` → `firma.com.pl`; a public suffix, an address or a single label is its own."""
    return _suffixes().privatesuffix(domain) or domain


def is_aligned(one: str, other: str) -> bool:
    """Whether both belong to one organization. Empty ones belong to nobody."""
    one, other = ascii_domain(one), ascii_domain(other)
    if not one or not other:
        return False
    return one == other or organizational_domain(one) == organizational_domain(other)


def ascii_domain(domain: str) -> str:
    """Lower-case, without the final dot, international names in their wire form where they have one."""
    trimmed = domain.strip().strip(".").lower()
    if trimmed.isascii():
        return trimmed
    try:
        return trimmed.encode("idna").decode("ascii")
    except UnicodeError:
        return trimmed
