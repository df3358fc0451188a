#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Boots a test machine with the current artifacts and runs a command in it, or (--shell)
gives its console to the terminal. Ends with the command's status."""
import argparse
import os
import sys

import bochs
import devices
import qemu
from channel import BedError

STATUS_BED = 125        # the machine failed, not the command


def msr(text):
    number, value = text.split("=")
    return int(number, 0), int(value, 0)


def parse(argv):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cpu", choices=("amd", "intel"), default="amd",
                        help="amd: QEMU; intel: Bochs, to which --apic, --cpus, --memory, --cpu-model "
                        "and --append apply")
    parser.add_argument("--qemu", choices=("10", "7.2"), default="10")
    parser.add_argument("--apic", choices=("x2apic", "xapic"), default="x2apic")
    parser.add_argument("--cpus", type=int, default=4)
    parser.add_argument("--kernel", help="a series of which make deps unpacked a kernel")
    parser.add_argument("--memory")
    parser.add_argument("--cpu-model", help="instead of the one that belongs to the machine")
    parser.add_argument("--msr", action="append", default=[], type=msr, metavar="MSR=VALUE",
                        help="written before the kernel begins, in place of the firmware (Bochs)")
    parser.add_argument("--icount", action="store_true", help="count instructions (--cpus 1)")
    parser.add_argument("--iommu", choices=("intel", "amd", "none"), default="",
                        help="the DMA-remapping unit, instead of the one that --apic needs")
    parser.add_argument("--device", action="append", default=[], choices=devices.NAMES,
                        help="a device of devices.py; may be repeated")
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
    given = {"apic": options.apic, "cpus": options.cpus, "cmdline": options.append}
    given.update({name: getattr(options, name) for name in ("memory", "cpu_model", "kernel")
                  if getattr(options, name)})
    if options.cpu == "intel":
        return bochs.Config(firmware=tuple(options.msr), **given)
    return qemu.Config(qemu=options.qemu, icount=options.icount,
                       iommu=options.iommu, devices=tuple(options.device),
                       extra=tuple(options.extra), **given)


def main(argv):
    options = parse(argv)
    try:
        config = config_of(options)
        if options.shell:
            if config.missing():
                raise BedError(f"this host has no {config.missing()}")
            return config.shell()
    except BedError as error:
        print(f"bed: {error}", file=sys.stderr)
        return STATUS_BED
    machine = config.make(name=options.name or f"run-{os.getpid()}")
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
