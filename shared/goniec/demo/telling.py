"""`goniec demo`: an installation, a mail server, and the story told step by step."""

from __future__ import annotations

import os
import shutil
import time
from contextlib import AsyncExitStack
from pathlib import Path

from rich.console import Console

from goniec.api import Api, NothingYet
from goniec.demo.mail_server import DemoMailServer
from goniec.demo.story import Story
from goniec.installation import Installation
from goniec.places import Places
from goniec.running import stop_requested, tell_places

console = Console(highlight=False, soft_wrap=True)

OFFICE = "biuro@demo.example"
IMAP_OFFSET = 43
SMTP_OFFSET = 25


async def tell(*, leave: bool, against: bool) -> int:
    """Tell the story on an installation of its own (or the running one); 0 when every step came true."""
    began = time.monotonic()
    stop = stop_requested()
    async with AsyncExitStack() as stack:
        places = Places.from_environment()
        installation: Installation | None = None
        if not against:
            places = _fresh_places()
            console.print("Starting the broker and four services …")
            installation = await stack.enter_async_context(Installation(places))
            places = installation.places
            await installation.ready()
        mail = DemoMailServer(address=OFFICE, password="demo", host=os.environ.get("GONIEC_DEMO_LISTEN", "127.0.0.1"))  # noqa: S106 - a mailbox in memory
        await mail.start(imap_port=places.port_base + IMAP_OFFSET, smtp_port=places.port_base + SMTP_OFFSET)
        stack.push_async_callback(mail.stop)
        api = await stack.enter_async_context(Api(places, password=places.admin_password))
        told_all = await _tell_steps(_story(api, mail), began)
        if installation is not None and told_all and not leave:
            tell_places(installation)
            console.print(
                f"The demo's mailbox: IMAP {mail.host}:{mail.imap_port}, SMTP {mail.host}:{mail.smtp_port}, user {OFFICE}"
            )
            await stop.wait()
    return 0 if told_all else 1


async def _tell_steps(story: Story, began: float) -> bool:
    number = 0
    try:
        async for told in story.steps():
            number += 1
            console.print(f"[green]✓[/green] {time.monotonic() - began:5.1f} s  {number}. [bold]{told.what}[/bold]")
            for detail in told.details:
                console.print(f"             {detail}", markup=False)
    except NothingYet as missing:
        console.print(f"[red]✗[/red] step {number + 1}: {missing}")
        return False
    console.print(f"\nThe whole story took {time.monotonic() - began:.1f} s.")
    return True


def _story(api: Api, mail: DemoMailServer) -> Story:
    return Story(
        api,
        mail,
        imap_host=os.environ.get("GONIEC_DEMO_IMAP_HOST", "127.0.0.1"),
        smtp_host=os.environ.get("GONIEC_DEMO_SMTP_HOST", "127.0.0.1"),
    )


def _fresh_places() -> Places:
    """A new installation under var/demo each time; a folder that somebody chose is left as it is."""
    if "GONIEC_DATA" not in os.environ:
        folder = Path("var/demo")
        shutil.rmtree(folder, ignore_errors=True)
        os.environ["GONIEC_DATA"] = str(folder)
    return Places.from_environment(GONIEC_SMS_URL=os.environ.get("GONIEC_SMS_URL", "console:"))
