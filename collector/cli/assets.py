"""`countersign assets`: what the files of a build have to be."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from collector.cli.common import USAGE, fail

if TYPE_CHECKING:
    from collector.builds import Manifest

app = typer.Typer(help="Lock the files of a game's build.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Lock the files of a game's build."""


@app.command()
def lock(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The assets folder as players get it.", exists=True, file_okay=False)],
    game: Annotated[str, typer.Option(help="The game, as its SDK says it.")],
    build: Annotated[str, typer.Option(help="The build, as its SDK says it.")],
    sdk: Annotated[
        list[Path] | None,
        typer.Option(help="A folder with sdk_py and wire as the game ships them; may be given again.", exists=True, file_okay=False),
    ] = None,
    code: Annotated[
        list[str] | None,
        typer.Option(help="A digest of the SDK's code in hex, as a frozen build itself tells it; may be given again.", metavar="HEX"),
    ] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Write the manifest here instead of printing it.")] = None,
    url: Annotated[str | None, typer.Option(help="Register the manifest with the collector at this URL.")] = None,
    key: Annotated[str | None, typer.Option(help="An admin's key for --url; better in COUNTERSIGN_KEY.", envvar="COUNTERSIGN_KEY")] = None,
) -> None:
    """Write the manifest of a build: digest and size of each file, and probes with their answers worked out beforehand.

    Keep it to yourself: a player who knows the probes' answers need not have the files. A build may have several valid manifests.

    With --sdk or --code a client whose SDK is other code than one of these is found altered: name every form in which the build is shipped.
    Without them nothing is said of the SDK's code. What a build tells is `sdk_py.sources.integrity.code_digest().hex()`.
    """
    from msgspec import json

    from collector.api.builds import check
    from collector.manifest import lock as build_manifest
    from collector.problems import Problem
    from sdk_py.sources.integrity import source_digest

    try:
        digests = (*(source_digest(root) for root in sdk or ()), *(bytes.fromhex(text) for text in code or ()))
        manifest = build_manifest(folder, code=digests)
        check(manifest)
    except (ValueError, OSError) as error:
        fail(str(error), USAGE)
    except Problem as problem:
        fail(f"{folder} makes no manifest that a collector takes: {problem.detail} (at {problem.extra.get('path', '$')})", USAGE)
    if output is not None:
        _write(output, json.encode(manifest))
    if url is not None:
        _register(url, key, game, build, manifest)
    if output is None and url is None:
        typer.echo(json.encode(manifest).decode())
    typer.echo(f"{game} {build}: {len(manifest.files)} files, {len(manifest.probes)} probes, {len(manifest.code)} SDKs", err=True)


def _write(path: Path, content: bytes) -> None:
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
    except OSError as error:
        fail(f"can't write {path}: {error.strerror}")


def _register(url: str, key: str | None, game: str, build: str, manifest: "Manifest") -> None:
    from urllib.parse import quote

    import httpx
    from msgspec import json

    if not key:
        fail("--url needs --key (or COUNTERSIGN_KEY): make one with `countersign keys create admin`", USAGE)
    where = f"{url.rstrip('/')}/v1/builds/{quote(game, safe='')}/{quote(build, safe='')}"
    try:
        reply = httpx.put(
            where,
            content=json.encode(manifest),
            headers={"authorization": f"Bearer {key}", "content-type": "application/json"},
            timeout=30.0,
        )
    except httpx.HTTPError as error:
        fail(f"{url} can't be reached: {error}")
    except httpx.InvalidURL as error:
        fail(f"{url} is no URL: {error}", USAGE)
    if reply.is_error:
        told = reply.json() if reply.headers.get("content-type", "").endswith("json") else {}
        fail(f"the collector refused the manifest: {told.get('code', reply.status_code)}: {told.get('detail', reply.reason_phrase)}")
