"""The bus described for consumers: AsyncAPI 3.0 (https://www.asyncapi.com/docs/reference/specification/v3.0.0), out of the event types."""

from typing import Any

import msgspec

from collector import events
from collector.bus.outbox import SEQUENCE_DIGITS


def document(version: str) -> dict[str, Any]:
    """Return the document."""
    data, schemas = msgspec.json.schema_components(events.ALL, ref_template="#/components/schemas/{name}")
    schemas["Envelope"] = _envelope()
    messages = {}
    for kind, reference in zip(events.ALL, data, strict=True):
        payload = {"allOf": [{"$ref": "#/components/schemas/Envelope"}, {"properties": {"type": {"const": kind.type}, "data": reference}}]}
        messages[kind.type] = {
            "name": kind.type,
            "title": kind.__name__,
            "summary": (kind.__doc__ or "").splitlines()[0],
            "contentType": events.MEDIA_TYPE,
            "payload": payload,
        }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Countersign risk bus",
            "version": version,
            "description": "CloudEvents 1.0 in structured JSON, at least once and in order per partitionkey: drop repeats by id. "
            "A line each in a file, or a record each on a Kafka topic, keyed by partitionkey.",
        },
        "defaultContentType": events.MEDIA_TYPE,
        "channels": {"risk": {"messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages}}},
        "operations": {"publish": {"action": "send", "channel": {"$ref": "#/channels/risk"}}},
        "components": {"messages": messages, "schemas": schemas},
    }


def _envelope() -> dict[str, Any]:
    text = {"type": "string", "minLength": 1}
    properties = {
        "specversion": {"const": "1.0"},
        "id": {**text, "description": "Unique, and the same in every repeat."},
        "source": {"const": events.SOURCE},
        "type": text,
        "subject": {**text, "description": "The device; without one the subject's pseudonym, or the id of what it is about."},
        "time": {**text, "format": "date-time"},
        "datacontenttype": {"const": "application/json"},
        "partitionkey": text,
        "sequence": {
            "type": "string",
            "pattern": f"^[0-9]{{{SEQUENCE_DIGITS}}}$",
            "description": "Grows per device; has gaps.",
        },
        "data": {"type": "object"},
    }
    return {"type": "object", "title": "CloudEvent", "properties": properties, "required": list(properties)}
