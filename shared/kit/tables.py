"""The tables every service has beside its own: what it says, what it heard, what it could not handle."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    Uuid,
)

from kit.columns import JsonDocument, UtcDateTime

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

kit_metadata = MetaData(naming_convention=NAMING)

# SQLite numbers rows by itself only under the exact type INTEGER.
_Sequence = BigInteger().with_variant(Integer, "sqlite")

outbox = Table(
    "outbox",
    kit_metadata,
    Column("seq", _Sequence, primary_key=True, autoincrement=True),
    Column("event_id", Uuid, nullable=False, unique=True),
    Column("subject", String(300), nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("announced_at", UtcDateTime, nullable=False),
    Column("waiting", Boolean, nullable=False, comment="to be published, for the first time or again"),
    Column("published_at", UtcDateTime, nullable=True, comment="for the first time"),
    sqlite_autoincrement=True,
    comment="What this service says. A row is published at least once and kept for 7 days after that.",
)
Index("ix_outbox_waiting", outbox.c.seq, sqlite_where=outbox.c.waiting, postgresql_where=outbox.c.waiting)
Index("ix_outbox_published_at", outbox.c.published_at)

inbox = Table(
    "inbox",
    kit_metadata,
    Column("consumer", String(100), primary_key=True),
    Column("event_id", Uuid, primary_key=True),
    Column("heard_at", UtcDateTime, nullable=False),
    sqlite_with_rowid=False,
    comment="What this service has heard and acted on; the guard against hearing anything twice.",
)
Index("ix_inbox_heard_at", inbox.c.heard_at)

handling_attempt = Table(
    "handling_attempt",
    kit_metadata,
    Column("consumer", String(100), primary_key=True),
    Column("event_id", Uuid, primary_key=True),
    Column("begun", Integer, nullable=False, comment="attempts since the last clean end: they took the process down"),
    Column("failures", Integer, nullable=False, comment="attempts that ended with an exception"),
    Column("retries", Integer, nullable=False, comment="attempts that ended with Retry"),
    Column("reason", Text, nullable=False),
    Column("due_at", UtcDateTime, nullable=True, comment="the earliest moment of the next attempt"),
    sqlite_with_rowid=False,
    comment="Events in trouble: handled one by one and counted, until they succeed or are set aside.",
)

dead_letter = Table(
    "dead_letter",
    kit_metadata,
    Column("id", Uuid, primary_key=True),
    Column("consumer", String(100), nullable=False),
    Column("event_id", Uuid, nullable=False),
    Column("subject", String(300), nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("correlation_id", String(200), nullable=False),
    Column("reason", Text, nullable=False),
    Column("deliveries", Integer, nullable=False),
    Column("set_aside_at", UtcDateTime, nullable=False),
    Column("resolved_at", UtcDateTime, nullable=True),
    comment="Events this service could not act on, kept whole so that they can be tried again.",
)
Index("uq_dead_letter_consumer_event_id", dead_letter.c.consumer, dead_letter.c.event_id, unique=True)

relay_state = Table(
    "relay_state",
    kit_metadata,
    Column("stream", String(100), primary_key=True),
    Column("identity", Text, nullable=False, comment="of the stream the published rows went to"),
    Column("last_sequence", BigInteger, nullable=False, comment="the highest one acknowledged by that stream"),
    Column("adopted_at", UtcDateTime, nullable=False),
    comment="Which incarnation of the broker's stream the published rows are in.",
)

hearing_state = Table(
    "hearing_state",
    kit_metadata,
    Column("consumer", String(100), primary_key=True),
    Column("stream", Text, nullable=False, comment="its identity"),
    Column("last_sequence", BigInteger, nullable=False, comment="the highest one that has had its effect"),
    sqlite_with_rowid=False,
    comment="How far this database has heard; a broker that is further on shows that a backup was restored.",
)

idempotency_key = Table(
    "idempotency_key",
    kit_metadata,
    Column("caller", String(200), primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("fingerprint", String(64), nullable=False, comment="SHA-256 of method, path and body"),
    Column("status", Integer, nullable=True, comment="empty while the first request is being answered"),
    Column("headers", JsonDocument, nullable=True),
    Column("body", LargeBinary, nullable=True),
    Column("created_at", UtcDateTime, nullable=False),
    comment="Answers already given to requests that carry an Idempotency-Key.",
)
Index("ix_idempotency_key_created_at", idempotency_key.c.created_at)

webhook = Table(
    "webhook",
    kit_metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("url", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("types", JsonDocument, nullable=False, comment="what it wants to hear: task.*, case.opened, *"),
    Column(
        "sealed", LargeBinary, nullable=False, comment="its secret, and the former one for as long as that is valid"
    ),
    Column("state", String(10), nullable=False, comment="active, paused by a person, or disabled by us"),
    Column("reason", Text, nullable=True, comment="why it is disabled"),
    Column("told_at", UtcDateTime, nullable=False, comment="how far in the log it has been told, with told_seq"),
    Column("told_seq", BigInteger, nullable=False),
    Column("failing_since", UtcDateTime, nullable=True, comment="no delivery has succeeded since then"),
    Column("created_by", String(200), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    comment="URLs of other systems that are told what this service says.",
)

webhook_delivery = Table(
    "webhook_delivery",
    kit_metadata,
    Column("id", Uuid, primary_key=True),
    Column("webhook_id", Uuid, ForeignKey("webhook.id", ondelete="CASCADE"), nullable=False),
    Column("event_id", Uuid, nullable=False),
    Column("type", String(100), nullable=False, comment="task.created.v1"),
    Column("payload", LargeBinary, nullable=False),
    Column("state", String(10), nullable=False, comment="waiting, delivered or failed"),
    Column("attempts", Integer, nullable=False, comment="in a row, since it was told or asked for again"),
    Column("due_at", UtcDateTime, nullable=False, comment="of the next attempt"),
    Column("created_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime, nullable=True),
    comment="One event for one webhook: what waits, and the log of what was delivered.",
)
Index(
    "ix_webhook_delivery_due",
    webhook_delivery.c.due_at,
    sqlite_where=webhook_delivery.c.state == "waiting",
    postgresql_where=webhook_delivery.c.state == "waiting",
)
Index("uq_webhook_delivery_event", webhook_delivery.c.webhook_id, webhook_delivery.c.event_id, unique=True)
Index("ix_webhook_delivery_webhook_id_id", webhook_delivery.c.webhook_id, webhook_delivery.c.id)
Index("ix_webhook_delivery_ended_at", webhook_delivery.c.ended_at)

webhook_attempt = Table(
    "webhook_attempt",
    kit_metadata,
    Column("id", Uuid, primary_key=True),
    Column("delivery_id", Uuid, ForeignKey("webhook_delivery.id", ondelete="CASCADE"), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("took_ms", Integer, nullable=False),
    Column("status", Integer, nullable=True, comment="of the answer; empty when there was none"),
    Column("detail", Text, nullable=False, comment="the beginning of the answer, or what went wrong"),
)
Index("ix_webhook_attempt_delivery_id", webhook_attempt.c.delivery_id)


def metadata_with_kit(metadata: MetaData) -> MetaData:
    """The same metadata with the kit's tables in it, so that migrations and tests see one whole schema."""
    for table in kit_metadata.sorted_tables:
        if table.name not in metadata.tables:
            table.to_metadata(metadata)
    return metadata


def service_metadata() -> MetaData:
    """A MetaData of one service's own (several services live in one test process) with the kit's tables in it."""
    return metadata_with_kit(MetaData(naming_convention=NAMING))
