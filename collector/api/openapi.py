"""`GET /openapi.json`: the description of every operation, made from the operations themselves (OpenAPI 3.1)."""

from collections.abc import Sequence
from importlib.metadata import version
from typing import Any, Final

import msgspec
from starlette.responses import Response

from collector.operation import Call, Operation
from wire import headers

COMMON: Final = (
    (400, "malformed"),
    (400, "too_deep"),
    (400, "bad_compression"),
    (408, "too_slow"),
    (413, "too_large"),
    (415, "unsupported_media"),
    (415, "unsupported_encoding"),
    (422, "invalid"),
)
"""Problems of every operation that takes a body."""
KEYED: Final = ((401, "missing_key"), (401, "unknown_key"), (403, "wrong_role"))
ANY: Final = ((429, "rate_limited"), (503, "overloaded"), (503, "store_unavailable"))
_PROBLEM: Final = {
    "type": "object",
    "description": "A problem document (RFC 9457) with a stable code.",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
    },
}


def operation(described: Sequence[Operation]) -> Operation:
    """Return the operation that serves the description of the others, and of itself."""

    async def handler(_call: Call) -> Response:
        return Response(encoded, media_type=headers.JSON)

    own = Operation("GET", "/openapi.json", "This description", handler)
    encoded = msgspec.json.encode(document((*described, own)))
    return own


def document(operations: Sequence[Operation]) -> dict[str, Any]:
    """Return the OpenAPI document."""
    types = list(dict.fromkeys(kind for each in operations for kind in (each.body, each.reply) if kind is not None))
    schemas, components = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    named = dict(zip(types, schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for each in operations:
        paths.setdefault(each.path, {})[each.method.lower()] = _described(each, named)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Countersign", "version": version("countersign"), "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}},
        "paths": paths,
        "components": {
            "schemas": {**components, "Problem": _PROBLEM},
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "An API key."}},
        },
    }


def _described(each: Operation, named: dict[type, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {"summary": each.summary, "operationId": each.handler.__name__, "responses": _responses(each, named)}
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in (part[1:-1].partition(":")[0] for part in each.path.split("/") if part.startswith("{"))
    ]
    parameters += [{"name": query.name, "in": "query", "description": query.about, "schema": query.schema} for query in each.query]
    if each.raw:
        parameters += [
            {"name": name, "in": "header", "required": True, "schema": {"type": "string"}} for name in (headers.SESSION, headers.SIGNATURE)
        ]
    if parameters:
        described["parameters"] = parameters
    if each.roles:
        described["security"] = [{"key": []}]
        described["description"] = f"For keys of role {', '.join(sorted(each.roles))} or admin."
    if each.body is not None:
        described["requestBody"] = {
            "required": True,
            "content": {media: {"schema": named[each.body]} for media in (headers.JSON, headers.MSGPACK)},
        }
    return described


def _responses(each: Operation, named: dict[type, Any]) -> dict[str, Any]:
    if each.reply is not None:
        content = {media: {"schema": named[each.reply]} for media in (headers.JSON, headers.MSGPACK)}
        responses: dict[str, Any] = {str(each.status): {"description": "Done.", "content": content}}
    else:
        responses = {str(each.status): {"description": "Done.", "content": {each.media_type: {}}}}
    problems = (
        *each.problems,
        *(COMMON if each.body else ()),
        *(((422, "invalid"),) if any(query.maximum for query in each.query) else ()),
        *(KEYED if each.roles else ()),
        *(ANY if each.limited else ()),
    )
    codes: dict[int, list[str]] = {}
    for status, code in problems:
        codes.setdefault(status, []).append(code)
    for status, found in sorted(codes.items()):
        content = {headers.PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}
        responses[str(status)] = {"description": ", ".join(sorted(set(found))), "content": content}
    return responses
