"""Tables of this service; importing this package makes `metadata` whole."""

from tasks_api.models import directory, heard, invitations, people, reminders, tasks
from tasks_api.models.base import Table, metadata

__all__ = ["Table", "directory", "heard", "invitations", "metadata", "people", "reminders", "tasks"]
