"""The only way a service becomes an app: parts in, FastAPI out, with everything that must be the same everywhere."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Any, TypeVar

import httpx
import orjson
import structlog
from fastapi import APIRouter, FastAPI
from sqlalchemy.exc import SQLAlchemyError
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from kit import metrics as prometheus
from kit.admin_routes import router as admin_router
from kit.asyncapi import asyncapi_document
from kit.background import Background, Supervisor
from kit.body_limits import BodyLimit
from kit.bus import Bus
from kit.clock import SystemClock
from kit.database import Database
from kit.doorway import Doorway
from kit.events import Event
from kit.express import Express
from kit.health import Check, health_routes
from kit.idempotency import Idempotency, keep_tidy
from kit.leases import leases_for
from kit.live import live_half
from kit.live_events import Earshot
from kit.metrics import Metrics
from kit.nats_bus import NatsBus
from kit.openapi import install_openapi
from kit.outbox import Relay
from kit.parts import AppParts, Parts, given_parts, parts
from kit.problems import install_problems
from kit.runner import Runner
from kit.service_client import ServiceClient
from kit.settings import ServiceSettings
from kit.subscription import Subscription
from kit.telemetry import telemetry_config
from kit.tokens import FetchedKeys, TokenVerifier

__all__ = ["AppParts", "Parts", "build_app", "given_parts", "make_parts", "parts"]

log = structlog.get_logger("kit.application")

FLUSH_SECONDS = 2.0

Lifespan = Callable[[], AbstractAsyncContextManager[None]]


P = TypeVar("P", bound=Parts)


def make_parts(settings: ServiceSettings, *, make: Callable[..., P], **own: Any) -> P:
    """The real parts for these settings: `make_parts(settings, make=Parts)`. Nothing is connected yet."""
    database = Database.open(settings.database_address(), schema=settings.package)
    clock = SystemClock()
    http = httpx.AsyncClient(limits=httpx.Limits(max_connections=100), timeout=10.0, trust_env=False)
    password = settings.nats_password.get_secret_value() if settings.nats_password else None
    return make(
        settings=settings,
        clock=clock,
        database=database,
        bus=NatsBus(settings.nats_url, name=settings.service, user=settings.nats_user, password=password),
        verifier=TokenVerifier(
            FetchedKeys(http, settings.jwks_url),
            clock=clock,
            issuer=settings.issuer,
            audience=settings.audience,
            algorithms=settings.token_algorithms,
            scope_claim=settings.scope_claim,
        ),
        http=http,
        service_client=ServiceClient(http, settings),
        leases=leases_for(database),
        metrics=Metrics(),
        **own,
    )


def build_app(
    parts: Parts,
    *,
    name: str,
    title: str,
    package: str,
    routers: Iterable[APIRouter],
    subscription: Subscription | None = None,
    background: Sequence[Background] = (),
    checks: Mapping[str, Check] | None = None,
    says: tuple[type[Event], ...] = (),
    earshot: Earshot | None = None,
    lifespan: Lifespan | None = None,
    version: str = "0.1.0",
) -> FastAPI:
    """The app of one service.

    It brings: problems, correlation ids, limits, health, metrics, OpenAPI and AsyncAPI. On start the database is migrated,
    then `lifespan` is entered, then the bus, the relay, the runner of `subscription` and every `background` are started;
    HTTP does not wait for the broker. On stop all of that in reverse order. With an `earshot`, which tells who may know what
    it `says`, the app has a stream of events and webhooks.
    """
    settings = parts.settings
    relaying, supervisor = Supervisor(), Supervisor()
    relay = Relay(parts.database, parts.bus, observer=parts.metrics)
    runner = Runner(parts.database, parts.bus, subscription, observer=parts.metrics) if subscription else None
    live = live_half(parts, relay, says, earshot)

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            stack.push_async_callback(parts.http.aclose)
            stack.push_async_callback(parts.database.dispose)
            stack.push_async_callback(parts.leases.close)
            await _migrate(parts.database, package)
            await parts.bus.start()
            stack.push_async_callback(parts.bus.close)
            if lifespan is not None:
                await stack.enter_async_context(lifespan())
            stack.push_async_callback(relaying.stop)
            relaying.start(relay.run, name="relay")
            stack.push_async_callback(_publish_the_rest, relay, parts.bus)
            stack.push_async_callback(supervisor.stop)
            if runner is not None:
                supervisor.start(runner.run, name="runner")
            supervisor.start(partial(keep_tidy, parts.database, parts.clock))
            for work in (*background, *live.background):
                supervisor.start(work)
            stack.callback(live.bell.close)
            log.info("started", database=parts.database.dialect)
            yield
            log.info("stopping")

    # The routes themselves, not included routers: FastAPI matches what lies in an included router twice, each time one
    # route after the other, which was half the cost of a request.
    routes = [route for router in (*routers, *live.routers, admin_router) for route in router.routes]
    app = FastAPI(
        title=title,
        version=version,
        lifespan=life,
        redirect_slashes=False,
        middleware=_middleware(parts, routes),
        telemetry=telemetry_config(settings),
    )
    app.state.parts = parts
    app.state.relay = relay
    app.state.subscription = subscription
    app.state.webhook_desk = live.webhook_desk
    app.state.when_stopping = [live.bell.close]
    install_problems(app)
    install_openapi(app, token_issuer=settings.tasks_api_url)
    hears = subscription.events if subscription else ()
    app.router.routes[:0] = routes
    app.router.routes.extend(health_routes({**_own_checks(parts, supervisor), **(checks or {})}))
    app.router.routes.append(Route("/metrics", _metrics_endpoint(parts.metrics)))
    app.router.routes.append(Route("/asyncapi.json", _asyncapi_endpoint(name, version, settings, says, hears)))
    return app


def _middleware(parts: Parts, routes: Sequence[BaseRoute]) -> list[Middleware]:
    """Outermost first. All of it is plain ASGI: `BaseHTTPMiddleware` costs a task for each request."""
    settings = parts.settings
    passed = [Middleware(Doorway, metrics=parts.metrics, max_in_flight=settings.max_in_flight)]
    if settings.cors_origins:
        passed.append(
            Middleware(
                CORSMiddleware,
                allow_origins=settings.cors_origins,
                allow_methods=["*"],
                allow_headers=["authorization", "content-type", "if-match", "if-none-match", "idempotency-key"],
                expose_headers=["etag", "location", "retry-after", "x-correlation-id"],
            )
        )
    passed.append(Middleware(Idempotency, database=parts.database, clock=parts.clock, verifier=parts.verifier))
    passed.append(Middleware(BodyLimit, default=settings.max_body_bytes))
    if not settings.otel:  # FastAPI makes the spans on its own way
        passed.append(Middleware(Express, routes=routes))
    return passed


def _own_checks(parts: Parts, supervisor: Supervisor) -> dict[str, Check]:
    async def database() -> str | None:
        await parts.database.ping()
        return None

    async def bus() -> str | None:
        return None if parts.bus.is_connected else "The broker is not connected."

    return {"database": database, "bus": bus, "background": supervisor.check()}


async def _publish_the_rest(relay: Relay, bus: Bus) -> None:
    """What was announced last goes out before the end, if the broker is there; the outbox keeps it anyway."""
    try:
        async with asyncio.timeout(FLUSH_SECONDS):
            while bus.is_connected and await relay.depth():
                relay.wake()
                await asyncio.sleep(0.02)
    except (TimeoutError, OSError, SQLAlchemyError) as error:
        log.info("outbox_waits_for_next_start", reason=type(error).__name__)


async def _migrate(database: Database, package: str) -> None:
    """A database that is only just starting is waited for, up to a minute."""
    for pause in (0.2, 0.5, 1, 2, 4, 8, 15, 30):
        try:
            await database.migrate(package)
        except OSError as error:
            log.warning("database_not_there_yet", error=type(error).__name__)
            await asyncio.sleep(pause)
        else:
            return
    await database.migrate(package)


def _metrics_endpoint(metrics: Metrics) -> Callable[[Request], Any]:
    async def exposition(_: Request) -> Response:
        return Response(metrics.exposition(), headers={"content-type": prometheus.CONTENT_TYPE})

    return exposition


def _asyncapi_endpoint(
    name: str,
    version: str,
    settings: ServiceSettings,
    says: Sequence[type[Event]],
    hears: Sequence[type[Event]],
) -> Callable[[Request], Any]:
    made: list[bytes] = []

    async def asyncapi(_: Request) -> Response:
        if not made:
            document = asyncapi_document(
                title=name, version=version, broker_url=settings.nats_url, says=says, hears=hears
            )
            made.append(orjson.dumps(document))
        return Response(made[0], media_type="application/json")

    return asyncapi
