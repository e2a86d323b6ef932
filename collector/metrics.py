"""What /metrics tells about requests; outcomes.py counts their fates."""

from functools import cache

from prometheus_client import CollectorRegistry, Counter, Histogram

from collector.operation import Operation

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class Metrics:
    """Requests by operation and status, their times, and detectors that failed."""

    def __init__(self, registry: CollectorRegistry) -> None:
        requests = Counter("countersign_requests", "Requests.", ["method", "path", "status"], registry=registry)
        seconds = Histogram("countersign_request_seconds", "Time to the answer.", ["method", "path"], buckets=_BUCKETS, registry=registry)
        # looked up anew for every request, labels cost more than counting
        self._requests, self._seconds = cache(requests.labels), cache(seconds.labels)
        self._failures = Counter("countersign_detector_failures", "Detectors that raised.", ["detector", "error"], registry=registry)

    def request(self, operation: Operation, status: int, seconds: float) -> None:
        """Count one request."""
        self._requests(operation.method, operation.path, status).inc()
        self._seconds(operation.method, operation.path).observe(seconds)

    def detector_failed(self, detector: str, error: Exception) -> None:
        """Count a detector that raised; the others still spoke."""
        self._failures.labels(detector, type(error).__name__).inc()
