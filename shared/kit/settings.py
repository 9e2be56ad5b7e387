"""Typed settings, read from the environment (`GONIEC_…`), with defaults that run on a laptop.

Every field `name` is read from `GONIEC_NAME`, or from the file that `GONIEC_NAME_FILE` names (container secrets).
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self, TypeVar

from pydantic import BeforeValidator, Field, SecretStr, ValidationError, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

ENV_PREFIX = "GONIEC_"
DEFAULT_ALGORITHMS = ["EdDSA"]
PORT_OFFSETS = {"tasks-api": 1, "mail-ingest": 2, "case-threader": 3, "reminder-dispatcher": 4}
NATS_PORT_OFFSET = 5


class BadSettings(Exception):
    """The process cannot start with these settings; the sentence names the variable and what is wrong with it."""


def _words(value: Any) -> Any:
    """`a, b c` as a list; how lists are written in an environment variable."""
    return value.replace(",", " ").split() if isinstance(value, str) else value


Words = Annotated[list[str], NoDecode, BeforeValidator(_words)]


class _EnvironmentOrFile(EnvSettingsSource):
    """`GONIEC_X` as usual, and `GONIEC_X_FILE`: the content of that file without its last line end."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        value, key, is_complex = super().get_field_value(field, field_name)
        variable = f"{ENV_PREFIX}{field_name.upper()}"
        path = os.environ.get(f"{variable}_FILE")
        if path is None:
            return value, key, is_complex
        if value is not None:
            raise BadSettings(f"{variable} and {variable}_FILE are both set; keep one of them.")
        try:
            return Path(path).read_text(encoding="utf-8").rstrip("\r\n"), field_name, is_complex
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not text in UTF-8"
            raise BadSettings(f"{variable}_FILE names a file that cannot be read: {reason}.") from None


class ServiceSettings(BaseSettings):
    """What every service can be told. A service adds its own fields and says who it is."""

    model_config = SettingsConfigDict(env_prefix=ENV_PREFIX, extra="ignore", frozen=True)

    service: ClassVar[str] = "service"
    """The name of the service as people write it, for instance `tasks-api`."""
    package: ClassVar[str] = "service"
    """Its import name: also the name of its database schema and SQLite file."""
    port_offset: ClassVar[int] = 0
    """It listens on `port_base` + this, unless `port` says otherwise."""

    data: Path = Field(default=Path("var"), description="Folder for everything that is kept on disk.")
    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int | None = Field(default=None, ge=0, le=65535, description="Port to listen on; default: base + offset.")
    port_base: int = Field(default=8000, ge=1, le=65000, description="The services listen on base + 1 … base + 4.")
    database_url: str | None = Field(
        default=None, description="PostgreSQL URL; without it SQLite in the data folder is used."
    )
    nats_url: str = Field(default="", description="The broker; default: port base + 5 on this machine.")
    nats_user: str | None = Field(default=None, description="This service's user at the broker.")
    nats_password: SecretStr | None = Field(default=None, description="Its password.")
    default_timezone: str = Field(default="Europe/Warsaw", description="Zone for moments that come without one.")
    locale: str = Field(default="pl", description="Language of what is written to people.")

    tasks_api_url: str = Field(default="", description="Where tasks-api answers; default: on this machine.")
    mail_ingest_url: str = Field(default="", description="Where mail-ingest answers; default: on this machine.")
    case_threader_url: str = Field(default="", description="Where case-threader answers; default: on this machine.")
    reminder_dispatcher_url: str = Field(
        default="", description="Where reminder-dispatcher answers; default: on this machine."
    )

    issuer: str = Field(default="goniec", description="Who signs tokens: the `iss` that is accepted.")
    audience: str = Field(default="goniec", description="The `aud` that is accepted.")
    jwks_url: str = Field(default="", description="The signer's public keys; default: those of tasks-api.")
    token_algorithms: Words = Field(
        default=DEFAULT_ALGORITHMS, description="Accepted signatures; an external issuer may need ES256 or RS256."
    )
    scope_claim: str = Field(default="scope", description="The claim that holds the scopes.")
    client_id: str | None = Field(default=None, description="How this service signs in at tasks-api.")
    client_secret: SecretStr | None = Field(default=None, description="Its secret for the client-credentials grant.")

    secret_key: SecretStr | None = Field(
        default=None,
        description="Seals what has to be read again: passwords of mail accounts, secrets of webhooks. Several with "
        "commas: the first seals, all open. Without it a key is made and kept in the data folder.",
    )
    cors_origins: Words = Field(default=[], description="Web origins that may call the API; none by default.")
    log_level: str = Field(default="info", pattern="(?i)^(debug|info|warning|error)$", description="Least log level.")
    otel: bool = Field(default=False, description="OpenTelemetry traces and metrics, exported as OTEL_* says.")
    max_body_bytes: int = Field(
        default=1_048_576, ge=1024, description="Largest request body, where nothing else is said."
    )
    max_in_flight: int = Field(default=1000, ge=1, description="More requests at a time are answered with 429.")
    allowed_private_hosts: Words = Field(
        default=["127.0.0.0/8", "::1"],
        description="Private hosts, addresses or networks we may connect to when a user names them.",
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - replaced by ours
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - variables come from the environment only
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - NAME_FILE names a file instead
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, _EnvironmentOrFile(settings_cls)

    @model_validator(mode="after")
    def _fill_in_neighbours(self) -> Self:
        """What was not told is found on this machine, counted from the port base."""
        local = {
            f"{service.replace('-', '_')}_url": f"http://127.0.0.1:{self.port_base + offset}"
            for service, offset in PORT_OFFSETS.items()
        }
        for name, url in local.items():
            object.__setattr__(self, name, (getattr(self, name) or url).rstrip("/"))
        object.__setattr__(self, "nats_url", self.nats_url or f"nats://127.0.0.1:{self.port_base + NATS_PORT_OFFSET}")
        object.__setattr__(self, "jwks_url", self.jwks_url or f"{self.tasks_api_url}/.well-known/jwks.json")
        return self

    @property
    def listen_port(self) -> int:
        return self.port_base + self.port_offset if self.port is None else self.port

    @property
    def secret_key_file(self) -> Path:
        """Where the key is kept that was made because none was given."""
        return self.data / f"{self.package}.key"

    def url_of(self, service: str) -> str:
        """Base URL of a sibling such as `tasks-api`, without a slash at the end."""
        return str(getattr(self, f"{service.replace('-', '_')}_url"))

    def database_address(self) -> str:
        """The database of this service: PostgreSQL as told, else a SQLite file in the data folder."""
        return self.database_url or f"sqlite+aiosqlite:///{self.data / self.package}.sqlite3"


S = TypeVar("S", bound=BaseSettings)


def read_settings(make: Callable[[], S]) -> S:
    """`make()`, or BadSettings with one sentence a person can act on. Values are never quoted: some are secrets."""
    try:
        return make()
    except ValidationError as error:
        raise BadSettings(" ".join(_complaints(error))) from None
    except SettingsError as error:
        if isinstance(error.__cause__, BadSettings):
            raise error.__cause__ from None
        raise BadSettings(f"The settings cannot be read: {error}.") from None


def _complaints(error: ValidationError) -> list[str]:
    return [
        f"{ENV_PREFIX}{'_'.join(str(part) for part in wrong['loc']).upper()}: {wrong['msg'].rstrip('.')}."
        for wrong in error.errors(include_url=False, include_context=False, include_input=False)
    ]
