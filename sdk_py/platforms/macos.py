"""Readings of macOS: sysctl(3), asked directly. Names as in sysctl(8) and <sys/sysctl.h>."""

import ctypes
import os
from typing import Final

from sdk_py.missing import ABSENT, UNSUPPORTED, Missing, Reading


def _sysctl(name: str) -> bytes:
    libc = ctypes.CDLL(None, use_errno=True)
    size = ctypes.c_size_t(0)
    if libc.sysctlbyname(name.encode(), None, ctypes.byref(size), None, 0) != 0:
        raise Missing(ABSENT)
    value = ctypes.create_string_buffer(size.value)
    if libc.sysctlbyname(name.encode(), value, ctypes.byref(size), None, 0) != 0:
        raise Missing(ABSENT)
    return value.raw[: size.value]


def _text(name: str) -> str:
    return _sysctl(name).rstrip(b"\0").decode(errors="replace")


def _number(name: str) -> int:
    return int.from_bytes(_sysctl(name), "little")


def cpu() -> str:
    """Return the processor's own name."""
    return _text("machdep.cpu.brand_string")


def hypervisor() -> bool:
    """Return whether this is a guest (`kern.hv_vmm_present`)."""
    return bool(_number("kern.hv_vmm_present"))


def memory_mb() -> int:
    """Return the physical memory in MiB."""
    return _number("hw.memsize") >> 20


def vendor() -> str:
    """Return the only maker there is."""
    return "Apple Inc."


def product() -> str:
    """Return the model, such as `Mac14,2`; a guest says `VirtualMac2,1`."""
    return _text("hw.model")


def timezone() -> str:
    """Return the IANA name of the local time zone."""
    _, found, name = os.readlink("/etc/localtime").partition("zoneinfo/")
    if not found:
        raise Missing(ABSENT)
    return name


def _unsupported() -> str:
    raise Missing(UNSUPPORTED)


READINGS: Final[tuple[Reading, ...]] = (
    ("cpu", cpu),
    ("hypervisor", hypervisor),
    ("hypervisor_vendor", _unsupported),
    ("container", _unsupported),
    ("memory_mb", memory_mb),
    ("vendor", vendor),
    ("product", product),
    ("board", _unsupported),
    ("bios", _unsupported),
    ("mac_prefixes", _unsupported),
    ("display_driver", lambda: "cocoa"),
    ("timezone", timezone),
)
