"""What an operator watches about mail: how much comes in, what is set aside, which mailboxes are silent (ecosystem 0.2)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from prometheus_client import Counter, Gauge, Histogram

from kit.metrics import Metrics
from mail_ingest.verdicts import Verdict

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class Measures:
    def __init__(self, metrics: Metrics) -> None:
        registry = metrics.registry
        self._mails = Counter("goniec_mails", "Mails that got their verdict.", ["role", "outcome"], registry=registry)
        self._seconds = Histogram(
            "goniec_mail_intake_seconds", "From arrival to verdict.", buckets=_SECONDS, registry=registry
        )
        self.waiting = Gauge(
            "goniec_mails_waiting", "Stored mails without a verdict, left by a crash.", registry=registry
        )
        self.quarantined = Gauge("goniec_mails_quarantined", "Mails in quarantine.", registry=registry)
        labels = ["mail_account"]
        self._up = Gauge("goniec_mailbox_up", "1 when the mailbox is being read.", labels, registry=registry)
        self._success = Gauge(
            "goniec_mailbox_last_success_timestamp_seconds",
            "When it was last read to its end.",
            labels,
            registry=registry,
        )
        self._unfetched = Gauge(
            "goniec_mailbox_unfetched_mails", "Mails that could not be fetched yet.", labels, registry=registry
        )

    def read(self, verdicts: Sequence[Verdict]) -> None:
        for verdict in verdicts:
            self._mails.labels(verdict.mail.role, "quarantined" if verdict.reason else "parsed").inc()

    def took(self, seconds: float) -> None:
        """One mail was taken in, from its arrival to its verdict."""
        self._seconds.observe(seconds)

    def mailbox(self, account_id: UUID, *, up: bool, last_success_at: datetime | None) -> None:
        self._up.labels(str(account_id)).set(1 if up else 0)
        if last_success_at is not None:
            self._success.labels(str(account_id)).set(last_success_at.timestamp())

    def unfetched(self, account_id: UUID, count: int) -> None:
        self._unfetched.labels(str(account_id)).set(count)

    def mailbox_is_gone(self, account_id: UUID) -> None:
        for gauge in (self._up, self._success, self._unfetched):
            gauge.remove_by_labels({"mail_account": str(account_id)})
