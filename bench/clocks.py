"""How often an honest clock is called bent, and how often a bent one is found: simulated sessions, seeded.

`python bench/clocks.py [--honest 36000] [--bent 3000]` prints one line per figure: name, figure, goal. Synthetic: the networks and the
circumstances are those of `signals/evaluation/clocks.py`, where `countersign evaluate` has its rows from too.
"""

import argparse

import numpy as np

from signals.evaluation.card import Card
from signals.evaluation.clocks import evaluate_clocks

MOST_ALARMS = 1e-4
LEAST_FOUND = 0.999


def main() -> None:
    """Print every figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--honest", type=int, default=36_000)
    parser.add_argument("--bent", type=int, default=3_000)
    options = parser.parse_args()
    card = Card()
    evaluate_clocks(card, np.random.default_rng(20260101), options.honest, options.bent)
    print(f"{'name':60} {'figure':>10}  goal")
    for name, rate in card.honest_clocks.items():
        print(f"{f'false alarms, {name}, {rate.of} honest sessions':60} {rate.share:10.6f}  <= {MOST_ALARMS:g}")
    for name, rate in card.clocks.items():
        print(f"{f'found, {name}, of {rate.of}':60} {rate.share:10.6f}  >= {LEAST_FOUND:g}")


if __name__ == "__main__":
    main()
