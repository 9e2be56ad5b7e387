"""Runs in a worker: a calendar somebody sends to be imported, from bytes to components (DESIGN 2.6)."""

import orjson
from pydantic import TypeAdapter

from contracts.calendar import Component
from ical.limits import Limits
from ical.reading import read_calendar

READ = "tasks_api.calendar_reading:read_job"
_COMPONENTS = TypeAdapter(list[Component])


def read_job(job: bytes) -> bytes:
    """Asked: one line of JSON with `timezone` and `bytes` (the limit), then the calendar.

    Answered as `{"methods": […], "problems": […], "components": […]}`; of several calendars all components count.
    """
    head, _, calendar = job.partition(b"\n")
    asked = orjson.loads(head)
    reading = read_calendar(calendar, account_timezone=asked["timezone"], limits=Limits(bytes=asked["bytes"]))
    problems = [*reading.problems, *(problem for one in reading.calendars for problem in one.problems)]
    answer = {
        "methods": sorted({one.method for one in reading.calendars if one.method}),
        "problems": list(dict.fromkeys(problems)),
        "components": _COMPONENTS.dump_python(
            [component for one in reading.calendars for component in one.components], mode="json"
        ),
    }
    return orjson.dumps(answer)


def job_of(calendar: bytes, *, timezone: str, most_bytes: int) -> bytes:
    return orjson.dumps({"timezone": timezone, "bytes": most_bytes}) + b"\n" + calendar


def components_of(documents: list[object]) -> list[Component]:
    return _COMPONENTS.validate_python(documents)
