"""By which data the moments of tasks were computed."""

from datetime import datetime

from sqlmodel import Field

from kit.columns import UtcDateTime
from tasks_api.models.base import Table


class ZoneData(Table, table=True):
    """The TZif data of a zone that tasks are in. `next_data` while its tasks are being moved to newer ones; `progress`: how far."""

    __tablename__ = "zone_data"

    zone: str = Field(primary_key=True, max_length=100)
    data: bytes
    next_data: bytes | None = None
    progress: str | None = None
    since: datetime = Field(sa_type=UtcDateTime)
