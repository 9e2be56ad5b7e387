"""Time zones whose law changes in the middle of a test."""

import struct
import zoneinfo
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

_HEADER = ">4s1s15x6l"


def a_zone_file(rule: str) -> bytes:
    """TZif data, version 2 (RFC 9636), of a zone that always keeps to one rule of POSIX: `CET-1`, `CET-1CEST,M3.5.0,M10.5.0/3`."""
    name = rule.partition("-")[0].encode() + b"\0"
    hours = int(rule.partition("-")[2][:1] or 0)
    header = struct.pack(_HEADER, b"TZif", b"2", 0, 0, 0, 0, 1, len(name))
    block = struct.pack(">lbb", hours * 3600, 0, 0) + name
    return header + block + header + block + b"\n" + rule.encode() + b"\n"


@contextmanager
def swapped_zones(folder: Path, files: Mapping[str, bytes]) -> Iterator[None]:
    """These zones read from files in the folder, the others from the package tzdata; everything as before afterwards.

    What other modules keep of zones they have read is theirs to forget.
    """
    former = zoneinfo.TZPATH
    for name, data in files.items():
        path = folder.joinpath(*name.split("/"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    zoneinfo.reset_tzpath([str(folder)])
    zoneinfo.ZoneInfo.clear_cache()
    try:
        yield
    finally:
        zoneinfo.reset_tzpath(former)
        zoneinfo.ZoneInfo.clear_cache()
