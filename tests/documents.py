"""Documents that are made from the code: `make docs` writes them, `make lint` checks that none has drifted.

OpenAPI of each service and AsyncAPI of the whole under docs/api/, the table of events in docs/events.md, the tables of settings
in the services' READMEs. docs/features.md is written by hand and checked here as well.
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import orjson

from contracts import calendar, cases, directory, documents, mail, reminders, tasks
from kit.asyncapi import asyncapi_document
from kit.events import Event
from kit.settings import ServiceSettings
from tests.feature_table import problems

HOUSE = Path(__file__).resolve().parents[1]
SERVICES = {
    "tasks-api": "tasks_api",
    "mail-ingest": "mail_ingest",
    "case-threader": "case_threader",
    "reminder-dispatcher": "reminder_dispatcher",
}
SPEAKERS = {
    "mail-ingest": (mail, calendar),
    "tasks-api": (tasks, directory),
    "case-threader": (cases,),
    "reminder-dispatcher": (reminders,),
    "other systems": (documents,),
}
BEGIN, END = "<!-- made by `make docs` -->", "<!-- end -->"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only say what has drifted")
    check = parser.parse_args().check
    drifted = [path for path, content in _documents().items() if _differs(path, content)]
    if check:
        for path in drifted:
            print(f"{path.relative_to(HOUSE)} is not what the code says: run `make docs`.", file=sys.stderr)
        untrue = problems()
        for problem in untrue:
            print(f"docs/features.md: {problem}", file=sys.stderr)
        return 1 if drifted or untrue else 0
    for path, content in _documents().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    print(f"{len(drifted)} document(s) changed.")
    return 0


def _documents() -> dict[Path, bytes]:
    """Every generated file and what it should hold."""
    made = {
        HOUSE / f"docs/api/{service}.openapi.json": _json(_openapi(package)) for service, package in SERVICES.items()
    }
    made[HOUSE / "docs/api/asyncapi.json"] = _json(_asyncapi())
    events = HOUSE / "docs/events.md"
    made[events] = _between(events, _event_tables())
    for service, package in SERVICES.items():
        readme = HOUSE / f"services/{service}/README.md"
        made[readme] = _between(readme, _settings_table(package))
    return made


def _openapi(package: str) -> dict[str, Any]:
    """The document of one service, built on an empty folder: nothing is started and nothing is connected."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["GONIEC_DATA"] = folder
        settings = importlib.import_module(f"{package}.settings").Settings()
        app = importlib.import_module(f"{package}.app").make_app(settings)
        document: dict[str, Any] = app.openapi()
        return document


def _asyncapi() -> dict[str, Any]:
    return asyncapi_document(
        title="Goniec",
        version="0.1.0",
        broker_url="nats://localhost:4222",
        says=[event for modules in SPEAKERS.values() for event in _events_of(modules)],
        hears=[],
    )


def _events_of(modules: tuple[Any, ...]) -> list[type[Event]]:
    """The events a speaker's modules define, in the order they stand there."""
    return [
        event
        for module in modules
        for event in vars(module).values()
        if inspect.isclass(event)
        and issubclass(event, Event)
        and "subject" in vars(event)
        and event.__module__ == module.__name__
    ]


def _event_tables() -> str:
    lines = []
    for speaker, modules in SPEAKERS.items():
        lines += [f"### Said by {speaker}", "", "| subject | key | what it says |", "|---|---|---|"]
        lines += [f"| `{event.subject}` | {_key_of(event)} | {_sentence(event)} |" for event in _events_of(modules)]
        lines.append("")
    return "\n".join(lines)


def _key_of(event: type[Event]) -> str:
    source = inspect.getsource(event.key).rsplit("return ", 1)[-1].strip()
    return "`" + source.removeprefix("self.").removesuffix(".hex").strip('"') + "`"


def _sentence(event: type[Event]) -> str:
    """The first sentence of its docstring, or of the nearest base that has one."""
    text = inspect.getdoc(event) if event.__doc__ else None
    base = next((inspect.cleandoc(b.__doc__) for b in event.__mro__[1:] if b.__doc__ and b is not Event), "")
    return " ".join((text or f"{event.__name__}: {base}").split("\n\n", 1)[0].split()).replace("|", "\\|")


def _settings_table(package: str) -> str:
    settings = importlib.import_module(f"{package}.settings").Settings
    rows = ["| variable | meaning | default |", "|---|---|---|"]
    own = [name for name in settings.model_fields if name not in ServiceSettings.model_fields]
    for name in (*own, *ServiceSettings.model_fields):
        field = settings.model_fields[name]
        default = (
            "" if field.is_required() or field.default is None else str(field.get_default(call_default_factory=True))
        )
        rows.append(f"| `GONIEC_{name.upper()}` | {field.description or ''} | {f'`{default}`' if default else ''} |")
    return "\n".join(rows) + "\n"


def _between(path: Path, content: str) -> bytes:
    """The file with what stands between the two marks replaced."""
    text = path.read_text(encoding="utf-8")
    before, mark, rest = text.partition(BEGIN)
    if not mark or END not in rest:
        raise SystemExit(f"{path.relative_to(HOUSE)} lacks the marks {BEGIN} and {END}.")
    return f"{before}{BEGIN}\n\n{content}\n{END}{rest.partition(END)[2]}".encode()


def _json(document: dict[str, Any]) -> bytes:
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n"


def _differs(path: Path, content: bytes) -> bool:
    return not path.exists() or path.read_bytes() != content


if __name__ == "__main__":
    sys.exit(main())
