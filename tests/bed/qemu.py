# SPDX-License-Identifier: GPL-2.0-only
"""The AMD machine: QEMU q35 in software emulation with Debian's kernel and the bed's userland."""
import functools
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import devices
import image
from channel import BedError, Qmp, connect
from machine import BUILD, Machine, die_with_parent, missing_kernel


@dataclass(frozen=True)
class Config:
    """What a machine is made of; see Documentation/testing.md."""
    cpu = "amd"
    kvm = "kvm_amd"

    qemu: str = "10"            # "10" or "7.2"
    apic: str = "x2apic"        # "x2apic" or "xapic"
    cpus: int = 4
    kernel: str = "6.1"         # "6.1" or "6.12"
    memory: str = "2G"
    cpu_model: str = ""         # instead of the one that belongs to apic
    icount: bool = False        # time is a count of instructions,
    shift: int = 0              # each of which takes 2^shift ns
    iommu: str = ""             # "intel", "amd", "none"; if not said: what apic needs
    devices: tuple = ()         # to be given to cells, by the names in devices.py
    firmware: str = "bios"      # or "uefi"
    on_reset: str = "quit"      # a guest's reset ends the emulator, or ("reset") happens
    cmdline: str = ""           # more kernel arguments
    extra: tuple = field(default=())    # more emulator arguments

    def __post_init__(self):
        if self.qemu == "7.2" and self.apic == "x2apic":
            raise BedError("QEMU 7.2 has no x2APIC in software emulation")
        if self.apic == "x2apic" and self.unit == "amd":
            raise BedError("no QEMU remaps interrupts with iommu=\"amd\" in x2APIC mode")
        if self.qemu == "7.2" and "igb" in self.devices:
            raise BedError("QEMU 7.2 has no igb")
        if self.icount and self.apic == "x2apic":
            # "Bad icount read": the emulator ends at the first timer access by MSR.
            raise BedError("QEMU cannot count instructions in x2APIC mode; take apic=\"xapic\"")

    @property
    def unit(self):
        """The DMA-remapping unit."""
        return self.iommu or ("intel" if self.apic == "x2apic" else "none")

    @property
    def name(self):
        name = f"qemu{self.qemu}-{self.apic}-{self.cpus}cpu-linux{self.kernel}"
        name += f"-{self.iommu}iommu" if self.iommu else ""
        return name + ("-icount" if self.icount else "") + ("-devices" if self.devices else "")

    @property
    def features(self):
        """Of FEATURES in conftest.py."""
        iommu = {"iommu"} if self.unit != "none" else set()
        counted = {"counted"} if self.icount else set()
        return {"ecam", "monitor", "nmi", "speed", "svm"} | iommu | counted | set(self.devices)

    def missing(self):
        """What this host lacks for the machine, in words; empty if nothing."""
        version = emulator_version(emulator(self))
        if self.qemu not in (version, version.split(".")[0]):
            return f"QEMU {self.qemu} (run make deps)"
        if self.unit == "amd" and self.qemu != "7.2":
            return f"AMD IOMMU in QEMU {self.qemu} that Linux boots with"
        if self.firmware == "uefi" and not UEFI.exists():
            return f"{UEFI} (run make deps)"
        return missing_kernel(self.kernel)

    def make(self, name="machine"):
        return Qemu(self, name)

    def shell(self):
        """The same machine on this terminal; Ctrl-a x ends it, Ctrl-a c is QEMU's monitor."""
        log = BUILD / "logs/shell.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        argv = [emulator(self), *emulator_arguments(self, log.parent),
                *kernel_arguments(self, "quiet bed.shell"), "-serial", "mon:stdio"]
        # The emulator names every CPU feature that it does not emulate: not of interest here.
        with open(log, "w") as out:
            status = subprocess.run(argv, stderr=out, preexec_fn=die_with_parent).returncode
        if status != 0:
            print(f"bed: the emulator failed, see {log}", file=sys.stderr)
        return status


def emulator(config):
    if config.qemu == "7.2":
        return shutil.which("qemu-system-x86_64") or "qemu-system-x86_64"
    return str(BUILD / f"qemu-{config.qemu}/qemu")


@functools.cache
def emulator_version(path):
    """Major and minor as text; empty if it does not run."""
    try:
        text = subprocess.run([path, "--version"], capture_output=True, text=True).stdout
    except OSError:
        return ""
    found = re.search(r"version (\d+\.\d+)", text)
    return found.group(1) if found else ""


UEFI = Path("/usr/share/ovmf/OVMF.fd")
UNITS = {
    "intel": "intel-iommu,intremap=on",
    "amd": "amd-iommu,intremap=on",
}


def unit_arguments(config):
    """The DMA-remapping unit, which has to come before what it is to remap."""
    if config.unit == "none":
        return []
    return ["-device", UNITS[config.unit] + (",eim=on" if config.apic == "x2apic" else "")]


def device_arguments(config, work):
    if "nvme" in config.devices:
        devices.nvme_image(f"{work}/nvme.img")
    return [word for name in config.devices for word in devices.arguments(name, work)]


def emulator_arguments(config, work):
    """The machine itself, without its kernel and channels; work is a directory for its files."""
    model = config.cpu_model or \
        ("EPYC-Rome,+svm,+x2apic" if config.apic == "x2apic" else "EPYC,+svm")
    arguments = ["-nodefaults", "-no-user-config", "-display", "none", "-machine", "q35",
                 "-cpu", model, "-smp", str(config.cpus), "-m", config.memory]
    if config.icount:
        arguments += ["-accel", "tcg,thread=single", "-icount", f"shift={config.shift},sleep=off"]
    else:
        arguments += ["-accel", "tcg,thread=multi"]
    arguments += unit_arguments(config) + device_arguments(config, work)
    if config.firmware == "uefi":
        arguments += ["-bios", str(UEFI)]
    if config.on_reset == "quit":
        arguments += ["-no-reboot"]
    return arguments + list(config.extra)


def kernel(config):
    """Unpacking it with xz is half of the time that a boot takes under emulation. Machines with two CPUs boot as
    everybody's does, by the kernel's own start code, which goes to a random address; it also chooses how many
    levels page tables have, as the CPU model allows."""
    packed = BUILD / f"kernels/{config.kernel}/vmlinuz"
    if config.cpus == 2 or config.cpu_model or config.firmware == "uefi":
        return packed
    return image.unpacked_kernel(config.kernel) or packed


def kernel_arguments(config, words=""):
    # A panic resets at once: with on_reset="quit" it is seen as the emulator's end.
    # The kernel's check of the timer interrupt counts ticks against the CPU's speed; on a busy
    # host it fails by chance and panics. Under KVM, Linux leaves it out by itself.
    # Where there is a DMA-remapping unit, devices have to see physical addresses.
    unit = "" if config.unit == "none" else "iommu=pt"
    append = f"console=ttyS0,115200 no_timer_check panic=-1 {unit} {words} {config.cmdline}"
    return ["-kernel", str(kernel(config)),
            "-initrd", str(image.initramfs(config.kernel)), "-append", " ".join(append.split())]


class Qemu(Machine):
    emulator_log = "qemu.log"

    def __init__(self, config, name="machine"):
        self.qmp = None
        super().__init__(config, name)

    def _start(self):
        config, work = self.config, self.work.name
        argv = [emulator(config), *emulator_arguments(config, work), *kernel_arguments(config),
                "-chardev", f"file,id=console,path={self.serial_log}", "-serial", "chardev:console",
                "-chardev", f"socket,id=agent,path={work}/agent,server=on,wait=off",
                "-serial", "chardev:agent",
                "-chardev", f"socket,id=qmp,path={work}/qmp,server=on,wait=off",
                "-mon", "chardev=qmp,mode=control"]
        self.logs.joinpath("command").write_text(" ".join(map(str, argv)) + "\n")
        with open(self.logs / "qemu.log", "w") as log:
            self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            preexec_fn=die_with_parent)

    def _connect(self, deadline):
        agent = connect(f"{self.work.name}/agent", self.check_alive, deadline)
        qmp = connect(f"{self.work.name}/qmp", self.check_alive, deadline)
        self.qmp = Qmp(qmp, 30 * self.scale)
        return agent

    def _disconnect(self):
        if self.qmp:
            self.qmp.close()
        self.qmp = None

    # --- the monitor --------------------------------------------------------------------

    def monitor(self, line):
        """A line for the emulator's human monitor ("info registers -a"); its answer."""
        return self.qmp.command("human-monitor-command", **{"command-line": line})

    def nmi(self):
        self.qmp.command("inject-nmi")

    def stop(self):
        self.qmp.command("stop")

    def resume(self):
        self.qmp.command("cont")

    def read_physical(self, address, size):
        """Bytes of guest-physical memory, by the emulator, whatever the guest does."""
        path = f"{self.work.name}/memory"
        self.qmp.command("pmemsave", val=address, size=size, filename=path)
        return Path(path).read_bytes()

    def registers(self):
        return self.monitor("info registers -a")

    def uart(self, timeout=10):
        """The other end of the serial port (device "uart"): a connected socket."""
        end = connect(f"{self.work.name}/uart", self.check_alive,
                      time.monotonic() + timeout * self.scale)
        end.settimeout(timeout * self.scale)
        return end

    def _dissect(self):
        cpus = range(self.config.cpus)
        lines = ["info registers -a", *(f"info lapic {cpu}" for cpu in cpus), "info pic"]
        # two looks: what moves between them is not where it hangs
        with open(self.logs / "hang.log", "w") as log:
            for _ in range(2):
                for line in lines:
                    log.write(f"--- {line}\n{self.monitor(line)}\n")
                time.sleep(1)

    def wait_event(self, name, timeout=60):
        """Waits for an emulator event (RESET, SHUTDOWN, GUEST_PANICKED ...)."""
        return self.qmp.wait_event(name, timeout * self.scale)
