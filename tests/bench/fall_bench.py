# SPDX-License-Identifier: GPL-2.0-only
"""What a cell notices when Linux dies: the part "fall" of bench.py. One machine for each way to die."""
import sys
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "bed"))

from fallen import LOOK, PERIODS, Fallen, die           # noqa: E402

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


def measure(config, out, errors):
    figures = dict.fromkeys(("exits_fall", "nmis_fall", "periods_lost_fall", "periods_run_fall"), 0)
    for way, command in WAYS.items():
        try:
            fall(config, command, figures)
        except Exception as error:
            errors[f"fall: {way}"] = str(error)
    out.update(figures)
