"""How many password thieves are challenged when few honest logins are: a synthetic population, scored with the code of the service.

`python bench/population.py [--users 300] [--days 90] [--seed 2] [--picture docs/img/drift.png]` prints one line per figure: name,
figure, goal. The threshold of a challenge rate is taken from one population (seed 1) and used on another (`--seed`), with networks and
people of its own, so the rate that honest people really got is printed too. "no device ids" is the same without the devices'
identities, as a login page without the SDK would see it. What the population is, and what in it is assumed: zoo/population.py and
zoo/world.py.
"""

import argparse
import math
from collections.abc import Sequence
from pathlib import Path

import msgspec

from collector.backtest import Backtest, Login
from collector.policy.rules import load as load_policy
from signals.combine import load_model
from signals.types import ScoreName
from zoo.population import ATTACKERS, KINDS, Line, population

FIT_SEED = 1
RATES = (0.05, 0.01)
GOALS = {("naive", 0.05): 0.99, ("naive", 0.01): 0.98, ("country_matching", 0.05): 0.99, ("country_matching", 0.01): 0.98}
"""For targeted attackers no goal is set; published for the model on real logins: more than 99 % (Wiefling et al., FC 2021)."""

Judged = Sequence[tuple[str, str, float, bool]]
"""Of each login: label, kind, log-odds of the risk, and whether the limits of the default policy are reached."""


def judged(lines: Sequence[Line], devices: bool) -> Judged:
    """Score every line in order of time."""
    backtest = Backtest(load_model())
    limits = load_policy().limits
    results = []
    for line in lines:
        found = backtest.score(msgspec.convert(line if devices else {**line, "device": None}, Login))
        drift = found.scores[ScoreName.DRIFT].value or 0.0
        reached = found.risk >= limits["middling"] or drift >= limits["odd"]
        results.append((line["label"], line["kind"], math.log(found.risk / (1.0 - found.risk)), reached))
    return results


def threshold(results: Judged, rate: float) -> float:
    """Return the log-odds above which this share of the honest logins lies."""
    honest = sorted(odds for label, _, odds, _ in results if label == "honest")
    return honest[min(len(honest) - 1, math.ceil(len(honest) * (1.0 - rate)))]


def share(results: Judged, limit: float, kind: str | None = None) -> float:
    """Return the share of a kind's logins above the limit; of all honest ones without a kind."""
    chosen = [odds > limit for label, of, odds, _ in results if (label == "honest" if kind is None else of == kind)]
    return sum(chosen) / len(chosen)


def report(name: str, fitted: Judged, results: Judged) -> None:
    """Print the figures of one setting."""
    for rate in RATES:
        limit = threshold(fitted, rate)
        at = f"{name}at {rate:.0%}: "
        print(f"{at}honest logins challenged  {share(results, limit):.4f}  {rate}")
        for kind in ATTACKERS:
            goal = f"{GOALS[kind, rate]:.2f}" if (kind, rate) in GOALS and not name else "-"
            print(f"{at}{kind} attackers challenged  {share(results, limit, kind):.4f}  {goal}")
        for kind in KINDS:
            print(f"{at}{kind} logins challenged  {share(results, limit, kind):.4f}  -")


def report_policy(name: str, results: Judged) -> None:
    """Print who reaches the limits of the default policy, as they are shipped."""
    for kind in ("honest", *ATTACKERS):
        chosen = [reached for label, of, _, reached in results if kind in (label, of)]
        print(f"{name}default policy: {kind} challenged or denied  {sum(chosen) / len(chosen):.4f}  -")


def picture(settings: Sequence[tuple[str, Judged]], path: Path) -> None:
    """Draw who is challenged against how many honest logins are."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, (curves, bars) = plt.subplots(1, 2, figsize=(11, 4.5), width_ratios=(3, 2), layout="constrained")
    rates = [10 ** (-3 + 0.05 * step) for step in range(55)]
    for index, kind in enumerate(ATTACKERS):
        for (name, results), style in zip(settings, ("-", "--"), strict=True):
            found = [share(results, threshold(results, rate), kind) for rate in rates]
            curves.plot(rates, found, style, color=f"C{index}", label=f"{kind.replace('_', '-')}{name}")
    curves.set(xscale="log", xlabel="share of honest logins challenged", ylabel="share of attackers challenged", ylim=(0.0, 1.02))
    curves.grid(alpha=0.3)
    curves.legend(loc="lower left", bbox_to_anchor=(0.0, 0.08), fontsize="small")
    results = settings[0][1]
    for place, rate in enumerate(RATES):
        found = [100 * share(results, threshold(results, rate), kind) for kind in KINDS]
        heights = [index + 0.4 * place - 0.2 for index in range(len(KINDS))]
        drawn = bars.barh(heights, found, 0.38, label=f"at {rate:.0%} overall", color=f"C{3 + place}")
        bars.bar_label(drawn, fmt="%.1f", padding=2)
    bars.set_yticks(range(len(KINDS)), list(KINDS))
    bars.set(xlabel="% of their logins challenged", title="honest people, by kind")
    bars.margins(x=0.15)
    bars.legend(loc="lower right")
    curves.set_title("synthetic attackers with the right password")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)


def main() -> None:
    """Score, print, draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--users", type=int, default=300)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--seed", type=int, default=2)
    parser.add_argument("--picture", type=Path)
    chosen = parser.parse_args()
    fit, people = (population(seed, chosen.users, chosen.days) for seed in (FIT_SEED, chosen.seed))
    honest = sum(line["label"] == "honest" for line in people)
    print(f"honest logins  {honest}  -\nattacks of each kind  {sum(line['kind'] == ATTACKERS[0] for line in people)}  -")
    with_devices = judged(people, True)
    report("", judged(fit, True), with_devices)
    report_policy("", with_devices)
    without = judged(people, False)
    report("no device ids, ", judged(fit, False), without)
    report_policy("no device ids, ", without)
    if chosen.picture:
        picture([("", with_devices), (", no device ids", without)], chosen.picture)


if __name__ == "__main__":
    main()
