"""The tables every service has beside its own: what it says, what it heard, what it could not handle."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, MetaData, String, Table, Text, Uuid

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


def metadata_with_kit(metadata: MetaData) -> MetaData:
    """The same metadata with the kit's tables in it, so that migrations and tests see one whole schema."""
    for table in kit_metadata.sorted_tables:
        if table.name not in metadata.tables:
            table.to_metadata(metadata)
    return metadata


def service_metadata() -> MetaData:
    """A MetaData of one service's own (several services live in one test process) with the kit's tables in it."""
    return metadata_with_kit(MetaData(naming_convention=NAMING))
