"""The table of features names real tests, and leaves out none of its rows."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.feature_table import GROUPS, defined_tests, missing_groups, problems

TESTS = """
class TestTimers:
    async def test_pauses(self): ...

def test_plain(): ...
def not_one(): ...
"""


@pytest.fixture
def house(tmp_path: Path) -> Path:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/test_x.py").write_text(TESTS, encoding="utf-8")
    return tmp_path


def a_page(house: Path, *rows: str, heading: str = "## W1–W2 · Tasks") -> Path:
    page = house / "features.md"
    page.write_text("\n".join([heading, "| id | what | proof |", "|---|---|---|", *rows]), encoding="utf-8")
    return page


@pytest.mark.parametrize(
    ("rows", "wrong"),
    [
        (["| W1 | a | tests/test_x.py::test_plain |", "| W2 | b | not built: no need |"], []),
        (["| W1 | a | `tests/test_x.py::test_plain[1-x]`, tests/test_x.py::TestTimers::test_pauses |",
          "| W2 | b | tests/test_x.py::test_plain; not built: the other half |"], []),
        (["| W1 | a | tests/test_x.py::test_plain |"], ["W2 has no row."]),
        (["| W1 | a | tests/test_x.py::gone |", "| W2 | b | not built: |"],
         ["line 4: W1 names gone, which is not in tests/test_x.py.", "line 5: W2 is not built, but the reason is missing."]),
        (["| W1 | a | tests/test_y.py::test_plain |", "| W2 | b |  |"],
         ["line 4: W1 names tests/test_y.py, which is not there.", "line 5: W2 names no test and no reason."]),
        (["| W1 | a | tests/test_x.py::not_one |", "| W2 |  | tests/test_x.py |"],
         ["line 4: W1 names not_one, which is not in tests/test_x.py.", "line 5: W2 does not say what it is.",
          "line 5: W2 names 'tests/test_x.py', which is no test (tests/…/test_x.py::test_name)."]),
        (["| W1 | a | not built: x |", "| W1 | a | not built: x |", "| W2 | b | not built: x |", "| W3 | b | not built: x |"],
         ["line 5: W1 stands there twice.", "W3 stands under no heading that names it."]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(house: Path, rows: list[str], wrong: list[str]) -> None:
    assert problems(a_page(house, *rows), house) == wrong


def test_a_range_without_a_heading_is_not_asked_for(house: Path) -> None:
    rows = [f"| R{i} | x | not built: x |" for i in range(42, 70)]
    page = a_page(house, *rows, heading="## R42–R69 · The rest")
    assert problems(page, house) == []
    assert "R41" in missing_groups(page)
    assert "R42" not in missing_groups(page)
    assert len(missing_groups(page)) == sum(GROUPS.values()) - 28


def test_only_tests_count(house: Path) -> None:
    assert defined_tests(house / "tests/test_x.py") == {"test_plain", "TestTimers::test_pauses"}


def test_our_own_page() -> None:
    assert problems() == []
