"""The builds of games that providers registered: the manifests that clients are compared with. Several may be valid at once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

import msgspec
from sqlalchemy import insert, select

from collector.clock import Clock
from collector.store.base import Conflict, Store, Write
from collector.store.tables import builds

CACHE_US: Final = 30_000_000
"""A manifest that another collector took in is known here after this at the latest."""
CACHED: Final = 256


@dataclass(frozen=True, slots=True)
class ManifestFile:
    """One file of a build; `path` is relative with forward slashes."""

    path: str
    size: int
    sha256: bytes


@dataclass(frozen=True, slots=True)
class ManifestProbe:
    """A question worked out beforehand: `digest` is SHA-256 of `salt` followed by `length` bytes of the file from `offset`."""

    path: str
    offset: int
    length: int
    salt: bytes
    digest: bytes


@dataclass(frozen=True, slots=True)
class Manifest:
    """What `countersign assets lock` writes and `PUT /v1/builds/{game}/{build}` takes."""

    files: tuple[ManifestFile, ...]
    probes: tuple[ManifestProbe, ...] = ()
    code: tuple[bytes, ...] = ()
    """Digests of the SDK's own code as shipped with this build (`IntegrityFacts.code_digest`)."""


@dataclass(frozen=True, slots=True)
class Build:
    """All manifests of one build together."""

    registered: bool = False
    """This build has a manifest."""
    game_registered: bool = False
    """Some build of its game has one."""
    paths: tuple[str, ...] = ()
    """Every path of any manifest, in order."""
    position: dict[str, int] = field(default_factory=dict)
    """Place of each path in `paths`."""
    digests: frozenset[tuple[str, bytes]] = frozenset()
    probes: tuple[ManifestProbe, ...] = ()
    """Those about files that are the same in every manifest, so that each has one right answer."""
    code: frozenset[bytes] = frozenset()
    fingerprint: bytes = b""
    """Changes when a manifest is added."""


def merge(manifests: Sequence[Manifest], game_registered: bool) -> Build:
    """Return what the manifests of a build, newest first, say together."""
    if not manifests:
        return Build(game_registered=game_registered)
    paths = tuple(sorted({file.path for manifest in manifests for file in manifest.files}))
    shared = frozenset.intersection(*(frozenset((file.path, file.sha256) for file in manifest.files) for manifest in manifests))
    same = {path for path, _ in shared}
    digests = frozenset((file.path, file.sha256) for manifest in manifests for file in manifest.files)
    return Build(
        registered=True,
        game_registered=True,
        paths=paths,
        position={path: index for index, path in enumerate(paths)},
        digests=digests,
        probes=tuple(probe for probe in manifests[0].probes if probe.path in same),
        code=frozenset(digest for manifest in manifests for digest in manifest.code),
        fingerprint=sha256("\n".join(paths).encode()).digest()[:8],
    )


class Builds:
    """Reads and keeps manifests."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._cache: dict[tuple[str, str], tuple[Build, int]] = {}

    async def get(self, game: str, build: str) -> Build:
        """Return what is registered of a build."""
        cached = self._cache.get((game, build))
        now = self._clock.mono_us()
        if cached is not None and cached[1] > now:
            return cached[0]
        query = select(builds.c.manifest).where(builds.c.game == game, builds.c.build == build).order_by(builds.c.id.desc())
        rows = await self._store.all(query)
        known = bool(rows) or await self._store.one(select(builds.c.id).where(builds.c.game == game).limit(1)) is not None
        found = merge([_manifest.decode(row["manifest"]) for row in rows], known)
        if len(self._cache) >= CACHED:
            self._cache.clear()
        self._cache[game, build] = found, now + CACHE_US
        return found

    async def put(self, game: str, build: str, manifest: Manifest) -> bool:
        """Add a manifest to a build; return False if it was there already."""
        raw = msgspec.msgpack.encode(manifest)
        row = {"game": game, "build": build, "digest": sha256(raw).digest(), "manifest": raw, "created_us": self._clock.wall_us()}
        try:
            await self._store.commit(Write(insert(builds), [row]))
        except Conflict:
            return False
        finally:
            self._cache = {key: value for key, value in self._cache.items() if key[0] != game}
        return True


_manifest: Final = msgspec.msgpack.Decoder(Manifest)
