"""The report card holds: a bounded evaluation, run anew on people held out, is not worse than what is written."""

from pathlib import Path

import pytest

from collector.imitation import families
from collector.traces import read
from signals.evaluate import evaluate
from signals.fit import Effort

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data" / "traces" / "keys.jsonl.gz"
TOLERANCE_AUC = 0.02
TOLERANCE_TPR = 0.20
"""A smaller draw has fewer windows of people, so its threshold is coarse."""


def written() -> dict[str, tuple[float, float]]:
    """Return AUC and TPR at 1 % of each row of the card's first table."""
    rows = {}
    table = (ROOT / "docs" / "report-card.md").read_text().split("## ")[1]
    for line in table.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) > 4 and "/" in cells[0]:
            rows[cells[0]] = (float(cells[3]), float(cells[4]))
    return rows


@pytest.mark.slow
@pytest.mark.skipif(not DATA.exists(), reason="the shared traces are not there")
def test_no_figure_of_typing_falls_below_the_report_card() -> None:
    card = written()
    chosen = ("constant", "lognormal", "shuffle", "uniform")
    some = {"keys": {name: imitate for name, imitate in families()["keys"].items() if name in chosen}}
    found = evaluate(list(read(DATA)), some, 7, Effort(per_subject=4), left_out=False)
    for family in chosen:
        row, (auc, tpr) = found.families[f"keys/{family}"], card[f"keys/{family}"]
        assert (family, row.auc) >= (family, auc - TOLERANCE_AUC)
        assert (family, row.tpr_1) >= (family, tpr - TOLERANCE_TPR)
