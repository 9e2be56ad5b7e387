"""Which addresses a mail server's name may lead to: resolved once, checked, and connected to (reliability D6)."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from mail_ingest.sources.imap_errors import HostForbidden, HostNotFound

RESOLVE_SECONDS = 10.0
_NAT64 = IPv6Network("64:ff9b::/96")

Address = IPv4Address | IPv6Address
Resolve = Callable[[str], Awaitable[list[str]]]


async def resolve(host: str) -> list[str]:
    """Every address of a name, in the order in which they should be tried."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found))


class HostGuard:
    """Lets public addresses through, and of private ones those that the installation allows by name, address or network.

    The addresses it returns are to be connected to; asking the resolver again could give others.
    """

    def __init__(self, allowed_private_hosts: Sequence[str], *, resolve: Resolve = resolve) -> None:
        self._resolve = resolve
        self._names = {entry.lower() for entry in allowed_private_hosts}
        self._networks = [network for entry in allowed_private_hosts if (network := _network(entry)) is not None]

    async def addresses(self, host: str, *, clear_text: bool = False) -> list[str]:
        """Raises HostNotFound, or HostForbidden when one address is private and not allowed.

        `clear_text`: passwords would travel readable, so only this machine or a private host allowed by its name will do.
        """
        try:
            async with asyncio.timeout(RESOLVE_SECONDS):
                found = [ip_address(text) for text in await self._resolve(host)]
        except TimeoutError:
            raise HostNotFound(f"The name {host} was not resolved in time.") from None
        except (OSError, ValueError, UnicodeError):
            raise HostNotFound(f"There is no host {host}.") from None
        if not found:
            raise HostNotFound(f"The name {host} has no address.")
        named = host.lower().rstrip(".") in self._names
        for address in map(_embedded, found):
            if clear_text and not (address.is_loopback or (named and not address.is_global)):
                raise HostForbidden(f"{host} is not on this machine; without TLS the password would travel readable.")
            if not (address.is_global or named or any(address in network for network in self._networks)):
                raise HostForbidden(
                    f"{host} leads to the private address {address}; GONIEC_ALLOWED_PRIVATE_HOSTS can allow it."
                )
            if address.is_multicast or address.is_unspecified:
                raise HostForbidden(f"{host} leads to {address}, where no mail server can be.")
        return [str(address) for address in found]


def _network(entry: str) -> IPv4Network | IPv6Network | None:
    try:
        return ip_network(entry, strict=False)
    except ValueError:
        return None


def _embedded(address: Address) -> Address:
    """The IPv4 address inside of an IPv6 one that only wraps it."""
    if isinstance(address, IPv6Address):
        wrapped = address.ipv4_mapped or address.sixtofour
        if wrapped is None and address in _NAT64:
            wrapped = IPv4Address(int(address) & 0xFFFFFFFF)
        return wrapped or address
    return address
