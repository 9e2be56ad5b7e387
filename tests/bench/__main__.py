"""`make bench`: print what was reached beside the targets of docs/performance.md.

`make bench ARGS="--databases sqlite --parts mail --mails 10000"` measures less, or more.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import mean

from kit.testing.ports import free_port_base
from tests.bench.mails import mixed_mails
from tests.bench.parts import PARTS
from tests.bench.reference import Figures, measure_reference
from tests.bench.report import console, show
from tests.bench.stand import Stand, stand_on

REFERENCE_MAILS = 500


def main() -> int:
    options = _options()
    problems = 0
    with tempfile.TemporaryDirectory(prefix="goniec-bench-") as name:
        folder = Path(name)
        reference = _reference(folder)
        for database in options.databases:
            with stand_on(database, folder, mails=options.mails) as stand:
                for part in options.parts:
                    reference, had_problems = _measure(part, stand, reference)
                    problems += had_problems
    return 1 if problems else 0


def _measure(part: str, stand: Stand, before: Figures) -> tuple[Figures, bool]:
    """One part between two runs of the reference loop; the later run serves the next part too."""
    report = asyncio.run(PARTS[part](stand))
    after = _reference(stand.folder)
    if report.mails_per_second is not None:
        bare = mean((before.mails_per_second, after.mails_per_second))
        both = f"{before.mails_per_second:.0f} and {after.mails_per_second:.0f}"
        report.tell(f"of the reference loop ({both} mails/s before and after)", f"{report.mails_per_second / bare:.0%}")
    show(report)
    return after, bool(report.problems)


def _reference(folder: Path) -> Figures:
    """How fast this machine is just now."""
    mails = mixed_mails(REFERENCE_MAILS, case_numbers=[1], prefix="Bench", seed=7, label="reference")
    figures = measure_reference([mail.raw for mail in mails], folder, free_port_base())
    console.print(
        "reference loop (one process: parse, one durable row, one durable publish per mail): "
        f"{figures.mails_per_second:.0f} mails/s, {figures.cpu_ms_per_mail:.2f} ms CPU per mail"
    )
    return figures


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--mails", type=int, default=2000, help="how many mixed mails are pushed (default: 2000)")
    parser.add_argument("--databases", type=_words("sqlite", "postgresql"), default=["sqlite", "postgresql"])
    parser.add_argument("--parts", type=_words(*PARTS), default=list(PARTS), help=f"of {', '.join(PARTS)}")
    return parser.parse_args()


def _words(*known: str) -> Callable[[str], list[str]]:
    def read(text: str) -> list[str]:
        words = text.split(",")
        unknown = [word for word in words if word not in known]
        if unknown:
            raise argparse.ArgumentTypeError(f"{', '.join(unknown)} is none of {', '.join(known)}")
        return words

    return read


if __name__ == "__main__":
    sys.exit(main())
