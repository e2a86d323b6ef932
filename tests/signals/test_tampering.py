"""Files, probes, the process and copies of a device: assets, probes, hooks, clone."""

import pytest

from signals.combine import assess, load_model
from signals.history import EMPTY, History, learn
from signals.integrity import assets, clone, hooks, probes
from signals.types import AssetCheck, DeviceMemory, Evidence, Facts, Finding, ProbeCheck, ScoreName
from wire.schema import IntegrityFacts

MODEL = load_model()


def after(*told: Facts) -> History:
    history = EMPTY
    for facts in told:
        history = learn(history, facts)
    return history


def names(finding: Finding) -> list[str]:
    return [reason.name for reason in finding.reasons]


def checked(*checks: AssetCheck) -> Finding:
    return assets.assess(Evidence(after(*(Facts(arrived_us=0, assets=check) for check in checks))))


def probed(*checks: ProbeCheck) -> Finding:
    return probes.assess(Evidence(after(*(Facts(arrived_us=0, probes=check) for check in checks))))


def process(*reports: IntegrityFacts, code_known: bool | None = None) -> Evidence:
    return Evidence(after(*(Facts(arrived_us=0, integrity=report, code_known=code_known) for report in reports)))


def integrity(evidence: Evidence) -> float:
    value = assess(evidence, MODEL).scores[ScoreName.INTEGRITY].value
    assert value is not None
    return value


def test_an_altered_file_is_named_and_weighs() -> None:
    finding = checked(AssetCheck(True, matched=9, altered=("art/reels.png",), done=True))
    assert names(finding) == ["integrity.altered_asset"]
    assert "art/reels.png" in finding.reasons[0].detail
    assert finding.evidence == assets.ALTERED


def test_alterations_of_several_reports_add_up_to_a_bound() -> None:
    two = checked(AssetCheck(True, altered=("a",)), AssetCheck(True, altered=("b",), done=True))
    many = checked(AssetCheck(True, altered=tuple(map(str, range(30))), done=True))
    assert two.evidence == assets.ALTERED + assets.EACH_FURTHER
    assert many.evidence == assets.ALTERED + assets.MOST * assets.EACH_FURTHER


def test_a_whole_game_is_calming_once_the_report_is_done() -> None:
    assert checked(AssetCheck(True, matched=5)).evidence == 0.0
    assert names(checked(AssetCheck(True, matched=5), AssetCheck(True, matched=5, done=True))) == ["integrity.whole_assets"]


def test_an_unknown_build_is_not_evidence() -> None:
    assert checked(AssetCheck(False, done=True)).abstained == "unknown_build"


def test_extra_files_are_hardly_evidence() -> None:
    finding = checked(AssetCheck(True, matched=5, unexpected=("screenshots/1.png", "mods/hats.zip"), done=True))
    assert finding.evidence == assets.UNEXPECTED


def test_a_wrong_answer_to_a_probe_weighs() -> None:
    assert names(probed(ProbeCheck(passed=2), ProbeCheck(failed=1))) == ["integrity.failed_probe"]


def test_one_unanswered_probe_is_nothing_and_many_are_something() -> None:
    assert probed(ProbeCheck(unanswered=1)).evidence == 0.0
    few, many = probed(ProbeCheck(unanswered=3)).evidence, probed(ProbeCheck(unanswered=99)).evidence
    assert few is not None
    assert many is not None
    assert 0.0 < few < many <= probes.UNANSWERED * probes.MOST_UNANSWERED


@pytest.mark.parametrize(
    ("report", "reason"),
    [
        (IntegrityFacts(traced=True), "integrity.tracer"),
        (IntegrityFacts(debugger="pydevd"), "integrity.debugger"),
        (IntegrityFacts(clocks_patched=("monotonic_ns",)), "integrity.patched_clock"),
        (IntegrityFacts(preloaded=("libfaketime.so.1",)), "integrity.injected_library"),
        (IntegrityFacts(preloaded=("frida-agent-64.so",)), "integrity.injected_library"),
    ],
)
def test_whoever_steers_the_process_is_told(report, reason) -> None:
    assert names(hooks.assess(process(report)))[0] == reason
    assert integrity(process(report)) > 0.5


@pytest.mark.parametrize(
    "report",
    [
        IntegrityFacts(traced=False),
        IntegrityFacts(preloaded=("gameoverlayrenderer.so",)),
        IntegrityFacts(preloaded=("libMangoHud.so", "libgamemodeauto.so.0", "libjemalloc.so.2")),
        IntegrityFacts(trace_hooks=("coverage.ctracer.CTracer",)),
        IntegrityFacts(import_hooks=("conda.hooks.Finder", "PyInstaller.pyimod02_importers.PyiFrozenFinder")),
        IntegrityFacts(import_hooks=("somebody.else.Finder",)),
        IntegrityFacts(preloaded=("libunheardof.so",)),
    ],
    ids=str,
)
def test_what_honest_players_have_loaded_does_not_alarm(report) -> None:
    assert integrity(process(report)) < 0.1


def test_sdk_code_that_was_never_released_weighs() -> None:
    assert names(hooks.assess(process(IntegrityFacts(traced=False), code_known=False))) == ["integrity.altered_code"]


def test_a_tracer_that_has_gone_is_not_forgotten() -> None:
    assert names(hooks.assess(process(IntegrityFacts(traced=True), IntegrityFacts(traced=False)))) == ["integrity.tracer"]


def test_what_could_not_be_read_lowers_the_confidence_and_nothing_else() -> None:
    whole = hooks.assess(process(IntegrityFacts(traced=False)))
    blind = hooks.assess(process(IntegrityFacts(missing={"traced": "denied", "preloaded": "denied"})))
    assert blind.confidence < whole.confidence
    assert blind.evidence == whole.evidence


def device(**memory: int) -> Finding:
    return clone.assess(Evidence(EMPTY, DeviceMemory(known=True, **memory)))


def test_a_counter_that_comes_twice_is_a_copy() -> None:
    assert names(device(sessions=4, cloned=1)) == ["integrity.cloned_device"]
    assert integrity(Evidence(EMPTY, DeviceMemory(known=True, sessions=4, cloned=1))) > 0.5


def test_a_forged_proof_weighs() -> None:
    assert names(device(sessions=4, forged=1)) == ["integrity.forged_device"]


def test_a_familiar_device_is_calming_and_a_new_one_is_not_judged() -> None:
    assert names(device(sessions=4)) == ["integrity.familiar_device"]
    assert clone.assess(Evidence(EMPTY, DeviceMemory())).abstained == "new_device"
