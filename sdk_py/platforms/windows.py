"""Readings of Windows: the registry, and kernel32 where the registry has no answer."""

import ctypes
import sys
from typing import Final

from sdk_py.missing import UNSUPPORTED, Missing, Reading

if sys.platform == "win32":
    import winreg

    def _registry(path: str, name: str) -> str:
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, path) as key:
            return str(winreg.QueryValueEx(key, name)[0]).strip()

    def _has_key(path: str) -> bool:
        try:
            winreg.CloseKey(winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, path))
        except FileNotFoundError:
            return False
        return True

    def _memory() -> int:
        kilobytes = ctypes.c_ulonglong()
        if not ctypes.windll.kernel32.GetPhysicallyInstalledSystemMemory(ctypes.byref(kilobytes)):
            raise Missing(UNSUPPORTED)
        return kilobytes.value >> 10

else:

    def _registry(path: str, name: str) -> str:
        raise Missing(UNSUPPORTED)

    def _has_key(path: str) -> bool:
        raise Missing(UNSUPPORTED)

    def _memory() -> int:
        raise Missing(UNSUPPORTED)


_BIOS: Final = r"HARDWARE\DESCRIPTION\System\BIOS"
_CPU: Final = r"HARDWARE\DESCRIPTION\System\CentralProcessor\0"
# Left by the guest services of each hypervisor
_GUESTS: Final = {
    r"SOFTWARE\Microsoft\Virtual Machine\Guest\Parameters": "hyperv",
    r"SOFTWARE\VMware, Inc.\VMware Tools": "vmware",
    r"SOFTWARE\Oracle\VirtualBox Guest Additions": "virtualbox",
    r"SYSTEM\CurrentControlSet\Services\VioGpuDod": "kvm",
    r"SYSTEM\CurrentControlSet\Services\xenbus": "xen",
}


def cpu() -> str:
    """Return the processor's own name."""
    return _registry(_CPU, "ProcessorNameString")


def hypervisor_vendor() -> str:
    """Return whose guest services are installed, "" for nobody's."""
    return next((vendor for path, vendor in _GUESTS.items() if _has_key(path)), "")


def hypervisor() -> bool:
    """Return True in a guest that shows it. CPUID's bit is of no use here: it is set on hosts with virtualisation-based security too."""
    if hypervisor_vendor():
        return True
    raise Missing(UNSUPPORTED)


def mac_prefixes() -> tuple[str, ...]:
    """Return the vendor prefix of the card that names this machine."""
    import uuid

    node = uuid.getnode()
    if node >> 40 & 1:  # the multicast bit marks a number made up for want of a card (RFC 9562, 6.10)
        raise Missing(UNSUPPORTED)
    octets = node.to_bytes(6, "big")
    return (":".join(f"{octet:02x}" for octet in octets[:3]),)


def _unsupported() -> str:
    raise Missing(UNSUPPORTED)


READINGS: Final[tuple[Reading, ...]] = (
    ("cpu", cpu),
    ("hypervisor", hypervisor),
    ("hypervisor_vendor", hypervisor_vendor),
    ("container", _unsupported),
    ("memory_mb", _memory),
    ("vendor", lambda: _registry(_BIOS, "SystemManufacturer")),
    ("product", lambda: _registry(_BIOS, "SystemProductName")),
    ("board", lambda: _registry(_BIOS, "BaseBoardProduct")),
    ("bios", lambda: f"{_registry(_BIOS, 'BIOSVendor')} {_registry(_BIOS, 'BIOSVersion')}"),
    ("mac_prefixes", mac_prefixes),
    ("display_driver", lambda: "windows"),
    ("timezone", _unsupported),
)
