# SPDX-License-Identifier: GPL-2.0-only
"""The Intel machine: Bochs, which has VT-x in software emulation, with Debian's cloud kernel, which
is in its memory when it starts: a boot sector of ours enters it, since GRUB would take ten seconds to
read it from a CD. It is a PC of 1996 with a newer processor (i440FX: PCI by ports CF8/CFC only, no
DMA-remapping unit), and one thread of the host emulates all of its CPUs. The kernel writes to the
first serial port, a file; the agent has the second, for which Bochs calls us by TCP."""
import os
import re
import socket
import struct
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import image
import terminal
from channel import BedError, GuestTimeout
from machine import BOOT_TIMEOUT, BUILD, Machine, die_with_parent, missing_kernel

SHARE = Path("/usr/share/bochs")
BIOS = "BIOS-bochs-latest"
VGA_BIOS = ("VGABIOS-lgpl-latest", "VGABIOS-lgpl-latest.bin")
GRUB = Path("/usr/lib/grub/i386-pc")
GRUB_MODULES = "multiboot iso9660 biosdisk normal"
IPS = 50000000          # the emulated clock advances a second with so many instructions

# timeout=0: nobody has to look at the screen. The debugger is told to continue at once.
BOCHSRC = """\
display_library: rfb, options="timeout=0"
cpu: model={model}, count={cpus}:1:1, ips={ips}, reset_on_triple_fault=0, ignore_bad_msrs=1
memory: guest={memory}, host={memory}
romimage: file={bios}, options=fastboot
vgaromimage: file={vga_bios}
clock: sync=none
pci: enabled=1, chipset=i440fx
ata1-master: type=cdrom, path={iso}, status=inserted
{begin}
panic: action=fatal
error: action=report
info: action=report
debug: action=ignore
log: {log}
sound: driver=dummy
mouse: enabled=0
com1: enabled=1, {com1}
com2: enabled=1, {com2}
"""

# Bochs 2.7 has no way back: an APIC that was switched off, as it must be between x2APIC and xAPIC
# mode, cannot be switched on again. So the modes are two machines, one of which has no x2APIC.
MODELS = {"x2apic": "corei7_haswell_4770", "xapic": "corei5_arrandale_m520"}
# Without a unit that remaps interrupts, Linux stays in x2APIC mode only if the firmware, for which
# the boot sector stands in, had chosen that already, and it does not use the IO-APIC. And Bochs 2.7
# does not deliver to x2APIC clusters.
X2APIC_FIRST = ((0x1b, 0xfee00d00),)
X2APIC_ARGUMENTS = "noapic x2apic_phys"
PROGRAM = "multiboot /boot/program {arguments}\nboot\n"
BEGIN_CD = "boot: cdrom"
BEGIN_MEMORY = """\
ata0-master: type=disk, path={disk}, mode=flat
boot: disk
optramimage1: file={memory}, address={orders:#x}"""
# Where in memory the boot sector, which is assembled with these, finds what: Bochs's blocks of memory, how many of them
# lie below the kernel, and where the firmware's memory map goes. And the smallest disk that has a geometry.
BLOCK, PADDING, KERNEL, MAGIC, RANGES = 0x20000, 64, 0x1000000, 0x6f726472, 0x1000
ORDERS = KERNEL - PADDING * BLOCK
SECTOR = [f"-D{name}={value:#x}" for name, value in (
    ("BLOCK", BLOCK), ("PADDING", PADDING), ("KERNEL", KERNEL), ("ORDERS", ORDERS), ("MAGIC", MAGIC), ("RANGES", RANGES))]
DISK_SIZE = 16 * 63 * 512
PVH_ENTRY = re.compile(struct.pack("<III4s", 4, 8, 18, b"Xen") + b"(.{8})", re.S)     # ELF note XEN_ELFNOTE_PHYS32_ENTRY
PT_LOAD = 1
HVM_START_MAGIC = 0x336ec578
HVM_START_INFO = struct.Struct("<IIIIQQQQII")       # Linux, include/xen/interface/hvm/start_info.h
HVM_MODLIST_ENTRY = struct.Struct("<QQQQ")


def cloud_kernel():
    """The series that make deps chose for Bochs."""
    return next((path.name for path in (BUILD / "kernels").glob("*-cloud")), "6.1-cloud")


@dataclass(frozen=True)
class Config:
    """What a machine is made of; see Documentation/testing.md."""
    cpu = "intel"
    kvm = "kvm_intel"
    features = frozenset(("counted", "vmx"))    # of FEATURES in conftest.py

    apic: str = "x2apic"        # "x2apic" or "xapic"
    cpus: int = 4
    kernel: str = field(default_factory=cloud_kernel)
    memory: str = "1G"
    cpu_model: str = ""         # instead of the one that belongs to apic
    cmdline: str = ""           # more kernel arguments
    firmware: tuple = ()        # (MSR, value) that firmware would have written

    @property
    def name(self):
        return f"bochs-{self.cpus}cpu-{self.apic}"

    def missing(self):
        """What this host lacks for the machine, in words; empty if nothing."""
        for path in (SHARE / BIOS, vga_bios()):
            if not path.exists():
                return f"{path} (run make deps)"
        return missing_kernel(self.kernel)

    def make(self, name="machine"):
        return Bochs(self, name)

    def shell(self):
        """The same machine on this terminal; Ctrl-a x ends it."""
        machine = Console(self, "shell-intel")
        print("bed: Bochs boots in twenty seconds; Ctrl-a x ends it", file=sys.stderr)
        with machine:
            terminal.connect(machine.stream, machine.is_alive)
        return 0


def vga_bios():
    return next((SHARE / name for name in VGA_BIOS if (SHARE / name).exists()), SHARE / VGA_BIOS[0])


def kernel_arguments(config, words=""):
    """The crypto self-tests and the probing of a keyboard take longer than all the rest of the
    boot, and the TSC is what Bochs counts, whatever the watchdog thinks of it. With more CPUs
    for one thread, a CPU that waits must cost nothing."""
    append = "console=ttyS0,115200 no_timer_check panic=-1 cryptomgr.notests tsc=reliable " \
             "i8042.noaux i8042.nokbd"
    if config.cpus > 2:
        append += " idle=halt nohz=off highres=off"
    if config.apic == "x2apic":
        append = f"{append} {X2APIC_ARGUMENTS}"
    return " ".join(f"{append} {words} {config.cmdline}".split())


def succeed(*argv):
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        raise BedError(f"{argv[0]} failed: {done.stdout}")


def make_iso(directory, commands, **files):
    """A CD whose GRUB obeys the commands; it finds the files in /boot, by their names."""
    if not GRUB.exists():
        raise BedError(f"this host has no {GRUB} (run make deps)")
    grub_cfg = directory / "grub.cfg"
    grub_cfg.write_text("set timeout=0\n" + commands)
    return write_iso(directory, ["grub-mkrescue", "-d", GRUB, f"--install-modules={GRUB_MODULES}", "--fonts=",
                                 "--locales=", "--themes="], {"grub/grub.cfg": grub_cfg} | files)


def write_iso(directory, program, files):
    iso = directory / "boot.iso"
    succeed(*program, "-o", iso, *(f"/boot/{name}={path.resolve()}" for name, path in files.items()))
    return iso


def flat_kernel(series):
    """The unpacked kernel as it lies in memory from KERNEL on, and the address of its PVH entry."""
    vmlinux = image.unpacked_kernel(series)
    if vmlinux is None:
        raise BedError(f"the kernel of {series} is packed with something else than xz or LZ4")
    data = vmlinux.read_bytes()
    (table,), (count,) = struct.unpack_from("<Q", data, 32), struct.unpack_from("<H", data, 56)
    flat = bytearray()
    for number in range(count):
        kind, _, offset, _, paddr, size, in_memory = struct.unpack_from("<IIQQQQQ", data, table + 56 * number)
        if kind == PT_LOAD:
            gap = paddr - KERNEL - len(flat)
            if gap < 0:
                raise BedError(f"the kernel of {series} has a segment at {paddr:#x}, which is not behind the others")
            flat += bytes(gap) + data[offset:offset + size] + bytes(in_memory - size)
    entry = PVH_ENTRY.search(data)
    if not entry:
        raise BedError(f"the kernel of {series} has no PVH entry (CONFIG_PVH)")
    return flat, int.from_bytes(entry[1], "little")


def whole_blocks(data):
    return data + bytes(-len(data) % BLOCK)


def memory_image(config, words):
    """What is in memory from ORDERS on, for the boot sector and for the kernel."""
    flat, entry = flat_kernel(config.kernel)
    kernel, initrd = whole_blocks(flat), image.initramfs(config.kernel).read_bytes()
    contents = kernel + whole_blocks(initrd)
    first = (X2APIC_FIRST if config.apic == "x2apic" else ()) + config.firmware
    info = ORDERS + 20 + 12 * len(first)
    modules = info + HVM_START_INFO.size
    arguments = modules + HVM_MODLIST_ENTRY.size
    orders = b"".join((
        struct.pack("<IIIII", MAGIC, entry, info, len(contents) // BLOCK, len(first)),
        *(struct.pack("<IQ", *pair) for pair in first),
        HVM_START_INFO.pack(HVM_START_MAGIC, 1, 0, 1, modules, arguments, 0, RANGES, 0, 0),
        HVM_MODLIST_ENTRY.pack(KERNEL + len(kernel), len(initrd), 0, 0),
        kernel_arguments(config, words).encode() + b"\0"))
    padding = (number.to_bytes(BLOCK, "little") for number in range(1, PADDING))
    return b"".join((whole_blocks(orders), *padding, contents))


def linux_in_memory(config, directory, words=""):
    """The settings of a machine that boots the kernel with the current initramfs, and a CD with both."""
    disk, memory = directory / "disk", directory / "memory"
    succeed("gcc", "-m32", "-nostdlib", "-static", "-Wl,-Ttext=0x7c00,--oformat=binary,--build-id=none",
            *SECTOR, "-o", disk, Path(__file__).with_name("sector.S"))
    os.truncate(disk, DISK_SIZE)
    memory.write_bytes(memory_image(config, words))
    files = {"vmlinuz": BUILD / f"kernels/{config.kernel}/vmlinuz",
             "initrd": image.initramfs(config.kernel, packed=True)}
    return (BEGIN_MEMORY.format(disk=disk, memory=memory, orders=ORDERS),
            write_iso(directory, ["xorriso", "-as", "mkisofs", "-quiet", "-R", "-graft-points"], files))


def megabytes(memory):
    return int(memory[:-1]) * {"M": 1, "G": 1024}[memory[-1]]


class Bochs(Machine):
    slowness = 4
    emulator_log = "bochs.log"

    def __init__(self, config, name="machine"):
        self.listener = None
        super().__init__(config, name)

    def _start(self):
        self._launch(*linux_in_memory(self.config, Path(self.work.name)),
                     com1=f"mode=file, dev={self.serial_log}", com2=self._listen())

    def _listen(self):
        """The setting of a serial port for which Bochs calls us."""
        self.listener = socket.create_server(("127.0.0.1", 0))
        return "mode=socket-client, dev=127.0.0.1:%d" % self.listener.getsockname()[1]

    def _launch(self, begin, iso, com1, com2):
        config, rc = self.config, self.logs / "bochsrc"
        rc.write_text(BOCHSRC.format(
            model=config.cpu_model or MODELS[config.apic], cpus=config.cpus, ips=IPS, memory=megabytes(config.memory),
            bios=SHARE / BIOS, vga_bios=vga_bios(), begin=begin, iso=iso, log=self.logs / self.emulator_log,
            com1=com1, com2=com2))
        debugger = Path(self.work.name) / "debugger"
        debugger.write_text("c\n")
        argv = ["bochs", "-q", "-f", rc, "-rc", debugger]
        self.logs.joinpath("command").write_text(" ".join(map(str, argv)) + "\n")
        with open(self.logs / "bochs.out", "w") as out:
            self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                            preexec_fn=die_with_parent)

    def _connect(self, deadline):
        """Bochs calls when it sets up its serial ports."""
        self.listener.settimeout(0.2)
        while True:
            try:
                return self.listener.accept()[0]
            except TimeoutError:
                self.check_alive()
            if time.monotonic() > deadline:
                raise GuestTimeout("Bochs does not connect its serial port")

    def _disconnect(self):
        if self.listener:
            self.listener.close()
        self.listener = None


class Console(Bochs):
    """A shell instead of the agent, and the first serial port is `stream`."""
    stream = None

    def _start(self):
        self._launch(*linux_in_memory(self.config, Path(self.work.name), "quiet bed.shell"),
                     com1=self._listen(), com2="mode=null")

    def boot(self, timeout=BOOT_TIMEOUT):
        self._prepare()
        self._start()
        self.stream = self._connect(time.monotonic() + timeout)
        return self

    def _disconnect(self):
        super()._disconnect()
        if self.stream:
            self.stream.close()


class Bare(Bochs):
    """No Linux: a multiboot program has the machine to itself, and prints on the console."""

    def __init__(self, config, program, arguments="", name="bare"):
        self.program, self.arguments = program, arguments
        super().__init__(config, name)

    def _start(self):
        iso = make_iso(Path(self.work.name), PROGRAM.format(arguments=self.arguments),
                       program=self.program)
        self._launch(BEGIN_CD, iso, com1=f"mode=file, dev={self.serial_log}", com2="mode=null")

    def boot(self, timeout=BOOT_TIMEOUT):
        self._prepare()
        self._start()
        return self
