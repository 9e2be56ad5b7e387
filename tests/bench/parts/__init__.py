"""The parts of the bench: each file measures one promise of docs/performance.md, and `PARTS` is the list of them.

A part is an async function from a `Stand` to a `Report`. It takes places of its own on the stand, so that no part sees
another one's rows, and leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from tests.bench.parts.cases import measure_cases
from tests.bench.parts.invitations import measure_invitations
from tests.bench.parts.mixed_mail import measure_mixed_mail
from tests.bench.parts.reminders import measure_reminders
from tests.bench.parts.tasks_api import measure_tasks_api
from tests.bench.report import Report
from tests.bench.stand import Stand

Part: TypeAlias = Callable[[Stand], Awaitable[Report]]

PARTS: dict[str, Part] = {
    "mail": measure_mixed_mail,  # pushed to filed and created; 20 mails a second; memory
    "invitations": measure_invitations,  # first REQUESTs only, to a task
    "cases": measure_cases,  # filing and searching among 100,000 messages
    "reminders": measure_reminders,  # 10,000 due at once; claims beside a bare loop
    "api": measure_tasks_api,  # 100 calls a second on 100,000 tasks
}
