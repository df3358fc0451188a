# SPDX-License-Identifier: GPL-2.0-only
"""The Intel machine: Bochs, which has VT-x in software emulation, with Debian's cloud kernel
started by GRUB from a CD image. It is a PC of 1996 with a newer processor (i440FX: PCI by ports
CF8/CFC only, no DMA-remapping unit), and one thread of the host emulates all of its CPUs. The
kernel writes to the first serial port, a file; the agent has the second, for which Bochs
calls us by TCP."""
import socket
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
GRUB_MODULES = "linux multiboot iso9660 biosdisk normal wrmsr"
IPS = 50000000          # the emulated clock advances a second with so many instructions

# timeout=0: nobody has to look at the screen. The debugger is told to continue at once.
BOCHSRC = """\
display_library: rfb, options="timeout=0"
cpu: model={model}, count={cpus}:1:1, ips={ips}, reset_on_triple_fault=0, ignore_bad_msrs=1
memory: guest={memory}, host={memory}
romimage: file={bios}
vgaromimage: file={vga_bios}
clock: sync=none
pci: enabled=1, chipset=i440fx
ata0-master: type=cdrom, path={iso}, status=inserted
boot: cdrom
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
# GRUB stands in, had chosen that already, and it does not use the IO-APIC. And Bochs 2.7
# does not deliver to x2APIC clusters.
X2APIC_FIRST = "wrmsr 0x1b 0xfee00d00\n"
X2APIC_ARGUMENTS = "noapic x2apic_phys"
LINUX = "linux /boot/vmlinuz {arguments}\ninitrd /boot/initrd\nboot\n"
PROGRAM = "multiboot /boot/program {arguments}\nboot\n"


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
    firmware: str = ""          # GRUB commands before the boot, for what the firmware would set up

    @property
    def name(self):
        return f"bochs-{self.cpus}cpu-{self.apic}"

    def missing(self):
        """What this host lacks for the machine, in words; empty if nothing."""
        for path in (SHARE / BIOS, vga_bios(), GRUB):
            if not path.exists():
                return f"{path} (run make deps)"
        return missing_kernel(self.kernel)

    def make(self, name="machine"):
        return Bochs(self, name)

    def shell(self):
        """The same machine on this terminal; Ctrl-a x ends it."""
        machine = Console(self, "shell-intel")
        print("bed: Bochs boots in half a minute; Ctrl-a x ends it", file=sys.stderr)
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


def make_iso(directory, commands, **files):
    """A CD whose GRUB obeys the commands; it finds the files in /boot, by their names."""
    iso, grub_cfg = directory / "boot.iso", directory / "grub.cfg"
    grub_cfg.write_text("set timeout=0\n" + commands)
    made = subprocess.run(
        ["grub-mkrescue", "-d", GRUB, f"--install-modules={GRUB_MODULES}", "--fonts=", "--locales=",
         "--themes=", "-o", iso, f"/boot/grub/grub.cfg={grub_cfg}",
         *(f"/boot/{name}={path.resolve()}" for name, path in files.items())],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if made.returncode != 0:
        raise BedError(f"grub-mkrescue failed: {made.stdout}")
    return iso


def linux_iso(config, directory, words=""):
    """A CD that boots the kernel with the current initramfs."""
    first = X2APIC_FIRST if config.apic == "x2apic" else ""
    first += f"{config.firmware}\n"
    return make_iso(directory, first + LINUX.format(arguments=kernel_arguments(config, words)),
                    vmlinuz=BUILD / f"kernels/{config.kernel}/vmlinuz",
                    initrd=image.initramfs(config.kernel))


def megabytes(memory):
    return int(memory[:-1]) * {"M": 1, "G": 1024}[memory[-1]]


class Bochs(Machine):
    slowness = 4
    emulator_log = "bochs.log"

    def __init__(self, config, name="machine"):
        self.listener = None
        super().__init__(config, name)

    def _start(self):
        self._launch(linux_iso(self.config, Path(self.work.name)),
                     com1=f"mode=file, dev={self.serial_log}", com2=self._listen())

    def _listen(self):
        """The setting of a serial port for which Bochs calls us."""
        self.listener = socket.create_server(("127.0.0.1", 0))
        return "mode=socket-client, dev=127.0.0.1:%d" % self.listener.getsockname()[1]

    def _launch(self, iso, com1, com2):
        config, rc = self.config, self.logs / "bochsrc"
        rc.write_text(BOCHSRC.format(
            model=config.cpu_model or MODELS[config.apic], cpus=config.cpus, ips=IPS, memory=megabytes(config.memory),
            bios=SHARE / BIOS, vga_bios=vga_bios(), iso=iso, log=self.logs / self.emulator_log,
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
        self._launch(linux_iso(self.config, Path(self.work.name), "quiet bed.shell"),
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
        self._launch(iso, com1=f"mode=file, dev={self.serial_log}", com2="mode=null")

    def boot(self, timeout=BOOT_TIMEOUT):
        self._prepare()
        self._start()
        return self
