"""Errors as RFC 9457 problem documents with a stable `code`."""

import math
from typing import Any

import msgspec
from starlette.responses import Response

from wire import headers


class Problem(Exception):
    """Raise to answer with a problem document. `detail` says what was wrong and, where there is one, the remedy."""

    def __init__(self, status: int, code: str, detail: str, *, retry_after_s: float | None = None, **extra: Any) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.retry_after_s = retry_after_s
        self.extra = extra

    def response(self) -> Response:
        """Return the document as an HTTP response."""
        body = {
            "type": f"urn:countersign:problem:{self.code}",
            "title": self.code.replace("_", " "),
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
            **self.extra,
        }
        extra = {"cache-control": "no-store"}
        if self.retry_after_s is not None:
            extra["retry-after"] = str(max(1, math.ceil(self.retry_after_s)))
        if self.status == 401:
            extra["www-authenticate"] = "Bearer"
        return Response(msgspec.json.encode(body), self.status, extra, media_type=headers.PROBLEM)
