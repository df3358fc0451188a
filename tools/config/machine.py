# SPDX-License-Identifier: GPL-2.0-only
"""What this machine is made of, as its Linux and its firmware tell it.

Machine(root) reads below another directory than /, where the files of some other machine have
been recorded: /proc/cpuinfo, /proc/iomem, /dev/kmsg, /sys/firmware/acpi/tables,
/sys/bus/pci, /sys/class/dmi/id.
"""
import os
import re
from collections import namedtuple

import acpi

Resource = namedtuple("Resource", "start end name depth")
Cpu = namedtuple("Cpu", "linux apic_id")

GIB = 1 << 30


class MachineError(Exception):
    pass


class Machine:
    def __init__(self, root="/"):
        self.root = root

    # --- files ------------------------------------------------------------------------

    def path(self, name):
        return os.path.join(self.root, name.lstrip("/"))

    def read(self, name, missing=None):
        """A file's bytes; missing, where it does not exist, unless that is None."""
        try:
            with open(self.path(name), "rb") as file:
                return file.read()
        except FileNotFoundError:
            if missing is not None:
                return missing
            raise MachineError(f"{name} is missing") from None
        except OSError as error:
            hint = "; run as root" if isinstance(error, PermissionError) else ""
            raise MachineError(f"cannot read {name}: {error.strerror}{hint}") from None

    def text(self, name, missing=None):
        data = self.read(name, None if missing is None else missing.encode())
        return data.decode(errors="replace")

    def list(self, name):
        try:
            return sorted(os.listdir(self.path(name)))
        except OSError:
            return []

    def table(self, signature, parse, missing):
        data = self.read(f"/sys/firmware/acpi/tables/{signature}", b"")
        if data:
            return parse(data)
        if missing is None:
            raise MachineError(f"there is no ACPI table {signature}; this machine is not supported")
        return missing

    def kernel_log(self):
        """The kernel's messages, as far as they are still there."""
        text = ""
        try:
            fd = os.open(self.path("/dev/kmsg"), os.O_RDONLY | os.O_NONBLOCK)
        except OSError:
            return text
        try:
            while True:
                try:
                    data = os.read(fd, 8192)
                except BrokenPipeError:     # overwritten while we read
                    continue
                if not data:
                    break
                text += data.decode(errors="replace")
        except OSError:     # EAGAIN: the end
            pass
        finally:
            os.close(fd)
        return text

    # --- what it has -------------------------------------------------------------------

    def name(self):
        """A label from the board's product name."""
        product = self.text("/sys/class/dmi/id/product_name", "").lower()
        label = re.sub(r"[^a-z0-9]+", "-", product).strip("-")
        if not label or not label[0].isalpha():
            label = f"machine-{label}".rstrip("-")
        return label[:31].rstrip("-")

    def cpus(self):
        """Those that are on-line; number 0 first."""
        found = []
        for block in self.text("/proc/cpuinfo").split("\n\n"):
            number = re.search(r"^processor\s*:\s*(\d+)", block, re.M)
            apic_id = re.search(r"^apicid\s*:\s*(\d+)", block, re.M)
            if number and apic_id:
                found.append(Cpu(int(number[1]), int(apic_id[1])))
        if not found or found[0].linux != 0:
            raise MachineError("/proc/cpuinfo does not tell the APIC ID of CPU 0")
        return found

    def resources(self):
        found = []
        for line in self.text("/proc/iomem").splitlines():
            match = re.match(r"( *)([0-9a-f]+)-([0-9a-f]+) : (.*)", line)
            if match:
                found.append(Resource(int(match[2], 16), int(match[3], 16), match[4],
                                      len(match[1]) // 2))
        if not any(r.end for r in found):
            raise MachineError("/proc/iomem hides its addresses; run as root")
        return found

    def address_limit(self):
        """(limit, the resource it comes from). What is only reserved (a hole in the address
        space on some machines) does not count; something with a name does."""
        last = max((r for r in self.resources() if r.name != "Reserved"), key=lambda r: r.end)
        return -(-(last.end + 1) // GIB) * GIB, last

    def madt(self):
        return self.table("APIC", acpi.madt, None)

    def ioapics(self):
        """(Ioapic, pins, where pins comes from) each."""
        _, units = self.madt()
        log = self.kernel_log()
        found = []
        for unit in units:
            later = [u.gsi_base for u in units if u.gsi_base > unit.gsi_base]
            said = re.search(rf"IOAPIC\[\d+\]: apic_id \d+, version \d+, "
                             rf"address 0x{unit.address:x}, GSI (\d+)-(\d+)", log)
            if said:
                found.append((unit, int(said[2]) - int(said[1]) + 1, "Linux's boot messages"))
            elif later:
                found.append((unit, min(later) - unit.gsi_base, "the next one's gsi-base"))
            else:
                found.append((unit, 24, "assumed: Linux's boot messages are gone"))
        return found

    def ecam(self):
        """The window of segment 0, or None."""
        for window in self.table("MCFG", acpi.mcfg, []):
            if window.segment == 0:
                return window
        return None

    def stops(self):
        """(acpi.Stop each, in words what cannot be trapped)."""
        return self.table("FACP", acpi.fadt, ([], []))

    def remapping(self):
        """(units of either vendor, {IO-APIC's id: acpi.Function})."""
        intel, amd = self.table("DMAR", acpi.dmar, ([], {})), self.table("IVRS", acpi.ivrs, ([], {}))
        return intel[0] + amd[0], {**intel[1], **amd[1]}

    def identity(self):
        """Whether Linux translates nothing: all its domains are identity (iommu=pt)."""
        groups = "/sys/kernel/iommu_groups"
        types = {self.text(f"{groups}/{group}/type", "").strip() for group in self.list(groups)}
        return types == {"identity"}

    def remaps_interrupts(self):
        return bool(re.search(r"Enabled IRQ remapping|Interrupt remapping enabled",
                              self.kernel_log()))

    def last_bus(self):
        """The highest bus that has a function."""
        return max((int(name[5:7], 16) for name in self.list("/sys/bus/pci/devices")
                    if re.match(r"0000:[0-9a-f]{2}:", name)), default=0)

    def reserved_memory(self):
        """What the firmware keeps for functions (RMRR, IVMD)."""
        return self.table("DMAR", acpi.rmrrs, []) + self.table("IVRS", acpi.ivmds, [])

    def group(self, address):
        """(number or "-", other functions that are no bridges, whether the firmware keeps memory for it) of a
        function's IOMMU group."""
        at = f"/sys/bus/pci/devices/{address}/iommu_group"
        link = self.path(at)
        number = os.path.basename(os.readlink(link)) if os.path.islink(link) else "-"
        others = [name for name in self.list(f"{at}/devices") if name != address and
                  not self.text(f"/sys/bus/pci/devices/{name}/class", "").startswith("0x06")]
        kinds = [line.split()[-1] for line in self.text(f"{at}/reserved_regions", "").splitlines()]
        return number, others, "direct" in kinds

    def functions(self):
        """(address, IDs, class, driver, ways to reset, group) of each that is no bridge."""
        found = []
        for name in self.list("/sys/bus/pci/devices"):
            at = f"/sys/bus/pci/devices/{name}"
            kind = self.text(f"{at}/class", "").strip()
            if not name.startswith("0000:") or kind.startswith("0x06"):
                continue
            ids = [self.text(f"{at}/{file}", "").strip()[2:] for file in ("vendor", "device")]
            driver = self.path(f"{at}/driver")
            found.append((name, ":".join(ids), kind[2:6],
                          os.path.basename(os.readlink(driver)) if os.path.islink(driver) else "-",
                          self.text(f"{at}/reset_method", "").strip() or "none", self.group(name)))
        return found

    def iommus(self):
        """Registers are as long as Linux found them to be, where it uses the unit."""
        units = self.remapping()[0]
        claimed = {r.start: r.end + 1 - r.start for r in self.resources()
                   if re.match(r"dmar|amd_iommu", r.name)}
        return [u._replace(size=max(u.size, claimed.get(u.address, 0))) for u in units]

    def free_devices(self):
        """Numbers of the devices on bus 0 at which nothing is and no hot-plug slot is known."""
        taken = self.list("/sys/bus/pci/devices")
        taken += [self.text(f"/sys/bus/pci/slots/{slot}/address", "").strip()
                  for slot in self.list("/sys/bus/pci/slots")]
        used = {int(name[8:10], 16) for name in taken
                if re.match(r"0000:00:[01][0-9a-f]", name)}
        return [device for device in range(1, 32) if device not in used]
