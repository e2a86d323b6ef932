"""A file over HTTP: resumed where it was cut, checked before anybody sees it.

Resuming follows RFC 9110 section 14 (Range) and 13.1.5 (If-Range): what was fetched counts only while the server's validator is the same.
"""

import hashlib
import json
import time
from collections.abc import Callable
from pathlib import Path

import httpx

Progress = Callable[[str, int, int | None], None]
"""Told the name of what is fetched, the bytes so far, and the bytes in all where the server says."""

_TRIES = 6
_PATIENCE = httpx.Timeout(30.0, connect=10.0)


class FetchError(Exception):
    """It can't be fetched. `code` is stable.

    fetch_not_found, fetch_refused (credentials), fetch_unreachable, fetch_interrupted, fetch_checksum, fetch_broken, fetch_tool (npm),
    fetch_credentials (none given), fetch_source.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


class _Cut(Exception):
    """The transfer ended too early; another try goes on from there."""


def client(*, auth: tuple[str, str] | None = None) -> httpx.Client:
    """Return a client for `download`. Credentials go to the host that was asked, and not to one that it redirects to."""
    return httpx.Client(auth=auth, timeout=_PATIENCE, follow_redirects=True, headers={"accept-encoding": "identity"})


def download(
    http: httpx.Client,
    url: str,
    to: Path,
    *,
    sha256: str | None = None,
    progress: Progress | None = None,
    pause: Callable[[float], None] = time.sleep,
) -> None:
    """Fetch `url` into `to`. What is cut is kept in `NAME.part`, and a later call goes on from there.

    Raises `FetchError`; with a wrong checksum nothing is kept.
    """
    part, note = to.with_name(to.name + ".part"), to.with_name(to.name + ".part.json")
    for turn in range(1, _TRIES + 1):
        try:
            _transfer(http, url, part, note, to.name, progress)
            break
        except (_Cut, httpx.TransportError) as error:
            if turn == _TRIES:
                code = "fetch_interrupted" if part.exists() and part.stat().st_size else "fetch_unreachable"
                raise FetchError(code, f"{_bare(url)}: {error or type(error).__name__}; run it again to go on from there") from None
            pause(min(0.5 * 2**turn, 8.0))
    note.unlink(missing_ok=True)
    if sha256 is not None and (found := digest(part, "sha256").hex()) != sha256.lower():
        part.unlink()
        raise FetchError("fetch_checksum", f"{_bare(url)}: its SHA-256 is {found}, and should be {sha256}; nothing was installed")
    part.replace(to)


def text(http: httpx.Client, url: str) -> str:
    """Return a small text, such as a checksum; raises `FetchError`."""
    try:
        reply = http.get(url)
    except httpx.TransportError as error:
        raise FetchError("fetch_unreachable", f"{_bare(url)}: {error or type(error).__name__}") from None
    _complain(reply, url)
    return reply.text


def digest(path: Path, algorithm: str) -> bytes:
    """Return the digest of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).digest()


def _transfer(http: httpx.Client, url: str, part: Path, note: Path, name: str, progress: Progress | None) -> None:
    have, validator = _kept(part, note, url)
    headers = {"range": f"bytes={have}-", "if-range": validator} if have and validator else {}
    with http.stream("GET", url, headers=headers) as reply:
        if reply.status_code >= 500 or reply.status_code == 429:
            raise _Cut(f"the server answers {reply.status_code}")
        if reply.status_code == 416:
            # what is kept is longer than what there is
            part.unlink(missing_ok=True)
            raise _Cut("what was kept of it does not fit")
        _complain(reply, url)
        resumed = reply.status_code == 206
        have = have if resumed else 0
        length = reply.headers.get("content-length", "")
        total = have + int(length) if length.isdecimal() else None
        note.write_text(json.dumps({"url": _bare(url), "validator": _validator(reply)}), encoding="utf-8")
        with part.open("ab" if resumed else "wb") as file:
            try:
                # without a chunk size: with one, what came of the last chunk before a cut would be lost
                for chunk in reply.iter_raw():
                    file.write(chunk)
                    have += len(chunk)
                    if progress is not None:
                        progress(name, have, total)
            finally:
                file.flush()
    if total is not None and have != total:
        raise _Cut(f"{have} of {total} bytes came")


def _kept(part: Path, note: Path, url: str) -> tuple[int, str | None]:
    try:
        kept = json.loads(note.read_text(encoding="utf-8"))
        return (part.stat().st_size, kept["validator"]) if kept["url"] == _bare(url) else (0, None)
    except (OSError, ValueError, KeyError, TypeError):
        return 0, None


def _validator(reply: httpx.Response) -> str | None:
    tag: str | None = reply.headers.get("etag")
    return tag if tag is not None and not tag.startswith("W/") else reply.headers.get("last-modified")


def _complain(reply: httpx.Response, url: str) -> None:
    status = reply.status_code
    if status in (401, 403):
        raise FetchError("fetch_refused", f"{_bare(url)}: the server refuses the credentials ({status})")
    if status in (404, 410):
        raise FetchError("fetch_not_found", f"{_bare(url)}: there is no such file ({status})")
    if status not in (200, 206):
        raise FetchError("fetch_unreachable", f"{_bare(url)}: the server answers {status}")


def _bare(url: str) -> str:
    """Without what may be secret: credentials and query."""
    parsed = httpx.URL(url)
    return str(parsed.copy_with(username=None, password=None, query=None, fragment=None))
