"""What an operator watches of the dispatcher (beside what the kit measures for every service)."""

from prometheus_client import Counter, Gauge, Histogram

from kit.metrics import Metrics

_LATENESS = (0.5, 1, 2, 5, 10, 30, 60, 300, 900, 1800, 3600)


class Measures:
    def __init__(self, metrics: Metrics) -> None:
        registry = metrics.registry
        self._attempts = Counter(
            "goniec_reminder_attempts", "Attempts to send a reminder.", ["channel", "outcome"], registry=registry
        )
        self._ended = Counter(
            "goniec_reminders_ended",
            "Reminders that ended without being sent.",
            ["channel", "status"],
            registry=registry,
        )
        self._lateness = Histogram(
            "goniec_reminder_lateness_seconds",
            "From the planned moment to the moment a reminder was sent.",
            ["channel"],
            buckets=_LATENESS,
            registry=registry,
        )
        self._on_their_way = Gauge(
            "goniec_reminders_on_their_way", "Reminders claimed and not yet settled.", ["channel"], registry=registry
        )
        self._paused = Gauge(
            "goniec_reminder_channel_paused",
            "1 while a channel rests because it refuses us.",
            ["channel"],
            registry=registry,
        )

    def attempted(self, channel: str, outcome: str) -> None:
        self._attempts.labels(channel, outcome).inc()

    def ended(self, channel: str, status: str, reminders: int = 1) -> None:
        self._ended.labels(channel, status).inc(reminders)

    def sent(self, channel: str, *, lateness: float) -> None:
        self._lateness.labels(channel).observe(max(lateness, 0.0))

    def on_their_way(self, channel: str, reminders: int) -> None:
        self._on_their_way.labels(channel).set(reminders)

    def paused(self, channel: str, *, is_paused: bool) -> None:
        self._paused.labels(channel).set(int(is_paused))
