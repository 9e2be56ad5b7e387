"""What an iTIP message does to tasks (RFC 5546; DESIGN 5; invitations A4): pure deciding, no database, no HTTP.

    decisions = decide(message, {uid: KnownSeries(...)}, Context(...))

`decide` answers one `Decision` per iTIP object of the message; `import_events` books a calendar as our own. How a decision is
carried out is told in `shapes.py`.
"""

from tasks_api.itip.deciding import decide, import_events, tasks_made_again, uids_of
from tasks_api.itip.memory import SeriesMemory
from tasks_api.itip.shapes import (
    CancelTask,
    Change,
    Context,
    CreateTask,
    Decision,
    KnownSeries,
    KnownTask,
    Outcome,
    Proposal,
    RemoveTask,
    ReopenTask,
    TaskFields,
    UpdateTask,
)

__all__ = [
    "CancelTask",
    "Change",
    "Context",
    "CreateTask",
    "Decision",
    "KnownSeries",
    "KnownTask",
    "Outcome",
    "Proposal",
    "RemoveTask",
    "ReopenTask",
    "SeriesMemory",
    "TaskFields",
    "UpdateTask",
    "decide",
    "import_events",
    "tasks_made_again",
    "uids_of",
]
