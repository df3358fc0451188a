#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Boots a test machine with the current artifacts and runs a command in it, or (--shell)
gives its console to the terminal. Ends with the command's status."""
import argparse
import os
import subprocess
import sys

from channel import BedError
from machine import (BUILD, Config, Machine, die_with_parent, emulator, emulator_arguments,
                     kernel_arguments, missing_for)

STATUS_BED = 125        # the machine failed, not the command


def parse(argv):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--qemu", choices=("10", "7.2"), default="10")
    parser.add_argument("--apic", choices=("x2apic", "xapic"), default="x2apic")
    parser.add_argument("--cpus", type=int, default=4)
    parser.add_argument("--kernel", choices=("6.1", "6.12"), default="6.1")
    parser.add_argument("--memory", default="2G")
    parser.add_argument("--cpu-model", default="", help="CPU model and flags for QEMU's -cpu")
    parser.add_argument("--icount", action="store_true", help="count instructions (--cpus 1)")
    parser.add_argument("--no-iommu", action="store_true", help="no DMA-remapping unit")
    parser.add_argument("--append", default="", help="more kernel arguments")
    parser.add_argument("--extra", action="append", default=[], help="one more argument for QEMU; "
                        "again for another (--extra=-device --extra=edu)")
    parser.add_argument("--timeout", type=float, default=120, help="seconds for the command")
    parser.add_argument("--name", default="", help="log directory below build/logs")
    parser.add_argument("--verbose", action="store_true", help="print the kernel's console too")
    parser.add_argument("--shell", action="store_true", help="an interactive console instead")
    parser.add_argument("command", nargs="*", help="shell command in the guest")
    options = parser.parse_args(argv)
    if not options.shell and not options.command:
        parser.error("no command for the guest (or --shell)")
    return options


def config_of(options):
    return Config(qemu=options.qemu, apic=options.apic, cpus=options.cpus, kernel=options.kernel,
                  memory=options.memory, cpu_model=options.cpu_model, icount=options.icount,
                  iommu=not options.no_iommu, cmdline=options.append, extra=tuple(options.extra))


def shell(config):
    """The same machine on this terminal; Ctrl-a x ends it, Ctrl-a c is QEMU's monitor."""
    if missing_for(config):
        raise BedError(f"this host has no {missing_for(config)}")
    argv = [emulator(config), *emulator_arguments(config),
            *kernel_arguments(config, "quiet bed.shell"), "-serial", "mon:stdio"]
    log = BUILD / "logs/shell.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    # The emulator names every CPU feature that it does not emulate: not of interest here.
    with open(log, "w") as out:
        status = subprocess.run(argv, stderr=out, preexec_fn=die_with_parent).returncode
    if status != 0:
        print(f"bed: the emulator failed, see {log}", file=sys.stderr)
    return status


def main(argv):
    options = parse(argv)
    try:
        config = config_of(options)
        if options.shell:
            return shell(config)
    except BedError as error:
        print(f"bed: {error}", file=sys.stderr)
        return STATUS_BED
    machine = Machine(config, name=options.name or f"run-{os.getpid()}")
    try:
        with machine:
            print(f"bed: {config.name} up in {machine.boot_seconds:.1f} s, "
                  f"console in {machine.serial_log}", file=sys.stderr)
            job = machine.start(" ".join(options.command))
            status = follow(machine, job, options.timeout)
    except BedError as error:
        print(f"bed: {error}\n{machine.console_tail()}", file=sys.stderr)
        return STATUS_BED
    if options.verbose:
        print(machine.console(), file=sys.stderr)
    elif status != 0:
        print(f"bed: status {status}\n{machine.console_tail()}", file=sys.stderr)
    return status


def follow(machine, job, timeout):
    """Prints what the command prints as it comes; its status."""
    printed = 0

    def news():
        nonlocal printed
        sys.stdout.buffer.write(job.output[printed:])
        sys.stdout.buffer.flush()
        printed = len(job.output)
        return job.status is not None

    machine.agent.pump(news, timeout, job.command)
    return job.status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
