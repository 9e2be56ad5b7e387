"""What an operator watches: one Prometheus registry per app, so that several apps live in one test process."""

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)

_HTTP_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_LAG_SECONDS = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)

CONTENT_TYPE = CONTENT_TYPE_LATEST


class Metrics:
    """The kit's own numbers and the registry for those of the service.

    It observes relay and runner (`kit.observing.Observer`) and is told by the web half what was answered.
    """

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._requests = Counter(
            "goniec_http_requests", "Requests answered.", ["method", "route", "status"], registry=registry
        )
        self._seconds = Histogram(
            "goniec_http_request_seconds", "Time to answer.", ["route"], buckets=_HTTP_SECONDS, registry=registry
        )
        self._published = Counter("goniec_events_published", "Events the broker has taken.", registry=registry)
        self._waiting = Gauge("goniec_outbox_waiting", "Events that wait for the broker.", registry=registry)
        self._consumed = Counter("goniec_events_consumed", "Events heard and acted on.", registry=registry)
        self._failed = Counter("goniec_events_failed", "Events that will be tried again.", registry=registry)
        self._dead = Counter("goniec_events_dead_lettered", "Events set aside.", registry=registry)
        self._lag = Histogram(
            "goniec_event_lag_seconds",
            "From announcement to committed effect.",
            buckets=_LAG_SECONDS,
            registry=registry,
        )
        self.worker_items = Counter(
            "goniec_worker_items", "Items given to worker processes.", ["function", "outcome"], registry=registry
        )
        self.worker_restarts = Counter(
            "goniec_worker_restarts", "Worker processes replaced.", ["reason"], registry=registry
        )
        self.smtp_sends = Counter("goniec_smtp_sends", "Mails handed to a mail server.", ["outcome"], registry=registry)
        self.webhook_posts = Counter("goniec_webhook_posts", "Messages to webhooks.", ["outcome"], registry=registry)
        self._request_children: dict[tuple[str, str, int], Counter] = {}
        self._seconds_children: dict[str, Histogram] = {}

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """One request was answered. `route` is the template (`/v1/cases/{number}`), never the path itself."""
        request = self._request_children.get((method, route, status))
        if request is None:
            request = self._request_children[method, route, status] = self._requests.labels(method, route, status)
        request.inc()
        timer = self._seconds_children.get(route)
        if timer is None:
            timer = self._seconds_children[route] = self._seconds.labels(route)
        timer.observe(seconds)

    def published(self, events: int) -> None:
        self._published.inc(events)

    def outbox_depth(self, events: int) -> None:
        self._waiting.set(events)

    def consumed(self, events: int) -> None:
        self._consumed.inc(events)

    def failed(self, events: int) -> None:
        self._failed.inc(events)

    def dead_lettered(self, events: int) -> None:
        self._dead.inc(events)

    def lag(self, seconds: float) -> None:
        self._lag.observe(seconds)

    def exposition(self) -> bytes:
        """Everything, in the Prometheus text format."""
        return generate_latest(self.registry)
