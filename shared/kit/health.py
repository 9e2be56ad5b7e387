"""`/health/live`: the process runs. `/health/ready`: everything it needs is usable, by name (ecosystem 2.8)."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import orjson
import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kit.problems import problem_response

CHECK_SECONDS = 3.0

Check = Callable[[], Awaitable[str | None]]
"""None when all is well, else one sentence on what is not, without addresses or secrets (anyone may read it)."""

log = structlog.get_logger("kit.health")


async def failing_checks(checks: Mapping[str, Check]) -> dict[str, str]:
    """The checks that fail, with their reason. A check that raises or takes more than 3 seconds fails."""
    reasons = await asyncio.gather(*(_reason(name, check) for name, check in checks.items()))
    return {name: reason for name, reason in zip(checks, reasons, strict=True) if reason is not None}


async def _reason(name: str, check: Check) -> str | None:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            return await check()
    except TimeoutError:
        return "It did not answer in time."
    except Exception as error:  # noqa: BLE001 - whatever a check meets, it has failed
        log.warning("check_failed", check=name, error=type(error).__name__)
        return "It does not answer."


def health_routes(checks: Mapping[str, Check]) -> list[Route]:
    async def live(_: Request) -> Response:
        return _json({"status": "alive"})

    async def ready(_: Request) -> Response:
        failing = await failing_checks(checks)
        states = {name: failing.get(name, "ok") for name in checks}
        if failing:
            detail = " ".join(f"{name}: {reason}" for name, reason in failing.items())
            return problem_response(503, "not_ready", detail, extra={"checks": states}, headers={"retry-after": "1"})
        return _json({"status": "ready", "checks": states})

    return [Route("/health/live", live), Route("/health/ready", ready)]


def _json(content: object) -> Response:
    return Response(orjson.dumps(content), media_type="application/json", headers={"cache-control": "no-store"})
