"""An IMAP server for tests that does as it is told: every fault of reliability section 2, and a log of every command.

Enough of RFC 3501 for a client that reads: CAPABILITY, LOGIN, AUTHENTICATE, STARTTLS, EXAMINE, UID SEARCH, UID FETCH, IDLE.
"""

from __future__ import annotations

import asyncio
import base64
import re
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

CAPABILITIES = ("IMAP4rev1", "IDLE", "SASL-IR", "AUTH=PLAIN", "AUTH=XOAUTH2")


@dataclass
class ScriptedMail:
    raw: bytes
    received_at: datetime


@dataclass
class ScriptedFolder:
    uid_validity: int = 1
    next_uid: int = 1
    mails: dict[int, ScriptedMail] = field(default_factory=dict)


@dataclass
class Faults:
    """What goes wrong. Numbers keyed by UID; faults marked `once` are forgotten after they have happened."""

    greeting: bytes = b"* OK scripted server ready"
    login_answer: str | None = None  # instead of a verdict on the password, e.g. "NO [UNAVAILABLE] later"
    examine_answer: str | None = None
    append_answer: str | None = None
    cut_literal_after: dict[int, int] = field(default_factory=dict)  # bytes, then the connection ends; once
    good_bye_before: set[int] = field(default_factory=set)  # BYE and the end of the connection instead of it; once
    literal_longer_by: dict[int, int] = field(default_factory=dict)  # the announced size is a lie
    literal_size: dict[int, int] = field(default_factory=dict)  # announced, e.g. 4 GB, and nothing follows
    size_off_by: dict[int, int] = field(default_factory=dict)  # RFC822.SIZE differs from the bytes
    refuse_fetch: set[int] = field(default_factory=set)  # NO to a fetch of bodies that includes it
    silent_fetch: set[int] = field(default_factory=set)  # no answer at all to a fetch of bodies that includes it
    swapped_uids: dict[int, int] = field(default_factory=dict)  # a body is sent under another UID
    repeat_replies: bool = False
    noise_in_fetch: list[bytes] = field(default_factory=list)  # untagged lines between the replies
    expunge_in_fetch: set[int] = field(default_factory=set)  # gone while a fetch is answered
    deaf_after_idle: bool = False  # half open: IDLE is accepted, then nothing is answered any more
    no_starttls: bool = False
    bytes_after_starttls: bytes = b""  # injected in clear behind the OK


class ScriptedImap:
    """`async with ScriptedImap() as server:` then `server.port`; mails are put in with `deliver`."""

    def __init__(self, *, capabilities: tuple[str, ...] = CAPABILITIES, tls: ssl.SSLContext | None = None) -> None:
        self.capabilities = capabilities
        self.tls = tls  # for STARTTLS
        self.folders: dict[str, ScriptedFolder] = {"INBOX": ScriptedFolder()}
        self.users = {"biuro": "tajne"}
        self.token = "token-1"
        self.faults = Faults()
        self.commands: list[str] = []
        self.logins_tried = 0
        self.connections = 0
        self.port = 0
        self._server: asyncio.Server | None = None
        self._talks: set[_Talk] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._happened = asyncio.Condition()

    async def __aenter__(self) -> ScriptedImap:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    def deliver(
        self, raw: bytes, *, folder: str = "INBOX", received_at: datetime | None = None, announce: bool = True
    ) -> int:
        """Put a mail in; connections that idle there are told. Returns its UID."""
        place = self.folders.setdefault(folder, ScriptedFolder())
        uid, place.next_uid = place.next_uid, place.next_uid + 1
        place.mails[uid] = ScriptedMail(raw, received_at or datetime(2026, 11, 20, 8, 0, tzinfo=UTC))
        if announce:
            for talk in self._talks:
                talk.tell(folder)
        return uid

    def renumber(self, folder: str = "INBOX", *, uid_validity: int, first_uid: int = 1) -> None:
        """UIDVALIDITY changes and every mail gets a new UID, as after a server lost its index (reliability A4)."""
        place = self.folders[folder]
        mails = list(place.mails.values())
        place.uid_validity = uid_validity
        place.mails = dict(enumerate(mails, start=first_uid))
        place.next_uid = first_uid + len(mails)

    @property
    def talking(self) -> int:
        """Connections that are open."""
        return len(self._talks)

    def drop_connections(self) -> None:
        for talk in self._talks:
            talk.writer.transport.abort()

    async def until(self, condition: Callable[[], bool], *, seconds: float = 10) -> None:
        """Wait until something that commands change has come true."""
        async with asyncio.timeout(seconds), self._happened:
            await self._happened.wait_for(condition)

    def count(self, pattern: str) -> int:
        return sum(1 for command in self.commands if re.search(pattern, command, re.IGNORECASE))

    async def note(self, command: str) -> None:
        async with self._happened:
            self.commands.append(command)
            self._happened.notify_all()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        talk = _Talk(self, reader, writer)
        self._talks.add(talk)
        try:
            await talk.run()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError, TimeoutError, ssl.SSLError):
            pass
        finally:
            self._talks.discard(talk)
            self._tasks.discard(task)
            writer.transport.abort()


class _Talk:
    """One connection."""

    def __init__(self, server: ScriptedImap, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.server = server
        self.faults = server.faults
        self.reader = reader
        self.writer = writer
        self.folder: str | None = None
        self.idling = False

    async def run(self) -> None:
        await self.send(self.faults.greeting)
        while True:
            line = (await self.reader.readuntil(b"\r\n"))[:-2].decode()
            tag, _, rest = line.partition(" ")
            name, _, arguments = rest.partition(" ")
            name = name.upper()
            if name == "UID":
                name, _, arguments = arguments.partition(" ")
                name = f"UID {name.upper()}"
            await self.server.note(re.sub(r"^(\w+ (?:LOGIN|AUTHENTICATE \S+)) .*", r"\1 …", line))
            answer = await getattr(self, f"do_{name.lower().replace(' ', '_')}", self.do_unknown)(tag, arguments)
            if answer is not None:
                await self.send(f"{tag} {answer}".encode())
            if name == "LOGOUT":
                return

    async def send(self, *lines: bytes) -> None:
        self.writer.write(b"".join(line + b"\r\n" for line in lines))
        await self.writer.drain()

    def tell(self, folder: str) -> None:
        if self.idling and self.folder == folder:
            self.writer.write(b"* %d EXISTS\r\n" % len(self.server.folders[folder].mails))

    # ---- commands: the tagged answer, or None when it was sent already

    async def do_unknown(self, tag: str, arguments: str) -> str:
        return "BAD unknown command"

    async def do_capability(self, tag: str, arguments: str) -> str:
        offered = list(self.server.capabilities)
        if self.server.tls is not None and not self.faults.no_starttls:
            offered.append("STARTTLS")
        await self.send(b"* CAPABILITY " + " ".join(offered).encode())
        return "OK done"

    async def do_starttls(self, tag: str, arguments: str) -> None:
        assert self.server.tls is not None
        await self.send(
            f"{tag} OK begin".encode() + b"\r\n" + self.faults.bytes_after_starttls
            if self.faults.bytes_after_starttls
            else f"{tag} OK begin".encode()
        )
        await self.writer.start_tls(self.server.tls)

    async def do_login(self, tag: str, arguments: str) -> str:
        words = re.findall(r'"((?:[^"\\]|\\.)*)"|(\S+)', arguments)
        user, password = (re.sub(r"\\(.)", r"\1", quoted) or plain for quoted, plain in words)
        return self.verdict(self.server.users.get(user) == password)

    async def do_authenticate(self, tag: str, arguments: str) -> str:
        mechanism, _, initial = arguments.partition(" ")
        if not initial:
            await self.send(b"+ ")
            initial = (await self.reader.readuntil(b"\r\n")).decode().strip()
        said = base64.b64decode(initial).decode()
        if mechanism == "PLAIN":
            _, user, password = said.split("\x00")
            return self.verdict(self.server.users.get(user) == password)
        good = f"auth=Bearer {self.server.token}\x01" in said
        if not good:
            await self.send(b"+ eyJzdGF0dXMiOiI0MDAifQ==")
            assert await self.reader.readuntil(b"\r\n") == b"\r\n"
        return self.verdict(good)

    def verdict(self, good: bool) -> str:
        self.server.logins_tried += 1
        if self.faults.login_answer is not None:
            return self.faults.login_answer
        return "OK signed in" if good else "NO [AUTHENTICATIONFAILED] wrong user or password"

    async def do_examine(self, tag: str, arguments: str) -> str:
        name = re.sub(r"\\(.)", r"\1", arguments.strip('"'))
        if self.faults.examine_answer is not None:
            return self.faults.examine_answer
        if name not in self.server.folders:
            return "NO [NONEXISTENT] no such folder"
        self.folder = name
        folder = self.server.folders[name]
        await self.send(
            b"* FLAGS (\\Seen \\Deleted)",
            b"* %d EXISTS" % len(folder.mails),
            b"* 0 RECENT",
            b"* OK [UIDVALIDITY %d] UIDs valid" % folder.uid_validity,
            b"* OK [UIDNEXT %d] next" % folder.next_uid,
        )
        return "OK [READ-ONLY] examined"

    async def do_noop(self, tag: str, arguments: str) -> str:
        return "OK nothing done"

    async def do_logout(self, tag: str, arguments: str) -> str:
        await self.send(b"* BYE see you")
        return "OK bye"

    async def do_append(self, tag: str, arguments: str) -> str:
        asked = re.fullmatch(r'"?([^"]*?)"? (\([^)]*\)) \{(\d+)\}', arguments)
        assert asked is not None, arguments
        if self.faults.append_answer is not None:
            return self.faults.append_answer
        if asked[1] not in self.server.folders:
            return "NO [TRYCREATE] no such folder"
        await self.send(b"+ go on")
        raw = await self.reader.readexactly(int(asked[3]))
        assert await self.reader.readexactly(2) == b"\r\n"
        self.server.deliver(raw, folder=asked[1])
        return "OK appended"

    async def do_uid_search(self, tag: str, arguments: str) -> str:
        assert self.folder is not None
        if arguments.startswith("HEADER Message-ID "):
            wanted = arguments.removeprefix("HEADER Message-ID ").strip('"').encode()
            mails = self.server.folders[self.folder].mails
            uids = [uid for uid, mail in mails.items() if wanted in mail.raw.partition(b"\r\n\r\n")[0]]
            await self.send(b" ".join([b"* SEARCH", *(b"%d" % uid for uid in uids)]))
            return "OK searched"
        wanted = arguments.removeprefix("UID ")
        uids = self.chosen(wanted)
        if wanted.endswith(":*") and self.server.folders[self.folder].mails:
            uids = sorted({*uids, max(self.server.folders[self.folder].mails)})  # RFC 3501 section 6.4.8
        await self.send(b" ".join([b"* SEARCH", *(b"%d" % uid for uid in uids)]))
        return "OK searched"

    async def do_uid_fetch(self, tag: str, arguments: str) -> str | None:
        assert self.folder is not None
        chosen, _, items = arguments.partition(" ")
        folder = self.server.folders[self.folder]
        uids = self.chosen(chosen)
        if "BODY.PEEK[" in items.upper():
            if self.faults.silent_fetch & set(uids):
                return None
            if self.faults.refuse_fetch & set(uids):
                return "NO [SERVERBUG] cannot read that"
        numbers = {uid: n for n, uid in enumerate(sorted(folder.mails), start=1)}
        for uid in uids:
            if uid in self.faults.expunge_in_fetch:
                del folder.mails[uid]
                await self.send(b"* %d EXPUNGE" % numbers[uid])
                continue
            for _ in range(2 if self.faults.repeat_replies else 1):
                await self.send_mail(numbers[uid], uid, folder.mails[uid], items.upper())
            await self.send(*self.faults.noise_in_fetch)
        return "OK fetched"

    async def send_mail(self, number: int, uid: int, mail: ScriptedMail, items: str) -> None:
        shown = self.faults.swapped_uids.get(uid, uid) if "BODY.PEEK[]" in items else uid
        words = [f"UID {shown}"]
        if "RFC822.SIZE" in items:
            words.append(f"RFC822.SIZE {len(mail.raw) + self.faults.size_off_by.get(uid, 0)}")
        if "INTERNALDATE" in items:
            words.append(mail.received_at.strftime('INTERNALDATE "%d-%b-%Y %H:%M:%S +0000"'))
        if "BODYSTRUCTURE" in items:
            kind = '"TEXT" "CALENDAR"' if b"text/calendar" in mail.raw.lower() else '"TEXT" "PLAIN"'
            words.append(f'BODYSTRUCTURE ({kind} ("CHARSET" "utf-8") NIL NIL "8BIT" 10 1)')
        start = f"* {number} FETCH ({' '.join(words)}".encode()
        if "BODY.PEEK[HEADER]" in items:
            header = mail.raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
            await self.send(start + b" BODY[HEADER]<0> {%d}" % len(header), header + b")")
        elif "BODY.PEEK[]" in items:
            await self.send_body(start, uid, mail.raw)
        else:
            await self.send(start + b")")

    async def send_body(self, start: bytes, uid: int, raw: bytes) -> None:
        if uid in self.faults.literal_size:
            await self.send(start + b" BODY[] {%d}" % self.faults.literal_size[uid])
            await asyncio.Event().wait()
        announced = len(raw) + self.faults.literal_longer_by.get(uid, 0)
        head = start + b" BODY[] {%d}\r\n" % announced
        if uid in self.faults.good_bye_before:
            self.faults.good_bye_before.discard(uid)
            await self.send(b"* BYE shutting down")
            self.writer.close()
            raise ConnectionError("good-bye")
        cut = self.faults.cut_literal_after.pop(uid, None)
        if cut is not None:
            self.writer.write(head + raw[:cut])
            await self.writer.drain()
            self.writer.close()
            raise ConnectionError("cut")
        self.writer.write(head + raw + b")\r\n")
        await self.writer.drain()

    async def do_idle(self, tag: str, arguments: str) -> str | None:
        await self.send(b"+ idling")
        self.idling = True
        done = await self.reader.readuntil(b"\r\n")
        self.idling = False
        if self.faults.deaf_after_idle:
            await asyncio.Event().wait()
        await self.server.note(done.decode().strip())
        return "OK idled"

    def chosen(self, uid_set: str) -> list[int]:
        assert self.folder is not None
        there = sorted(self.server.folders[self.folder].mails)
        chosen: set[int] = set()
        for piece in uid_set.split(","):
            first, _, last = piece.partition(":")
            low = int(first)
            high = (there[-1] if there else 0) if last == "*" else int(last or first)
            chosen.update(uid for uid in there if low <= uid <= high)
        return sorted(chosen)
