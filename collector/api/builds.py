"""`PUT /v1/builds/{game}/{build}`: the provider registers a build's manifest. Several may be valid at once, as when stores patch."""

from dataclasses import dataclass
from typing import Final

from collector.builds import Manifest, ManifestFile, ManifestProbe
from collector.operation import Call, Operation
from collector.problems import Problem
from collector.roles import Role

MAX_BODY: Final = 8 * 1024 * 1024
MAX_FILES: Final = 20_000
MAX_PROBES: Final = 4096
MAX_CODE: Final = 64
MAX_PATH: Final = 256
"""Characters: what a client may report."""
MAX_LENGTH: Final = 1 << 20
"""Bytes that a probe may cover."""
SALT: Final = range(8, 65)
DIGEST: Final = 32
MAX_SIZE: Final = 2**53


@dataclass(frozen=True, slots=True)
class Registered:
    """`added` is false if the very same manifest was there already."""

    game: str
    build: str
    files: int
    probes: int
    added: bool


async def register_build(call: Call) -> Registered:
    """Register a manifest."""
    manifest: Manifest = call.body
    check(manifest)
    game, build = call.path["game"], call.path["build"]
    added = await call.service.builds.put(game, build, manifest)
    return Registered(game, build, len(manifest.files), len(manifest.probes), added)


def check(manifest: Manifest) -> None:
    """Raise Problem `invalid`, with the path, for a manifest that no client could be compared with."""
    if not 1 <= len(manifest.files) <= MAX_FILES:
        raise _invalid(f"1 to {MAX_FILES} files", "$.files")
    if len(manifest.probes) > MAX_PROBES:
        raise _invalid(f"at most {MAX_PROBES} probes", "$.probes")
    if len(manifest.code) > MAX_CODE or any(len(digest) != DIGEST for digest in manifest.code):
        raise _invalid(f"at most {MAX_CODE} digests of {DIGEST} bytes", "$.code")
    sizes: dict[str, int] = {}
    for index, file in enumerate(manifest.files):
        _check_file(file, f"$.files[{index}]")
        if file.path in sizes:
            raise _invalid("is there twice", f"$.files[{index}].path")
        sizes[file.path] = file.size
    for index, probe in enumerate(manifest.probes):
        _check_probe(probe, sizes, f"$.probes[{index}]")


def _check_file(file: ManifestFile, path: str) -> None:
    parts = file.path.split("/")
    if len(file.path) > MAX_PATH or "\\" in file.path or any(part in ("", ".", "..") for part in parts):
        raise _invalid(f"a relative path of at most {MAX_PATH} characters, with forward slashes", f"{path}.path")
    if not 0 <= file.size <= MAX_SIZE:
        raise _invalid("is no size", f"{path}.size")
    if len(file.sha256) != DIGEST:
        raise _invalid(f"has {DIGEST} bytes, in base64", f"{path}.sha256")


def _check_probe(probe: ManifestProbe, sizes: dict[str, int], path: str) -> None:
    size = sizes.get(probe.path)
    if size is None:
        raise _invalid("is none of the files", f"{path}.path")
    if not (0 <= probe.offset <= size and 1 <= probe.length <= min(MAX_LENGTH, size - probe.offset)):
        raise _invalid(f"lies within the file and covers 1 to {MAX_LENGTH} bytes", f"{path}.length")
    if len(probe.salt) not in SALT:
        raise _invalid(f"has {SALT.start} to {SALT.stop - 1} bytes, in base64", f"{path}.salt")
    if len(probe.digest) != DIGEST:
        raise _invalid(f"has {DIGEST} bytes, in base64", f"{path}.digest")


def _invalid(detail: str, path: str) -> Problem:
    return Problem(422, "invalid", detail, path=path)


operations: Final = (
    Operation(
        method="PUT",
        path="/v1/builds/{game}/{build}",
        summary="Register the manifest of a build",
        handler=register_build,
        roles=frozenset({Role.ADMIN}),
        body=Manifest,
        reply=Registered,
        max_body=MAX_BODY,
    ),
)
