"""`goniec doctor`: looks at a running installation from outside and says what is wrong in a sentence."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from rich.console import Console
from rich.markup import escape

from goniec.api import Api, Refused, Unreachable
from goniec.places import SERVICES

console = Console(highlight=False, soft_wrap=True)


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `advice` is what to do about it; empty when all is well."""

    what: str
    well: bool
    advice: str = ""


async def examine(api: Api) -> int:
    """Print the findings; 0 when everything is well, 1 otherwise."""
    ill = 0
    async for finding in _findings(api):
        ill += not finding.well
        mark = "[green]✓[/green]" if finding.well else "[red]✗[/red]"
        advice = f"\n    {escape(finding.advice)}" if finding.advice else ""
        console.print(f"{mark} {escape(finding.what)}{advice}")
    console.print("\nAll is well." if not ill else f"\n{ill} thing(s) need attention.")
    return 1 if ill else 0


async def _findings(api: Api) -> AsyncIterator[Finding]:
    down = []
    for service in SERVICES:
        async for finding in _readiness(api, service):
            if not finding.well:
                down.append(service)
            yield finding
    if "tasks-api" in down:
        return
    try:
        await api.token()
    except Refused as refusal:
        yield Finding(
            "sign-in", well=False, advice=f"{refusal} Set GONIEC_ADMIN_PASSWORD or use --user and --password."
        )
        return
    yield Finding("sign-in", well=True)
    for check in (_mail_accounts, _quarantine, _set_aside, _webhooks, _reminders):
        try:
            async for finding in check(api):
                yield finding
        except (Refused, Unreachable) as failure:
            yield Finding(check.__name__.strip("_").replace("_", " "), well=False, advice=str(failure))


async def _readiness(api: Api, service: str) -> AsyncIterator[Finding]:
    try:
        ready, said = await api.health(service)
    except Unreachable as failure:
        yield Finding(service, well=False, advice=f"{failure} Is it started (make run, docker-compose ps)?")
        return
    if ready:
        yield Finding(f"{service} is ready", well=True)
        return
    checks = said.get("checks", {})
    failing = [f"{name}: {answer}" for name, answer in checks.items() if answer != "ok"]
    yield Finding(f"{service} is not ready", well=False, advice="; ".join(failing) or str(said))


async def _mail_accounts(api: Api) -> AsyncIterator[Finding]:
    count = 0
    async for account in api.items("mail-ingest", "/v1/mail-accounts"):
        count += 1
        health = await api.get("mail-ingest", f"/v1/mail-accounts/{account['id']}/health")
        state = health.get("state", "unknown")
        well = state in {"ok", "push_only", "starting"}
        advice = (
            ""
            if well
            else f"{health.get('last_error') or state}; last success: {health.get('last_success_at') or 'never'}."
        )
        yield Finding(f"mail account {account['address']}: {state}", well=well, advice=advice)
    if count == 0:
        yield Finding(
            "mail accounts",
            well=False,
            advice="There is none yet: POST /v1/mail-accounts (README, 'Connect your mailbox').",
        )


async def _quarantine(api: Api) -> AsyncIterator[Finding]:
    waiting = [item async for item in api.items("mail-ingest", "/v1/quarantine")]
    reasons = sorted({str(item["quarantine_reason"]) for item in waiting})
    advice = f"{len(waiting)} mail(s) wait: {', '.join(reasons)}. Look: GET /v1/quarantine; again: POST …/{{id}}/retry."
    yield Finding("quarantine", well=not waiting, advice=advice if waiting else "")


async def _set_aside(api: Api) -> AsyncIterator[Finding]:
    for service in SERVICES:
        letters = [letter async for letter in api.items(service, "/v1/dead-letters")]
        if letters:
            yield Finding(
                f"{service}: {len(letters)} dead letter(s)", well=False, advice="See `goniec dead-letters list`."
            )


async def _webhooks(api: Api) -> AsyncIterator[Finding]:
    for service in SERVICES:
        async for webhook in api.items(service, "/v1/webhooks"):
            reason = webhook["reason"] or (webhook["failing_since"] and f"Failing since {webhook['failing_since']}.")
            if reason:
                path = f"/v1/webhooks/{webhook['id']}"
                advice = f"{reason} Look: GET {path}/deliveries; switch it on again: PATCH {path} with state active."
                yield Finding(f"{service} tells {webhook['url']}: {webhook['state']}", well=False, advice=advice)


async def _reminders(api: Api) -> AsyncIterator[Finding]:
    settings = await api.get("reminder-dispatcher", "/v1/reminder-settings")
    if not settings.get("enabled"):
        yield Finding("reminder automation is off (PUT /v1/reminder-settings turns it on)", well=True)
        return
    readiness = await api.get("reminder-dispatcher", "/v1/reminder-settings/readiness")
    missing = [str(step["detail"]) for step in readiness["steps"] if step["required"] and not step["done"]]
    yield Finding("reminder automation", well=not missing, advice="; ".join(missing))
