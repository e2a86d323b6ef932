"""What /metrics tells about the databases of addresses: which answer, how old each is, and which are refused and why."""

from collections.abc import Iterator
from dataclasses import dataclass

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from geo.lookup import Lookup


@dataclass(frozen=True, slots=True, eq=False)
class GeoMetrics(Collector):
    """Read off the look-up whenever somebody asks, so that it is never behind."""

    lookup: Lookup

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield when each file in service was built, and a 1 for each that is refused."""
        built = GaugeMetricFamily(
            "countersign_geo_built_timestamp_seconds", "When the database in service was built, Unix time.", labels=["file"]
        )
        for database in self.lookup.databases:
            built.add_metric([database.path.name], database.built)
        refused = GaugeMetricFamily("countersign_geo_refused", "Databases that can't be served as they are now.", labels=["file", "code"])
        for error in self.lookup.refused:
            refused.add_metric([error.path.name, error.code], 1.0)
        yield built
        yield refused
