# SPDX-License-Identifier: GPL-2.0-only
"""What a cell notices when Linux dies, and when it comes back: the part "fall" of bench.py. One machine for each way
to die, and one of each vendor for the way back."""
import re
import sys
import time
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "bed"))

from fallen import LOOK, PERIODS, WITNESS, Fallen, die  # noqa: E402
from partition import Partition                         # noqa: E402
from restarted import BOOT, disks, find_kernel          # noqa: E402

WAYS = {
    "panic": "echo c > /proc/sysrq-trigger",
    "reset": "echo b > /proc/sysrq-trigger",
    "triple_fault": "modprobe bed-fall how=triple cpu=3",
}


def fall(config, command, out):
    """Adds what the cell's CPU took, and what its loop lost, from before the fall until a second after."""
    name = "bench-fall-" + config.name
    with replace(config, extra=(*config.extra, *LOOK)).make(name=name) as machine:
        fallen = Fallen(machine)
        begin = fallen.before[1].due
        die(fallen, command)
        fallen.outside.wait(lambda: fallen.outside.root().state != "running", "the root's end")
        fallen.wait_link_down()
        end = fallen.outside.witness().due + PERIODS
        fallen.outside.wait(lambda: fallen.outside.witness().run >= end, "the cell's periods")
        (before, _), (now, witness) = fallen.before, fallen.counts()
    out["exits_fall"] += sum(now.exits) - sum(before.exits)
    out["nmis_fall"] += now.nmis - before.nmis + now.kicks - before.kicks
    out["periods_lost_fall"] += max(0, witness.due - witness.run - witness.burst - 1)
    out["periods_run_fall"] += witness.run - begin


def come_back(config, out, suffix):
    """Linux panics, is started again, and manages the cell: what that took the cell's CPU, by the counters that both
    Linuxes read, and how long, on the host's clock and on the cell's."""
    if config.cpu == "amd":
        config = replace(config, extra=(*config.extra, *disks(config)))
    with config.make(name="bench-return-" + config.name) as machine:
        product = Partition(machine)
        kernel = find_kernel(machine)
        product.enable_with(lambda text: text.replace('policy = "stay"', 'policy = "restart"'))
        product.must(f"root load {kernel}", timeout=60)
        product.make(WITNESS)
        product.run_inmate("witness", "witness")
        product.wait_print("witness", "begins")
        before, beats, begin = product.cpu(1), product.show("witness")["progress"], time.monotonic()
        machine.start("echo c > /proc/sysrq-trigger")
        machine.wait_ready(timeout=BOOT)
        machine.check("modprobe bulkhead && modprobe bulkhead_link", 60)
        if product.cells()["witness"]["state"] != "running":
            raise RuntimeError("the cell does not run any more")
        out["return_s" + suffix] = round(time.monotonic() - begin, 1)
        out["return_periods" + suffix] = product.show("witness")["progress"] - beats
        now = product.cpu(1)
        product.must("cell shutdown witness")
        due, run, burst = map(int, re.search(r"due=(\d+) run=(\d+) burst=(\d+)",
                                             product.must("console witness")).groups())
    out["exits_return" + suffix] = now["total"] - before["total"]
    out["nmis_return" + suffix] = sum(now[n] - before[n] for n in ("nmi_forwarded", "nmi_kicks"))
    out["periods_lost_return" + suffix] = max(0, due - run - burst - 1)


def measure(config, intel, out, errors):
    figures = dict.fromkeys(("exits_fall", "nmis_fall", "periods_lost_fall", "periods_run_fall"), 0)
    for way, command in WAYS.items():
        try:
            fall(config, command, figures)
        except Exception as error:
            errors[f"fall: {way}"] = str(error)
    out.update(figures)
    for machine, suffix in ((config, ""), (intel, "_vtx")):
        try:
            come_back(machine, out, suffix)
        except Exception as error:
            errors[f"return on {machine.name}"] = str(error)
