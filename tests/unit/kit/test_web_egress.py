"""Hosts that users name: every address is judged, and the judged one is connected to (reliability D6)."""

import asyncio
import ipaddress
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from kit.egress import (
    MAIL_PORTS,
    Egress,
    HostRefused,
    HostUnreachable,
    bounded_answer,
    is_public,
    outbound_http,
)
from kit.testing.certificates import server_tls, trusting_tls


def an_egress(*answers: list[str], allowed: tuple[str, ...] = ()) -> Egress:
    """With a DNS that gives these answers, one after another."""
    waiting = list(answers)

    async def resolve(name: str, port: int) -> list[str]:
        return waiting.pop(0) if len(waiting) > 1 else waiting[0] if waiting else []

    return Egress(allowed, resolve=resolve)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "2001:4860:4860::8888", "192.0.78.24", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_public_addresses(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.8.8.8",
        "0.0.0.0",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",  # cloud metadata
        "100.64.0.1",  # carrier-grade NAT
        "192.0.0.1",
        "192.0.2.1",
        "198.18.0.1",
        "224.0.0.1",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1",
        "fc00::1",
        "fec0::1",
        "ff02::1",
        "2001:db8::1",
        "::ffff:127.0.0.1",  # v4-mapped
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::7f00:1",  # NAT64 of 127.0.0.1
        "64:ff9b::a00:1",
        "64:ff9b:1::a00:1",
        "2002:7f00:1::",  # 6to4 of 127.0.0.1
        "2002:c0a8:101::1",
        "2001:0:7f00:1::",  # Teredo
    ],
)
async def test_private_and_special_addresses(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))
    with pytest.raises(HostRefused):
        await an_egress().addresses_of(address, 443)
    with pytest.raises(HostRefused):
        await an_egress([address]).addresses_of("mail.example.com", 443)
    with pytest.raises(HostRefused):
        await an_egress(["8.8.8.8", address]).addresses_of("mail.example.com", 443)  # one bad one spoils all


@pytest.mark.parametrize(
    "host",
    [
        "2130706433",  # 127.0.0.1 as one number
        "0x7f000001",
        "0177.0.0.1",
        "127.1",
        "0x7f.1",
        "127.0.0.1.",
        "[::1]",
        " 127.0.0.1 ",
        "",
        ".",
        "a..b",
        "-a.example.com",
        "a b",
        "a\nb",
        "a\x00b",
        "a/b",
        "user@host",
        "a" * 64 + ".example.com",
        "x." * 200,
        "①②⑦.⓪.⓪.①",
    ],
)
async def test_odd_spellings_are_refused(host: str) -> None:
    with pytest.raises(HostRefused):
        await an_egress(["127.0.0.1"]).addresses_of(host, 443)


async def test_a_public_host_is_open() -> None:
    assert await an_egress(["8.8.8.8", "8.8.4.4"]).addresses_of("Mail.Example.COM.", 443) == ["8.8.8.8", "8.8.4.4"]


async def test_international_names() -> None:
    assert await an_egress(["8.8.8.8"]).addresses_of("żółw.example.com", 443) == ["8.8.8.8"]


@pytest.mark.parametrize(
    ("allowed", "host", "address"),
    [
        (("10.0.0.0/8",), "mail.firma.example", "10.1.2.3"),
        (("127.0.0.1",), "127.0.0.1", "127.0.0.1"),
        (("127.0.0.0/8",), "localhost", "::ffff:127.0.0.1"),
        (("::1",), "::1", "::1"),
        (("mail.firma.example",), "MAIL.firma.example", "192.168.5.5"),
    ],
)
async def test_what_was_allowed_is_open(allowed: tuple[str, ...], host: str, address: str) -> None:
    assert await an_egress([address], allowed=allowed).addresses_of(host, 9999, ports=MAIL_PORTS)


async def test_an_allowed_name_opens_no_other() -> None:
    egress = an_egress(["192.168.5.5"], allowed=("mail.firma.example",))
    with pytest.raises(HostRefused):
        await egress.addresses_of("evil.mail.firma.example", 25)


@pytest.mark.parametrize("port", [22, 80, 3306, 6379, 8222])
async def test_ports_of_the_internet_that_are_not_for_mail(port: int) -> None:
    with pytest.raises(HostRefused, match="Port"):
        await an_egress(["8.8.8.8"]).addresses_of("mail.example.com", port, ports=MAIL_PORTS)


async def test_a_name_without_address() -> None:
    with pytest.raises(HostUnreachable):
        await an_egress([]).addresses_of("nowhere.example.com", 443)


async def test_a_second_answer_of_the_dns_changes_nothing() -> None:
    """DNS rebinding: the address that was judged is the one that is connected to."""
    asked = 0

    async def resolve(name: str, port: int) -> list[str]:
        nonlocal asked
        asked += 1
        return ["192.0.2.99"] if asked == 1 else ["127.0.0.1"]

    egress = Egress(["192.0.2.0/24"], resolve=resolve)
    async with a_server() as port:
        with pytest.raises(HostUnreachable):
            await egress.connect("rebinding.example.com", port, within=0.2)
    assert asked == 1


async def test_connecting(monkeypatch: pytest.MonkeyPatch) -> None:
    async with a_server() as port:
        connection = await Egress(["127.0.0.0/8"]).connect("127.0.0.1", port)
        assert connection.getpeername() == ("127.0.0.1", port)
        connection.close()


async def test_the_next_address_is_tried() -> None:
    async with a_server() as port:
        egress = an_egress(["127.0.0.9", "127.0.0.1"], allowed=("127.0.0.0/8",))
        connection = await egress.connect("two.example.com", port)
        assert connection.getpeername()[0] == "127.0.0.1"
        connection.close()


# HTTP.


async def test_http_goes_through_the_same_door() -> None:
    async with (
        a_server(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok") as port,
        outbound_http(an_egress(["127.0.0.1"], allowed=("127.0.0.0/8",))) as http,
    ):
        assert (await http.get(f"http://gateway.example.com:{port}/")).text == "ok"


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://[::1]/",
        "http://2130706433/",
        "http://0x7f.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::ffff:127.0.0.1]/",
        "https://rebinding.example.com/",
    ],
)
async def test_http_to_private_hosts_is_refused(url: str) -> None:
    async with outbound_http(an_egress(["10.0.0.1"])) as http:
        with pytest.raises((HostRefused, httpx.InvalidURL)):
            await http.get(url)


async def test_only_https_on_the_internet() -> None:
    async with outbound_http(an_egress(["8.8.8.8"])) as http:
        with pytest.raises(HostRefused, match="https"):
            await http.get("http://gateway.example.com/")


async def test_redirects_are_not_followed() -> None:
    redirect = b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n"
    async with a_server(redirect) as port, outbound_http(Egress(["127.0.0.0/8"])) as http:
        assert (await http.get(f"http://127.0.0.1:{port}/")).status_code == 302


async def test_names_of_certificates_are_checked() -> None:
    answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
    egress = an_egress(["127.0.0.1"], allowed=("127.0.0.0/8",))
    async with a_server(answer, tls=True) as port, outbound_http(egress, tls=trusting_tls()) as http:
        assert (await http.get(f"https://localhost:{port}/")).text == "ok"
        with pytest.raises(httpx.ConnectError):
            await http.get(f"https://another.example.com:{port}/")


async def test_answers_are_read_up_to_a_limit() -> None:
    huge = b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n" + b"x" * 1_000_000
    async with (
        a_server(huge) as port,
        outbound_http(Egress(["127.0.0.0/8"])) as http,
        http.stream("GET", f"http://127.0.0.1:{port}/") as answer,
    ):
        assert len(await bounded_answer(answer)) == 64 * 1024


@asynccontextmanager
async def a_server(answer: bytes = b"", *, tls: bool = False) -> AsyncIterator[int]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if answer:
                await reader.readuntil(b"\r\n\r\n")
                writer.write(answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=server_tls() if tls else None)
    async with server:
        yield server.sockets[0].getsockname()[1]
