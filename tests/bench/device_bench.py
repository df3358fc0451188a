# SPDX-License-Identifier: GPL-2.0-only
"""What devices in cells and remapping units cost: the part "devices" of bench.py."""
import json
import re
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "bed"))

from devices import LAN                                 # noqa: E402

TURNS = 7
FRAMES = 2000
CARD = f"""/dts-v1/;
/ {{
	compatible = "bulkhead,cell";
	#address-cells = <1>;
	#size-cells = <1>;
	label = "card";
	cpus = <1>;
	memory@0 {{ reg = <0x0 0x400000>; }};
	pci@0 {{ address = "0000:{LAN["port"]}"; accept-no-reset; }};
}};
"""


def left_to_linux(text):
    """The system description with its units left to Linux, as on a machine without any."""
    text = re.sub(r"(\tiommu@.*?)\n\t\};", r"\1\n\t\tleft-to-root;\n\t};", text, flags=re.S)
    accept = "\taccept {\n\t\tunmoderated-msi;\n\t\tunprotected-dma;\n\t};\n"
    return text.rstrip().removesuffix("};") + accept + "};\n"


def enable_with_unit(bench, out):
    """By turns with and without the unit; the median of the differences. Leaves it enabled."""
    text = bench.sh("cat /tmp/system.dts")
    bench.machine.put(left_to_linux(text), "/tmp/left.dts")
    extra = {"enable": [], "disable": []}
    for _ in range(TURNS):
        times = []
        for description in ("left", "system"):
            on = bench.hvctl(f"enable /tmp/{description}.dts")["driver_ms"]
            times.append({"enable": on, "pages": bench.hvctl("status")["pages_free"],
                          "disable": bench.disable()})
        for step, values in extra.items():
            values.append(times[1][step] - times[0][step])
    for step, values in extra.items():
        out[f"iommu_{step}_extra_ms"] = round(statistics.median(values), 2)
    out["iommu_pages"] = times[0]["pages"] - times[1]["pages"]
    bench.enable()


def root_exits(bench, cause):
    return sum(cpu["exits"].get(cause, 0) for cpu in bench.hvctl("stats")["cpus"])


def card_up(bench):
    return bench.sh(f"""
        modprobe e1000e; cd /sys/bus/pci/devices/0000:{LAN["linux"]}/net; name=$(ls)
        ip link set $name up
        for i in $(seq 300); do [ "$(cat $name/carrier)" = 1 ] && break; sleep 0.1; done
        echo $name""").strip()


def card_in_a_cell(bench, out):
    """Exits of the cell's CPU while frames come and go, and trapped config accesses of all CPUs from
    create to destroy."""
    name = card_up(bench)
    bench.machine.put(CARD, "/tmp/card.dts")
    trapped = root_exits(bench, "pci")
    bench.sh("hvctl cell create /tmp/card.dts")
    out["pci_exits_create"] = root_exits(bench, "pci") - trapped
    bench.sh("hvctl cell load card /opt/bulkhead/inmates/nic-echo.elf && hvctl cell start card")
    time.sleep(2)
    bench.sh(f"nic-frames {name} 10")
    before = cpu_exits(bench, 1)
    frames = json.loads(bench.sh(f"nic-frames {name} {FRAMES}"))
    after = cpu_exits(bench, 1)
    if frames["answered"] != FRAMES:
        raise RuntimeError(f"frames were lost: {frames}")
    causes = {c: n - before.get(c, 0) for c, n in after.items() if n != before.get(c, 0)}
    out["exits_device_steady_x2apic"] = sum(causes.values())
    out["exits_device_steady_by_cause"] = causes
    trapped = root_exits(bench, "pci")
    bench.destroy("card")
    out["pci_exits_destroy"] = root_exits(bench, "pci") - trapped


def cpu_exits(bench, cpu):
    return next(c["exits"] for c in bench.hvctl("stats")["cpus"] if c["cpu"] == cpu)
