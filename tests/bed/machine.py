# SPDX-License-Identifier: GPL-2.0-only
"""A test machine: QEMU q35 in software emulation with Debian's kernel and the bed's userland.

    with Machine(apic="x2apic", cpus=4, kernel="6.1") as machine:
        status, output = machine.run("uname -r", timeout=10)

The kernel's console goes to a log, never mixed with what commands print. Nothing waits
without a limit, and the emulator dies with the process that started it.
"""
import ctypes
import functools
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

import image
from channel import Agent, BedError, GuestTimeout, Qmp, connect

BUILD = image.BUILD
# Waits are multiplied by this where the host is slow or shared.
SCALE = float(os.environ.get("BED_TIMEOUT_SCALE", "1"))
BOOT_TIMEOUT = 120
PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Config:
    """What a machine is made of; see Documentation/testing.md."""
    qemu: str = "10"            # "10" or "7.2"
    apic: str = "x2apic"        # "x2apic" or "xapic"
    cpus: int = 4
    kernel: str = "6.1"         # "6.1" or "6.12"
    memory: str = "2G"
    cpu_model: str = ""         # instead of the one that belongs to apic
    icount: bool = False        # count instructions; one CPU only
    iommu: bool = True          # the DMA-remapping unit that x2APIC mode needs
    on_reset: str = "quit"      # a guest's reset ends the emulator, or ("reset") happens
    cmdline: str = ""           # more kernel arguments
    extra: tuple = field(default=())    # more emulator arguments

    def __post_init__(self):
        if self.qemu == "7.2" and self.apic == "x2apic":
            raise BedError("QEMU 7.2 has no x2APIC in software emulation")
        if self.icount and self.cpus != 1:
            raise BedError("icount needs a machine with cpus=1")
        if self.icount and self.apic == "x2apic":
            # "Bad icount read": the emulator ends at the first timer access by MSR.
            raise BedError("QEMU cannot count instructions in x2APIC mode; take apic=\"xapic\"")

    @property
    def name(self):
        return f"qemu{self.qemu}-{self.apic}-{self.cpus}cpu-linux{self.kernel}"


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


def missing_for(config):
    """What this host lacks for a machine, in words; empty if nothing."""
    version = emulator_version(emulator(config))
    if version != config.qemu and version.split(".")[0] != config.qemu:
        return f"QEMU {config.qemu} (run make deps)"
    if not (BUILD / f"kernels/{config.kernel}/release").exists():
        return f"Linux {config.kernel} (run make deps)"
    return ""


def emulator_arguments(config):
    """The machine itself, without its kernel and channels."""
    model = config.cpu_model or \
        ("EPYC-Rome,+svm,+x2apic" if config.apic == "x2apic" else "EPYC,+svm")
    arguments = ["-nodefaults", "-no-user-config", "-display", "none", "-machine", "q35",
                 "-cpu", model, "-smp", str(config.cpus), "-m", config.memory]
    if config.icount:
        arguments += ["-accel", "tcg,thread=single", "-icount", "shift=0,sleep=off"]
    else:
        arguments += ["-accel", "tcg,thread=multi"]
    if config.apic == "x2apic" and config.iommu:
        arguments += ["-device", "intel-iommu,intremap=on,eim=on"]
    if config.on_reset == "quit":
        arguments += ["-no-reboot"]
    return arguments + list(config.extra)


def kernel_arguments(config, words=""):
    # A panic resets at once: with on_reset="quit" it is seen as the emulator's end.
    # The kernel's check of the timer interrupt counts ticks against the CPU's speed; on a busy
    # host it fails by chance and panics. Under KVM, Linux leaves it out by itself.
    append = f"console=ttyS0,115200 no_timer_check panic=-1 {words} {config.cmdline}"
    return ["-kernel", str(BUILD / f"kernels/{config.kernel}/vmlinuz"),
            "-initrd", str(image.initramfs(config.kernel)), "-append", " ".join(append.split())]


def die_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Machine:
    def __init__(self, config=None, name="machine", **settings):
        self.config = replace(config or Config(), **settings)
        self.logs = BUILD / "logs" / name
        self.process = self.qmp = self.agent = self.work = None
        self.boot_seconds = None
        self.broken = None      # why this machine is of no further use

    # --- life ---------------------------------------------------------------------------

    def boot(self, timeout=BOOT_TIMEOUT):
        """Starts the machine and waits until it takes commands."""
        if missing_for(self.config):
            raise BedError(f"this host has no {missing_for(self.config)}")
        deadline = time.monotonic() + timeout * SCALE
        self.logs.mkdir(parents=True, exist_ok=True)
        self.work = tempfile.TemporaryDirectory(prefix="bed-")
        self._start()
        begin = time.monotonic()
        try:
            agent = connect(f"{self.work.name}/agent", self.check_alive, deadline)
            qmp = connect(f"{self.work.name}/qmp", self.check_alive, deadline)
            self.qmp = Qmp(qmp, 30 * SCALE)
            self.agent = Agent(agent, self.check_alive)
            self.wait_ready(1, deadline - time.monotonic())
        except BaseException:
            self.close()
            raise
        self.boot_seconds = time.monotonic() - begin
        return self

    def _start(self):
        config, work = self.config, self.work.name
        # QEMU appends to chardev logs; a machine's log starts with its own boot.
        self.serial_log.unlink(missing_ok=True)
        argv = [emulator(config), *emulator_arguments(config), *kernel_arguments(config),
                "-chardev", f"file,id=console,path={self.serial_log}", "-serial", "chardev:console",
                "-chardev", f"socket,id=agent,path={work}/agent,server=on,wait=off",
                "-serial", "chardev:agent",
                "-chardev", f"socket,id=qmp,path={work}/qmp,server=on,wait=off",
                "-mon", "chardev=qmp,mode=control"]
        self.logs.joinpath("command").write_text(" ".join(map(str, argv)) + "\n")
        with open(self.logs / "qemu.log", "w") as log:
            self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            preexec_fn=die_with_parent)

    def wait_ready(self, boots=None, timeout=BOOT_TIMEOUT):
        """Waits for the guest to be up for the given time (default: once more)."""
        wanted = boots or self.agent.hellos + 1
        self.agent.pump(lambda: self.agent.hellos >= wanted, timeout, "booting the guest")

    def close(self):
        """Ends the machine, whatever its state."""
        if self.process:
            self.process.kill()
            self.process.wait()
        for channel in (self.qmp, self.agent):
            if channel:
                channel.close()
        if self.work:
            self.work.cleanup()
        self.process = self.qmp = self.agent = self.work = None

    def __enter__(self):
        return self if self.process else self.boot()

    def __exit__(self, *exc):
        self.close()

    def __del__(self):
        self.close()

    def is_alive(self):
        return self.process is not None and self.process.poll() is None and not self.broken

    def check_alive(self, hung_up=False):
        """Raises if the emulator has ended; after its sockets closed that is a matter of time."""
        if self.process is None:
            raise BedError("the machine is not running")
        try:
            self.process.wait(30 if hung_up else 0)
        except subprocess.TimeoutExpired:
            if not hung_up:
                return
        self.broken = f"the machine ended (emulator status {self.process.returncode})"
        raise BedError(f"{self.broken}\n{self.console_tail()}")

    def wait_exit(self, timeout=60):
        """Waits for the guest's power-off or reset to end the emulator; its status."""
        try:
            return self.process.wait(timeout * SCALE)
        except subprocess.TimeoutExpired:
            raise GuestTimeout(f"the machine still runs after {timeout} s") from None

    # --- commands in the guest ----------------------------------------------------------

    def start(self, command, stdin=False):
        """Starts a command beside others; see channel.Job."""
        if self.broken:
            raise BedError(f"machine not usable: {self.broken}")
        self.check_alive()
        return self.agent.start(command, stdin)

    def run_bytes(self, command, timeout=60, data=None):
        job = self.start(command, stdin=data is not None)
        try:
            if data is not None:
                if data:
                    job.write(data, timeout * SCALE)
                job.write(b"", timeout * SCALE)
            return job.wait(timeout * SCALE)
        except GuestTimeout:
            self._abandon(job)
            raise

    def _abandon(self, job):
        """Kills a command that took too long; a guest that cannot do that is broken."""
        job.signal(signal.SIGKILL)
        try:
            job.wait(10 * SCALE)
        except BedError:
            self.broken = f"the guest hangs since: {job.command}"

    def run(self, command, timeout=60):
        """Runs a shell command: (status, output), standard error included."""
        status, output = self.run_bytes(command, timeout)
        return status, output.decode(errors="replace")

    def check(self, command, timeout=60):
        """Runs a command that must succeed; its output."""
        status, output = self.run(command, timeout)
        if status != 0:
            raise BedError(f"status {status}: {command}\n{output}")
        return output

    def put(self, data, path, mode=0o644, timeout=120):
        """Writes bytes, text or (a Path) a host file to a file in the guest."""
        if isinstance(data, Path):
            mode, data = data.stat().st_mode & 0o777, data.read_bytes()
        elif isinstance(data, str):
            data = data.encode()
        command = f"cat > '{path}' && chmod {mode:o} '{path}'"
        status, output = self.run_bytes(command, timeout, data=data)
        if status != 0:
            raise BedError(f"put {path}: {output.decode(errors='replace')}")

    def get(self, path, timeout=120):
        """The bytes of a file in the guest."""
        status, output = self.run_bytes(f"cat '{path}'", timeout)
        if status != 0:
            raise BedError(f"get {path}: {output.decode(errors='replace')}")
        return output

    # --- the console --------------------------------------------------------------------

    @property
    def serial_log(self):
        return self.logs / "serial.log"

    def console(self, since=0):
        """The kernel console's text, from a position that console_mark() gave."""
        with open(self.serial_log, "rb") as log:
            log.seek(since)
            return log.read().decode(errors="replace")

    def console_mark(self):
        return self.serial_log.stat().st_size

    def console_tail(self, lines=40):
        parts = []
        for log in (self.logs / "qemu.log", self.serial_log):
            text = log.read_text(errors="replace") if log.exists() else ""
            kept = [line for line in text.splitlines() if "TCG doesn't support" not in line]
            parts.append(f"--- {log} (end)\n" + "\n".join(kept[-lines:]))
        return "\n".join(parts)

    def wait_console(self, text, timeout=60, since=0):
        """Waits for a text on the kernel's console."""
        deadline = time.monotonic() + timeout * SCALE
        while text not in self.console(since):
            if time.monotonic() > deadline:
                raise GuestTimeout(f"no {text!r} on the console within {timeout} s")
            self.check_alive()
            time.sleep(0.1)

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

    def wait_event(self, name, timeout=60):
        """Waits for an emulator event (RESET, SHUTDOWN, GUEST_PANICKED ...)."""
        return self.qmp.wait_event(name, timeout * SCALE)
