"""Virtual machines, emulators and machines without a screen are told from plain ones: virtual_machine, android, headless."""

import shutil
import subprocess

import pytest

from sdk_py.guard import Guard
from sdk_py.losses import Losses
from sdk_py.sources.device import read_device
from signals.combine import assess, load_model
from signals.emulator import android, headless, virtual_machine
from signals.history import EMPTY, learn
from signals.types import NOT_APPLICABLE, Evidence, Facts, Finding, ScoreName
from wire.schema import DeviceFacts
from zoo.machines import LAPTOP

MODEL = load_model()


def evidence(**changes: object) -> Evidence:
    """Return a plain laptop's evidence with some facts changed."""
    facts = {name: getattr(LAPTOP, name) for name in LAPTOP.__slots__} | changes
    return Evidence(learn(EMPTY, Facts(arrived_us=0, device=DeviceFacts(**facts))))


def emulator(told: Evidence) -> float:
    value = assess(told, MODEL).scores[ScoreName.EMULATOR].value
    assert value is not None
    return value


def names(finding: Finding) -> list[str]:
    return [reason.name for reason in finding.reasons]


def test_a_plain_laptop_is_no_emulator() -> None:
    assert emulator(evidence()) <= MODEL.base_rate


@pytest.mark.skipif(shutil.which("systemd-detect-virt") is None, reason="systemd-detect-virt is not installed")
def test_the_score_agrees_with_systemd_detect_virt() -> None:
    virtual = subprocess.run(["systemd-detect-virt", "--vm", "--quiet"], check=False).returncode == 0
    here = Evidence(learn(EMPTY, Facts(arrived_us=0, device=read_device(Guard(Losses())))))
    assert (emulator(here) > 0.5) == virtual
    finding = virtual_machine.assess(here)
    assert (finding.evidence is not None and finding.evidence >= virtual_machine.BIT) == virtual


@pytest.mark.parametrize(
    "facts",
    [
        {"vendor": "VMware, Inc.", "product": "VMware7,1"},
        {"vendor": "innotek GmbH", "product": "VirtualBox"},
        {"vendor": "QEMU", "product": "Standard PC (Q35 + ICH9, 2009)"},
        {"vendor": "Microsoft Corporation", "product": "Virtual Machine"},
        {"vendor": "Parallels International GmbH.", "product": "Parallels ARM Virtual Machine"},
        {"vendor": "Xen", "product": "HVM domU"},
        {"vendor": "Google", "product": "Google Compute Engine"},
        {"vendor": "Amazon EC2", "product": "t3.medium"},
        {"os": "Darwin", "cpu": "VirtualApple @ 2.50GHz"},
        {"gpu": "SVGA3D; build: RELEASE; LLVM"},
        {"gpu": "virgl (AMD Radeon)"},
        {"hypervisor": True, "hypervisor_vendor": "KVMKVMKVM"},
        {"os": "Linux", "hypervisor": True},
        {"os": "Linux", "hypervisor": True, "hypervisor_vendor": "Microsoft Hv"},
    ],
)
def test_what_names_a_virtual_machine_is_enough(facts) -> None:
    assert emulator(evidence(**facts)) > 0.5


@pytest.mark.parametrize(
    "facts",
    [
        {"hypervisor": True, "hypervisor_vendor": "Microsoft Hv"},
        {"hypervisor": True},
        {"os": "Linux", "os_version": "6.6.36.3-microsoft-standard-WSL2", "hypervisor": True, "hypervisor_vendor": "Microsoft Hv"},
        {"mac_prefixes": ("f4:6d:3f", "00:15:5d")},
        {"mac_prefixes": ("f4:6d:3f", "00:50:56", "0a:00:27")},
        {"vendor": "Microsoft Corporation", "product": "Surface Laptop 5"},
        {"vendor": "LENOVO", "product": "ThinkPad E14", "cores": 2, "memory_mb": 3900},
        {"gpu": None, "display_driver": None, "refresh_hz": None},
        {"vendor": None, "product": None, "board": None, "bios": None, "mac_prefixes": ()},
        {"refresh_hz": 0.0},
        {"container": "flatpak"},
        {"gpu": "llvmpipe (LLVM 17.0.6, 256 bits)"},
    ],
    ids=str,
)
def test_honest_machines_with_something_odd_about_them_do_not_alarm(facts) -> None:
    assert emulator(evidence(**facts)) < 0.2


def test_marks_with_one_cause_are_not_counted_as_if_each_were_news() -> None:
    marked = evidence(
        vendor="innotek GmbH",
        product="VirtualBox",
        hypervisor=True,
        hypervisor_vendor="VBoxVBoxVBox",
        mac_prefixes=("08:00:27",),
        gpu="VBoxVGA",
    )
    finding = virtual_machine.assess(marked)
    assert len(finding.reasons) >= 4
    assert finding.evidence is not None
    assert virtual_machine.SURE < finding.evidence < 2 * virtual_machine.SURE


def test_a_laptop_without_readable_firmware_is_judged_by_the_rest_with_less_confidence() -> None:
    told = virtual_machine.assess(evidence())
    less = virtual_machine.assess(evidence(vendor=None, product=None, board=None, bios=None, gpu=None))
    assert less.confidence < told.confidence


@pytest.mark.parametrize(
    "facts",
    [
        {"product": "sdk_gphone64_x86_64", "board": "goldfish_x86_64"},
        {"board": "ranchu"},
        {"product": "vbox86p"},
        {"vendor": "BlueStacks"},
        {"product": "LDPlayer"},
        {"board": "nox"},
    ],
)
def test_android_emulators_give_themselves_away(facts) -> None:
    phone = {"os": "Android", "arch": "aarch64", "cpu": None, "vendor": None, "product": None, "board": None, "bios": None, "gpu": None}
    finding = android.assess(evidence(**{**phone, **facts}))
    assert names(finding)[0] == "emulator.android_product"
    assert emulator(evidence(**{**phone, **facts})) > 0.5


def test_a_phone_is_no_emulator() -> None:
    phone = evidence(
        os="Android", arch="aarch64", vendor="samsung", product="SM-A546B", board="s5e8835", cpu=None, gpu="Mali-G68", bios=None
    )
    assert android.assess(phone).evidence == 0.0
    assert emulator(phone) < 0.1


def test_a_chromebook_runs_android_on_x86_honestly() -> None:
    assert android.assess(evidence(os="Android", arch="x86_64", product="volteer_cheets", vendor="Google", gpu=None)).evidence == 0.0


def test_android_does_not_apply_to_a_desktop() -> None:
    assert android.assess(evidence()).abstained == NOT_APPLICABLE


@pytest.mark.parametrize("driver", ["dummy", "offscreen", "Dummy"])
def test_nobody_watches_a_dummy_driver(driver) -> None:
    assert emulator(evidence(display_driver=driver)) > 0.4


def test_software_graphics_in_a_container_add_up() -> None:
    one = headless.assess(evidence(gpu="llvmpipe (LLVM 17.0.6, 256 bits)")).evidence
    both = headless.assess(evidence(gpu="llvmpipe (LLVM 17.0.6, 256 bits)", container="docker")).evidence
    assert one is not None
    assert both is not None
    assert both > one


def test_the_newest_report_replaces_the_one_before() -> None:
    history = learn(EMPTY, Facts(arrived_us=0, device=DeviceFacts(os="Linux", hypervisor=True)))
    history = learn(history, Facts(arrived_us=1, device=LAPTOP))
    assert history.machine.vendor == "LENOVO"
    assert history.machine.changes == 1
