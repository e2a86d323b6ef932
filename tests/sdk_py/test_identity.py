"""The device's identity on disk."""

import json
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from sdk_py.identity import Identity
from sdk_py.lock import locked
from wire import sign
from wire.schema import IssuedDevice

URL = "http://127.0.0.1:8700"
ISSUED = IssuedDevice("d_1", bytes(range(32)))
NONCE = b"n" * 16


@pytest.fixture
def identity(tmp_path: Path) -> Identity:
    return Identity(tmp_path / "player", URL)


def test_there_is_no_proof_before_first_contact(identity: Identity, tmp_path: Path) -> None:
    assert identity.prove(NONCE) is None
    assert not (tmp_path / "player").exists()


def test_each_proof_counts_and_verifies(identity: Identity) -> None:
    identity.keep(ISSUED)
    for counter in (1, 2, 3):
        proof = identity.prove(NONCE)
        assert proof is not None
        assert (proof.id, proof.counter) == ("d_1", counter)
        assert sign.verify(ISSUED.secret, sign.DEVICE, sign.device_message("d_1", counter, NONCE), proof.mac)


def test_the_counter_is_on_disk_before_it_is_told(identity: Identity, tmp_path: Path) -> None:
    identity.keep(ISSUED)
    identity.prove(NONCE)
    (file,) = (tmp_path / "player").glob("device-*.json")
    assert json.loads(file.read_text())["counter"] == 1


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_only_the_user_can_read_it(identity: Identity, tmp_path: Path) -> None:
    identity.keep(ISSUED)
    identity.prove(NONCE)
    assert {stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "player").iterdir()} == {0o600}
    assert stat.S_IMODE((tmp_path / "player").stat().st_mode) == 0o700


def test_each_collector_has_an_identity_of_its_own(identity: Identity, tmp_path: Path) -> None:
    identity.keep(ISSUED)
    assert Identity(tmp_path / "player", "http://127.0.0.1:8701").prove(NONCE) is None
    assert Identity(tmp_path / "player", URL + "/").prove(NONCE) is not None


@pytest.mark.parametrize("content", ["", "{}", "[]", "nonsense", '{"id": "d", "secret": "*", "counter": "x"}', "null"])
def test_a_damaged_file_counts_as_none(identity: Identity, tmp_path: Path, content: str) -> None:
    identity.keep(ISSUED)
    (file,) = (tmp_path / "player").glob("device-*.json")
    file.write_text(content)
    assert identity.prove(NONCE) is None


def test_threads_never_tell_a_counter_twice(identity: Identity, tmp_path: Path) -> None:
    identity.keep(ISSUED)
    told: list[int] = []

    def prove() -> None:
        own = Identity(tmp_path / "player", URL)
        for _ in range(5):
            proof = own.prove(NONCE)
            assert proof is not None
            told.append(proof.counter)

    threads = [threading.Thread(target=prove) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == list(range(1, 21))


_PROVE_OFTEN = """
import sys
from pathlib import Path
from sdk_py.identity import Identity

identity = Identity(Path(sys.argv[1]), sys.argv[2])
for _ in range(5):
    proof = identity.prove(bytes(16))
    print(proof.counter if proof else 0)
"""


def test_processes_never_tell_a_counter_twice(identity: Identity, tmp_path: Path) -> None:
    identity.keep(ISSUED)
    command = [sys.executable, "-c", _PROVE_OFTEN, str(tmp_path / "player"), URL]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    told = [int(line) for process in processes for line in process.communicate(timeout=60)[0].splitlines()]
    assert sorted(told) == list(range(1, 11))


def test_a_lock_that_others_keep_is_given_up(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with locked(path), pytest.raises(TimeoutError), locked(path, timeout=0.05):
        raise AssertionError("locked twice")
    with locked(path, timeout=0.05):
        pass


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform does not fork")
def test_a_child_forked_under_the_lock_does_not_keep_it(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    read, write = os.pipe()
    with locked(path):
        child = os.fork()
        if child == 0:
            os.close(write)
            os.read(read, 1)  # until the parent lets go
            os._exit(0)
    try:
        with locked(path, timeout=1.0):
            pass
    finally:
        os.close(write)
        os.close(read)
        os.waitpid(child, 0)
