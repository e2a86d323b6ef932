"""Made-up device facts. Synthetic: plain machines such as players own, so that a demo on a server is not a demo of servers."""

from wire.schema import DeviceFacts

LAPTOP = DeviceFacts(
    os="Windows",
    os_version="10.0.22631",
    arch="x86_64",
    cpu="13th Gen Intel(R) Core(TM) i5-1335U",
    hypervisor=False,
    cores=12,
    memory_mb=16094,
    vendor="LENOVO",
    product="ThinkPad E14 Gen 5",
    board="21JKCTO1WW",
    bios="R2AET45W",
    mac_prefixes=("f4:6d:3f",),
    gpu="Intel(R) Iris(R) Xe Graphics",
    display_driver="windows",
    display_width=1920,
    display_height=1200,
    refresh_hz=60.0,
    locale="pt_PT",
    timezone="Europe/Lisbon",
    utc_offset_min=0,
    frozen=True,
    python="3.12.8",
)
"""An ordinary office laptop in Lisbon."""
