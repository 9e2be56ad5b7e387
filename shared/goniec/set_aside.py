"""`goniec dead-letters`: events that a service could not digest, over every service at once."""

from __future__ import annotations

import json
from typing import Any

from rich.console import Console

from goniec.api import Api, Refused
from goniec.places import SERVICES

console = Console(highlight=False, soft_wrap=True)


async def list_all(api: Api) -> int:
    """Print each dead letter: whose it is, what it was, and why."""
    count = 0
    for service in SERVICES:
        async for letter in api.items(service, "/v1/dead-letters"):
            count += 1
            console.print(
                f"{letter['id']}  {service}\n"
                f"    {letter['subject']}, {letter['deliveries']} deliveries, since {letter['set_aside_at']}\n"
                f"    {letter['reason']}",
                markup=False,
            )
    if not count:
        console.print("No dead letters: every event was understood.")
    return 0


async def show(api: Api, letter_id: str) -> int:
    """Print one dead letter with its event; 1 when nobody has it."""
    for service in SERVICES:
        letter = await _find(api, service, letter_id)
        if letter is not None:
            console.print_json(json.dumps({"service": service, **letter}))
            return 0
    console.print(f"No service has a dead letter {letter_id}.")
    return 1


async def retry(api: Api, wanted: list[str]) -> int:
    """Try the wanted ones again, or all; 1 when one fails again or a wanted one does not exist."""
    left = set(wanted)
    failed = 0
    for service in SERVICES:
        ids = [str(letter["id"]) async for letter in api.items(service, "/v1/dead-letters")]
        for letter_id in ids:
            if wanted and letter_id not in wanted:
                continue
            left.discard(letter_id)
            try:
                await api.post(service, f"/v1/dead-letters/{letter_id}/retry")
            except Refused as refusal:
                failed += 1
                console.print(
                    f"{service}: {letter_id} fails again: {refusal.problem.get('reason') or refusal}", markup=False
                )
            else:
                console.print(f"{service}: {letter_id} was understood")
    for letter_id in sorted(left):
        console.print(f"No service has a dead letter {letter_id}.")
    return 1 if left or failed else 0


async def _find(api: Api, service: str, letter_id: str) -> dict[str, Any] | None:
    try:
        letter: dict[str, Any] = await api.get(service, f"/v1/dead-letters/{letter_id}")
    except Refused as refusal:
        if refusal.status in {404, 422}:
            return None
        raise
    return letter
