"""The few requests of the JetStream API that we need, as plain JSON (https://docs.nats.io, JetStream wire API)."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import nats.errors
import orjson
from nats.aio.client import Client

from kit.bus import ACKNOWLEDGE_WITHIN, DEAD_STREAM, DEAD_SUBJECTS, STREAM, SUBJECTS, BusUnavailable, StreamState

_ANSWER_WITHIN = 5.0
_NANOSECONDS = 1_000_000_000
_DUPLICATES_KNOWN_FOR = timedelta(minutes=2)
_KEPT_FOR = timedelta(days=7)
_MAX_BYTES = 2 * 1024**3
_DEAD_MAX_BYTES = 128 * 1024**2
_MAX_UNACKNOWLEDGED = 2_000

_LEAST_BYTES = 16 * 1024**2
_NAME_IN_USE = 10058
_NO_ROOM = 10047
_STREAM_NOT_FOUND = 10059


class JetStreamRefused(BusUnavailable):
    """JetStream answered, but not as we need; `code` is its err_code."""

    def __init__(self, request: str, error: dict[str, Any]) -> None:
        super().__init__(f"JetStream refused {request}: {error.get('description')} ({error.get('err_code')}).")
        self.code = int(error.get("err_code", 0))


def nanoseconds(length: timedelta) -> int:
    return round(length.total_seconds() * _NANOSECONDS)


async def ask(client: Client, request: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """One request to `$JS.API.<request>`; JetStreamRefused when it says no, BusUnavailable when it says nothing."""
    try:
        answer = await client.request(
            f"$JS.API.{request}", orjson.dumps(body) if body is not None else b"", timeout=_ANSWER_WITHIN
        )
    except (nats.errors.Error, TimeoutError) as error:
        raise BusUnavailable(f"JetStream did not answer {request}: {error}") from error
    found: dict[str, Any] = orjson.loads(answer.data)
    if "error" in found:
        raise JetStreamRefused(request, found["error"])
    return found


def streams(*, max_bytes: int = _MAX_BYTES, max_age: timedelta = _KEPT_FOR) -> tuple[dict[str, Any], ...]:
    """The streams there are: bounded, on disk, refusing rather than forgetting. The dead letters' one forgets the
    oldest instead, since every dead letter is a row in a database as well and must not hold up the living."""
    common = {
        "retention": "limits",
        "storage": "file",
        "num_replicas": 1,
        "duplicate_window": nanoseconds(_DUPLICATES_KNOWN_FOR),
        "allow_direct": True,
        "allow_atomic": True,
    }
    dead = {
        "name": DEAD_STREAM,
        "subjects": list(DEAD_SUBJECTS),
        "max_age": nanoseconds(max_age),
        "max_bytes": min(max_bytes, _DEAD_MAX_BYTES),
        "discard": "old",
        **common,
    }
    living = {
        "name": STREAM,
        "subjects": list(SUBJECTS),
        "max_age": nanoseconds(max_age),
        "max_bytes": max_bytes,
        "discard": "new",
        **common,
    }
    return dead, living


async def ensure_streams(client: Client, wanted: Sequence[dict[str, Any]]) -> None:
    """The one idempotent step: create what is missing, change what differs. On a small disk a stream gets less room."""
    for config in wanted:
        try:
            found = (await ask(client, f"STREAM.INFO.{config['name']}"))["config"]
        except JetStreamRefused as refusal:
            if refusal.code != _STREAM_NOT_FOUND:
                raise
            await _create(client, config)
        else:
            if any(found.get(option) != value for option, value in config.items()):
                await _update(client, config, found["max_bytes"])


async def _create(client: Client, config: dict[str, Any]) -> None:
    size = config["max_bytes"]
    while True:
        try:
            await ask(client, f"STREAM.CREATE.{config['name']}", {**config, "max_bytes": size})
        except JetStreamRefused as refusal:
            if refusal.code == _NAME_IN_USE:  # somebody else was quicker
                return
            if refusal.code != _NO_ROOM or size <= _LEAST_BYTES:
                raise
            size //= 2
        else:
            return


async def _update(client: Client, config: dict[str, Any], present_size: int) -> None:
    try:
        await ask(client, f"STREAM.UPDATE.{config['name']}", config)
    except JetStreamRefused as refusal:
        if refusal.code != _NO_ROOM:
            raise
        await ask(client, f"STREAM.UPDATE.{config['name']}", {**config, "max_bytes": present_size})


async def stream_state(client: Client) -> StreamState:
    found = await ask(client, f"STREAM.INFO.{STREAM}")
    return StreamState(identity=found["created"], last_sequence=found["state"]["last_seq"])


async def ensure_consumer(client: Client, name: str, filters: Sequence[str]) -> dict[str, Any]:
    """A durable pull consumer that starts at the beginning of the stream, created or brought up to date."""
    config = {
        "durable_name": name,
        "ack_policy": "explicit",
        "ack_wait": nanoseconds(ACKNOWLEDGE_WITHIN),
        "max_deliver": -1,
        "max_ack_pending": _MAX_UNACKNOWLEDGED,
        "deliver_policy": "all",
        "replay_policy": "instant",
        "filter_subjects": list(filters),
    }
    return await ask(client, f"CONSUMER.DURABLE.CREATE.{STREAM}.{name}", {"stream_name": STREAM, "config": config})


async def rewind_consumer(client: Client, name: str, *, to_sequence: int | None = None) -> None:
    """Deliver again, now, what was delivered and never acknowledged, or everything from a sequence on.

    ADR-60, nats-server 2.14.
    """
    await ask(client, f"CONSUMER.RESET.{STREAM}.{name}", {"seq": to_sequence} if to_sequence else None)


async def make_room(client: Client) -> tuple[int, str | None]:
    """Remove from the full stream what every durable consumer has acknowledged: the databases have it still.

    Returns how many messages went, and the consumer that is furthest behind.
    """
    listing = await ask(client, f"CONSUMER.LIST.{STREAM}", {"offset": 0})
    floors = [
        (consumer["ack_floor"]["stream_seq"], consumer["name"])
        for consumer in listing["consumers"]
        if consumer["config"].get("durable_name")
    ]
    if not floors:
        return 0, None
    floor, slowest = min(floors)
    if floor == 0:
        return 0, slowest
    purged = await ask(client, f"STREAM.PURGE.{STREAM}", {"seq": floor + 1})
    return int(purged.get("purged", 0)), slowest
