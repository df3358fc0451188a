# SPDX-License-Identifier: GPL-2.0-only
"""The proof that rows of the attack suite can fail: with one protection taken out of the hypervisor
(hypervisor/test/protections*.py), a row is noticed by its verdict, by the victim, by what Linux sees, or by
the end of the machine. Images are exchanged in a running machine, and a machine is replaced where
an attack has done damage. The table is build/attack-proof.json, a list of {name, vendor, noticed, by,
missed}: the rows that fail without the protection, and those that should have."""
import fcntl
import json
import os
import subprocess
import sys
from os.path import commonprefix

from attacks import (ATTACKS, VENDORS, all_rows, description, expected, group, keep, linux_sees,
                     tell_places, try_row)
from channel import BedError
from machine import BUILD, SCALE
from partition import Partition
from victim import Victim

TOP = BUILD.parent
sys.path.insert(0, str(TOP / "hypervisor/test"))
from protections import ELSEWHERE, PROTECTIONS      # noqa: E402, F401
from protections_root import ROOT_ELSEWHERE         # noqa: E402
from without import ALL                             # noqa: E402

# What make test tries, a row of each, on one machine.
FEW = {"amd": ("stray-access", "msr-white-list", "link-sections", "nested-tables"),
       "intel": ("cr4-vmxe", "msr-white-list", "link-sections", "insn-refused")}
# How many rows of each protection; all of them, if not said.
ROWS = int(os.environ.get("PROOF_ROWS") or 0) or None
RESUME = bool(os.environ.get("PROOF_RESUME"))
TABLE = BUILD / "attack-proof.json"
LONGEST = 200           # characters of what has changed
ARCHIVE = "/opt/bulkhead/without.tar.xz"        # of images, if this machine's initramfs has it


def program_and_verdict(row):
    """What a row runs, what is expected of it, and in which kind of cell."""
    if row.startswith("strict-"):
        return row.removeprefix("strict-"), "PARK", "strict"
    name = row.removeprefix("vtd-").removeprefix("amdvi-")
    return name, ATTACKS[name], group(name)


def image_without(name, vendor):
    with open(BUILD / "hypervisor/without.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        subprocess.run(["make", "-s", "-C", TOP / "hypervisor", f"O={BUILD}/hypervisor",
                        f"REMOVE={name}"], check=True, timeout=300)
    return BUILD / f"hypervisor/without/{name}/bulkhead-{vendor}.bin"


def archive(names):
    """Images without each of these, for machines that boot from now on."""
    images = [image for name in names
              for image in image_without(name, "*").parent.glob("bulkhead-*.bin")]
    where = BUILD / "hypervisor"
    subprocess.run(["tar", "cJf", where / "without.tar.xz", "-C", where,
                    *(path.relative_to(where) for path in images)], check=True, timeout=300)


def changes(before, now):
    """What is not as it was, part by part."""
    found = {key: (before[key], now[key]) for key in now if now[key] != before[key]}
    for key, (old, new) in list(found.items()):
        if isinstance(old, dict):
            found |= changes(old, new)
            del found[key]
        elif isinstance(old, str):
            same = len(commonprefix((old, new)))
            found[key] = f"{old[same:same + 20]!r} -> {new[same:same + 20]!r}"
    return found


class Damage(Exception):
    """Noticed by somebody else than the attacker."""


class Bench:
    """Machines of one kind, one at a time, on which rows are tried on hypervisors that lack something."""

    def __init__(self, pool, config):
        self.pool, self.config = pool, config
        self.machine = self.product = self.victim = None
        self.kind = None                # of the attacker's cell
        self.suspect = False            # this machine may be damaged: what it notices proves nothing
        self.dirty = False              # something was harmed on it: nobody else gets it

    # --- one machine --------------------------------------------------------------------

    def _boot(self):
        machine = self.pool.get(self.config)
        if machine is not self.machine:
            self.machine, self.product = machine, Partition(machine)
            self.suspect = self.dirty = False
            self.product.load()

    def enter(self, name):
        """Enabled without the protection (None: with all), and a victim."""
        self._boot()
        self.machine.scale = 1          # machines hang here: it is not worth waiting long
        image = f"/lib/firmware/bulkhead-{self.config.cpu}.bin"
        self.machine.check(f"[ -e {image}.whole ] || cp {image} {image}.whole")
        if name:
            self._fetch(image_without(name, self.config.cpu), name, image)
        else:
            self.machine.check(f"cp {image}.whole {image}")
        self.product.reset()
        self.product.enable()
        self.victim = tell_places(self.product, lambda: Victim(self.product))
        self.kind = None
        if "speed" in self.config.features:
            self.machine.scale = 1 / 3

    def _fetch(self, host, name, guest):
        """Serial lines are slow: an image is taken from the machine's own archive, if it is the same."""
        wanted = subprocess.run(["md5sum", host], capture_output=True, check=True, text=True).stdout
        unpacked = f"without/{name}/{host.name}"
        _, found = self.machine.run(f"cd /tmp && ( [ -d without ] || tar xJf {ARCHIVE} ) && "
                                    f"md5sum {unpacked} && cp {unpacked} {guest}")
        if wanted.split()[0] not in found:
            self.machine.put(host, guest)

    def leave(self):
        """Disabled, as it was found; a machine that cannot be is given up."""
        if self.machine is not None and (self.dirty or self.suspect):
            self.drop()
        if self.victim is None:
            return
        self.victim = None
        self.machine.scale = SCALE * self.machine.slowness
        try:
            image = f"/lib/firmware/bulkhead-{self.config.cpu}.bin"
            self.machine.run("killall -q bh-demo")      # the victim's watch
            self.product.reset()
            self.machine.check(f"cp {image}.whole {image}")
        except BedError:
            self.drop()

    def drop(self):
        self.pool.drop()
        self.machine = self.product = self.victim = None

    # --- one row ------------------------------------------------------------------------

    def _ready(self, name, row):
        """Enabled without the protection, with an attacker's cell of the kind that the row needs."""
        kind = program_and_verdict(row)[2]
        if self.victim is None:
            self.enter(name)
        if kind != self.kind:
            if self.kind:
                self.product.must("cell destroy attacker --force")
            self.product.make(description(kind, self.config))
            self.kind = kind

    def _attempt(self, row):
        """What is wrong with the row, in words; empty if nothing."""
        program, verdict, _ = program_and_verdict(row)
        linux = linux_sees(self.product)
        result, _ = try_row(self.product, program, verdict)
        wrong = "" if result in expected(verdict, self.config) else result
        seen = self.victim.look()
        if seen.complaints:
            self.dirty = True
            self.leave()
            return f"{wrong or result}, victim: {seen.complaints[0]}"
        now = linux_sees(self.product)
        if now != linux:
            changed = str(changes(linux, now))[:LONGEST]
            raise Damage(f"{wrong or result}, Linux: {changed}")
        return wrong

    def notice(self, name, row):
        """What is noticed of a row without the protection; empty if nothing is. What a machine does
        that may have been damaged before is not counted: another one has to do it, too."""
        while True:
            suspect = self.suspect
            try:
                self._ready(name, row)
            except BedError:
                self.drop()
                if suspect:
                    continue
                raise
            suspect = self.suspect
            try:
                wrong = self._attempt(row)
                self.suspect |= bool(wrong) and name is not None and ALL[name].spoils
                return wrong
            except (BedError, Damage) as error:
                self.drop()
                if not suspect:
                    return str(error).splitlines()[0]

    def prove(self, name, rows):
        """Rows and what was noticed of each; those without a protection go into the table at once."""
        found = {}
        try:
            for row in rows:
                wrong = found[row] = self.notice(name, row)
                print(f"{self.config.cpu}: without {name}: {row}: {wrong or 'nobody notices'}",
                      flush=True)
                if name:
                    record(name, self.config.cpu, {row: wrong})
        finally:
            self.leave()
        return found


def record(name, vendor, found):
    """Adds rows to a protection's line in the table."""
    def add(rows):
        old = next((r for r in rows if (r["name"], r["vendor"]) == (name, vendor)), None)
        if old is None:
            old = {"name": name, "vendor": vendor, "noticed": False, "by": [], "missed": []}
            rows.append(old)
        for key in ("by", "missed"):
            mine = [row for row, wrong in found.items() if bool(wrong) == (key == "by")]
            old[key] = sorted(({*old[key]} - {*found}) | {*mine})
        old["noticed"] = is_noticed(old)
    keep(TABLE, add)


def table():
    return json.loads(TABLE.read_text()) if TABLE.exists() else []


def known(name, vendor):
    """Rows of a protection's line in the table that have been noticed."""
    return {row for line in table() if (line["name"], line["vendor"]) == (name, vendor) for row in line["by"]}


def prove(bench, name, rows):
    """A test: each row is noticed. A run that is resumed goes on where the table ends; what is to be tried again in
    xAPIC mode is."""
    done = known(name, bench.config.cpu) if RESUME and bench.config.apic == "x2apic" else ()
    found = bench.prove(name, [row for row in rows[:ROWS] if row not in done])
    missed = [row for row, wrong in found.items() if not wrong]
    assert not missed, f"without {name}, nobody notices {missed}"


def provable(vendor):
    """The vendor's rows, but those for which there is a reason why nothing of ours is about them."""
    excused = {row for reasons in (ELSEWHERE, ROOT_ELSEWHERE) for rows in reasons[vendor].values() for row in rows}
    return all_rows(vendor) - excused


def not_noticed(line):
    """Rows of a line that still have to be; for some a reason may have been found since."""
    return [row for row in line["missed"] if row in provable(line["vendor"])]


def is_noticed(line):
    return bool(line["by"]) and not not_noticed(line)


def print_table():
    """Status 0 only if each protection was taken out on each vendor that has it, and each row noticed; of fewer
    rows (ROWS) it tells."""
    rows = table()
    good = True
    for row in sorted(rows, key=lambda r: (r["vendor"], r["name"])):
        missed = f"   <- not noticed by: {' '.join(not_noticed(row))}" if not_noticed(row) else ""
        print(f"{row['vendor']:6} {row['name']:22} {len(row['by']):3} rows fail without it{missed}")
    for vendor in VENDORS:
        mine = {row["name"]: row for row in rows if row["vendor"] == vendor}
        wanted = {name for name, p in ALL.items() if p.rows_of(vendor) or p.xapic}
        noticed = {name for name in mine if is_noticed(mine[name])}
        seen = {row for line in mine.values() for row in line["by"]}
        rest = provable(vendor) - seen
        print(f"{vendor}: {len(noticed)} of {len(wanted)} protections are missed when they are gone; "
              f"{len(seen)} rows have been seen to fail, {len(rest)} have not")
        if wanted - set(mine):
            print(f"{vendor}: not tried: {' '.join(sorted(wanted - set(mine)))}")
        if rest and not ROWS:
            print(f"{vendor}: rows not seen to fail: {' '.join(sorted(rest))}")
        good = good and noticed == wanted and (ROWS or not rest)
    return 0 if good else 1


if __name__ == "__main__":
    if sys.argv[1:] == ["images", "all"]:
        archive(ALL)
    elif sys.argv[1:] == ["images", "few"]:
        archive(sorted({name for names in FEW.values() for name in names}))
    else:
        raise SystemExit(print_table())
