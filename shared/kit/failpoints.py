"""Named places where a test lets the process die, to prove that the next start puts everything right.

`GONIEC_FAILPOINT=runner.after_commit` kills the process at that place as `kill -9` would, `…:3` the third time it comes
there. Without the variable a failpoint does nothing. reliability E2.
"""

import os
import signal

_VARIABLE = "GONIEC_FAILPOINT"

_passes: dict[str, int] = {}


def failpoint(name: str) -> None:
    wanted = os.environ.get(_VARIABLE)
    if not wanted:
        return
    place, _, count = wanted.partition(":")
    if place != name:
        return
    _passes[name] = _passes.get(name, 0) + 1
    if _passes[name] == int(count or 1):
        os.kill(os.getpid(), signal.SIGKILL)
