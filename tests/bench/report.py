"""What a part of the bench found out, and how it is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table

console = Console(highlight=False, soft_wrap=True, width=150)


@dataclass(frozen=True)
class Figure:
    """One line: `met` is None where nothing is demanded."""

    name: str
    reached: str
    target: str = ""
    met: bool | None = None


@dataclass
class Report:
    """The figures of one part on one database. `problems` are what must never be: lost, twice, refused."""

    title: str
    figures: list[Figure] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    mails_per_second: float | None = None
    """Where mails went the whole way: to be compared with the reference loop."""

    def tell(self, name: str, reached: str) -> None:
        """A figure nothing is demanded of."""
        self.figures.append(Figure(name, reached))

    def at_least(self, name: str, reached: float, target: float, *, form: str = ".0f") -> None:
        self.figures.append(Figure(name, f"{reached:{form}}", f"≥ {target:g}", reached >= target))

    def at_most(self, name: str, reached: float, target: float, *, form: str = ".0f") -> None:
        self.figures.append(Figure(name, f"{reached:{form}}", f"≤ {target:g}", reached <= target))


def show(report: Report) -> None:
    """Print it: what was reached beside what was wanted."""
    table = Table(title=report.title, title_justify="left", box=None, header_style="bold")
    for column in ("figure", "target", "reached"):
        table.add_column(column)
    for figure in report.figures:
        colour = {True: "green", False: "red", None: "default"}[figure.met]
        table.add_row(figure.name, figure.target, f"[{colour}]{figure.reached}[/]")
    console.print(table)
    for problem in report.problems:
        console.print(f"[red]problem:[/red] {problem}")


def share_of(values: Sequence[float], share: float) -> float:
    """The smallest value that this share of all values does not exceed; 0.0 without values."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0
