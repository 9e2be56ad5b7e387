"""Time zone data as the files they come in: which data a zone has today, and a zone by the data of another day (reliability B10).

Governments change their clocks at short notice. Whoever keeps moments that were computed from a wall clock has to know when
the data they were computed by are not those of today.
"""

import hashlib
import zoneinfo
from functools import lru_cache
from importlib import resources
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

_PACKAGE = "tzdata"


def zone_file(name: str) -> bytes | None:
    """The TZif data (RFC 9636) a zone is read from now: on TZPATH, else in the package tzdata. None when there are none.

    `name` is the IANA name of a zone that is known; it is no path.
    """
    parts = name.split("/")
    if not name or any(part in ("", ".", "..") for part in parts):
        return None
    for folder in zoneinfo.TZPATH:
        path = Path(folder, *parts)
        if path.is_file():
            return path.read_bytes()
    try:
        return resources.files(_PACKAGE).joinpath("zoneinfo", *parts).read_bytes()
    except (ModuleNotFoundError, FileNotFoundError, IsADirectoryError):
        return None


def zone_by(name: str, data: bytes) -> ZoneInfo:
    """The zone as these data describe it, whatever it is today."""
    return ZoneInfo.from_file(BytesIO(data), key=name)


def all_zones_digest() -> str:
    """Another one when the data of any zone are others. It reads some 600 small files, which takes 0.1 seconds, and does so once in
    the life of a process, as the zones themselves are read once."""
    return _digest(zoneinfo.TZPATH)


@lru_cache(maxsize=4)
def _digest(_: tuple[str, ...]) -> str:
    digest = hashlib.sha256()
    for name in sorted(zoneinfo.available_timezones()):
        digest.update(name.encode() + b"\0" + (zone_file(name) or b""))
    return digest.hexdigest()
