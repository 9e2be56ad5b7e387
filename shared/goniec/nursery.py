"""A process that has already imported what all services share, and forks one child per service: a start costs one import.

It speaks JSON lines with the installation. In: `{"start": name, "package": …, "environment": {…}, "log": path}`.
Out: `{"started": name, "pid": …}`, and when that child ends `{"ended": name, "pid": …, "code": …}`.
It ends, and its children with it, when its standard input closes.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import json
import os
import runpy
import selectors
import signal
import socket
import sys
import traceback
from typing import Any

SHARED_IMPORTS = (
    "kit.application", "kit.serving", "kit.nats_bus", "kit.smtp", "kit.workers", "kit.outbox", "kit.runner",
    "contracts.mail", "contracts.calendar", "contracts.tasks", "contracts.cases", "contracts.directory", "contracts.reminders",
    "aiosqlite", "sqlalchemy.dialects.sqlite.aiosqlite", "uvicorn.protocols.http.httptools_impl", "uvloop",
)  # fmt: skip
PR_SET_PDEATHSIG = 1


def main() -> None:
    """Serve until the installation closes our standard input. Arguments are modules to import as well."""
    gc.disable()  # modules stay: looking for garbage among them would be a tenth of a start (`kit.serving` enables it again)
    for name in (*SHARED_IMPORTS, *sys.argv[1:]):
        importlib.import_module(name)
    gc.collect()
    gc.freeze()
    names: dict[int, str] = {}
    wake_read, wake_write = socket.socketpair()
    for end in (wake_read, wake_write):
        end.setblocking(False)
    signal.set_wakeup_fd(wake_write.fileno())
    signal.signal(signal.SIGCHLD, lambda *_: None)
    with selectors.DefaultSelector() as events:
        events.register(0, selectors.EVENT_READ)
        events.register(wake_read, selectors.EVENT_READ)
        unread = b""
        while True:
            for key, _ in events.select():
                if key.fileobj is wake_read:
                    wake_read.recv(4096)
                    _report_ended(names)
                    continue
                received = os.read(0, 1 << 16)
                if not received:
                    return
                *orders, unread = (unread + received).split(b"\n")
                for order in orders:
                    _start(json.loads(order), names)


def _start(order: dict[str, Any], names: dict[int, str]) -> None:
    pid = os.fork()
    if pid == 0:
        _be_service(order)
    names[pid] = order["start"]
    _say({"started": order["start"], "pid": pid})


def _be_service(order: dict[str, Any]) -> None:
    """In the child: its own session, environment and log; then the service, as `python -m package` would."""
    code = 1
    try:
        os.setsid()
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for source, target in ((nothing, 0), (log, 1), (log, 2)):
            os.dup2(source, target)
        os.environ.clear()
        os.environ.update(order["environment"])
        runpy.run_module(order["package"], run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 - the child must end here, whatever happened
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _report_ended(names: dict[int, str]) -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        if pid in names:
            _say({"ended": names.pop(pid), "pid": pid, "code": os.waitstatus_to_exitcode(status)})


def _say(fact: dict[str, Any]) -> None:
    os.write(1, json.dumps(fact).encode() + b"\n")


if __name__ == "__main__":
    main()
