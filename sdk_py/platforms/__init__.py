"""What each operating system can tell of its machine: one table of readings a platform."""

import sys
from typing import Final

from sdk_py.missing import Reading

if sys.platform == "win32":
    from sdk_py.platforms.windows import READINGS as _READINGS
elif sys.platform == "darwin":
    from sdk_py.platforms.macos import READINGS as _READINGS
else:
    from sdk_py.platforms.linux import READINGS as _READINGS

READINGS: Final[tuple[Reading, ...]] = _READINGS
