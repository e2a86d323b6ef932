"""Texts as the contract takes them."""

from wire.limits import MAX_TEXT


def clean_text(text: object) -> str:
    """Return `str(text)` within `MAX_TEXT` characters, without NUL and without lone surrogates."""
    return str(text)[:MAX_TEXT].replace("\0", "").encode(errors="replace").decode()
