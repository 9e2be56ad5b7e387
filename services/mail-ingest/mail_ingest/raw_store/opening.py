"""Which store the settings ask for."""

from __future__ import annotations

from kit.clock import Clock
from kit.settings import BadSettings
from mail_ingest.raw_store import RawStore
from mail_ingest.raw_store.in_database import DatabaseStore


def open_raw_store(address: str, clock: Clock) -> RawStore:
    """`database`, or the URL of an object store; BadSettings for anything else."""
    if address == "database":
        return DatabaseStore(clock)
    if "://" not in address:
        raise BadSettings("GONIEC_RAW_STORE: this is `database` or a URL such as s3://bucket/prefix.")
    try:
        from mail_ingest.raw_store.in_object_store import ObjectStoreRaw
    except ImportError:
        raise BadSettings(
            "GONIEC_RAW_STORE: an object store needs the package obstore (pip install obstore)."
        ) from None
    try:
        return ObjectStoreRaw(address, clock)
    except Exception as error:  # noqa: BLE001 - obstore has an error of its own for each provider
        raise BadSettings(f"GONIEC_RAW_STORE: this store cannot be opened: {type(error).__name__}.") from None
