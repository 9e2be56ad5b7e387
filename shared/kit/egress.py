"""Where we connect to when a user names the host: mail servers, gateways, web hooks (reliability D6, OWASP API7).

A name is resolved once, every address it has is judged, and the connection goes to one of these addresses: a second
answer of the DNS cannot change the verdict. Private addresses are open only to hosts and networks listed in
`GONIEC_ALLOWED_PRIVATE_HOSTS`.
"""

import asyncio
import ipaddress
import re
import socket
import ssl
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from typing import Any

import httpcore
import httpx

from kit.errors import Invalid, Unavailable

RESOLVE_SECONDS = 10.0
CONNECT_SECONDS = 15.0
ANSWER_SECONDS = 15.0
LARGEST_ANSWER = 64 * 1024

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Awaitable[list[str]]]

_NAT64 = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("64:ff9b:1::/48"))
_HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*\.?")
_NUMBERS_ONLY = re.compile(r"(0x[0-9a-f]*|[0-9]+)(\.(0x[0-9a-f]*|[0-9]+))*\.?")


class HostRefused(Invalid):
    """A host we do not connect to on a user's word."""

    code = "host_refused"


class HostUnreachable(Unavailable):
    """The host has no address, or none of its addresses lets us in."""

    code = "host_unreachable"


class Egress:
    """The one door to hosts that users name. `allowed` lists private networks, addresses and host names."""

    def __init__(self, allowed: Collection[str] = (), *, resolve: Resolve | None = None) -> None:
        self._networks = [network for entry in allowed if (network := _network(entry)) is not None]
        self._names = {entry.lower().rstrip(".") for entry in allowed if _network(entry) is None}
        self._resolve = resolve or _resolve

    async def addresses_of(self, host: str, port: int, *, ports: Collection[int] | None = None) -> list[str]:
        """The addresses of `host`, all of them judged. HostRefused when even one is closed to us, or the port is.

        `ports` are those open on public hosts; a host that was explicitly allowed may use any.
        """
        name = _canonical(host)
        addresses = await self._resolved(name, port)
        private = [address for address in addresses if not is_public(ipaddress.ip_address(address))]
        if any(not self._is_allowed(name, address) for address in private):
            raise HostRefused(f"{host} is a private or special address; it would have to be allowed in the settings.")
        if ports is not None and not private and port not in ports:
            known = ", ".join(str(number) for number in sorted(ports))
            raise HostRefused(f"Port {port} is not one that is used for this; expected {known}.")
        return addresses

    async def connect(
        self, host: str, port: int, *, ports: Collection[int] | None = None, within: float = CONNECT_SECONDS
    ) -> socket.socket:
        """A connected non-blocking socket to one of the judged addresses."""
        addresses = await self.addresses_of(host, port, ports=ports)
        reason = "it has no address"
        try:
            async with asyncio.timeout(within):
                for address in addresses:
                    try:
                        return await _connected(address, port)
                    except OSError as error:
                        reason = error.strerror or type(error).__name__
        except TimeoutError:
            reason = "it does not answer"
        raise HostUnreachable(f"{host} port {port} cannot be reached: {reason}.")

    async def _resolved(self, name: str, port: int) -> list[str]:
        try:
            return [str(ipaddress.ip_address(name))]
        except ValueError:
            pass
        try:
            async with asyncio.timeout(RESOLVE_SECONDS):
                addresses = await self._resolve(name, port)
        except (OSError, TimeoutError, UnicodeError):
            addresses = []
        if not addresses:
            raise HostUnreachable(f"{name} has no address.")
        return addresses

    def _is_allowed(self, name: str, address: str) -> bool:
        if name in self._names:
            return True
        judged = ipaddress.ip_address(address)
        mapped = judged.ipv4_mapped if isinstance(judged, ipaddress.IPv6Address) else None
        return any((mapped or judged) in network for network in self._networks)


def is_public(address: Address) -> bool:
    """True for an address of the open internet, also inside of IPv6 forms that carry an IPv4 address."""
    if isinstance(address, ipaddress.IPv6Address):
        carried = _carried(address)
        if carried:
            return all(is_public(inner) for inner in carried)
        if address.is_site_local:
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _carried(address: ipaddress.IPv6Address) -> list[ipaddress.IPv4Address]:
    """The IPv4 addresses that a v4-mapped, 6to4, Teredo or NAT64 address stands for."""
    if address.ipv4_mapped is not None:
        return [address.ipv4_mapped]
    if address.sixtofour is not None:
        return [address.sixtofour]
    if address.teredo is not None:
        return list(address.teredo)
    if any(address in network for network in _NAT64):
        return [ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)]
    return []


def _canonical(host: str) -> str:
    """The host lower-cased and in ASCII. Numbers that only some readers take for an address are refused."""
    name = host.strip().lower().removeprefix("[").removesuffix("]")
    try:
        return str(ipaddress.ip_address(name))
    except ValueError:
        pass
    try:
        name = name.encode("idna").decode() if not name.isascii() else name
    except UnicodeError:
        raise HostRefused("This is not the name of a host.") from None
    if _NUMBERS_ONLY.fullmatch(name) or not _HOST.fullmatch(name):
        raise HostRefused("This is not the name of a host.")
    return name.rstrip(".")


def _network(entry: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(entry, strict=False)
    except ValueError:
        return None


async def _resolve(name: str, port: int) -> list[str]:
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


async def _connected(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    connection = socket.socket(family, socket.SOCK_STREAM)
    try:
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        await asyncio.get_running_loop().sock_connect(connection, (address, port))
    except BaseException:
        connection.close()
        raise
    return connection


class _JudgedBackend(httpcore.AsyncNetworkBackend):
    """Connections of an HTTP client, through the same door."""

    def __init__(self, egress: Egress) -> None:
        self._egress = egress
        self._plain = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        failure: Exception = httpcore.ConnectError(f"{host} has no address.")
        for address in await self._egress.addresses_of(host, port):
            try:
                return await self._plain.connect_tcp(address, port, timeout, local_address, socket_options)
            except httpcore.ConnectError as error:
                failure = error
        raise failure

    async def connect_unix_socket(
        self,
        path: str,  # noqa: ARG002
        timeout: float | None = None,  # noqa: ASYNC109, ARG002 - httpcore's signature
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002
    ) -> httpcore.AsyncNetworkStream:
        raise HostRefused("Local sockets are not for users.")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def outbound_http(egress: Egress, *, tls: ssl.SSLContext | None = None) -> httpx.AsyncClient:
    """An HTTP client for URLs that users name: no redirects, no proxies of the environment, HTTPS unless private.

    Read answers with `bounded_answer`. HostRefused comes through when the host is closed to us.
    """
    context = tls or ssl.create_default_context()
    transport = httpx.AsyncHTTPTransport(verify=context, trust_env=False)
    transport._pool = httpcore.AsyncConnectionPool(  # noqa: SLF001 - httpx has no public way to say who connects
        ssl_context=context, network_backend=_JudgedBackend(egress), max_connections=50, keepalive_expiry=20
    )

    async def insist_on_https(request: httpx.Request) -> None:
        if request.url.scheme == "https":
            return
        addresses = await egress.addresses_of(request.url.host, request.url.port or 80)
        if request.url.scheme != "http" or all(is_public(ipaddress.ip_address(address)) for address in addresses):
            raise HostRefused("Only https is spoken to hosts on the internet.")

    return httpx.AsyncClient(
        transport=transport,
        follow_redirects=False,
        timeout=ANSWER_SECONDS,
        trust_env=False,
        event_hooks={"request": [insist_on_https]},
    )


async def bounded_answer(answer: httpx.Response, *, limit: int = LARGEST_ANSWER) -> bytes:
    """The body of a streamed answer, up to `limit` bytes; what comes after that is not read."""
    content = bytearray()
    async for piece in answer.aiter_bytes():
        content += piece
        if len(content) >= limit:
            break
    return bytes(content[:limit])


MAIL_PORTS: Sequence[int] = (25, 143, 465, 587, 993, 2525)
"""What mail servers on the internet listen on."""
