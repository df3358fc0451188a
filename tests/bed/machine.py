# SPDX-License-Identifier: GPL-2.0-only
"""What every test machine has, whatever emulates it: a life, commands in the guest, and the
kernel's console, which goes to a log and is never mixed with what commands print. Nothing
waits without a limit, and the emulator dies with the process that started it.

    with qemu.Config(apic="x2apic", cpus=4, kernel="6.1").make() as machine:
        status, output = machine.run("uname -r", timeout=10)

An emulator's own part is in qemu.py and bochs.py. Both have a Config, which says what a
machine is made of:

    cpu, kvm    "amd" or "intel", and the name of its KVM module
    cpus, kernel, apic
    features    what it has and others may lack (FEATURES in conftest.py)
    name        of the machine in reports and logs
    missing()   what this host lacks for it, in words; empty if nothing
    make(name)  the machine, not booted yet
"""
import ctypes
import os
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import image
from channel import Agent, BedError, GuestTimeout

BUILD = image.BUILD
# Runs at the same time that use machines of the same name have to keep their logs apart.
LOGS = BUILD / "logs" / os.environ.get("BED_LOGS", "")
# Waits are multiplied by this where the host is slow or shared.
SCALE = float(os.environ.get("BED_TIMEOUT_SCALE", "1"))
BOOT_TIMEOUT = 120
PR_SET_PDEATHSIG = 1


def die_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def missing_kernel(series):
    return "" if (BUILD / f"kernels/{series}/release").exists() else f"Linux {series} (run make deps)"


class Machine:
    slowness = 1            # beside QEMU
    emulator_log = "emulator.log"

    def __init__(self, config, name="machine"):
        self.config = config
        self.scale = SCALE * self.slowness
        self.logs = LOGS / name
        self.process = self.agent = self.work = None
        self.boot_seconds = None
        self.broken = None      # why this machine is of no further use

    # --- what an emulator adds ----------------------------------------------------------

    def _start(self):
        """Starts the emulator as self.process, with its logs in self.logs."""
        raise NotImplementedError

    def _connect(self, deadline):
        """The stream to the guest's agent, and whatever else the emulator offers."""
        raise NotImplementedError

    def _disconnect(self):
        """Closes what _connect() opened beside the agent's stream."""

    def _dissect(self):
        """Writes what the emulator knows of a guest that hangs to the logs."""

    # --- life ---------------------------------------------------------------------------

    def boot(self, timeout=BOOT_TIMEOUT):
        """Starts the machine and waits until it takes commands."""
        self._prepare()
        deadline = time.monotonic() + timeout * self.scale
        begin = time.monotonic()
        try:
            self._start()
            self.agent = Agent(self._connect(deadline), self.check_alive)
            self.wait_ready(1, deadline - time.monotonic())
        except BaseException:
            self.close()
            raise
        self.boot_seconds = time.monotonic() - begin
        return self

    def _prepare(self):
        if self.config.missing():
            raise BedError(f"this host has no {self.config.missing()}")
        self.logs.mkdir(parents=True, exist_ok=True)
        self.work = tempfile.TemporaryDirectory(prefix="bed-")
        # Emulators append; a machine's log starts with its own boot.
        self.serial_log.write_bytes(b"")

    def wait_ready(self, boots=None, timeout=BOOT_TIMEOUT):
        """Waits for the guest to be up for the given time (default: once more)."""
        wanted = boots or self.agent.hellos + 1
        self.agent.pump(lambda: self.agent.hellos >= wanted, timeout, "booting the guest")

    def close(self):
        """Ends the machine, whatever its state."""
        if self.process:
            self.process.kill()
            self.process.wait()
        self._disconnect()
        if self.agent:
            self.agent.close()
        if self.work:
            self.work.cleanup()
        self.process = self.agent = self.work = None

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
            return self.process.wait(timeout * self.scale)
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
                    job.write(data, timeout * self.scale)
                job.write(b"", timeout * self.scale)
            return job.wait(timeout * self.scale)
        except GuestTimeout:
            self._abandon(job)
            raise

    def _abandon(self, job):
        """Kills a command that took too long; a guest that cannot do that is broken."""
        job.signal(signal.SIGKILL)
        try:
            job.wait(10 * self.scale)
        except BedError:
            self.broken = f"the guest hangs since: {job.command}"
            self._dissect()

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

    def check_all(self, commands, before="true", timeout=60):
        """Runs commands by their names as one, each of which must succeed, after what comes before them; the output
        of each. A machine starts one shell for all of them, which is most of their time."""
        mark = "=== next"
        script = f"; echo '{mark}'; ".join(f"{{ {command}; }} || exit" for command in commands.values())
        said = self.check(f"{{ {before}; }} || exit; echo '{mark}'; {script}", timeout).split(f"{mark}\n")
        return dict(zip(commands, said[1:], strict=True))

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
        for log in (self.logs / self.emulator_log, self.serial_log):
            text = log.read_text(errors="replace") if log.exists() else ""
            kept = [line for line in text.splitlines() if "TCG doesn't support" not in line]
            parts.append(f"--- {log} (end)\n" + "\n".join(kept[-lines:]))
        return "\n".join(parts)

    def wait_console(self, text, timeout=60, since=0):
        """Waits for a text on the kernel's console."""
        deadline = time.monotonic() + timeout * self.scale
        while text not in self.console(since):
            if time.monotonic() > deadline:
                raise GuestTimeout(f"no {text!r} on the console within {timeout} s")
            self.check_alive()
            time.sleep(0.1)
