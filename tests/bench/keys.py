# SPDX-License-Identifier: GPL-2.0-only
"""What `make bench` measures: each key with its goal and the closest peer's figure on the same
kind of machine. Documentation/benchmarks.md explains each."""
from dataclasses import dataclass
from typing import Optional


@dataclass(frozen=True)
class Key:
    name: str
    unit: str
    goal: Optional[float]       # at most this; None: for information
    peer: Optional[float]       # the closest peer's, for orientation


# The taxes of plain Linux loads, as the peer's: x2APIC, xAPIC.
LOADS = {"fork": (1.25, 1.3), "pipe": (1.33, 4.0), "munmap": (2.0, 3.0), "nap": (1.0, 1.6),
         "compute": (1.0, 1.03), "getppid": (1.0, 1.07)}
TAX_FREE = ("nap", "compute", "getppid")


def tax_goal(load, apic):
    x2apic, xapic = LOADS[load]
    if apic == "xapic":
        return round(1 + 0.8 * (xapic - 1), 3)
    return 1.02 if load in TAX_FREE else x2apic


KEYS = [
    Key("exits_steady_x2apic", "exits in 10 s", 0, 0),
    Key("exits_per_tick_xapic", "exits", 2, 4.3),
    Key("insn_per_cpuid_exit", "instructions", 61, 122),
    Key("insn_per_hypercall_exit", "instructions", 61, 125),
    Key("root_idle_exits_10s_x2apic", "exits in 10 s", 400, 1317),
    Key("enable_ms", "ms", 96.5, 193),
    Key("disable_ms", "ms", 4.15, 8.3),
    Key("load_ms", "ms", 2.15, 4.3),
    Key("start_ms", "ms", 2.1, 4.2),
    Key("shutdown_ms", "ms", 3.5, 7),
    Key("create_ms", "ms", None, 68),
    Key("cpu_offline_ms", "ms", None, None),
    Key("create_extra_ms", "ms", 5, None),
    Key("destroy_ms", "ms", None, 64),
    Key("cpu_online_ms", "ms", None, None),
    Key("destroy_extra_ms", "ms", 5, None),
    Key("doorbell_rtt_cell_cell_us_p50", "us", 41, 41),
    Key("doorbell_rtt_linux_cell_us_p50", "us", 230, 230),
    Key("poll_rtt_cell_cell_ns_p50", "ns", 400, 400),
    *(Key(f"linux_tax_{apic}_{load}", "ratio", tax_goal(load, apic),
          LOADS[load][apic == "xapic"]) for apic in ("x2apic", "xapic") for load in LOADS),
    Key("image_bytes", "bytes", 64 << 10, 88 << 10),
    Key("memory_reserved_bytes", "bytes", 2 << 20, 6 << 20),
    Key("sloc_hypervisor_amd", "lines", 7500, 9361),
    Key("sloc_svm", "lines", 900, None),
    Key("sloc_vmx", "lines", 1200, None),
    Key("exits_steady_x2apic_vtx", "exits in 10 s", 0, None),
    Key("insn_per_cpuid_exit_vtx", "instructions", 75, None),
    Key("insn_per_hypercall_exit_vtx", "instructions", 75, None),
    Key("image_bytes_vtx", "bytes", 64 << 10, None),
    Key("exits_device_steady_x2apic", "exits", 0, None),
    Key("pci_exits_create", "exits", None, None),
    Key("pci_exits_destroy", "exits", None, None),
    Key("insn_per_config_access", "instructions", None, None),
    Key("iommu_enable_extra_ms", "ms", None, None),
    Key("iommu_disable_extra_ms", "ms", None, None),
    Key("iommu_pages", "pages", None, None),
    *(Key(f"sloc_{unit}", "lines", 700, None) for unit in ("vtd", "amdvi")),
    *(Key(f"sloc_{unit}_pure", "lines", None, None) for unit in ("vtd", "amdvi")),
    Key("exits_fall", "exits", 0, None),
    Key("nmis_fall", "NMIs", 0, None),
    Key("periods_lost_fall", "periods", 0, None),
    *(Key(name + suffix, unit, goal, None) for suffix in ("", "_vtx") for name, unit, goal in (
        ("exits_return", "exits", 0), ("nmis_return", "NMIs", 0),
        ("periods_lost_return", "periods", 0), ("return_s", "s", None),
        ("return_periods", "periods of 1 ms", None))),
    Key("pages_leaked", "pages", 0, 1),
]
