"""Readings of Linux: /proc and /sys, as any user may read them. See proc(5) and the kernel's Documentation/ABI/testing/sysfs-*."""

import os
import sys
from pathlib import Path
from typing import Final

from sdk_py.missing import ABSENT, UNSUPPORTED, Missing, Reading

ROOT: Final = Path("/")

# Clock sources that only a guest of this hypervisor is offered (arch/x86/kernel/{kvmclock,cpu/mshyperv}.c, drivers/xen)
_GUEST_CLOCKS: Final = {"kvm-clock": "kvm", "hyperv": "hyperv", "xen": "xen", "vmware": "vmware"}
# PCI vendors of paravirtual hardware, from the pci.ids database
_GUEST_PCI: Final = {
    "0x1af4": "kvm",
    "0x15ad": "vmware",
    "0x80ee": "virtualbox",
    "0x1414": "hyperv",
    "0x5853": "xen",
    "0x1ab8": "parallels",
}
_CONTAINERS: Final = ("docker", "kubepods", "containerd", "libpod", "lxc", "garden")


def _text(path: Path) -> str:
    text = path.read_text(errors="replace").strip(" \t\r\n\0")
    if not text:
        raise Missing(ABSENT)
    return text


def _cpuinfo(root: Path, *names: str) -> str:
    for line in _text(root / "proc/cpuinfo").splitlines():
        name, _, value = line.partition(":")
        if name.strip() in names:
            return value.strip()
    raise Missing(ABSENT)


def cpu(root: Path = ROOT) -> str:
    """Return the processor's own name."""
    return _cpuinfo(root, "model name", "Hardware", "Processor")


def hypervisor(root: Path = ROOT) -> bool:
    """Return CPUID's hypervisor bit as the kernel shows it among the flags (x86), else whether a hypervisor can be named."""
    try:
        flags = _cpuinfo(root, "flags")
    except Missing:
        try:
            return bool(hypervisor_vendor(root))
        except Missing:
            raise Missing(UNSUPPORTED) from None
    return "hypervisor" in flags.split()


def hypervisor_vendor(root: Path = ROOT) -> str:
    """Return who runs this guest, by the clock it offers, its Xen node or its paravirtual hardware."""
    xen = root / "sys/hypervisor/type"
    if xen.exists():
        return _text(xen)
    clocks = root / "sys/devices/system/clocksource/clocksource0/available_clocksource"
    if clocks.exists():
        offered = clocks.read_text()
        for mark, vendor in _GUEST_CLOCKS.items():
            if mark in offered:
                return vendor
    for device in sorted((root / "sys/bus/pci/devices").glob("*/vendor")):
        vendor_id = device.read_text().strip()
        if vendor_id in _GUEST_PCI:
            return _GUEST_PCI[vendor_id]
    if any((root / "sys/bus/virtio/devices").glob("*")):
        return "virtio"
    raise Missing(ABSENT)


def container(root: Path = ROOT) -> str:
    """Return the kind of container around this process, "" where nothing shows one."""
    if (root / ".dockerenv").exists():
        return "docker"
    if (root / "run/.containerenv").exists():
        return "podman"
    told = root / "run/systemd/container"
    if told.exists():
        return _text(told)
    groups = (root / "proc/self/cgroup").read_text()
    return next((name for name in _CONTAINERS if name in groups), "")


def memory_mb() -> int:
    """Return the physical memory that the kernel manages, in MiB."""
    if sys.platform != "win32":
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") >> 20
    raise Missing(UNSUPPORTED)


def _dmi(name: str, root: Path) -> str:
    return _text(root / "sys/class/dmi/id" / name)


def vendor(root: Path = ROOT) -> str:
    """Return the maker of the system, from SMBIOS."""
    return _dmi("sys_vendor", root)


def product(root: Path = ROOT) -> str:
    """Return the model of the system, from SMBIOS or the device tree."""
    tree = root / "proc/device-tree/model"
    return _text(tree) if tree.exists() else _dmi("product_name", root)


def board(root: Path = ROOT) -> str:
    """Return the model of the main board, from SMBIOS."""
    return _dmi("board_name", root)


def bios(root: Path = ROOT) -> str:
    """Return maker and version of the firmware, from SMBIOS."""
    return f"{_dmi('bios_vendor', root)} {_dmi('bios_version', root)}"


def mac_prefixes(root: Path = ROOT) -> tuple[str, ...]:
    """Return the vendor prefixes of the network cards that have a device behind them."""
    cards = (root / "sys/class/net").iterdir()
    found = {_text(card / "address")[:8].lower() for card in cards if (card / "device").exists()}
    return tuple(sorted(found - {"00:00:00"}))


def display_driver() -> str:
    """Return the window system that the environment names."""
    environ = os.environ
    if environ.get("SDL_VIDEODRIVER"):
        return environ["SDL_VIDEODRIVER"]
    if environ.get("WAYLAND_DISPLAY"):
        return "wayland"
    if environ.get("DISPLAY"):
        return "x11"
    raise Missing(ABSENT)


def timezone(root: Path = ROOT) -> str:
    """Return the IANA name of the local time zone."""
    named = os.environ.get("TZ", "").lstrip(":")
    if "/" in named and not named.startswith("/"):
        return named
    link = root / "etc/localtime"
    if link.is_symlink():
        _, found, name = os.readlink(link).partition("zoneinfo/")
        if found:
            return name
    return _text(root / "etc/timezone")


READINGS: Final[tuple[Reading, ...]] = (
    ("cpu", cpu),
    ("hypervisor", hypervisor),
    ("hypervisor_vendor", hypervisor_vendor),
    ("container", container),
    ("memory_mb", memory_mb),
    ("vendor", vendor),
    ("product", product),
    ("board", board),
    ("bios", bios),
    ("mac_prefixes", mac_prefixes),
    ("display_driver", display_driver),
    ("timezone", timezone),
)
