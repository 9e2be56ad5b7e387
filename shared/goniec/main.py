"""The `goniec` command: everything an administrator does from a shell."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.markup import escape

from goniec.api import Api, NothingYet, Refused, Unreachable
from goniec.installation import StartFailed
from goniec.places import SERVICES, Places

Result = TypeVar("Result")

app = typer.Typer(help="Goniec: mail in, work done.", no_args_is_help=True, pretty_exceptions_enable=False)
dead_letters = typer.Typer(help="Events that a service set aside: look at them, try them again.", no_args_is_help=True)
app.add_typer(dead_letters, name="dead-letters")

console = Console(highlight=False, soft_wrap=True)

Username = Annotated[str, typer.Option("--user", envvar="GONIEC_USER", help="Who signs in.")]
Password = Annotated[
    str | None,
    typer.Option("--password", envvar="GONIEC_ADMIN_PASSWORD", help="The password; asked for when it is missing."),
]


@app.command()
def run() -> None:
    """Start the broker and the four services on this machine and keep them running until Ctrl-C."""
    from goniec.running import run as run_installation

    sys.exit(_finish(run_installation(Places.from_environment())))


@app.command()
def demo(
    leave: Annotated[
        bool, typer.Option("--exit", help="Stop when the story has been told instead of going on serving.")
    ] = False,
    against: Annotated[
        bool, typer.Option("--against", help="Play against the installation that already runs.")
    ] = False,
) -> None:
    """Play a story of real mail: invitation, question, answer, reminder, cancellation."""
    from goniec.demo.telling import tell

    sys.exit(_finish(tell(leave=leave, against=against)))


@app.command("import-mail")
def import_mail(
    path: Annotated[
        Path, typer.Argument(exists=True, help="An .eml file, an mbox, a Maildir, or a folder of .eml files.")
    ],
    account: Annotated[str, typer.Option(help="Address of the mail account the mail belongs to.")],
    folder: Annotated[str, typer.Option(help="inbox, or sent for mail that we wrote.")] = "inbox",
    live: Annotated[
        bool, typer.Option("--live", help="Treat it as if it arrived today: cases open, tasks appear.")
    ] = False,
    jobs: Annotated[int, typer.Option(min=1, max=64, help="Mails under way at a time.")] = 16,
    user: Username = "admin",
    password: Password = None,
) -> None:
    """Bring in the mail of former years. Without --live it is stored and searchable, and has no side effects."""
    from goniec.importing import import_path

    async def act(api: Api) -> int:
        return await import_path(api, path, address=account, folder=folder, live=live, jobs=jobs)

    sys.exit(_signed_in(act, user, password))


@app.command()
def token(user: Username = "admin", password: Password = None) -> None:
    """Print an access token, for curl and scripts."""

    async def act(api: Api) -> int:
        print(await api.token())
        return 0

    sys.exit(_signed_in(act, user, password))


@app.command()
def replay(
    since: Annotated[datetime, typer.Option(help="From this moment on, for instance 2026-11-22T08:00:00+01:00.")],
    service: Annotated[list[str] | None, typer.Option(help="Only these services.")] = None,
    user: Username = "admin",
    password: Password = None,
) -> None:
    """Say again what the services announced since a moment. Whoever heard it before does nothing twice."""
    since = since if since.tzinfo else since.replace(tzinfo=UTC)

    async def act(api: Api) -> int:
        for name in service or SERVICES:
            answer = await api.post(name, "/v1/replay", {"since": since.isoformat()})
            console.print(f"{name}: {answer['events']} events")
        return 0

    sys.exit(_signed_in(act, user, password))


@app.command()
def doctor(user: Username = "admin", password: Password = None) -> None:
    """Check a running installation and say in a sentence what is wrong."""
    from goniec.doctor import examine

    sys.exit(_signed_in(examine, user, password))


@dead_letters.command("list")
def list_dead_letters(user: Username = "admin", password: Password = None) -> None:
    """What each service set aside, and why."""
    from goniec.set_aside import list_all

    sys.exit(_signed_in(list_all, user, password))


@dead_letters.command("show")
def show_dead_letter(letter: str, user: Username = "admin", password: Password = None) -> None:
    """One dead letter whole, the event included."""
    from goniec.set_aside import show

    sys.exit(_signed_in(lambda api: show(api, letter), user, password))


@dead_letters.command("retry")
def retry_dead_letters(
    letters: Annotated[list[str] | None, typer.Argument(help="Ids; none means all of them.")] = None,
    user: Username = "admin",
    password: Password = None,
) -> None:
    """Hand dead letters to their service again."""
    from goniec.set_aside import retry

    sys.exit(_signed_in(lambda api: retry(api, letters or []), user, password))


def _signed_in(act: Any, user: str, password: str | None) -> int:
    password = password or typer.prompt("Password", hide_input=True)

    async def with_api() -> int:
        async with Api(Places.from_environment(), username=user, password=password) as api:
            return int(await act(api))

    return _finish(with_api())


def _finish(work: Coroutine[Any, Any, Result]) -> Result | int:
    """Run to the end; what went wrong in a known way is one sentence and exit status 1."""
    try:
        return asyncio.run(work)
    except (Refused, Unreachable, NothingYet, StartFailed) as failure:
        console.print(f"[red]goniec:[/red] {escape(str(failure))}", style=None)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    app()
