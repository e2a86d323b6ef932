"""Does the game play to nobody? A video driver without a screen, drawing in software, a display that never refreshes, a server's container.

Sources: SDL 2 and 3 video drivers (`SDL_VIDEODRIVER=dummy`, `offscreen` draw to memory only); Mesa's llvmpipe and Google's SwiftShader
are software rasterizers used where there is no graphics card; Vastel et al., "FP-Crawlers", MADWeb 2020, on what headless clients have in
common.
"""

import re
from typing import Final

from signals.finding import abstain, damped, found
from signals.types import Evidence, Finding, Reason

NAME: Final = "headless"

_NO_SCREEN: Final = frozenset({"dummy", "offscreen", "headless", "null", "evdev", "xvfb", "minimal", "vnc"})
_SOFTWARE: Final = re.compile(
    r"llvmpipe|softpipe|swiftshader|swrast|software rasterizer|microsoft basic render|lavapipe|gdi generic", re.IGNORECASE
)
_APP_SANDBOX: Final = frozenset({"flatpak", "snap", "wsl", "none", "proot"})
"""Containers in which people run games and terminals."""

NO_SCREEN: Final = 4.6
"""Nats: no honest player watches a dummy driver; the rest is for tests and kiosks that report by mistake (judged)."""
SOFTWARE: Final = 1.8
"""Nats: remote desktops and broken drivers draw in software too (1 to 2 in 100, judged)."""
CONTAINER: Final = 1.5
ZERO_REFRESH: Final = 0.4
NO_AREA: Final = 2.5


def assess(evidence: Evidence) -> Finding:
    """Return evidence that nobody sees the game; abstains where neither display nor graphics nor container were told."""
    machine = evidence.history.machine
    if not machine.reported:
        return abstain("not_reported")
    told = sum(value is not None for value in (machine.display_driver, machine.gpu, machine.display_width, machine.refresh_hz))
    reasons: list[Reason] = []
    if (machine.display_driver or "").lower() in _NO_SCREEN:
        reasons.append(
            Reason("emulator.no_screen", f"The video driver is {machine.display_driver}, which shows nothing to anybody.", NO_SCREEN)
        )
    elif machine.display_width == 0 or machine.display_height == 0:
        reasons.append(Reason("emulator.no_area", "The display has no area.", NO_AREA))
    if machine.gpu and (mark := _SOFTWARE.search(machine.gpu)):
        reasons.append(Reason("emulator.software_graphics", f"The game is drawn in software ({mark[0]}).", SOFTWARE))
    if machine.refresh_hz is not None and machine.refresh_hz <= 0.0:
        reasons.append(Reason("emulator.zero_refresh", "The display refreshes zero times a second.", ZERO_REFRESH))
    if machine.container and machine.container.lower() not in _APP_SANDBOX:
        reasons.append(Reason("emulator.container", f"The game runs in a container ({machine.container}).", CONTAINER))
    if not told and not reasons:
        return abstain("nothing_readable")
    return found(damped(reasons, further=0.5), max(0.25, told / 4.0), {"told": float(told)})
