# SPDX-License-Identifier: GPL-2.0-only
"""Links between Linux and cells, and between cells: messages and doorbells both ways, with
MSI-X, INTx and one-shot mode; what a device function tells of itself; who may write what, and
with which cache type; peers that come, go, crash and return; ends that do not fit together."""
import re
import struct

import pytest

from bulkhead import python
from partition import cell, link, partition     # noqa: F401 (a fixture)

BOTH_MODES = pytest.mark.machines("x2apic+4cpu", "qemu10+xapic+4cpu", "bochs+4cpu")
PAGE = 0x1000
STATE_TABLE, REGISTER_ID, REGISTER_PEERS = 0, 0, 4
CONTROL, DOORBELL, STATE = 8, 12, 16
READY = 2


class LinkEnd:
    """Linux's end, through tests/guest/link-end.c."""

    def __init__(self, machine, name):
        self.job = machine.start(f"link-end {name}", stdin=True)
        self.job.wait_output("open", 20)
        self.seen = len(self.job.output)

    def ask(self, text, timeout=20):
        self.job.write(text.encode() + b"\n")
        self.job.agent.pump(lambda: b"\n" in self.job.output[self.seen:] or
                            self.job.status is not None, timeout, f"link-end: {text}")
        answer = self.job.output[self.seen:].decode()
        self.seen = len(self.job.output)
        return answer.strip()

    def get(self, section, offset):
        return int(self.ask(f"get {section} {offset:#x}"), 16)

    def put(self, section, offset, value):
        assert self.ask(f"put {section} {offset:#x} {value:#x}") == "ok"

    def close(self):
        self.job.write(b"")
        return self.job.wait(20)


@pytest.fixture
def end_of_link(machine):
    """Opens Linux's end of a link; closes it after the test."""
    opened = []

    def make(name):
        opened.append(LinkEnd(machine, name))
        return opened[-1]

    yield make
    for end in opened:
        if machine.is_alive() and end.job.status is None:
            end.close()


def function_of(partition, name):
    """Sysfs directory of a link's PCI function."""
    found = next(known for known in partition.json("link list") if known["name"] == name)
    return "/sys/bus/pci/devices/" + found["pci"]


def config_space(partition, name):
    return partition.machine.get(function_of(partition, name) + "/config")


def ping(partition, name, count=50, options=""):
    result = partition.json(f"link ping {name} --count {count} {options}")
    assert result["received"] == count and not result["wrong"] and not result["gaps"], result
    return result


def echo(partition, description, name, program="echo"):
    """Creates a cell and starts its echo server."""
    partition.make(description)
    partition.run_inmate(name, program)
    return partition.wait_print(name, "echo: peer")


# --- messages ---------------------------------------------------------------------------------

@BOTH_MODES
def test_messages_and_doorbells_go_both_ways(partition):
    assert "MSI-X" in echo(partition, "rtos", "rtos")
    result = ping(partition, "plc", 200)
    assert result["doorbells"] > 0 and result["interrupts"] > 0, result
    bench = partition.json("link bench plc --count 5000")
    assert bench["sent"] == bench["received"] == 5000, bench
    assert not bench["wrong"] and not bench["gaps"], bench
    partition.must("cell shutdown rtos")
    assert re.search(r"requests=5200 .*doorbells=[1-9]", partition.console("rtos"))


@BOTH_MODES
def test_cell_without_msix_gets_its_doorbells_by_intx(partition):
    assert "INTx" in echo(partition, "intx", "intx")
    ping(partition, "intx", 50)
    assert partition.json("link bench intx --count 1000")["received"] == 1000
    partition.must("cell shutdown intx")
    assert int(re.search(r"doorbells=(\d+)", partition.console("intx"))[1]) >= 50


@BOTH_MODES
def test_one_shot_mode_loses_no_message(partition):
    assert "one-shot" in echo(partition, "rtos", "rtos", "echo-oneshot")
    ping(partition, "plc", 50)
    assert partition.json("link bench plc --count 2000")["received"] == 2000


def test_polling_needs_no_doorbell(partition):
    echo(partition, "rtos", "rtos")
    before = partition.exits(1)["doorbell"]
    result = ping(partition, "plc", 500, "--poll")
    assert result["peer_polled"], result
    assert partition.exits(1)["doorbell"] - before < 20


@BOTH_MODES
def test_three_peers_reach_each_other(partition):
    for name in ("trio-a", "trio-b"):
        echo(partition, name, name)
    known = partition.json("link list")[0]
    assert (known["peers"], known["peer"], known["states"][1:]) == (3, 0, [READY, READY])
    ping(partition, "trio", 30, "--peer 1")
    ping(partition, "trio", 30, "--peer 2")
    ping(partition, "trio", 30, "--peer 1")
    partition.must("cell shutdown trio-a")
    assert partition.json("link list")[0]["states"][1:] == [0, READY]
    ping(partition, "trio", 30, "--peer 2")
    attached = re.search(r"attached=(\d+)", partition.console("trio-a"))
    assert int(attached[1]) >= 3, "the other cell, and each life of Linux's end"


@BOTH_MODES
def test_two_cells_ring_each_other_without_linux(partition):
    for name in ("pair-a", "pair-b"):
        partition.make(name)
    assert partition.json("link list") == [], "Linux is no peer of this link"
    partition.run_inmate("pair-b", "pingpong")
    partition.run_inmate("pair-a", "pingpong")
    for name in ("pair-a", "pair-b"):
        end = partition.end_of(name, timeout=40)
        assert (end["state"], end["exit_code"]) == ("done", 0), (end, partition.console(name))
    assert re.search(r"doorbell_rtt: .*poll_rtt: ", partition.console("pair-a"), re.S)


def test_two_links_at_once_do_not_mix(partition):
    echo(partition, "rtos", "rtos")
    echo(partition, "rtos-b", "rtos-b")
    places = [function_of(partition, name) for name in ("plc", "plc-b")]
    assert len(set(places)) == 2
    job = partition.machine.start("hvctl link bench plc-b --count 3000 --json")
    assert partition.json("link bench plc --count 3000")["received"] == 3000
    status, output = job.wait(60)
    assert status == 0 and b'"received": 3000' in output, output
    for name in ("rtos", "rtos-b"):
        partition.must(f"cell shutdown {name}")
        assert "requests=3000 " in partition.console(name)


# --- overflow ---------------------------------------------------------------------------------

def test_full_ring_drops_the_newest_and_the_gap_shows(partition, end_of_link):
    """A reader that does not read: the cell's replies beyond the ring's depth are dropped, and
    counted at both ends."""
    echo(partition, "intx", "intx")
    end = end_of_link("intx")
    slots = int(end.ask("up"))
    assert slots >= 8 and end.ask("attach 1") == "attached"
    asked = 0
    while asked < 3 * slots:
        accepted, _ = map(int, end.ask(f"offer 1 1 {slots // 2}").split())
        asked += accepted
    partition.wait(lambda: int(end.ask("dropped 1")) == asked - slots, 10,
                   lambda: f"dropped {end.ask('dropped 1')} of {asked}, ring of {slots}")
    count, gaps, first, last = map(int, end.ask("take 1 100").split())
    assert (count, gaps, first, last) == (slots, 0, 0, slots - 1)
    end.ask("offer 1 1 1")
    count, gaps, first, last = map(int, end.ask("take 1 300").split())
    assert (count, gaps, first) == (1, asked - slots, asked)


@pytest.mark.needs("monitor")
def test_sender_is_told_that_the_ring_is_full(partition, end_of_link):
    """A cell that hangs reads nothing: exactly the ring's depth is accepted."""
    echo(partition, "intx", "intx")
    end = end_of_link("intx")
    slots = int(end.ask("up"))
    assert end.ask("attach 1") == "attached"
    partition.machine.stop()
    partition.machine.resume()
    accepted, dropped = map(int, end.ask(f"offer 1 3 {20 * slots}").split())
    assert accepted + dropped == 20 * slots and accepted >= slots


# --- the device -------------------------------------------------------------------------------

@BOTH_MODES
def test_configuration_space_is_that_of_the_specification(partition):
    partition.make(cell("one", [1], links=link("dev", rw=0x3000, output=0x5000, vectors=3,
                                                more="root-vectors = <4>; protocol = <0x4711>;")))
    partition.machine.check("for n in 1 2 3 4 5 6 7 8; do ls /sys/class/uio/uio0 && break; "
                            "sleep 0.1; done")
    space = config_space(partition, "dev")
    vendor, device, command, status, identity = struct.unpack_from("<HHHHI", space)
    assert (vendor, device, identity) == (0x110a, 0x4106, 0xff471100)
    assert command & 6 == 6 and status & 0x10
    assert struct.unpack_from("<HH", space, 0x2c) == (0x110a, 0x424b)
    assert space[0x34] == 0x40 and space[0x3d] == 0
    kind, following, length, one_shot, table, rw, output, base = struct.unpack_from(
        "<BBBBIQQQ", space, 0x40)
    assert (kind, following, length, one_shot) == (9, 0x60, 0x20, 0)
    assert (table, rw, output) == (0x1000, 0x3000, 0x5000)
    maps = partition.machine.check("cd /sys/class/uio/uio0/maps; for m in *; do "
                                   "echo $(cat $m/name $m/addr $m/size); done").split("\n")
    maps = {m.split()[0]: [int(n, 16) for n in m.split()[1:]] for m in maps if m}
    assert maps["state"] == [base, 0x1000]
    assert maps["rw"] == [base + 0x1000, 0x3000]
    assert maps["outputs"] == [base + 0x4000, 0xa000]
    assert maps["output"] == [base + 0x4000, 0x5000]
    kind, _, control, table, pending = struct.unpack_from("<BBHII", space, 0x60)
    assert (kind, control & 0x7ff, table, pending) == (0x11, 3, 1, 0x801)
    assert control & 0x8000, "Linux has enabled MSI-X"


def test_registers_and_what_lies_between_them(partition, end_of_link):
    partition.make("trio-b")
    end = end_of_link("trio")
    registers = [end.get("registers", at) for at in range(0, 0x20, 4)]
    assert registers == [0, 3, 1, 0, 0, 0, 0, 0]
    end.put("registers", REGISTER_ID, 2)
    end.put("registers", REGISTER_PEERS, 9)
    end.put("registers", 0x40, 9)
    end.put("registers", CONTROL, 0xfffffffe)
    registers = [end.get("registers", at) for at in range(0, 0x20, 4)]
    assert registers == [0, 3, 0, 0, 0, 0, 0, 0]
    assert end.get("registers", 0xffc) == 0


def test_state_is_seen_in_the_table_and_ends_with_the_program(partition, end_of_link):
    partition.make("rtos")
    end = end_of_link("plc")
    end.put("registers", STATE, 0x12345678)
    assert end.get("registers", STATE) == end.get("state", 0) == 0x12345678
    assert partition.json("link list")[0]["states"] == [0x12345678, 0]
    end.job.signal(9)
    end.job.wait(10)
    assert partition.json("link list")[0]["states"] == [0, 0]


def test_end_may_ring_itself_and_one_shot_lets_one_through(partition, end_of_link):
    partition.make("rtos")
    end = end_of_link("plc")
    ring_myself = ("registers", DOORBELL, 0 << 16 | 0)
    end.put(*ring_myself)
    assert end.ask("wait 2000") == "1"
    assert end.ask("control 0") == "ok"
    end.put(*ring_myself)
    assert end.ask("wait 200") == "0", "interrupt control is off: lost"
    assert end.ask("control 1") == "ok"
    assert end.ask("wait 200") == "0", "and not kept"
    config = function_of(partition, "plc") + "/config"
    partition.machine.check(f"printf '\\001' | dd of={config} bs=1 seek=67 conv=notrunc")
    end.put(*ring_myself)
    assert end.ask("wait 2000") == "1"
    assert end.get("registers", CONTROL) == 0
    end.put(*ring_myself)
    assert end.ask("wait 200") == "0", "the second needs interrupt control again"
    assert end.ask("control 1") == "ok"
    end.put(*ring_myself)
    assert end.ask("wait 2000") == "1"


def test_doorbells_to_nobody_are_ignored(partition, end_of_link):
    partition.make("rtos")
    stray = partition.status()["stray"]
    end = end_of_link("plc")
    for value in (1 << 16, 2 << 16, 0xffff << 16, 0xffffffff, 16, 0xffff):
        end.put("registers", DOORBELL, value)
    assert end.ask("wait 200") == "0"
    assert partition.status()["stray"] == stray


# --- rights and cache -------------------------------------------------------------------------

def test_every_section_is_mapped_write_back_in_a_cell(partition):
    partition.make("rtos")
    partition.run_inmate("rtos", "link-cache")
    end = partition.end_of("rtos")
    console = partition.console("rtos")
    assert (end["state"], end["exit_code"]) == ("done", 0), console
    assert console.count("type 6") == 3, console


def hypervisor_memory(machine):
    """The 2 MiB that the hypervisor's image was put into, found by the image's first word."""
    size = int(machine.config.memory.rstrip("G")) << 30
    for base in range(0, size, 2 << 20):
        if machine.read_physical(base, 8) == b"BULKHEAD":
            return machine.read_physical(base, 2 << 20)
    raise AssertionError("no image of the hypervisor in memory")


def entries_of(memory, hpa):
    """All present page-table entries in the hypervisor's memory that map the page: those of nested
    tables, which are walked as a user, and those of the tables for DMA."""
    words = struct.unpack(f"<{len(memory) // 8}Q", memory)
    found = [word for word in words if word & 0x1 and word & 0xffffffffff000 == hpa]
    return [word for word in found if word & 0x4], [word for word in found if not word & 0x4]


@pytest.mark.needs("monitor", "svm")
def test_nested_tables_give_each_end_its_rights_and_write_back(partition):
    """One entry in the root's table and one in the cell's for each page; APM vol. 2, 15.25.8:
    PWT, PCD and PAT clear select the first type of the host's PAT, which is write-back."""
    partition.make("rtos")
    space = config_space(partition, "plc")
    rw, output, base = struct.unpack_from("<QQQ", space, 0x48)
    memory = hypervisor_memory(partition.machine)
    writers = {"state table": 0, "read/write": 2, "output of Linux": 1, "output of the cell": 1}
    pages = [base, base + PAGE, base + PAGE + rw, base + PAGE + rw + output]
    for (name, writable), page in zip(writers.items(), pages):
        entries, dma = entries_of(memory, page)
        assert len(entries) == 2, (name, [hex(e) for e in entries])
        assert sum(e >> 1 & 1 for e in entries) == writable, (name, [hex(e) for e in entries])
        assert all(not e & 0x98 for e in entries), (name, [hex(e) for e in entries])
        if "iommu" in partition.machine.config.features: # Linux's devices may do what Linux may
            want = 3 if name in ("read/write", "output of Linux") else 1
            assert [e & 0xfff for e in dma] == [want], (name, [hex(e) for e in dma])
    partition.machine.check("modprobe msr")
    pat = partition.machine.check(python(
        "import os; f = os.open('/dev/cpu/0/msr', 0); print(os.pread(f, 8, 0x277)[0])"))
    assert pat == "6\n", "first type of the PAT"


LOOKS = 50      # at CPU 0, which does other things for moments


def page_table_entry(machine, cr3, address):
    """Walks the tables of Linux, whose addresses are the machine's. Bit 0 is clear: nothing is mapped there."""
    entry = cr3
    for level in (39, 30, 21, 12):
        at = (entry & 0xffffffffff000) + 8 * (address >> level & 511)
        entry = struct.unpack("<Q", machine.read_physical(at, 8))[0]
        if not entry & 1:
            break
    return entry


@pytest.mark.needs("monitor")
def test_sections_are_mapped_write_back_in_linux_and_registers_are_not(partition, end_of_link):
    machine = partition.machine
    partition.make("rtos")
    end = end_of_link("plc")
    places = {name: int(end.ask(f"map {name}").split()[0], 16)
              for name in ("state", "output", "outputs", "rw", "registers")}
    machine.check("taskset -p 1 $(pidof link-end)")
    assert end.ask("spin") == "spinning"
    pat = machine.check(python("import os; f = os.open('/dev/cpu/0/msr', 0); "
                               "print(os.pread(f, 8, 0x277).hex())") .join(("modprobe msr; ", "")))
    pat = bytes.fromhex(pat.strip())
    kinds = {}
    for _ in range(LOOKS):
        try:
            machine.stop()
            cr3 = int(re.search(r"CPU#0.*?CR3=([0-9a-f]+)", machine.registers(), re.S)[1], 16)
            entries = {name: page_table_entry(machine, cr3, at) for name, at in places.items()}
        finally:
            machine.resume()
        if all(entry & 1 for entry in entries.values()):
            kinds = {name: pat[e >> 3 & 3 | e >> 5 & 4] for name, e in entries.items()}
            break
    assert kinds, "CPU 0 was never seen in the program that spins on it"
    assert kinds.pop("registers") in (0, 7), "uncached"
    assert set(kinds.values()) == {6}, kinds


# --- peers that come and go -------------------------------------------------------------------

def state_interrupt(end, wanted, what):
    """Waits for the interrupt of a state change, and checks the table after it."""
    for _ in range(3):      # changes merge: "starting" may be seen alone, before "ready"
        assert end.ask("wait 5000") != "0", f"no interrupt: {what}"
        if end.get("state", 4) == wanted:
            return
    raise AssertionError(f"{what}: the table says {end.get('state', 4)}, not {wanted}")


@BOTH_MODES
def test_every_change_of_a_peer_raises_the_state_interrupt(partition, end_of_link):
    partition.make("rtos")
    end = end_of_link("plc")
    must = partition.must
    for turn in range(2):
        partition.run_inmate("rtos", "echo")
        state_interrupt(end, READY, "start")
        must("cell shutdown rtos")
        state_interrupt(end, 0, "end")
        must("cell start rtos")
        state_interrupt(end, READY, "return")
        must("cell shutdown rtos --force")
        state_interrupt(end, 0, "force")
        must("cell restart rtos")
        state_interrupt(end, READY, "restart")
        must("cell restart rtos --force")
        state_interrupt(end, READY, "restart while it ran")
        must("cell shutdown rtos --force")
        state_interrupt(end, 0, "force")
    assert len(re.findall(r"link +plc +peer 1 is ready", partition.events())) >= 4


def test_crash_of_a_peer_raises_the_state_interrupt(partition, end_of_link):
    partition.make("rtos")
    partition.run_inmate("rtos", "rtos")
    end = end_of_link("plc")
    state_interrupt(end, READY, "up") if end.get("state", 4) != READY else None
    slots = int(end.ask("up"))
    assert slots and end.ask("attach 1") == "attached"
    end.ask("wait 100")
    # struct bh_demo_command with BH_DEMO_CRASH: type 0x102, order 4 is the fifth message of these.
    end.ask("offer 1 0x102 5")
    partition.wait(lambda: partition.cells()["rtos"]["state"] == "crashed", 10,
                   lambda: "no crash")
    state_interrupt(end, 0, "crash")
    partition.must("cell start rtos")
    state_interrupt(end, READY, "return after a crash")
    assert end.ask("attach 1") == "attached"


def test_peer_of_a_destroyed_cell_goes_on(partition):
    for name in ("trio-a", "trio-b"):
        echo(partition, name, name)
    partition.must("cell destroy trio-b --force")
    assert partition.json("link list")[0]["states"] == [0, READY, 0]
    ping(partition, "trio", 20, "--peer 1")
    partition.hvctl_is(5, "link ping trio --peer 2 --timeout 0.3")
    echo(partition, "trio-b", "trio-b")
    ping(partition, "trio", 20, "--peer 2")
    ping(partition, "trio", 20, "--peer 1")


def test_memory_of_a_link_is_cleared_for_its_next_life(partition, end_of_link):
    partition.make("rtos")
    end = end_of_link("plc")
    end.put("rw", 0x100, 0xdeadbeef)
    end.put("output", 0x200, 0xdeadbeef)
    end.close()
    partition.must("cell destroy rtos")
    partition.make("rtos")
    end = end_of_link("plc")
    assert end.get("rw", 0x100) == end.get("outputs", 0x200) == 0


# --- names ------------------------------------------------------------------------------------

def test_links_have_stable_names_in_dev(partition):
    machine = partition.machine
    machine.check("start-udev", 60)
    partition.make("rtos-b")
    partition.make("rtos")
    machine.check("udevadm settle --timeout=10")
    for name in ("plc", "plc-b"):
        device = next(k["device"] for k in partition.json("link list") if k["name"] == name)
        assert machine.check(f"readlink -f /dev/bulkhead-link-{name}").strip() == device
    partition.must("cell destroy rtos-b")
    machine.check("udevadm settle --timeout=10; test ! -e /dev/bulkhead-link-plc-b")
    machine.check("test -c /dev/bulkhead-link-plc; killall systemd-udevd")


AGREED = {"peers": 3, "peer": 1, "root_peer": 0, "rw": 0x2000, "output": 0x4000}


@pytest.mark.parametrize("differs, status", [
    ({"peers": 4}, 3), ({"rw": 0x1000}, 3), ({"output": 0x1000}, 3), ({"root_peer": None}, 3),
    ({"more": "protocol = <0x4001>;"}, 3), ({"more": "root-vectors = <1>;"}, 3),
    ({"peer": 1}, 6)])
def test_ends_that_do_not_fit_together_are_refused(partition, differs, status):
    partition.make(cell("first", [1], links=link("joint", **AGREED)))
    before = partition.holdings()
    other = {**AGREED, "peer": 2, **differs}
    output = partition.hvctl_is(status, "cell create " + partition.file(
        cell("second", [2], links=link("joint", **other))))
    assert "link" in output or "peer" in output, output
    assert partition.holdings() == before
    partition.make(cell("second", [2], links=link("joint", **{**AGREED, "peer": 2})))


def test_no_link_of_that_name(partition):
    assert "hvctl link list" in partition.hvctl_is(1, "link ping nothing")


def test_nobody_answers_on_the_link(partition):
    partition.make("rtos")
    assert "in time" in partition.hvctl_is(5, "link ping plc --timeout 0.3")
