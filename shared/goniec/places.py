"""Where an installation on this machine lives: folders, ports, secrets, the environment of each service."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

SERVICES: dict[str, tuple[str, int]] = {
    "tasks-api": ("tasks_api", 1),
    "mail-ingest": ("mail_ingest", 2),
    "case-threader": ("case_threader", 3),
    "reminder-dispatcher": ("reminder_dispatcher", 4),
}
"""Service -> (Python package, offset of its port)."""

BROKER_PORT = 5
MONITORING_PORT = 6
NATS_USERS = (*SERVICES, "integrator")


@dataclass(frozen=True)
class Places:
    """The settings of a local installation that its parts share."""

    data: Path
    port_base: int
    host: str = "127.0.0.1"
    admin_password: str | None = None
    environment: dict[str, str] = field(default_factory=dict)  # what every service gets on top

    @classmethod
    def from_environment(cls, **changes: str) -> Places:
        """Read GONIEC_DATA, GONIEC_PORT_BASE, GONIEC_HOST and GONIEC_ADMIN_PASSWORD; `changes` reach every service."""
        return cls(
            data=Path(os.environ.get("GONIEC_DATA", "var")).resolve(),
            port_base=int(os.environ.get("GONIEC_PORT_BASE", "8000")),
            host=os.environ.get("GONIEC_HOST", "127.0.0.1"),
            admin_password=os.environ.get("GONIEC_ADMIN_PASSWORD") or None,
            environment=changes,
        )

    @property
    def nats_url(self) -> str:
        return f"nats://127.0.0.1:{self.port_base + BROKER_PORT}"

    def port(self, service: str) -> int:
        return self.port_base + SERVICES[service][1]

    def url(self, service: str) -> str:
        """Where a service answers: GONIEC_<SERVICE>_URL when it is set, else this machine."""
        said = os.environ.get(f"GONIEC_{service.upper().replace('-', '_')}_URL")
        return (said or f"http://{self.host}:{self.port(service)}").rstrip("/")


@dataclass(frozen=True)
class Secrets:
    """Generated once per installation and kept in `secrets.json` (mode 600) beside the databases."""

    client_secret: str
    loop_mark: str
    nats: dict[str, str]

    @staticmethod
    def are_kept(data: Path) -> bool:
        """Whether this installation was started before."""
        return (data / "secrets.json").exists()

    @classmethod
    def of(cls, data: Path) -> Secrets:
        """Read the secrets of an installation; make and keep them when it is new."""
        path = data / "secrets.json"
        if path.exists():
            return cls(**json.loads(path.read_text(encoding="utf-8")))
        made = cls(
            client_secret=secrets.token_urlsafe(32),
            loop_mark=f"goniec-{secrets.token_hex(8)}",
            nats={user: secrets.token_urlsafe(24) for user in NATS_USERS},
        )
        data.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump({"client_secret": made.client_secret, "loop_mark": made.loop_mark, "nats": made.nats}, file)
        return made


def service_environment(service: str, places: Places, kept: Secrets) -> dict[str, str]:
    """What one service is told by its environment."""
    told = {
        **os.environ,
        **places.environment,
        "GONIEC_DATA": str(places.data),
        "GONIEC_HOST": places.host,
        "GONIEC_PORT_BASE": str(places.port_base),
        "GONIEC_PORT": str(places.port(service)),
        "GONIEC_NATS_URL": places.nats_url,
        "GONIEC_NATS_USER": service,
        "GONIEC_NATS_PASSWORD": kept.nats[service],
        "GONIEC_CLIENT_ID": service,
        "GONIEC_CLIENT_SECRET": kept.client_secret,
        "GONIEC_LOOP_MARK": kept.loop_mark,
        "PYTHONUNBUFFERED": "1",
    }
    if places.admin_password is not None:
        told["GONIEC_ADMIN_PASSWORD"] = places.admin_password
    return told


def broker_environment(places: Places, kept: Secrets) -> dict[str, str]:
    """What nats-server.conf asks of its environment."""
    return {
        **os.environ,
        "GONIEC_NATS_HOST": "127.0.0.1",
        "GONIEC_NATS_PORT": str(places.port_base + BROKER_PORT),
        "GONIEC_NATS_MONITORING": f"127.0.0.1:{places.port_base + MONITORING_PORT}",
        "GONIEC_NATS_STORE": _quoted(str(places.data / "nats")),
        **{f"GONIEC_NATS_PASSWORD_{user.upper().replace('-', '_')}": _quoted(word) for user, word in kept.nats.items()},
    }


def _quoted(text: str) -> str:
    """nats-server reads a variable as it reads its file: a bare `-abc` is a bad number, `true` no text."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
