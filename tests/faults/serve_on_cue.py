"""Collectors on cue, not a test: imports everything once, then forks a process that serves for each line on its input and prints its id.

Arguments: port, data folder, and seconds between two scores. Imports and compiling are most of what a start costs; a fork leaves them out,
and everything else is as it always is.
"""

import os
import signal
import sys
from pathlib import Path

import uvicorn

from collector.app import build
from collector.settings import Settings
from signals.warm import warm


def serve(port: int, data: Path, score_seconds: float) -> None:
    settings = Settings(
        data=data,
        port=port,
        rate_address="",
        rate_key="",
        rate_session="",
        score_seconds=score_seconds,
        snapshot_every=4,
    )
    config = uvicorn.Config(build(settings), host="127.0.0.1", port=port, log_level="error", ws="none", proxy_headers=False)
    uvicorn.Server(config).run()


def main() -> None:
    port, data, score_seconds = int(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3])
    warm()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the children: the system clears them away
    for _ in sys.stdin:
        child = os.fork()
        if not child:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            try:
                serve(port, data, score_seconds)
            finally:
                os._exit(0)
        print(child, flush=True)


if __name__ == "__main__":
    main()
