#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""bare.sh for the Intel machine: runs the RTOS on the bare machine in Bochs and prints its
statistics on one line.

usage: bare_intel.py APIC(x2apic|xapic) CPUS SECONDS
"""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "bed"))

from bochs import Bare, Config          # noqa: E402
from channel import BedError            # noqa: E402
from machine import BUILD               # noqa: E402

LAST = "taken="         # of what the RTOS prints
SLOW = 10               # seconds of ours for one of the machine's, at most


def main(apic, cpus, seconds):
    arguments = f"seconds={seconds} neighbours={cpus - 1}"
    config = Config(apic=apic, cpus=cpus, memory="64M")
    with Bare(config, BUILD / "inmates/rtos.elf", arguments) as machine:
        try:
            machine.wait_console(LAST, 60 + SLOW * seconds)
        except BedError as error:
            print(f"bare_intel.py: {error}: {machine.console()}", file=sys.stderr)
            return 1
        print(" ".join(machine.console().split()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
