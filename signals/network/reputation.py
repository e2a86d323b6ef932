"""How clients of this network turned out before: labelled fraud and honesty per autonomous system, fading, smoothed by a Beta prior.

The mean of the Beta posterior (Gelman et al., "Bayesian Data Analysis", 2.4) against the base rate, as a difference of log-odds.
"""

import math
from typing import Final

from signals.finding import abstain, found
from signals.types import Evidence, Finding, Reason

NAME: Final = "reputation"

BASE_RATE: Final = 0.02
"""Share of fraud where nothing is known."""
STRENGTH: Final = 50.0
"""Labels that this prior is worth."""
MOST: Final = 3.0
LEAST: Final = -1.0


def assess(evidence: Evidence) -> Finding:
    """Return how much worse than the base rate this network's labels are. Abstains where none was labelled."""
    bad, good = evidence.surroundings.asn_bad, evidence.surroundings.asn_good
    labelled = bad + good
    if labelled <= 0.0:
        return abstain("no_labels")
    share = (bad + STRENGTH * BASE_RATE) / (labelled + STRENGTH)
    nats = min(MOST, max(LEAST, _log_odds(share) - _log_odds(BASE_RATE)))
    detail = f"Of about {labelled:.0f} labelled clients of this network {bad / labelled:.0%} were fraud."
    return found([Reason("network.reputation", detail, nats)], labelled / (labelled + STRENGTH), {"bad": bad, "good": good})


def _log_odds(share: float) -> float:
    return math.log(share / (1.0 - share))
