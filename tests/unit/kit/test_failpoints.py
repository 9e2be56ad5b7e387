import os
import subprocess
import sys

import pytest

from kit.failpoints import failpoint

PASSES = "from kit.failpoints import failpoint\nfor n in range(3):\n    failpoint('here'); print(n)"


def lives(wanted: str | None) -> tuple[int, str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    environment.pop("GONIEC_FAILPOINT", None)
    if wanted is not None:
        environment["GONIEC_FAILPOINT"] = wanted
    done = subprocess.run(
        [sys.executable, "-u", "-c", PASSES], env=environment, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout.replace("\n", "")


@pytest.mark.parametrize(
    ("wanted", "outcome"), [(None, (0, "012")), ("elsewhere", (0, "012")), ("here", (-9, "")), ("here:3", (-9, "01"))]
)
def test_a_process_dies_where_it_is_told_to(wanted: str | None, outcome: tuple[int, str]) -> None:
    assert lives(wanted) == outcome


def test_without_the_variable_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GONIEC_FAILPOINT", raising=False)
    failpoint("here")
