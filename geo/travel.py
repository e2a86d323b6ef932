"""How far apart two places are, and how fast somebody would have had to move. Distances in km, times in s, speeds in km/h.

Locations of addresses are circles, not points: both radii come off the distance before a speed is made of it, so what is left is the
least that somebody must have travelled. MaxMind's accuracy radius is such a circle ("the IP is likely within it"); files that give none
get one that fits how wrong city look-ups are (Poese et al., "IP geolocation databases: unreliable?", CCR 2011).
"""

import math
from dataclasses import dataclass
from typing import Final

from geo.place import Place

EARTH_KM: Final = 6371.0088
"""Mean radius of the Earth (IUGG; Moritz, "Geodetic Reference System 1980")."""
CITY_KM: Final = 50.0
"""Radius of a place whose file names a city and no accuracy."""
COUNTRY_KM: Final = 500.0
"""Radius of a place whose file names no city and no accuracy: somewhere in a country."""
MIN_SECONDS: Final = 60.0
"""Shorter times count as this: clocks and records are no finer."""


@dataclass(frozen=True, slots=True)
class Fix:
    """Somewhere within `radius_km` of lat, lon (degrees)."""

    lat: float
    lon: float
    radius_km: float


def fix(place: Place | None, extra_km: float = 0.0) -> Fix | None:
    """Return where a place is, its radius widened by `extra_km`, or None where no file says."""
    if place is None or place.lat is None or place.lon is None or not (-90.0 <= place.lat <= 90.0 and -180.0 <= place.lon <= 180.0):
        return None
    radius = place.accuracy_km
    if radius is None or not radius >= 0.0:
        radius = CITY_KM if place.city else COUNTRY_KM
    return Fix(place.lat, place.lon, radius + extra_km)


def distance_km(a: Fix, b: Fix) -> float:
    """Return the great-circle distance between the centres (haversine: Sinnott, "Virtues of the Haversine", 1984)."""
    lat_a, lat_b = math.radians(a.lat), math.radians(b.lat)
    half = math.sin((lat_b - lat_a) / 2.0) ** 2
    half += math.cos(lat_a) * math.cos(lat_b) * math.sin(math.radians(b.lon - a.lon) / 2.0) ** 2
    return 2.0 * EARTH_KM * math.asin(math.sqrt(min(1.0, half)))


def gap_km(a: Fix, b: Fix) -> float:
    """Return the least distance between the two circles, 0 where they touch."""
    return max(0.0, distance_km(a, b) - a.radius_km - b.radius_km)


def speed_kmh(km: float, seconds: float) -> float:
    """Return the speed that takes `km` in `seconds`, whichever way time ran; times below MIN_SECONDS count as MIN_SECONDS."""
    return km * 3600.0 / max(abs(seconds), MIN_SECONDS)
