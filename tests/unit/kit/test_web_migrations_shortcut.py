"""Whether there is anything to migrate is seen without Alembic, and never guessed."""

from pathlib import Path

import pytest

from kit.migrating import _newest


@pytest.mark.parametrize(
    ("files", "newest"),
    [
        ([], set()),
        (['revision = "1"\ndown_revision = None'], {"1"}),
        (['revision = "1"\ndown_revision = None', 'revision = "2"\ndown_revision = "1"'], {"2"}),
        (["revision: str = '1'\ndown_revision: str | None = None"], {"1"}),
        (['revision = "1"\ndown_revision = None', 'revision = "2"'], set()),  # a file that does not say
        (['revision = "1"\ndown_revision = None', 'revision = "2"\ndown_revision = ("1", "0")'], set()),
        (["revision = make()\ndown_revision = None"], set()),
    ],
)
def test_newest(tmp_path: Path, files: list[str], newest: set[str]) -> None:
    (tmp_path / "__init__.py").write_text("")
    for number, content in enumerate(files):
        (tmp_path / f"{number}.py").write_text(content)
    assert _newest(tmp_path) == newest
