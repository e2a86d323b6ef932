"""Is the machine virtual? Product strings, network cards, graphics and the processor's own word.

Sources: the markers that systemd-detect-virt reads (systemd, src/basic/virt.c: DMI vendor table and CPUID leaf 0x40000000 signatures);
Intel SDM vol. 2A, CPUID leaf 1 ECX bit 31; IEEE OUI registry; Oyama, "Trends of anti-analysis operations of malwares observed in API call
logs", 2018, for what such checks get wrong. A hypervisor bit alone says little on Windows, where virtualization-based security sets it on
ordinary laptops (Microsoft, "Virtualization-based Security", on by default since Windows 11).
"""

import re
from collections.abc import Iterator
from typing import Final

from signals.emulator.machine import Machine
from signals.finding import abstain, damped, found
from signals.types import Evidence, Finding, Reason

NAME: Final = "virtual_machine"

_PRODUCTS: Final = re.compile(
    r"vmware|virtualbox|innotek|qemu|\bkvm\b|\bbochs\b|\bxen\b|hvm domu|parallels|bhyve|openstack|firecracker|cloud hypervisor|amazon ec2"
    r"|google compute engine|digitalocean|droplet|hetzner|alibaba cloud|apple virtualization|standard pc \(|ovirt|rhev|nutanix ahv|kubevirt"
    r"|proxmox|\bvirtual machine\b|virtual platform|seabios",
    re.IGNORECASE,
)
_PROCESSORS: Final = re.compile(r"qemu virtual|common kvm|virtualapple|bochs|virtual cpu", re.IGNORECASE)
_GRAPHICS: Final = re.compile(
    r"svga3d|vmware|virtualbox|vboxvga|virgl|virtio|parallels|\bqxl\b|hyper-v video|bochs|cirrus|apple paravirtual", re.IGNORECASE
)
_SIGNATURES: Final = re.compile(
    r"kvm|vmware|vbox|xenvmm|\bxen\b|prl hyperv|parallels|tcg|bhyve|qnxqvm|acrn|qemu|firecracker|apple", re.IGNORECASE
)
_MICROSOFT: Final = re.compile(r"microsoft|hyper-?v", re.IGNORECASE)
_WSL: Final = re.compile(r"microsoft|wsl", re.IGNORECASE)
_CARDS: Final = {
    "00:05:69": "VMware",
    "00:0c:29": "VMware",
    "00:1c:14": "VMware",
    "00:50:56": "VMware",
    "08:00:27": "VirtualBox",
    "52:54:00": "QEMU",
    "00:16:3e": "Xen",
    "00:1c:42": "Parallels",
    "00:15:5d": "Hyper-V",
    "58:9c:fc": "bhyve",
}

SURE: Final = 5.0
"""Nats when the machine names its hypervisor: about one honest player in three hundred plays in one (judged), and half of farmed accounts
or more."""
BIT: Final = 4.5
"""Where nothing but a guest sets the hypervisor bit (Linux on bare metal never does)."""
WINDOWS_BIT: Final = 0.2
HOST_CARD: Final = 0.2
"""A virtual card beside a physical one is what a host of virtual machines has."""
PLAIN: Final = -0.7


def assess(evidence: Evidence) -> Finding:
    """Return evidence for a virtual machine; abstains until the device has been told."""
    machine = evidence.history.machine
    if not machine.reported:
        return abstain("not_reported")
    told = _told(machine)
    if not told:
        return abstain("nothing_readable")
    reasons = damped(_reasons(machine))
    if not reasons and machine.hypervisor is False:
        reasons = (
            Reason("emulator.physical_machine", "The processor says that no hypervisor is under it, and nothing else contradicts.", PLAIN),
        )
    return found(reasons, told / 5.0, {"told": float(told), "marks": float(sum(reason.contribution >= BIT for reason in reasons))})


def _told(machine: Machine) -> int:
    firmware = machine.vendor or machine.product or machine.board or machine.bios
    return sum(
        (machine.hypervisor is not None, firmware is not None, bool(machine.mac_prefixes), machine.gpu is not None, machine.cpu is not None)
    )


def _reasons(machine: Machine) -> Iterator[Reason]:
    for label, text in (("vendor", machine.vendor), ("product", machine.product), ("board", machine.board), ("BIOS", machine.bios)):
        if text and (mark := _PRODUCTS.search(text)) and not _is_tablet(machine):
            yield Reason("emulator.product", f"The machine's {label} is that of a virtual machine ({mark[0]}).", SURE)
            break
    if machine.cpu and (mark := _PROCESSORS.search(machine.cpu)):
        yield Reason("emulator.processor", f"The processor is a virtual one ({mark[0]}).", SURE)
    if machine.gpu and (mark := _GRAPHICS.search(machine.gpu)):
        yield Reason("emulator.graphics", f"The graphics are those of a virtual machine ({mark[0]}).", SURE)
    yield from _hypervisor(machine)
    yield from _cards(machine)
    if machine.cores == 1:
        yield Reason("emulator.one_core", "The machine has one core, which players' machines no longer have.", 0.7)
    if machine.memory_mb is not None and machine.memory_mb < 1500 and not _is_tablet(machine):
        yield Reason("emulator.little_memory", f"The machine has {machine.memory_mb} MB of memory.", 0.5)


def _hypervisor(machine: Machine) -> Iterator[Reason]:
    vendor = machine.hypervisor_vendor or ""
    if _SIGNATURES.search(vendor):
        yield Reason("emulator.hypervisor", f"The processor names its hypervisor ({vendor}).", SURE)
        return
    if not machine.hypervisor:
        return
    os = (machine.os or "").lower()
    if os.startswith("win") or _WSL.search(machine.os_version or ""):
        yield Reason("emulator.windows_hypervisor", "A hypervisor runs, as on any Windows with virtualization-based security.", WINDOWS_BIT)
    elif _MICROSOFT.search(vendor):
        yield Reason("emulator.hypervisor", "The processor names its hypervisor (Hyper-V).", SURE)
    else:
        yield Reason("emulator.hypervisor", "The processor says that it runs under a hypervisor.", BIT)


def _cards(machine: Machine) -> Iterator[Reason]:
    named = [_CARDS[prefix] for prefix in machine.mac_prefixes if prefix in _CARDS]
    if not named:
        return
    if len(named) == len(machine.mac_prefixes):
        yield Reason("emulator.network_card", f"Every network card is a virtual one ({named[0]}).", SURE - 1.5)
    else:
        yield Reason("emulator.host_card", f"A virtual network card stands beside a physical one ({named[0]}).", HOST_CARD)


def _is_tablet(machine: Machine) -> bool:
    return (machine.os or "").lower() in {"android", "ios"}
