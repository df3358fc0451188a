# SPDX-License-Identifier: GPL-2.0-only
"""The product in a test machine: hvctl, the cells' states, and an inventory of all that has to
be the same before and after. Tests get one of these by the fixtures `driver` (loaded, not
enabled) and `bulkhead` (enabled, no cells); both leave the machine without cells, disabled."""
import contextlib
import json
import shlex
import time

from channel import BedError, GuestTimeout

TOP = "/opt/bulkhead"
SYSTEM = "/tmp/system.dts"
DESCRIBED = {}          # machines: to generate a description takes a guest's Python 2 s, in Bochs 20
EXIT_TIMEOUT = 5            # of hvctl
ENABLE_TRIES = 4

# One line of shell for each thing that a whole life-cycle must not change. Pages: those that
# carry the mark of memory that was taken away from Linux, wherever the driver noted them.
INVENTORY = {
    "cpus online": "cat /sys/devices/system/cpu/online",
    "cpu features": "grep ^flags /proc/cpuinfo | sort | uniq -c",
    "memory taken": "cat /sys/class/misc/bulkhead/*_bytes",
    "pages offline": "pages offline",
    "managed pages": "grep -E 'spanned|present|managed' /proc/zoneinfo",
    "interrupts": "sed 's/:.*[0-9]  /:/' /proc/interrupts",
    "interrupt errors": "grep -E '^ *(ERR|MIS|SPU):' /proc/interrupts",
    "pci": "cd /sys/bus/pci/devices; for d in *; do echo $d $(md5sum < $d/resource); done",
    "uio": "ls /sys/class/uio 2> /dev/null; true",
    "address space": "cat /proc/iomem /proc/ioports",
}


def config(name):
    return f"{TOP}/configs/{name}.dts"


def inmate(name):
    return f"{TOP}/inmates/{name}.elf"


class Bulkhead:
    def __init__(self, machine):
        self.machine = machine

    # --- commands -----------------------------------------------------------------------

    def hvctl(self, arguments, timeout=30):
        """(status, output) of an hvctl command."""
        return self.machine.run(f"hvctl {arguments}", timeout)

    def must(self, *commands, timeout=60):
        """Runs hvctl commands, all of which must succeed; their output."""
        return self.machine.check(" && ".join(f"hvctl {c}" for c in commands), timeout)

    def json(self, arguments, timeout=30):
        """What an hvctl command prints as JSON, status aside."""
        status, text = self.hvctl(f"{arguments} --json", timeout)
        try:
            return json.loads(text)
        except json.JSONDecodeError as error:
            raise BedError(f"hvctl {arguments} --json: status {status}, {error}: {text}") from None

    # --- states -------------------------------------------------------------------------

    def load(self):
        """Loads the driver and describes this machine; its like of an earlier boot has the same description."""
        self.machine.check("modprobe bulkhead && modprobe bulkhead_link")
        if self.machine.run(f"[ -s {SYSTEM} ]")[0] == 0:
            return
        kind = repr(self.machine.config)
        if kind in DESCRIBED:
            self.machine.put(DESCRIBED[kind], SYSTEM)
        else:
            DESCRIBED[kind] = self.machine.check(f"hvctl config generate > {SYSTEM} && cat {SYSTEM}")

    def enable(self):
        """A CPU of ours may be away for longer than the hypervisor waits, where the host has
        other things to do: then nothing has changed, and it may be tried again."""
        for _ in range(ENABLE_TRIES):
            status, text = self.hvctl(f"enable {SYSTEM}", 60)
            if status != EXIT_TIMEOUT:
                break
        if status:
            raise BedError(f"hvctl enable: status {status}: {text}")

    def disable(self):
        self.must("disable")

    def is_enabled(self):
        return self.machine.check("cat /sys/class/misc/bulkhead/enabled").strip() == "1"

    def cells(self):
        """Cells other than the root, by name."""
        return {c["name"]: c for c in self.json("cell list") if c["id"]}

    def remove_cells(self):
        for name in self.cells():
            self.must(f"cell destroy {name} --force")

    def reset(self):
        """To where `load` left it, whatever a test did."""
        if self.is_enabled():
            self.remove_cells()
            self.disable()

    def view(self):
        """For a report on a failure: what hvctl has to say, if it can."""
        try:
            return self.machine.run("for what in status 'cell list' events console; do "
                                    "echo \"- $what\"; hvctl $what | tail -n 30; done", 20)[1]
        except BedError as error:
            return f"the machine does not answer: {error}"

    # --- cells --------------------------------------------------------------------------

    def create(self, cell, program=None, start=True, description=None):
        """Creates a cell from configs/CELL.dts and, with a program, loads and starts it."""
        commands = [f"cell create {description or config(cell)}"]
        if program:
            commands.append(f"cell load {cell} {inmate(program)}")
            commands += [f"cell start {cell}"] * start
        self.must(*commands)

    def show(self, cell):
        return self.json(f"cell show {cell}")

    def console(self, cell):
        return self.must(f"console {cell}")

    def wait_state(self, cell, state, timeout=20):
        """Waits for a state; what `cell show` says then."""
        found = {}

        def reached():
            found.update(self.show(cell))
            return found["state"] == state
        self.wait(reached, timeout, lambda: f"cell {cell} is not {state}: {found}")
        return found

    def wait_print(self, cell, text, timeout=20):
        """Waits until a cell has printed a text; its console."""
        found = [""]

        def printed():
            found[0] = self.console(cell)
            return text in found[0]
        self.wait(printed, timeout, lambda: f"no {text!r} from cell {cell}: {found[0]!r}")
        return found[0]

    def wait(self, done, timeout, message):
        deadline = time.monotonic() + timeout * self.machine.scale
        while not done():
            if time.monotonic() > deadline:
                raise GuestTimeout(f"{message()} (after {timeout} s)")
            time.sleep(0.02)

    @contextlib.contextmanager
    def load_on_linux(self, seconds=120):
        """Meanwhile Linux computes, maps memory, forks, and takes timer interrupts."""
        job = self.machine.start(f"bh-demo load {seconds}")
        try:
            yield
        finally:
            self.machine.run("killall bh-demo; while killall -q bh-demo; do sleep 0.1; done")
            job.wait(30 * self.machine.scale)

    # --- accounting ---------------------------------------------------------------------

    def inventory(self):
        """What a life-cycle must leave as it was; compare with ==, or by `differences`."""
        script = "".join(f"echo '@ {name}'; ({command}) || echo failed: $?\n"
                         for name, command in INVENTORY.items())
        parts = self.machine.check(script, 60).split("@ ")[1:]
        return {name: text for name, text in (part.split("\n", 1) for part in parts)}


def differences(before, after):
    """In words what differs between two inventories; empty if nothing."""
    lines = []
    for name in before:
        old, new = before[name].splitlines(), after[name].splitlines()
        lines += [f"{name}: gone: {line}" for line in old if line not in new]
        lines += [f"{name}: new: {line}" for line in new if line not in old]
        if not lines and old != new:
            lines.append(f"{name}: other order or number of lines: {old} -> {new}")
    return "\n".join(lines)


def python(code):
    """A command that runs a piece of Python in the guest."""
    return "python3 -S -c " + shlex.quote(code)
