# SPDX-License-Identifier: GPL-2.0-only
"""A Linux that is started again alone when it falls, with a witness in a cell beside it (fallen.py); and what it has
of devices, which are to be quiet when the next Linux comes."""
import struct
from collections import namedtuple

import image
from devices import EDU, NVME, sector
from fallen import Fallen, die
from machine import BUILD

KERNEL, INITRD = "/dev/vda", "/dev/vdb"
BOOT = 150
MASTER, CAP_MSIX, MSIX_ENABLE = 4, 0x11, 0x8000
Devices = namedtuple("Devices", "edu disk msix bar controller")


def disks(config):
    """The machine's own kernel and initramfs, where its Linux can read them."""
    files = (BUILD / f"kernels/{config.kernel}/vmlinuz", image.initramfs(config.kernel))
    arguments = []
    for number, path in enumerate(files):
        arguments += ["-drive", f"if=none,file={path.resolve()},format=raw,readonly=on,id=d{number}",
                      "-device", f"virtio-blk-pci,drive=d{number},addr={0x10 + number:#x}"]
    return tuple(arguments)


def find_kernel(machine):
    """The files that disks() gives it, or those on the CD of Bochs, as arguments of hvctl."""
    if machine.config.cpu == "amd":
        machine.check("modprobe virtio_pci && modprobe virtio_blk")
        return f"{KERNEL} --initrd {INITRD}"
    machine.check("modprobe ata_piix && modprobe sr_mod && modprobe isofs; "
                  "mkdir -p /cd; until mount -t iso9660 /dev/sr0 /cd; do sleep 0.2; done", 60)
    return "/cd/boot/vmlinuz --initrd /cd/boot/initrd"


class Restarted(Fallen):
    """A machine whose Linux is started again when it falls."""

    def __init__(self, machine, policy="restart", more=()):
        self.kernel = find_kernel(machine)
        super().__init__(machine, policy, more=more)

    def load(self, more=""):
        self.product.must(f"root load {self.kernel} {more}", timeout=60)

    def fall(self, command):
        """Until the new Linux is up; its driver is not loaded yet."""
        mark = self.machine.console_mark()
        die(self, command)
        self.machine.wait_ready(timeout=BOOT)
        return self.machine.console(mark)

    def read_disk(self):
        """By interrupts: with queues and vectors of Linux's"""
        self.machine.check("modprobe nvme && until [ -b /dev/nvme0n1 ]; do sleep 0.1; done", 60)
        status, read = self.machine.run_bytes("dd if=/dev/nvme0n1 bs=512 count=1 2> /dev/null")
        assert status == 0 and read == sector(0)

    def config(self, function):
        return self.machine.get(f"/sys/bus/pci/devices/0000:{function}/config")

    def devices(self):
        """The DMA engine's command register; the disk's, its MSI-X control, its first BAR, and the controller's
        configuration, which is there."""
        config = self.config(NVME)
        at = config[0x34]
        while config[at] != CAP_MSIX:
            at = config[at + 1]
        bar, = struct.unpack("<Q", config[0x10:0x18])
        controller = self.machine.monitor(f"xp /1wx {(bar & ~15) + 0x14:#x}")
        return Devices(self.config(EDU)[4], config[4], config[at + 3] << 8, bar,
                       int(controller.split()[-1], 16))

    def use_devices(self):
        self.read_disk()
        self.machine.check(f"edu-dma 0000:{EDU} write own 1")
        now = self.devices()
        assert now.edu & now.disk & MASTER and now.msix & MSIX_ENABLE and now.controller & 1, now
        return now

    def check_devices_are_quiet(self, before):
        """Stopped; and the disk, which has a reset of its own, reset, but for where it is."""
        now = self.devices()
        assert not (now.edu | now.disk) & MASTER and not now.msix & MSIX_ENABLE, now
        assert not now.controller & 1 and now.bar == before.bar, (now, before)

    def attach(self):
        self.machine.check("modprobe bulkhead && modprobe bulkhead_link", 60)

    def check_managed(self, starts):
        """What the old Linux could do with the cell, the new one can."""
        root, witness = self.product.json("cell list")
        assert (root["state"], root["starts"], root["cpus"]) == ("running", starts, [0, 2, 3])
        assert (witness["name"], witness["state"], witness["cpus"]) == ("witness", "running", [1])
        assert self.machine.check("cat /sys/devices/system/cpu/online") == "0,2-3\n"
        assert [n["name"] for n in self.product.json("link list")] == ["watch"]
        assert self.product.json("root status")["attached"]
