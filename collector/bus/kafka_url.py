"""`kafka://[user:password@]host:port[,host:port...]/topic[?option=value...]`, read into what aiokafka wants."""

import ssl
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import parse_qsl, unquote, urlsplit

SECURITY = ("plaintext", "ssl", "sasl_plaintext", "sasl_ssl")
MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")


@dataclass(frozen=True, slots=True)
class KafkaUrl:
    """Where and how to connect. The password is not shown by `repr`, nor by anything that says `hosts`."""

    hosts: str
    topic: str
    user: str | None = None
    password: "Hidden | None" = None
    security: str = "plaintext"
    mechanism: str = "PLAIN"
    cafile: str | None = None
    compression: Literal["gzip"] | None = None
    idempotence: bool = True
    """Off for brokers that hand out no producer ids."""
    max_event_bytes: int = 1_000_000
    """Below a broker's default `message.max.bytes` of 1,048,588."""
    timeout_ms: int = 10_000
    """Of one request, and of connecting."""

    def connection(self) -> dict[str, Any]:
        """Return the arguments that producers and consumers of aiokafka share."""
        secure = self.security.endswith("ssl")
        return {
            "bootstrap_servers": self.hosts.split(","),
            "client_id": "countersign",
            "request_timeout_ms": self.timeout_ms,
            "security_protocol": self.security.upper(),
            "ssl_context": ssl.create_default_context(cafile=self.cafile) if secure else None,
            "sasl_mechanism": self.mechanism,
            "sasl_plain_username": self.user,
            "sasl_plain_password": self.password.value if self.password else None,
        }


@dataclass(frozen=True, slots=True, repr=False)
class Hidden:
    """A secret that shows itself to nobody by accident."""

    value: str

    def __repr__(self) -> str:
        return "***"


_OPTIONS = ("security", "mechanism", "cafile", "compression", "idempotence", "max_event_bytes", "timeout_ms")
_NUMBERS = ("max_event_bytes", "timeout_ms")


def parse(url: str) -> KafkaUrl:
    """Return the parts of a Kafka URL. Raises ValueError with what is wrong and the remedy; the message never holds the password."""
    parts = urlsplit(url)
    login, _, hosts = parts.netloc.rpartition("@")
    topic = unquote(parts.path.strip("/"))
    if not hosts or not topic or "/" in topic:
        raise ValueError("a Kafka bus needs hosts and one topic: kafka://host:9092[,host:9092]/topic")
    options: dict[str, Any] = {}
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        if name not in _OPTIONS:
            raise ValueError(f"{name} is no option of a Kafka bus; there are {', '.join(_OPTIONS)}")
        options[name] = _number(name, value) if name in _NUMBERS else value
    user, _, password = login.partition(":")
    options.setdefault("security", "sasl_ssl" if user else "plaintext")
    _one_of("security", options["security"], SECURITY)
    _one_of("mechanism", options.get("mechanism", "PLAIN"), MECHANISMS)
    _one_of("compression", options.get("compression", "gzip"), ("gzip",))
    if options["security"].startswith("sasl") and not (user and password):
        raise ValueError("security=sasl_... needs a login: kafka://user:password@host:9092/topic")
    options["idempotence"] = _one_of("idempotence", options.get("idempotence", "on"), ("on", "off")) == "on"
    return KafkaUrl(hosts, topic, unquote(user) or None, Hidden(unquote(password)) if password else None, **options)


def _number(name: str, value: str) -> int:
    if not value.isdigit() or not int(value):
        raise ValueError(f"{name} has to be a whole number above 0, not {value!r}")
    return int(value)


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise ValueError(f"{name} has to be one of {', '.join(allowed)}, not {value!r}")
    return value
