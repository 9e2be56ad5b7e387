"""`goniec run`: an installation in the foreground until Ctrl-C or SIGTERM."""

from __future__ import annotations

import asyncio
import signal
import sys

from rich.console import Console
from rich.table import Table

from goniec.installation import BROKER, Installation, StartFailed
from goniec.places import BROKER_PORT, MONITORING_PORT, SERVICES, Places

console = Console(highlight=False, soft_wrap=True)


async def run(places: Places) -> int:
    """Start, tell where everything is, stop cleanly; the exit status."""
    stop = stop_requested()
    installation = Installation(places)
    async with installation:
        starting = asyncio.create_task(installation.ready())
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if stop.is_set():
            starting.cancel()
            await asyncio.gather(starting, return_exceptions=True)
            return 0
        try:
            starting.result()
        except StartFailed as failure:
            stopping.cancel()
            sys.stderr.write(f"goniec: {failure}\n")
            return 1
        tell_places(installation)
        await stopping
        console.print("Stopping …")
    return 0


def stop_requested() -> asyncio.Event:
    """Set when somebody asks this process to end."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    return stop


def tell_places(installation: Installation) -> None:
    """Print the URLs and, the first time, the administrator's password."""
    places = installation.places
    table = Table("part", "address", box=None, header_style="bold")
    for service in SERVICES:
        table.add_row(service, f"{places.url(service)}/docs")
    table.add_row(BROKER, f"{places.nats_url}  (monitoring http://127.0.0.1:{places.port_base + MONITORING_PORT})")
    console.print("\n[bold]Goniec is running[/bold]")
    console.print(table)
    console.print(f"data: {places.data}   broker port: {places.port_base + BROKER_PORT}")
    if installation.password_is_new:
        console.print(f"user [bold]admin[/bold], password [bold]{places.admin_password}[/bold]  (shown only now)")
    else:
        console.print("user [bold]admin[/bold], password as set when the installation was new")
    console.print("Ctrl-C stops it.\n")
