"""Logins of a synthetic population and of those who stole its passwords, as lines of a backtest. Nobody in it is a person.

Honest people: commuters, frequent flyers, phone-only users behind carrier NAT, users of a privacy relay, shared households, users of a
commercial VPN. Attackers know the password and, in the terms of Wiefling et al. ("What's in Score for Website Users", FC 2021; "Pump
Up Password Security!", ACM TOPS 2022): nothing more (naive: any country, a common browser), the victim's country (country_matching),
or the victim's city, provider, browser and clock as well (targeted). None has the victim's device, none shares its line.

What is taken from publications: home addresses change, in some networks daily (Padmanabhan et al., "Reasons Dynamic Addresses Change",
IMC 2016); phones hop between a carrier's gateways (Xu et al., SIGMETRICS 2011); flights go at about 850 km/h (ICAO, typical cruise of
jets). What is assumed and only plausible: how often people log in, travel, and get a new device (once in ten months each, purchases
and reinstallations together), who uses what, and that two in five attackers sit on lines that no file knows to be proxies.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from zoo.world import CITIES, COUNTRIES, Access, City, Network, World

Line = dict[str, Any]
"""One login: `user`, `t` (s), `ip`, `place`, `user_agent`, `device`, `timezone`, `label` (honest, fraud), `kind` (of person, attacker)."""

HOUR: Final = 3600.0
DAY: Final = 24 * HOUR
START: Final = 1_767_225_600.0
"""2026-01-01, s."""
DEVICE_DAYS: Final = 300.0
LEASE_DAYS: Final = 30.0
KNOWN: Final = 5
"""Logins after which an account is worth stealing."""

KINDS: Final = {"commuter": 0.4, "flyer": 0.08, "mobile": 0.2, "relay": 0.1, "household": 0.16, "vpn": 0.06}
"""Honest people and their shares."""
ATTACKERS: Final = ("naive", "country_matching", "targeted")

_CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0"
_SAFARI = "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6"
DESKTOPS: Final = {
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_CHROME} Safari/537.36": 0.52,
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_CHROME} Safari/537.36 Edg/142.0.0.0": 0.14,
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0": 0.07,
    f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {_CHROME} Safari/537.36": 0.1,
    f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {_SAFARI} Safari/605.1.15": 0.12,
    "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0": 0.05,
}
PHONES: Final = {
    f"Mozilla/5.0 (Linux; Android 15; K) {_CHROME} Mobile Safari/537.36": 0.6,
    f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) {_SAFARI} Mobile/15E148 Safari/604.1": 0.4,
}
"""Browsers and their shares, rounded from what StatCounter Global Stats reports."""


@dataclass(slots=True)
class Device:
    """A machine: replaced (or wiped) now and then, then most often by one of its kind."""

    name: str
    agents: dict[str, float]
    random: Random
    agent: str = ""
    until: float = 0.0
    generation: int = 0

    def at(self, t: float) -> tuple[str, str]:
        """Return id and user agent of the day."""
        while t >= self.until:
            self.generation += 1
            self.until = max(self.until, t if not self.agent else self.until) + self.random.expovariate(1.0 / (DEVICE_DAYS * DAY))
            if not self.agent or self.random.random() < 0.2:
                self.agent = _choice(self.random, self.agents)
        return f"{self.name}.{self.generation}", self.agent


@dataclass(slots=True)
class Connection:
    """A connection at home or at work: an address out of one range or another, until the lease ends."""

    world: World
    network: Network
    city: City
    random: Random
    lease_days: float = LEASE_DAYS
    until: float = 0.0
    now: Access | None = None

    def at(self, t: float) -> Access:
        """Return the address of the moment."""
        if self.now is None or t >= self.until:
            self.until = t + self.random.expovariate(1.0 / (self.lease_days * DAY))
            self.now = self.world.access(self.random, self.network, self.city)
        return self.now


@dataclass(frozen=True, slots=True)
class Trip:
    """Days somewhere else, from landing to take-off; in the air nobody logs in."""

    leave: float
    arrive: float
    depart: float
    back: float
    city: City


@dataclass(slots=True)
class Person:
    """One honest user."""

    user: str
    kind: str
    city: City
    random: Random
    home: Connection
    work: Connection
    carrier: Network
    phone: Device
    computer: Device
    logins_a_day: float
    trips: list[Trip] = field(default_factory=list)
    exit: tuple[Network, City] | None = None
    wakes: float = 7.0
    """Local hour."""


def honest(seed: int, users: int, days: int, world: World) -> list[Person]:
    """Return the people of a population. The same seed gives the same people."""
    random = Random(f"people {seed}")
    people: list[Person] = []
    while len(people) < users:
        kind = _choice(random, KINDS)
        family = random.choice((2, 3, 3, 4, 5)) if kind == "household" else 1
        city = world.city(random)
        home = Connection(
            world,
            world.network(random, city.country, "residential"),
            city,
            Random(random.random()),
            random.choice((1.0, LEASE_DAYS, 120.0)),
        )
        tablet = Device(f"tablet{len(people)}", PHONES, Random(random.random()))
        for _ in range(min(family, users - len(people))):
            people.append(_person(len(people), kind, city, home, world, random, days))
            if family > 1 and random.random() < 0.5:
                people[-1].computer = tablet
    return people


def _person(number: int, kind: str, city: City, home: Connection, world: World, random: Random, days: int) -> Person:
    own = Random(random.random())
    work = Connection(world, world.network(own, city.country, own.choice(("business", "residential"))), city, own, 365.0)
    person = Person(
        user=f"u{number}",
        kind=kind,
        city=city,
        random=own,
        home=home,
        work=work,
        carrier=world.network(own, city.country, "cellular"),
        phone=Device(f"phone{number}", PHONES, Random(own.random())),
        computer=Device(f"computer{number}", DESKTOPS, Random(own.random())),
        logins_a_day=min(6.0, own.lognormvariate(math.log(0.5), 0.7)),
        wakes=own.gauss(7.5, 1.5),
    )
    a_month = {"flyer": 2.0, "mobile": 0.1}.get(kind, 0.15)
    person.trips = list(_trips(own, city, a_month, days))
    if kind == "vpn":
        country = city.country if own.random() < 0.5 else own.choice(list(COUNTRIES))
        person.exit = (world.network(own, country, "vpn"), world.city(own, country))
    return person


def _trips(random: Random, home: City, a_month: float, days: int) -> Iterator[Trip]:
    t = START
    while (t := t + random.expovariate(a_month / (30 * DAY))) < START + days * DAY:
        abroad = random.random() < 0.6
        goal = random.choice([city for city in CITIES if city.name != home.name and (abroad or city.country == home.country)])
        flight = _km(home, goal) / 850.0 * HOUR + 3 * HOUR
        stay = random.uniform(1.0, 6.0) * DAY
        yield Trip(t, t + flight, t + flight + stay, t + 2 * flight + stay, goal)
        t += 2 * flight + stay


def logins(person: Person, days: int, world: World) -> Iterator[Line]:
    """Yield one person's logins in order of time."""
    random = person.random
    for day in range(days):
        for hour in sorted(random.uniform(0.0, 15.5) for _ in range(_poisson(random, person.logins_a_day))):
            # local hours, taken as solar time at home
            t = START + day * DAY + (person.wakes + hour - person.city.lon / 15.0) * HOUR
            trip = next((trip for trip in person.trips if trip.leave <= t < trip.back), None)
            if trip is not None and not trip.arrive <= t < trip.depart:
                continue
            yield _login(person, t, hour, day % 7 < 5, trip, world)


def _login(person: Person, t: float, hour: float, weekday: bool, trip: Trip | None, world: World) -> Line:
    random = person.random
    city = trip.city if trip else person.city
    on_phone = person.kind == "mobile" or random.random() < 0.5
    device, agent = (person.phone if on_phone else person.computer).at(t)
    access = _access(person, t, hour, weekday, trip, on_phone, world)
    # phones follow the place, computers most of the time
    zone = city.timezone if on_phone or random.random() < 0.8 else person.city.timezone
    return _line(person.user, t, access, agent, device, zone, "honest", person.kind)


def _access(person: Person, t: float, hour: float, weekday: bool, trip: Trip | None, on_phone: bool, world: World) -> Access:
    random = person.random
    if person.kind == "relay" and "Mac" in (person.phone if on_phone else person.computer).agent and random.random() < 0.9:
        near = trip.city if trip else person.city
        return world.access(random, random.choice(world.relays), near)
    if person.exit is not None and random.random() < 0.35:
        return world.access(random, *person.exit)
    if on_phone and random.random() < (0.9 if person.kind == "mobile" else 0.35):
        # roaming is home-routed: the carrier's own gateways, wherever the phone is
        return world.access(random, person.carrier, random.choice(world.gateways(person.carrier, person.city.country)))
    if trip is not None:
        hotel = world.network(random, trip.city.country, "residential")
        stay = Random(f"{person.user} {trip.leave}").random()
        return world.access(Random(f"hotel {stay}"), hotel, trip.city)
    if weekday and 1.5 < hour < 10.0 and person.kind in ("commuter", "flyer", "vpn") and random.random() < 0.6:
        return person.work.at(t)
    return person.home.at(t)


def attack(person: Person, t: float, kind: str, random: Random, agent: str, world: World) -> Line:
    """Return the login of somebody who has the password. `agent` is what the victim's browser says of itself."""
    if kind == "targeted":
        access = world.access(random, person.home.network, person.city)
        return _line(person.user, t, access, agent, f"thief{random.random()}", person.city.timezone, "fraud", kind)
    country = person.city.country if kind == "country_matching" else random.choice(list(COUNTRIES))
    city = world.city(random, country)
    source = random.choices(("residential", "hosting", "vpn", "cellular"), (0.35, 0.3, 0.3, 0.05))[0]
    network = world.network(random, country, source)
    own = world.city(random).timezone
    zone = person.city.timezone if kind == "country_matching" and random.random() < 0.7 else own
    common = _choice(random, DESKTOPS if random.random() < 0.7 else PHONES)
    return _line(person.user, t, world.access(random, network, city), common, f"thief{random.random()}", zone, "fraud", kind)


def population(seed: int, users: int = 400, days: int = 120) -> list[Line]:
    """Return all logins in order of time: everybody's own, and one of each kind of attacker for each account of KNOWN logins or more."""
    world = World(seed)
    random = Random(f"thieves {seed}")
    lines: list[Line] = []
    for person in honest(seed, users, days, world):
        own = list(logins(person, days, world))
        lines += own
        if len(own) <= KNOWN:
            continue
        for kind in ATTACKERS:
            before = random.choice(own[KNOWN:])
            t = before["t"] + random.random() * DAY
            lines.append(attack(person, t, kind, random, before["user_agent"], world))
    return sorted(lines, key=lambda line: (line["t"], line["user"], line["kind"]))


def _line(user: str, t: float, access: Access, agent: str, device: str, zone: str, label: str, kind: str) -> Line:
    return {
        "user": user,
        "t": round(t, 3),
        "ip": access.ip,
        "place": access.place,
        "user_agent": agent,
        "device": device,
        "timezone": zone,
        "label": label,
        "kind": kind,
    }


def _choice(random: Random, shares: dict[str, float]) -> str:
    return random.choices(list(shares), list(shares.values()))[0]


def _poisson(random: Random, mean: float) -> int:
    """Return a Poisson draw (Knuth, "The Art of Computer Programming", 3.4.1)."""
    limit, product, count = math.exp(-mean), random.random(), 0
    while product > limit:
        product *= random.random()
        count += 1
    return count


def _km(a: City, b: City) -> float:
    """Return the great-circle distance by the spherical law of cosines."""
    one, two = math.radians(a.lat), math.radians(b.lat)
    cosine = math.sin(one) * math.sin(two) + math.cos(one) * math.cos(two) * math.cos(math.radians(a.lon - b.lon))
    return 6371.0 * math.acos(max(-1.0, min(1.0, cosine)))
