"""What travels between client and collector, as frozen dataclasses.

The SDK packs these as msgpack maps with the field names as keys (leaving out what equals its default); the collector decodes
and validates the same bytes into the same types. SPEC.md says it for other languages. Times are integer microseconds: `mono`
counts on the client's monotonic clock, `wall` since the Unix epoch. `None` means "not known here"; why is in `missing`.
"""

from dataclasses import dataclass, field

Scalar = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class ClockPair:
    """One reading of both client clocks, taken together."""

    mono_us: int
    wall_us: int


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    """What the device source could read. Strings are as the platform gives them, cut to `limits.MAX_TEXT`."""

    os: str | None = None
    os_version: str | None = None
    arch: str | None = None
    cpu: str | None = None
    hypervisor: bool | None = None
    """The CPU says that it runs under a hypervisor (CPUID leaf 1, ECX bit 31, or the platform's equivalent)."""
    hypervisor_vendor: str | None = None
    container: str | None = None
    """Kind of container around the process; "" where there is none."""
    cores: int | None = None
    memory_mb: int | None = None
    vendor: str | None = None
    product: str | None = None
    board: str | None = None
    bios: str | None = None
    mac_prefixes: tuple[str, ...] = ()
    """First three octets of each physical-looking network card, `aa:bb:cc`."""
    gpu: str | None = None
    """Renderer string, where the game can tell."""
    display_driver: str | None = None
    """Window system or video driver, such as x11, wayland, windows, cocoa, dummy, offscreen."""
    display_width: int | None = None
    display_height: int | None = None
    refresh_hz: float | None = None
    locale: str | None = None
    timezone: str | None = None
    """IANA name."""
    utc_offset_min: int | None = None
    frozen: bool | None = None
    python: str | None = None
    user_agent: str | None = None
    missing: dict[str, str] = field(default_factory=dict)
    """Field name to reason, for what could not be read: denied, absent, unsupported, failed."""


@dataclass(frozen=True, slots=True)
class IntegrityFacts:
    """What the integrity source could read about its own process."""

    traced: bool | None = None
    """A tracer or native debugger is attached to the process."""
    debugger: str | None = None
    """Name of a Python debugger that is active."""
    trace_hooks: tuple[str, ...] = ()
    """Trace, profile or monitoring hooks that are set, by name."""
    clocks_patched: tuple[str, ...] = ()
    """Clock functions that are no longer the interpreter's own."""
    preloaded: tuple[str, ...] = ()
    """Base names of libraries that the dynamic loader was told to preload, or that are known injectors."""
    import_hooks: tuple[str, ...] = ()
    """Type names of unknown finders on the import path."""
    code_digest: bytes | None = None
    """SHA-256 over the SDK's own code as loaded."""
    missing: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DeviceProof:
    """A device that is known already: its id, its ever-growing counter, and `sign(secret, DEVICE, device_message(...))`."""

    id: str
    counter: int
    mac: bytes


@dataclass(frozen=True, slots=True)
class Hello:
    """Body of `POST /v1/sessions`."""

    v: int
    game: str
    build: str
    sdk: str
    nonce: bytes
    """16 random bytes."""
    clock: ClockPair
    facts: DeviceFacts = field(default_factory=DeviceFacts)
    integrity: IntegrityFacts = field(default_factory=IntegrityFacts)
    device: DeviceProof | None = None


@dataclass(frozen=True, slots=True)
class IssuedDevice:
    """A new device's identity: the client keeps it and proves it in every later hello."""

    id: str
    secret: bytes


@dataclass(frozen=True, slots=True)
class Probe:
    """A question about an asset: SHA-256 of `salt` followed by `length` bytes of the file from `offset`."""

    id: str
    path: str
    offset: int
    length: int
    salt: bytes


@dataclass(frozen=True, slots=True)
class Welcome:
    """Answer to a hello."""

    v: int
    session: str
    token: str
    key: bytes
    """32 bytes; signs this session's batches and nothing else."""
    server_us: int
    interval_ms: int
    max_events: int
    device: IssuedDevice | None = None
    probes: tuple[Probe, ...] = ()


@dataclass(frozen=True, slots=True)
class Columns:
    """Input events as little-endian columns of equal count n, in time order.

    dt: uint32, µs since the event before (the first: since the batch's `t0_us`); kind and code: uint8;
    dx, dy: int16, pixels since the position of the event before in this batch (the first: from 0, 0). Key events repeat the position.
    """

    dt: bytes = b""
    kind: bytes = b""
    code: bytes = b""
    dx: bytes = b""
    dy: bytes = b""


@dataclass(frozen=True, slots=True)
class Action:
    """Something that happened in the game: bet, win, round_start, feature_enter, line_update, ..."""

    t_us: int
    """Monotonic µs, absolute."""
    name: str
    amount: float | None = None
    round: str | None = None
    extra: dict[str, Scalar] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AssetDigest:
    """SHA-256 and size of one file below the assets folder; `path` is relative with forward slashes."""

    path: str
    size: int
    sha256: bytes


@dataclass(frozen=True, slots=True)
class AssetReport:
    """Some of the manifest as the client sees it; `done` with the last of them."""

    files: tuple[AssetDigest, ...] = ()
    done: bool = False
    error: str | None = None


@dataclass(frozen=True, slots=True)
class ProbeAnswer:
    """The digest a probe asked for, or why there is none: missing, short, denied, failed."""

    id: str
    digest: bytes | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """Body of `POST /v1/batches`: numbered from 1, chained by `prev`, signed as sent."""

    v: int
    session: str
    seq: int
    prev: bytes
    clock: ClockPair
    t0_us: int
    """Monotonic µs from which `input.dt` and `frames` count."""
    input: Columns = field(default_factory=Columns)
    frames: bytes = b""
    """uint32 little-endian, µs since the frame before (the first: since `t0_us`)."""
    actions: tuple[Action, ...] = ()
    facts: DeviceFacts | None = None
    """Only when they changed since the hello."""
    integrity: IntegrityFacts | None = None
    assets: AssetReport | None = None
    probes: tuple[ProbeAnswer, ...] = ()
    lost: dict[str, int] = field(default_factory=dict)
    """Events lost since the batch before, by reason: overflow, offline, error, ..."""


@dataclass(frozen=True, slots=True)
class Ack:
    """Answer to a batch. It leaves after the commit: acknowledged is durable."""

    seq: int
    server_us: int
    interval_ms: int
    duplicate: bool = False
    token: str | None = None
    """A fresh login token, when the last one is about to expire."""
    challenge: str | None = None
    """Id of a challenge that waits for this session's player."""
    probes: tuple[Probe, ...] = ()
