"""`GET /v1/geo/attribution`: whom the licences of the configured databases want named on pages that show what was looked up in them."""

import asyncio
from dataclasses import dataclass
from typing import Final

from collector.operation import Call, Operation
from geo import attribution


@dataclass(frozen=True, slots=True)
class Credit:
    """One database and its attribution: a sentence, the same as HTML with the link that the licence asks for, and the licence."""

    database: str
    text: str
    html: str
    licence: str
    url: str


@dataclass(frozen=True, slots=True)
class Credits:
    """Of each database that asks for it, in order of precedence."""

    databases: tuple[Credit, ...]


async def credits_of(call: Call) -> Credits:
    """Return the attributions of the databases in service."""
    found = await asyncio.to_thread(lambda: [(database.name, attribution.of(database)) for database in call.service.lookup.databases])
    return Credits(tuple(Credit(name, word.text, word.html, word.licence, word.url) for name, word in found if word is not None))


operations: Final = (Operation("GET", "/v1/geo/attribution", "Whom the address databases want named", credits_of, reply=Credits),)
