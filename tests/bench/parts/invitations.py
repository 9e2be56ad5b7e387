"""First REQUESTs and nothing else: from the push to the task."""

from __future__ import annotations

from tests.bench.mails import invitations_only
from tests.bench.office import open_office
from tests.bench.parts.mixed_mail import push_and_tell
from tests.bench.report import Report
from tests.bench.stand import Stand


async def measure_invitations(stand: Stand) -> Report:
    """Mails/s and CPU per mail where every mail is an invitation; one task for each UID."""
    mails = invitations_only(stand.mails // 2, seed=3, label="inv")
    report = Report(f"invitations, {stand.database}: {len(mails)} REQUESTs")
    async with stand.places() as places, stand.running(places) as running:
        office = await open_office(running, with_cases=False)
        await push_and_tell(office, mails, report)
    return report
