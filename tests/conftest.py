import gc
import sys

import pytest
import structlog
from xdist.scheduler import LoadScopeScheduling

pytest_plugins = ["kit.testing.fixtures"]

# Plain tracebacks: the pretty ones take seconds and print every local variable.
structlog.configure(
    processors=[
        structlog.processors.add_log_level,
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ]
)

sys.modules.setdefault("sniffio", None)  # type: ignore[arg-type]
"""httpx looks for it with every request to an app; nobody installs it, and each look goes along the whole path."""

_ONE_INSTALLATION = "tests/e2e/test_bad_input.py"
"""Its tests share an installation, so one process has them all."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--cases", type=int, default=10, help="how many bad requests of each kind the end-to-end tests send"
    )
    parser.addoption(
        "--second-database",
        choices=["storage", "rest", "all"],
        default="all",
        help="which stories are played on PostgreSQL: those about storage; only the others, and nothing else; all",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    chosen = config.getoption("--second-database")
    if chosen != "all":
        kept: list[pytest.Item] = []
        left: list[pytest.Item] = []
        for item in items:
            (kept if _is_second_look(item) == (chosen == "rest") else left).append(item)
        config.hook.pytest_deselected(items=left)
        items[:] = kept
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)  # a long one begun last would be waited for


def _is_second_look(item: pytest.Item) -> bool:
    """Whether it is the PostgreSQL run of a story of a service that is not about storage."""
    callspec = getattr(item, "callspec", None)
    return (
        callspec is not None
        and "postgresql" in callspec.params.values()
        and ("tests/component/" in item.nodeid or "tests/e2e/" in item.nodeid)
        and "/kit/" not in item.nodeid
        and item.get_closest_marker("storage") is None
    )


def pytest_collection_finish(session: pytest.Session) -> None:
    """What was imported stays to the end: the garbage collector need not look through it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)  # as in a service: `kit.serving`


class _FilesOfOneInstallationTogether(LoadScopeScheduling):
    def _split_scope(self, nodeid: str) -> str:
        return _ONE_INSTALLATION if nodeid.startswith(_ONE_INSTALLATION) else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> LoadScopeScheduling:
    return _FilesOfOneInstallationTogether(config, log)
