"""Run every benchmark in turn: `python -m bench [name ...]`. Each prints lines of `name  figure  goal`.

Figures are ratios against a reference in the same run wherever time is measured, because machines differ and are noisy.
"""

import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent


def main(wanted: list[str]) -> int:
    """Run the named benchmarks, or all of them, each in a process of its own; return 1 if one of them broke."""
    scripts = sorted(path for path in HERE.glob("*.py") if not path.name.startswith("_"))
    unknown = set(wanted) - {path.stem for path in scripts}
    if unknown:
        sys.exit(f"no such benchmark: {', '.join(sorted(unknown))}; there are {', '.join(path.stem for path in scripts)}")
    broken = []
    for path in scripts:
        if wanted and path.stem not in wanted:
            continue
        print(f"## {path.stem}", flush=True)
        began = time.monotonic()
        if subprocess.run([sys.executable, str(path)], check=False).returncode:
            broken.append(path.stem)
        print(f"({time.monotonic() - began:.0f} s)\n", flush=True)
    if broken:
        print(f"broken: {', '.join(broken)}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
