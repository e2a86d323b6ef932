"""What the device source reads, on machines that are made up in a folder, and on this one."""

from pathlib import Path

import pytest

from sdk_py.guard import Guard
from sdk_py.losses import Losses
from sdk_py.missing import Missing, read_all
from sdk_py.platforms import linux
from sdk_py.sources.device import Device, read_device
from wire.limits import MAX_TEXT
from wire.schema import DeviceFacts


def put(root: Path, path: str, content: str = "") -> None:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content)


@pytest.fixture
def laptop(tmp_path: Path) -> Path:
    put(tmp_path, "proc/cpuinfo", "processor\t: 0\nmodel name\t: Example CPU\nflags\t\t: fpu sse2\n")
    put(tmp_path, "proc/self/cgroup", "0::/user.slice\n")
    put(tmp_path, "sys/class/dmi/id/sys_vendor", "Example Inc.\n")
    put(tmp_path, "sys/class/dmi/id/product_name", "Laptop 5\n")
    put(tmp_path, "sys/class/dmi/id/bios_vendor", "Firm\n")
    put(tmp_path, "sys/class/dmi/id/bios_version", "1.2\n")
    put(tmp_path, "sys/devices/system/clocksource/clocksource0/available_clocksource", "tsc hpet acpi_pm\n")
    put(tmp_path, "sys/class/net/lo/address", "00:00:00:00:00:00\n")
    put(tmp_path, "sys/class/net/wlan0/address", "00:53:AA:01:02:03\n")
    put(tmp_path, "sys/class/net/wlan0/device/uevent")
    put(tmp_path, "sys/class/net/docker0/address", "02:42:00:01:02:03\n")
    return tmp_path


def test_a_laptop_is_no_guest(laptop: Path) -> None:
    assert linux.cpu(laptop) == "Example CPU"
    assert linux.hypervisor(laptop) is False
    with pytest.raises(Missing, match="absent"):
        linux.hypervisor_vendor(laptop)
    assert linux.container(laptop) == ""
    assert (linux.vendor(laptop), linux.product(laptop), linux.bios(laptop)) == ("Example Inc.", "Laptop 5", "Firm 1.2")


def test_network_cards_are_told_by_their_makers_and_only_if_there_is_a_device(laptop: Path) -> None:
    assert linux.mac_prefixes(laptop) == ("00:53:aa",)


@pytest.mark.parametrize(
    ("path", "content", "vendor"),
    [
        ("sys/devices/system/clocksource/clocksource0/available_clocksource", "kvm-clock tsc", "kvm"),
        ("sys/devices/system/clocksource/clocksource0/available_clocksource", "hyperv_clocksource_tsc_page", "hyperv"),
        ("sys/hypervisor/type", "xen", "xen"),
        ("sys/bus/pci/devices/0000:00:0f.0/vendor", "0x15ad", "vmware"),
        ("sys/bus/virtio/devices/virtio0", "", "virtio"),
    ],
)
def test_a_guest_is_known_by_its_host(laptop: Path, path: str, content: str, vendor: str) -> None:
    put(laptop, path, content)
    assert linux.hypervisor_vendor(laptop) == vendor


def test_the_processors_own_word_counts_as_the_hypervisor_bit(laptop: Path) -> None:
    put(laptop, "proc/cpuinfo", "flags : fpu hypervisor sse2\n")
    assert linux.hypervisor(laptop) is True


def test_without_flags_a_host_that_has_a_name_tells(laptop: Path) -> None:
    put(laptop, "proc/cpuinfo", "CPU implementer : 0x41\n")
    with pytest.raises(Missing, match="unsupported"):
        linux.hypervisor(laptop)
    put(laptop, "sys/hypervisor/type", "xen")
    assert linux.hypervisor(laptop) is True


@pytest.mark.parametrize(
    ("path", "content", "kind"),
    [
        (".dockerenv", "", "docker"),
        ("run/.containerenv", "", "podman"),
        ("run/systemd/container", "lxc", "lxc"),
        ("proc/self/cgroup", "1:cpu:/kubepods/x", "kubepods"),
    ],
)
def test_a_container_shows(laptop: Path, path: str, content: str, kind: str) -> None:
    put(laptop, path, content)
    assert linux.container(laptop) == kind


@pytest.mark.parametrize(("zone", "name"), [("Europe/Lisbon", "Europe/Lisbon"), ("", "Asia/Tokyo"), ("/etc/localtime", "Asia/Tokyo")])
def test_the_time_zone_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, zone: str, name: str) -> None:
    monkeypatch.setenv("TZ", zone)
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "localtime").symlink_to("/usr/share/zoneinfo/Asia/Tokyo")
    assert linux.timezone(tmp_path) == name


def test_expected_errors_become_missing_and_unexpected_ones_are_seen(swallowed: list[Exception]) -> None:
    def raising(error: Exception) -> object:
        raise error

    errors = {
        "a": Missing("unsupported"),
        "b": PermissionError(),
        "c": FileNotFoundError(),
        "d": OSError(),
        "e": ZeroDivisionError(),
    }
    readings = [(name, lambda error=error: raising(error)) for name, error in errors.items()]
    values, missing = read_all([*readings, ("f", lambda: 1)], Guard(Losses()))
    assert values == {"f": 1}
    assert missing == {"a": "unsupported", "b": "denied", "c": "absent", "d": "failed", "e": "failed"}
    assert [type(error) for error in swallowed] == [ZeroDivisionError]
    swallowed.clear()


def test_this_machine_can_be_read() -> None:
    facts = read_device(Guard(Losses()))
    assert facts.os is not None
    assert facts.python is not None
    assert set(facts.missing.values()) <= {"denied", "absent", "unsupported", "failed"}


def test_what_the_game_tells_lies_over_what_was_read_and_is_missing_no_longer() -> None:
    device = Device(Guard(Losses()), lambda: DeviceFacts(os="Plan 9", missing={"gpu": "absent", "board": "denied"}))
    assert device.read().missing == {"gpu": "absent", "board": "denied"}
    assert device.changed() is None
    device.tell(gpu="x" * 1000, refresh_hz=None)
    changed = device.changed()
    assert changed is not None
    assert changed.gpu == "x" * MAX_TEXT
    assert changed.missing == {"board": "denied"}
    assert device.changed() is None
