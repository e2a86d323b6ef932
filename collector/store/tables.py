"""Tables of the store. Times are integer microseconds since the epoch unless a name says otherwise."""

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    text,
)

metadata = MetaData()
_Serial = BigInteger().with_variant(Integer, "sqlite")

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("role", String(16), nullable=False),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("label", String(128), nullable=False, default=""),
    Column("created_us", BigInteger, nullable=False),
    Column("revoked_us", BigInteger),
)

devices = Table(
    "devices",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("secret_version", Integer, nullable=False),
    Column("counter", BigInteger, nullable=False),
    Column("sessions", Integer, nullable=False, default=0),
    Column("cloned", Integer, nullable=False, default=0),
    Column("forged", Integer, nullable=False, default=0),
    Column("journey", LargeBinary),
    Column("created_us", BigInteger, nullable=False),
    Column("seen_us", BigInteger, nullable=False, index=True),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("device", String(32), nullable=False, index=True),
    Column("subject", String(64), index=True),
    Column("game", String(256), nullable=False),
    Column("build", String(256), nullable=False),
    Column("key_version", Integer, nullable=False),
    Column("address", String(64)),
    Column("hello", LargeBinary, nullable=False),
    Column("folded", Integer, nullable=False, server_default="0"),
    Column("created_us", BigInteger, nullable=False, index=True),
)
"""`folded` is the number of the batch up to which the input was looked through: its sketches are in the store."""

batches = Table(
    "batches",
    metadata,
    Column("session", String(32), ForeignKey("sessions.id"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("digest", LargeBinary, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("encoding", String(32), nullable=False),
    Column("address", String(64)),
    Column("arrived_us", BigInteger, nullable=False, index=True),
)
"""The journal. Its key is the compare-and-set: two collectors can't both append the same number."""

snapshots = Table(
    "snapshots",
    metadata,
    Column("session", String(32), ForeignKey("sessions.id"), primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("history", LargeBinary, nullable=False),
)

scores = Table(
    "scores",
    metadata,
    Column("id", _Serial, primary_key=True, autoincrement=True),
    Column("session", String(32), nullable=False),
    Column("device", String(32), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("risk", Float, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("at_us", BigInteger, nullable=False, index=True),
    Index("scores_of_device", "device", "at_us"),
)

subjects = Table(
    "subjects",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("journey", LargeBinary, nullable=False),
    Column("second_factor", LargeBinary),
    Column("version", Integer, nullable=False, default=0),
    Column("seen_us", BigInteger, nullable=False, index=True),
)

decisions = Table(
    "decisions",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("session", String(32), index=True),
    Column("device", String(32), index=True),
    Column("subject", String(64), index=True),
    Column("action", String(64), nullable=False),
    Column("verdict", String(16), nullable=False),
    Column("risk", Float),
    Column("policy", String(64), nullable=False),
    Column("model", String(64), nullable=False),
    Column("inputs", LargeBinary, nullable=False),
    Column("answer", LargeBinary, nullable=False),
    Column("request_key", String(64), unique=True),
    Column("at_us", BigInteger, nullable=False, index=True),
)

challenges = Table(
    "challenges",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("decision", String(32), ForeignKey("decisions.id"), nullable=False, index=True),
    Column("session", String(32), index=True),
    Column("subject", String(64), index=True),
    Column("kind", String(32), nullable=False),
    Column("state", LargeBinary, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("created_us", BigInteger, nullable=False),
    Column("expires_us", BigInteger, nullable=False, index=True),
    Column("passed_us", BigInteger),
    Column("failed_us", BigInteger),
    Column("redeemed_us", BigInteger),
)

_pending = text("sent_us IS NULL AND dead_us IS NULL")
outbox = Table(
    "outbox",
    metadata,
    Column("id", _Serial, primary_key=True, autoincrement=True),
    Column("event", String(64), nullable=False, unique=True),
    Column("type", String(64), nullable=False),
    Column("device", String(32), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("created_us", BigInteger, nullable=False),
    Column("sent_us", BigInteger, index=True),
    Column("dead_us", BigInteger),
    # events carry the id as their sequence: a number must never come a second time, not even after retention emptied the table
    sqlite_autoincrement=True,
)
"""Events on their way to the bus. `dead_us` marks one that no bus would take: kept for people to look at, passed by the relay."""
Index("outbox_pending", outbox.c.id, sqlite_where=_pending, postgresql_where=_pending)

labels = Table(
    "labels",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("device", String(32), index=True),
    Column("session", String(32), index=True),
    Column("subject", String(64), index=True),
    Column("decision", String(32), index=True),
    Column("label", String(16), nullable=False),
    Column("source", String(64), nullable=False),
    Column("at_us", BigInteger, nullable=False),
)

builds = Table(
    "builds",
    metadata,
    Column("id", _Serial, primary_key=True, autoincrement=True),
    Column("game", String(256), nullable=False),
    Column("build", String(256), nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("manifest", LargeBinary, nullable=False),
    Column("created_us", BigInteger, nullable=False),
    UniqueConstraint("game", "build", "digest"),
)

rejects = Table(
    "rejects",
    metadata,
    Column("id", _Serial, primary_key=True, autoincrement=True),
    Column("code", String(64), nullable=False),
    Column("session", String(32)),
    Column("detail", String(512), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("at_us", BigInteger, nullable=False, index=True),
)
"""Rejected batches are kept with their reason, up to a bound."""

counts = Table(
    "counts",
    metadata,
    Column("key", String(40), primary_key=True),
    Column("weight", Double, nullable=False),
)
"""How often feature values come among everybody's visits, and labels of networks: forward-decayed, see `signals.drift.journey.weight`."""

presence = Table(
    "presence",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("who", String(80), primary_key=True),
    Column("seen_us", BigInteger, nullable=False, index=True),
)
"""Who came through an address or its neighbourhood, both as keyed pseudonyms, of the last day."""

sketches = Table(
    "sketches",
    metadata,
    Column("id", _Serial, primary_key=True, autoincrement=True),
    Column("session", String(32), nullable=False, index=True),
    Column("channel", Integer, nullable=False),
    Column("signature", BigInteger, nullable=False),
    Column("before", BigInteger),
    Column("stretch", LargeBinary, nullable=False),
    Column("at_us", BigInteger, nullable=False, index=True),
)
"""Stretches of input, to be recognised when they are played again; whose they were is in the session's row."""
