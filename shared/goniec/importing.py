"""`goniec import-mail`: former mail from .eml files, mbox and Maildir, pushed as any other mail is.

Resumable without a state file: bytes that already lie there are answered with their id, so a second run skips them quickly.
"""

from __future__ import annotations

import asyncio
import email.utils
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from email.parser import BytesHeaderParser
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from goniec.api import Api, Refused

console = Console(highlight=False, soft_wrap=True)

SPECIAL_MAILDIR_FOLDERS = ("cur", "new")
_SEPARATOR = re.compile(rb"From .*\d:\d\d.*\b\d{4}\b")
"""A sender, which may be odd, and a date in one of many spellings."""
_QUOTED_FROM = re.compile(rb">+From ")


async def import_path(api: Api, path: Path, *, address: str, folder: str, live: bool, jobs: int) -> int:
    """Push every mail below `path`; 0 when all were taken, 1 when some were refused or nothing was there."""
    account_id = await _account_of(api, address)
    if account_id is None:
        console.print(f"There is no mail account with the address {address}.")
        return 1
    total = sum(1 for _ in mails_in(path))
    if total == 0:
        console.print(f"{path} holds no mail that Goniec can read (.eml, mbox, Maildir).")
        return 1
    outcomes: Counter[str] = Counter()
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task("mails", total=total, rate="")
        supply = mails_in(path)
        query = {} if live else {"imported": "true"}

        async def work() -> None:
            for name, raw in supply:  # one iterator for all workers: each takes the next mail
                outcomes[await _import_one(api, account_id, name, raw, folder, query)] += 1
                speed = progress.tasks[0].speed
                progress.update(bar, advance=1, rate=f"{speed:.0f} mails/s" if speed else "")

        await asyncio.gather(*(work() for _ in range(jobs)))
    told = ", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items()))
    console.print(f"{told}.")
    return 1 if outcomes["refused"] else 0


def mails_in(path: Path) -> Iterator[tuple[str, bytes]]:
    """(name, bytes) of each mail of an .eml file, an mbox, a Maildir, or a folder of any of them."""
    if path.is_dir():
        if all((path / name).is_dir() for name in SPECIAL_MAILDIR_FOLDERS):
            for name in SPECIAL_MAILDIR_FOLDERS:
                for file in sorted((path / name).iterdir()):
                    yield str(file), file.read_bytes()
            return
        for entry in sorted(path.iterdir()):
            if entry.is_dir() or entry.suffix.lower() in {".eml", ".mbox"} or _is_nameless_mbox(entry):
                yield from mails_in(entry)
        return
    if not _begins_as_mbox(path):
        yield str(path), path.read_bytes()
        return
    for number, raw in enumerate(_mails_of_mbox(path)):
        yield f"{path}#{number}", raw


def _mails_of_mbox(path: Path) -> Iterator[bytes]:
    """Cut at separators only: `mailbox` of the standard library cuts at any line that begins with "From ".

    RFC 4155, and of its kin mboxrd: `>From ` in a text was `From ` before.
    """
    lines: list[bytes] = []
    is_after_blank = True
    with path.open("rb") as file:
        for line in file:
            if is_after_blank and _SEPARATOR.match(line):
                if lines:
                    yield _without_last_blank(lines)
                lines = [b""]
            else:
                lines.append(line[1:] if _QUOTED_FROM.match(line) else line)
            is_after_blank = not line.strip(b"\r\n")
    if lines:
        yield _without_last_blank(lines)


def _without_last_blank(lines: list[bytes]) -> bytes:
    """The blank line before a separator belongs to the separator."""
    return b"".join(lines[:-1] if len(lines) > 1 and not lines[-1].strip(b"\r\n") else lines)


def _is_nameless_mbox(file: Path) -> bool:
    """As Thunderbird keeps them: `Inbox`, `Sent`."""
    return not file.suffix and _begins_as_mbox(file)


def _begins_as_mbox(file: Path) -> bool:
    with file.open("rb") as beginning:
        return beginning.read(5) == b"From "


def sent_at(raw: bytes) -> datetime | None:
    """The Date of a mail, when it is usable: history keeps its own time."""
    head = raw[: 64 * 1024].replace(b"\r\n", b"\n").split(b"\n\n", 1)[0]
    said = BytesHeaderParser().parsebytes(head + b"\n\n").get("Date")
    try:
        moment = email.utils.parsedate_to_datetime(str(said)) if said else None
    except (ValueError, TypeError, OverflowError):
        return None
    if moment is None:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


async def _import_one(api: Api, account_id: str, name: str, raw: bytes, folder: str, query: dict[str, Any]) -> str:
    moment = sent_at(raw)
    received = {"received_at": moment.isoformat()} if moment and moment <= datetime.now(UTC) else {}
    try:
        taken = await api.push(account_id, raw, folder=folder, **received, **query)
    except Refused as refusal:
        console.print(f"{name}: {refusal}", markup=False)
        return "refused"
    if taken["known"]:
        return "already there"
    return str(taken["status"])


async def _account_of(api: Api, address: str) -> str | None:
    async for account in api.items("mail-ingest", "/v1/mail-accounts"):
        if account["address"].lower() == address.lower():
            return str(account["id"])
    return None
