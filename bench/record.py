"""What `record()` costs the game, as a ratio to the least that any recorder must do: `deque.append((perf_counter_ns(), a, b))`.

python bench/record.py
"""

import statistics
import timeit
from collections import deque
from time import perf_counter_ns

import sdk_py
from sdk_py import Client

EVENTS = 2000
ROUNDS = 400
GOAL = 2.0


def measure() -> dict[str, float]:
    """Return ns an event: medians over rounds in which the contestants take turns. Rings are emptied in between, as a sender does."""
    bare: deque[tuple[int, int, int]] = deque(maxlen=16384)
    client = Client("http://127.0.0.1:9", key="ck_bench", game="bench", build="1")
    sdk_py._become(client)
    names = {
        "bare": bare,
        "perf_counter_ns": perf_counter_ns,
        "a": 3,
        "b": 0,
        "x": 640,
        "y": 360,
        "record": sdk_py.record,
        "own": client.record,
    }
    timers = {
        "bare": timeit.Timer("bare.append((perf_counter_ns(), a, b))", globals=names),
        "sdk_py.record(kind, code)": timeit.Timer("record(a, b)", globals=names),
        "sdk_py.record(kind, code, x, y)": timeit.Timer("record(a, b, x, y)", globals=names),
        "client.record(kind, code, x, y)": timeit.Timer("own(a, b, x, y)", globals=names),
        "sdk_py.frame()": timeit.Timer("frame()", globals={"frame": sdk_py.frame}),
    }
    rounds: dict[str, list[float]] = {name: [] for name in timers}
    for _ in range(ROUNDS):
        for name, timer in timers.items():
            bare.clear()
            client.sources.input.ring.items.clear()
            client.sources.frames.ring.items.clear()
            rounds[name].append(timer.timeit(EVENTS) / EVENTS * 1e9)
    assert client.losses.total == {}
    sdk_py._become(None)
    return {name: statistics.median(times) for name, times in rounds.items()}


def main() -> None:
    """Print a line a figure."""
    costs = measure()
    bare = costs.pop("bare")
    print(f"reference: deque.append((perf_counter_ns(), a, b)) takes {bare:.0f} ns here")
    for name, cost in costs.items():
        print(f"{name:<34} {cost / bare:5.2f} x   goal <= {GOAL} x")


if __name__ == "__main__":
    main()
