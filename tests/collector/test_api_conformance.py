"""The API is what /openapi.json says: schemathesis asks every operation, over a real socket, and compares."""

import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

HERE = Path(__file__).parent


def schemathesis(collector, *options: str) -> str:
    """Run schemathesis as an admin and return what it says; fails with it."""
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(HERE / "schemathesis.toml"), "run", *options]
    asked = [*command, f"{collector.url}/openapi.json", "--checks", "all", "-H", f"Authorization: Bearer {collector.keys['admin']}"]
    done = subprocess.run(asked, capture_output=True, text=True, timeout=600, check=False, cwd=collector.settings.data)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    return done.stdout


def all_tested(said: str) -> bool:
    found = re.search(r"Selected: (\d+)/(\d+)\s+Tested: (\d+)", said)
    return found is not None and len(set(found.groups())) == 1


def test_every_operation_answers_as_it_is_described(collector) -> None:
    assert all_tested(schemathesis(collector, "--phases", "fuzzing", "-n", "1", "--seed", "1"))


@pytest.mark.slow
def test_every_operation_answers_as_it_is_described_whatever_it_is_asked(collector) -> None:
    assert all_tested(schemathesis(collector, "--phases", "examples,coverage,fuzzing", "-n", "50", "--continue-on-failure"))


def test_every_operation_is_described_with_its_problems(collector) -> None:
    paths = httpx.get(f"{collector.url}/openapi.json").json()["paths"]
    for path, operations in paths.items():
        for method, operation in operations.items():
            assert operation["summary"], (method, path)
            if "requestBody" in operation:
                assert {"400", "413", "415", "422"} <= operation["responses"].keys(), (method, path)
            if "security" in operation:
                assert {"401", "403"} <= operation["responses"].keys(), (method, path)
