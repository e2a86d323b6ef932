"""The report card holds: a small evaluation, run anew on people held out, is not worse than the one that was written beside it."""

from pathlib import Path

import pytest

from collector.imitation import families
from collector.reportcard import quick_of
from collector.traces import files, read
from signals.evaluate import quick
from signals.evaluation.floors import fallen

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data" / "traces"
CARD = ROOT / "docs" / "report-card.json"
SEED = 7


@pytest.mark.slow
@pytest.mark.skipif(not DATA.exists(), reason="the shared traces are not there")
def test_no_figure_falls_below_the_report_card() -> None:
    now = quick([trace for path in files([DATA]) for trace in read(path)], families(), SEED)
    assert fallen(now, quick_of(CARD.read_bytes())) == []
