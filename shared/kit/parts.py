"""What a service is made of, and how an endpoint gets at it."""

from dataclasses import dataclass
from typing import Annotated, Any

import httpx
from fastapi import Depends, Request

from kit.bus import Bus
from kit.clock import Clock
from kit.database import Database
from kit.leases import Leases
from kit.metrics import Metrics
from kit.service_client import ServiceClient
from kit.settings import ServiceSettings
from kit.tokens import TokenVerifier


@dataclass
class Parts:
    """What a service is made of; tests hand in others. A service with parts of its own subclasses this."""

    settings: ServiceSettings
    clock: Clock
    database: Database
    bus: Bus
    verifier: TokenVerifier
    http: httpx.AsyncClient
    service_client: ServiceClient
    leases: Leases
    metrics: Metrics


def parts(request: Request) -> Any:
    """The Parts the app was built from: `the = parts(request)`."""
    return request.app.state.parts


async def given_parts(request: Request) -> Any:
    """`parts` as a dependency, for services with parts of their own: `Annotated[MyParts, Depends(given_parts)]`."""
    return request.app.state.parts


AppParts = Annotated[Parts, Depends(given_parts)]
"""The Parts as a parameter of an endpoint."""
