"""`build(settings)`: routes, lifespan, wiring; nothing else."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final

import msgspec
import structlog
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from collector import depth
from collector.address import Addresses
from collector.api import batches, builds, challenges, decisions, devices, geo, labels, openapi, ops, sessions, subjects, wellknown
from collector.builds import Builds
from collector.bus.open import open_bus
from collector.bus.relay import Relay
from collector.challenge.book import ChallengeBook
from collector.challenge.catalog import kinds
from collector.clock import Clock, SystemClock
from collector.decide import Decider
from collector.endpoint import Endpoint
from collector.geo_metrics import GeoMetrics
from collector.hello import Opening
from collector.keys import Keys
from collector.known import Inquiry
from collector.labels import Labels
from collector.metrics import Metrics
from collector.operation import Operation
from collector.outcomes import Outcomes
from collector.patience import Patience
from collector.pipeline import Pipeline
from collector.places import from_files
from collector.policy.metrics import PolicyMetrics
from collector.policy.rules import load as load_policy
from collector.problems import Problem
from collector.ratelimit import Limiter
from collector.rejects import Rejects
from collector.route import AnyText
from collector.secrets import load
from collector.service import Service
from collector.sessions import Sessions
from collector.settings import Settings
from collector.settling import Settling
from collector.store.engine import SqlStore
from collector.store.retention import Retention
from collector.subjects import Subjects
from collector.tokens import ProofKeys
from geo.lookup import Lookup
from signals.model import load_model
from signals.warm import cold, warm
from wire import headers

OPERATIONS: Final[tuple[Operation, ...]] = (
    # what is called most comes first
    *batches.operations,
    *sessions.operations,
    *decisions.operations,
    *challenges.operations,
    *devices.operations,
    *labels.operations,
    *builds.operations,
    *subjects.operations,
    *wellknown.operations,
    *geo.operations,
    *ops.operations,
)
"""Every operation there is. A new API file is registered here, and nowhere else."""
DRAIN_S: Final = 5.0
_log = structlog.get_logger(__name__)


def build(settings: Settings, clock: Clock | None = None) -> Starlette:
    """Return the application. Its parts come to life with its lifespan and are then at `app.state.service`."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with running(settings, clock or SystemClock()) as service:
            app.state.service = service
            yield

    described = (*OPERATIONS, openapi.operation(OPERATIONS))
    routes = [AnyText(operation.path, Endpoint(operation), methods=[operation.method]) for operation in described]
    return Starlette(routes=routes, lifespan=lifespan, exception_handlers={HTTPException: _no_route})


@asynccontextmanager
async def running(settings: Settings, clock: Clock) -> AsyncIterator[Service]:
    """Open every part, in order; at the end finish what is under way, hand over what waits, and close."""
    async with contextlib.AsyncExitStack() as stack:
        service = await _wire(settings, clock, stack)
        if cold():
            _log.warning("scoring is compiled once after an install: half a minute or more, /readyz answers when it is done")
        await asyncio.to_thread(_warm)
        await service.bus.start()
        await service.relay.start()
        stack.push_async_callback(_stop_relay, service)
        stack.push_async_callback(service.rejects.write)
        for name, seconds, step in _background(service):
            stack.push_async_callback(_cancelled, asyncio.create_task(_every(seconds, step), name=name))
        try:
            yield service
        finally:
            service.draining = True


def _warm() -> None:
    """Compile now what requests run, so that no player waits for it."""
    warm()
    depth.check(msgspec.msgpack.encode(None), headers.MSGPACK)


async def _wire(settings: Settings, clock: Clock, stack: contextlib.AsyncExitStack) -> Service:
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    secrets = load(settings.data, [key.get_secret_value() for key in settings.master_keys])
    registry = CollectorRegistry()
    store = await SqlStore.open(settings.database_url, settings.commit_queue)
    stack.push_async_callback(store.close)
    bus = open_bus(settings.bus, settings)
    stack.push_async_callback(bus.close)
    relay = Relay(store, bus, clock, registry)
    lookup = Lookup(settings.geo, folder=settings.data / "geo", tolerant=True)
    for refused in lookup.refused:
        _log.warning("a geo file is refused, what it knows is unknown until it is mended", code=refused.code, error=str(refused))
    registry.register(GeoMetrics(lookup))
    stack.callback(lookup.close)
    metrics, builds, places, model = (
        Metrics(registry),
        Builds(store, clock),
        from_files(lookup, settings.company_networks),
        load_model(settings.model, settings.timing_model),
    )
    live = Sessions(store, clock, secrets, builds, places, settings.live_sessions, settings.session_hours)
    policy, proofs, people = load_policy(settings.policy), ProofKeys(secrets), Subjects(store, clock, secrets, live)
    book = ChallengeBook(store, clock, kinds(secrets), policy.terms, proofs)
    return Service(
        settings=settings,
        clock=clock,
        secrets=secrets,
        store=store,
        bus=bus,
        relay=relay,
        registry=registry,
        outcomes=Outcomes(registry),
        metrics=metrics,
        keys=Keys(store, clock),
        limiter=Limiter(key=settings.rate_key, session=settings.rate_session, address=settings.rate_address),
        addresses=Addresses(settings.trusted_proxies),
        lookup=lookup,
        places=places,
        builds=builds,
        model=model,
        sessions=live,
        opening=Opening(settings, clock, secrets, store, builds, live, places),
        pipeline=Pipeline(settings, clock, secrets, store, builds, live, model, metrics, relay.wake),
        rejects=Rejects(store, clock, settings.rejects_kept),
        patience=Patience(settings.body_seconds),
        proofs=proofs,
        challenges=book,
        subjects=people,
        labels=Labels(store, clock, secrets),
        decider=Decider(
            settings=settings,
            clock=clock,
            secrets=secrets,
            store=store,
            inquiry=Inquiry(secrets, store, live, places),
            people=people,
            policy=policy,
            model=model,
            challenges=book,
            metrics=metrics,
            counted=PolicyMetrics(registry),
            wake=relay.wake,
        ),
    )


def _background(service: Service) -> Sequence[tuple[str, float, Callable[[], Awaitable[object]]]]:
    """Return what is done again and again: a name, every how many seconds, and the step."""
    return (
        ("rejects", 1.0, service.rejects.write),
        ("patience", service.patience.seconds / 4, service.patience.sweep),
        ("settling", 20.0, Settling(service.store, service.clock, service.sessions).sweep),
        ("retention", 600.0, Retention(service.store, service.clock, service.settings).sweep),
        ("geo", 60.0, lambda: asyncio.to_thread(_refresh, service.lookup)),
    )


def _refresh(lookup: Lookup) -> None:
    for refused in lookup.refresh():
        _log.warning("a geo file is refused, the old one stays", code=refused.code, error=str(refused))


async def _stop_relay(service: Service) -> None:
    waiting = await service.relay.stop(DRAIN_S)
    if waiting:
        _log.warning("events wait for the bus until the next start", events=waiting)


async def _cancelled(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def _every(seconds: float, step: Callable[[], Awaitable[object]]) -> None:
    """Run a step again and again. One that fails is logged, and tried again at its next time."""
    while True:
        await asyncio.sleep(seconds)
        try:
            await step()
        except Exception as error:  # a background task outlives what its step may raise
            _log.error("background step failed", step=step.__qualname__, error=type(error).__name__)


async def _no_route(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "refused")
    response = Problem(error.status_code, code, f"{request.method} {request.url.path[:200]} is nothing that is served here").response()
    response.headers.update(error.headers or {})
    return response
