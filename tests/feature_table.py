"""docs/features.md, checked by `make lint`: no row is missing, and every test a row names exists.

The page has sections such as `## W1–W29 · Tasks and their types`; each names the ids it covers in its heading. Under it stands a
table with one row for each id: the id, what it is in our own words, and the tests that prove it, separated by commas
(`tests/unit/tasks_api/test_schedule.py::test_a_day_begins_at_midnight_of_its_zone`), or `not built: the reason`.
A row may end with `; not built: …` for what its tests leave out. A range that has no section yet is not asked for.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

HOUSE = Path(__file__).resolve().parents[1]
PAGE = HOUSE / "docs/features.md"
GROUPS = {"E": 36, "C": 50, "W": 29, "K": 47, "R": 91}
"""The letter of a group and the number of its last row; the first is 1 everywhere."""

_NOT_BUILT = "not built:"
_HEADING = re.compile(r"## .*")
_RANGE = re.compile(r"\b([ECWKR])(\d+)[–-]\1?(\d+)\b")
_ROW = re.compile(r"\| *([A-Z]\d+) *\|(.*)\|(.*)\| *")


def problems(page: Path = PAGE, house: Path = HOUSE) -> list[str]:
    """What is wrong with the page, a sentence each; nothing when all is well."""
    if not page.exists():
        return [f"{page.name} is missing."]
    found: list[str] = []
    wanted: list[str] = []
    rows: dict[str, str] = {}
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        if _HEADING.fullmatch(line):
            wanted += _ids_of(line)
        elif row := _ROW.fullmatch(line):
            name, what, proof = (part.strip() for part in row.groups())
            if name in rows:
                found.append(f"line {number}: {name} stands there twice.")
            if not what:
                found.append(f"line {number}: {name} does not say what it is.")
            rows[name] = proof
            found += [f"line {number}: {name} {wrong}" for wrong in _wrong_with(proof, house)]
    found += [f"{name} is named by two headings." for name in sorted({one for one in wanted if wanted.count(one) > 1})]
    found += [f"{name} has no row." for name in wanted if name not in rows]
    found += [f"{name} stands under no heading that names it." for name in rows if name not in wanted]
    return found


def missing_groups(page: Path = PAGE) -> list[str]:
    """The ids no heading names yet."""
    text = page.read_text(encoding="utf-8") if page.exists() else ""
    named = {name for line in text.splitlines() if _HEADING.fullmatch(line) for name in _ids_of(line)}
    return [
        f"{letter}{i}" for letter, last in GROUPS.items() for i in range(1, last + 1) if f"{letter}{i}" not in named
    ]


def _ids_of(heading: str) -> list[str]:
    return [
        f"{letter}{i}"
        for letter, first, last in _RANGE.findall(heading)
        for i in range(int(first), min(int(last), GROUPS[letter]) + 1)
    ]


def _wrong_with(proof: str, house: Path) -> Iterator[str]:
    """What is wrong with the last cell of a row."""
    tests, mark, reason = proof.partition(_NOT_BUILT)
    if mark and not reason.strip():
        yield "is not built, but the reason is missing."
    named = [one.strip().strip("`") for one in tests.strip().rstrip(";").split(",") if one.strip()]
    if not named and not mark:
        yield "names no test and no reason."
    for one in named:
        path, _, name = one.partition("::")
        if not name:
            yield f"names {one!r}, which is no test (tests/…/test_x.py::test_name)."
        elif not (house / path).is_file():
            yield f"names {path}, which is not there."
        elif name.partition("[")[0] not in defined_tests(house / path):
            yield f"names {name}, which is not in {path}."


@cache
def defined_tests(path: Path) -> frozenset[str]:
    """The tests a file defines: `test_name`, or `TestClass::test_name`."""
    module = ast.parse(path.read_text(encoding="utf-8"))
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    names = {node.name for node in module.body if isinstance(node, functions)}
    for node in module.body:
        if isinstance(node, ast.ClassDef):
            names |= {f"{node.name}::{one.name}" for one in node.body if isinstance(one, functions)}
    return frozenset(name for name in names if name.rpartition("::")[2].startswith("test"))
