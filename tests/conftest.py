import pytest
import structlog

pytest_plugins = ["kit.testing.fixtures"]

# Plain tracebacks: the pretty ones take seconds and print every local variable.
structlog.configure(
    processors=[
        structlog.processors.add_log_level,
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ]
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--cases", type=int, default=25, help="how many bad requests of each kind the end-to-end tests send"
    )
