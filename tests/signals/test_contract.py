"""What every detector of the catalog promises, whoever wrote it."""

import ast
import inspect
import json
import math
import pickle
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from signals import model
from signals.catalog import DETECTORS, Detector
from signals.history import EMPTY, MAX_STORED, dump, learn, load
from signals.types import (
    AssetCheck,
    DeviceMemory,
    Evidence,
    Facts,
    ProbeCheck,
    ReplayMatch,
    Surroundings,
)
from wire import kinds
from wire.schema import Action, ClockPair, DeviceFacts, IntegrityFacts

SIGNALS = Path(model.__file__).parent
TESTS = Path(__file__).parent
FOLDERS = ("timing", "emulator", "integrity", "network", "drift", "replay")
SOURCE = re.compile(r"\b(19|20)\d\d\b|RFC \d|[Ss]ources?:|cited in|et al\.|JA4\+|GWI|[Vv]endor|judged|measured", re.MULTILINE)
COMPILES = [HealthCheck.too_slow]
"""The first example is learned while it is drawn, and where nothing was compiled before, that takes a while."""

each_detector = pytest.mark.parametrize("detector", DETECTORS, ids=lambda detector: detector.name)

texts = (
    st.none()
    | st.sampled_from(["Windows", "Linux", "Android", "VMware", "llvmpipe", "dummy", "docker", "Microsoft Hv", "x86_64"])
    | st.text(max_size=256)
)
names = st.lists(st.text(min_size=1, max_size=64), max_size=32).map(tuple)
devices = st.builds(
    DeviceFacts,
    os=texts,
    os_version=texts,
    arch=texts,
    cpu=texts,
    hypervisor=st.none() | st.booleans(),
    hypervisor_vendor=texts,
    container=texts,
    cores=st.none() | st.integers(0, 512),
    memory_mb=st.none() | st.integers(0, 1 << 22),
    vendor=texts,
    product=texts,
    bios=texts,
    mac_prefixes=st.lists(st.sampled_from(["00:0c:29", "f4:6d:3f", "00:15:5d", "garbage"]), max_size=32).map(tuple),
    gpu=texts,
    display_driver=texts,
    display_width=st.none() | st.integers(0, 10_000),
    refresh_hz=st.none() | st.floats(0, 500),
    timezone=texts,
    utc_offset_min=st.none() | st.integers(-900, 900),
    user_agent=texts,
)
processes = st.builds(
    IntegrityFacts,
    traced=st.none() | st.booleans(),
    debugger=texts,
    trace_hooks=names,
    clocks_patched=names,
    preloaded=names,
    import_hooks=names,
)


@st.composite
def facts(draw: st.DrawFn) -> list[Facts]:
    """A few batches in order: all kinds of events, frames, readings of clocks, and what a client may say of itself."""
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    told, mono, server = [], 10_000_000, 1_700_000_000_000_000
    for _ in range(draw(st.integers(1, 4))):
        n, m = draw(st.integers(0, 120)), draw(st.integers(0, 200))
        pace = draw(st.sampled_from([1, 1000, 16_667, 150_000]))
        t_us = mono + np.cumsum(rng.integers(0, 2 * pace, n))
        frames_us = mono + np.cumsum(rng.integers(0, 2 * pace, m)) if draw(st.booleans()) else mono + 16_667 * np.arange(m)
        mono = int(max(mono, t_us[-1] if n else 0, frames_us[-1] if m else 0)) + int(rng.integers(0, 10_000_000))
        server += int(rng.integers(0, 20_000_000))
        told.append(
            Facts(
                arrived_us=server,
                clock=draw(st.none() | st.just(ClockPair(mono, server))),
                t_us=t_us,
                kind=rng.integers(kinds.FIRST_KIND, kinds.LAST_KIND + 1, n).astype(np.uint8),
                code=rng.integers(0, 13, n).astype(np.uint8),
                x=rng.integers(-4000, 4000, n),
                y=rng.integers(-4000, 4000, n),
                frames_us=frames_us,
                actions=tuple(Action(mono, name) for name in draw(st.lists(st.sampled_from(["bet", "line_update"]), max_size=3))),
                device=draw(st.none() | devices),
                integrity=draw(st.none() | processes),
                code_known=draw(st.none() | st.booleans()),
                assets=draw(
                    st.none() | st.builds(AssetCheck, st.booleans(), st.integers(0, 9), altered=names, unexpected=names, missing=names)
                ),
                probes=draw(st.none() | st.builds(ProbeCheck, st.integers(0, 9), st.integers(0, 9), st.integers(0, 9))),
                address=draw(st.none() | st.sampled_from(["192.0.2.1", "2001:db8::1"])),
                replays=draw(st.just(()) | st.just((ReplayMatch(0.1, False, False, 1.0, 1, f"s_{seed % 9}"),))),
            )
        )
    return told


@st.composite
def evidences(draw: st.DrawFn) -> Evidence:
    history = EMPTY
    for batch in draw(facts()):
        history = learn(history, batch)
    memory = draw(st.builds(DeviceMemory, st.booleans(), st.integers(0, 99), st.integers(0, 3), st.integers(0, 3)))
    around = draw(st.builds(Surroundings, *(st.floats(0, 1e4) for _ in range(5))))
    return Evidence(history, memory, surroundings=around)


@each_detector
def test_a_detector_abstains_from_empty_evidence_and_says_why(detector: Detector) -> None:
    finding = detector.assess(Evidence(EMPTY))
    assert finding.evidence is None
    assert finding.abstained
    assert finding.reasons == ()


@each_detector
def test_a_detector_can_be_pickled(detector: Detector) -> None:
    assert pickle.loads(pickle.dumps(detector)) == detector


@each_detector
def test_a_detector_cites_its_source(detector: Detector) -> None:
    module = sys.modules[detector.assess.__module__]
    assert SOURCE.search(f"{module.__doc__} {inspect.getdoc(detector.assess)}"), (
        "say where this comes from: paper, RFC, vendor document, measured, judged"
    )


@each_detector
def test_a_detector_has_its_weight_in_the_model(detector: Detector) -> None:
    assert detector.name in json.loads(model.DEFAULT.read_text())["weights"]


@each_detector
def test_a_detector_has_cases_of_its_own(detector: Detector) -> None:
    module = detector.assess.__module__.rpartition(".")[2]
    cases = [path for path in TESTS.glob("test_*.py") if path.name != Path(__file__).name]
    assert any(re.search(rf"\b({module}|{detector.name})\b", path.read_text()) for path in cases), f"write cases for {detector.name}"


def test_names_are_unique_and_every_weight_has_a_detector() -> None:
    names = [detector.name for detector in DETECTORS]
    assert sorted(set(names)) == sorted(names) == sorted(model.load_model().weights)


def test_every_detector_file_is_registered() -> None:
    written = {
        f"signals.{folder}.{path.stem}"
        for folder in FOLDERS
        for path in (SIGNALS / folder).glob("*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef) and node.name == "assess"
    }
    assert written == {detector.assess.__module__ for detector in DETECTORS}


@settings(max_examples=60, deadline=None, suppress_health_check=COMPILES)
@given(evidences())
def test_findings_are_finite_add_up_and_are_the_same_every_time(evidence: Evidence) -> None:
    before = dump(evidence.history)
    for detector in DETECTORS:
        finding, again = detector.assess(evidence), detector.assess(evidence)
        assert finding == again, detector.name
        assert 0.0 <= finding.confidence <= 1.0, detector.name
        assert all(math.isfinite(value) for value in finding.features.values()), detector.name
        if finding.evidence is None:
            assert finding.abstained, detector.name
            assert not finding.reasons, detector.name
        else:
            assert finding.abstained is None, detector.name
            assert math.isfinite(finding.evidence), detector.name
            assert finding.evidence == pytest.approx(math.fsum(reason.contribution for reason in finding.reasons), abs=1e-9), detector.name
        assert all(re.fullmatch(r"[a-z_]+(\.[a-z0-9_]+)+", reason.name) and reason.detail for reason in finding.reasons), detector.name
    assert dump(evidence.history) == before


@settings(max_examples=60, deadline=None, suppress_health_check=COMPILES)
@given(evidences())
def test_a_history_comes_back_from_its_snapshot(evidence: Evidence) -> None:
    stored = dump(evidence.history)
    assert dump(load(stored)) == stored
    for detector in DETECTORS:
        again = Evidence(load(stored), evidence.device, evidence.replays, evidence.surroundings)
        assert detector.assess(again) == detector.assess(evidence), detector.name


def cut(batch: Facts, at: int, frame: int) -> tuple[Facts, Facts]:
    """Cut one batch in two with one arrival and one reading of the clocks; what the client says of itself goes with the second."""
    first = Facts(
        arrived_us=batch.arrived_us,
        clock=batch.clock,
        t_us=batch.t_us[:at],
        kind=batch.kind[:at],
        code=batch.code[:at],
        x=batch.x[:at],
        y=batch.y[:at],
        frames_us=batch.frames_us[:frame],
        address=batch.address,
    )
    second = Facts(
        arrived_us=batch.arrived_us,
        clock=batch.clock,
        t_us=batch.t_us[at:],
        kind=batch.kind[at:],
        code=batch.code[at:],
        x=batch.x[at:],
        y=batch.y[at:],
        frames_us=batch.frames_us[frame:],
        actions=batch.actions,
        device=batch.device,
        integrity=batch.integrity,
        code_known=batch.code_known,
        assets=batch.assets,
        probes=batch.probes,
        address=batch.address,
        replays=batch.replays,
    )
    return first, second


@settings(max_examples=80, deadline=None, suppress_health_check=COMPILES)
@given(facts(), st.data())
def test_the_same_events_leave_the_same_history_however_they_were_cut(told: list[Facts], data: st.DataObject) -> None:
    whole, parts = EMPTY, EMPTY
    for batch in told:
        edge = data.draw(st.integers(0, int(max([0, *batch.t_us[-1:], *batch.frames_us[-1:]])) + 1))
        pieces = cut(batch, int(np.searchsorted(batch.t_us, edge)), int(np.searchsorted(batch.frames_us, edge)))
        whole = learn(whole, batch)
        for piece in pieces:
            parts = learn(parts, piece)
    assert dump(whole) == dump(parts)


def test_a_history_stays_within_its_bound_whatever_a_client_sends() -> None:
    rng = np.random.default_rng(1)
    text = "".join(map(chr, rng.integers(0x4E00, 0x9FFF, 256)))
    history, mono, server = EMPTY, 0, 1_700_000_000_000_000
    many = tuple("".join(map(chr, rng.integers(0x4E00, 0x9FFF, 256))) for _ in range(32))
    for number in range(60):
        n = 2048
        t_us = mono + np.cumsum(rng.integers(0, 60_000, n))
        mono, server = int(t_us[-1]), server + int(rng.integers(1, 60_000_000))
        history = learn(
            history,
            Facts(
                arrived_us=server,
                clock=ClockPair(mono, server + int(rng.integers(0, 10**12))),
                t_us=t_us,
                kind=rng.integers(kinds.FIRST_KIND, kinds.LAST_KIND + 1, n).astype(np.uint8),
                code=rng.integers(0, 13, n).astype(np.uint8),
                x=rng.integers(-4000, 4000, n),
                y=rng.integers(-4000, 4000, n),
                frames_us=t_us,
                actions=tuple(Action(mono, "bet") for _ in range(256)),
                device=DeviceFacts(
                    **dict.fromkeys(("os", "cpu", "vendor", "product", "board", "bios", "gpu", "user_agent"), text), mac_prefixes=many
                ),
                integrity=IntegrityFacts(debugger=text, trace_hooks=many, clocks_patched=many, preloaded=many, import_hooks=many),
                assets=AssetCheck(True, altered=many, unexpected=many, missing=many),
                replays=tuple(ReplayMatch(rng.random(), False, False, 1.0, 1, f"s_{number}_{place}") for place in range(9)),
                address=f"192.0.2.{number}",
            ),
        )
        assert len(dump(history)) <= MAX_STORED
