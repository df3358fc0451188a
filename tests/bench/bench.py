#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Measures what Documentation/benchmarks.md lists, on machines of the test bed: writes a JSON
file and prints a table. A measurement that fails is reported and does not stop the others."""
import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import time
import traceback
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/bed"))

import bochs                                            # noqa: E402
import device_bench                                     # noqa: E402
import fall_bench                                       # noqa: E402
from keys import KEYS, LOADS                            # noqa: E402
from machine import BUILD                               # noqa: E402
from qemu import Config, emulator, emulator_version     # noqa: E402

TURNS = 10          # of a cell's life, for medians and for the account of pages
TAX_ROUNDS = 6
STEADY_S = 10
SETTLE_S = 3        # after boot and after enable, before anything is measured
# Each kind of remapping unit: its effects, and its formats apart.
UNIT_FILES = {"vtd": [("arch/x86/iommu", "vtd*.[ch]")], "vtd_pure": [("pure", "vtd*.[ch]")],
              "amdvi": [("arch/x86/iommu", "amd*.[ch]")], "amdvi_pure": [("pure", "amdvi.[ch]")]}
CELL = "/opt/bulkhead/configs"
INMATE = "/opt/bulkhead/inmates"

# Memory that the host has given already: its page faults are no part of what is measured.
PRESENT = ("-object", "memory-backend-ram,id=ram,size=2G,prealloc=on",
           "-machine", "memory-backend=ram")
X2APIC = Config(qemu="10", apic="x2apic", cpus=4, kernel="6.1", extra=PRESENT)
XAPIC = Config(qemu="10", apic="xapic", cpus=4, kernel="6.1", extra=PRESENT)
ICOUNT = Config(qemu="10", apic="xapic", cpus=1, kernel="6.1", icount=True)
VTX = bochs.Config(apic="x2apic", cpus=2)
DEVICES = Config(qemu="10", apic="x2apic", cpus=4, kernel="6.1", devices=("nics",), extra=PRESENT)
MACHINES = {"x2apic": X2APIC, "xapic": XAPIC, "cost": ICOUNT, "vtx": VTX, "devices": DEVICES,
            "fall": X2APIC}


def progress(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


class Host:
    """How busy the host was with other things than the machine that is measured."""
    TICKS = os.sysconf("SC_CLK_TCK") * os.cpu_count()
    QUIET = 3       # percent

    def __init__(self, machine):
        self.machine = machine
        self.begin = self.now()

    def now(self):
        user, nice, system = map(int, Path("/proc/stat").read_text().split()[1:4])
        mine = 0
        for pid in (os.getpid(), self.machine.process.pid):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            mine += int(fields[11]) + int(fields[12])
        return time.monotonic() * self.TICKS, user + nice + system - mine

    def others_percent(self):
        (begin, before), (end, after) = self.begin, self.now()
        return max(0, round(100 * (after - before) / (end - begin), 1))


class Bench:
    """A machine with the driver loaded, and hvctl in it."""

    def __init__(self, config):
        self.machine = config.make(name=f"bench-{config.name}")

    def __enter__(self):
        self.machine.boot()
        self.sh("modprobe bulkhead && modprobe bulkhead_link && "
                "hvctl config generate > /tmp/system.dts")
        time.sleep(SETTLE_S)
        return self

    def __exit__(self, *exc):
        self.machine.close()

    def sh(self, command, timeout=120):
        return self.machine.check(command, timeout)

    def hvctl(self, arguments, timeout=60):
        """The JSON document that the command prints."""
        return json.loads(self.sh(f"hvctl {arguments} --json", timeout))

    def enable(self):
        return self.hvctl("enable /tmp/system.dts")["driver_ms"]

    def disable(self):
        return self.hvctl("disable")["driver_ms"]

    def start(self, description, image):
        """Creates, loads and starts a cell; its name."""
        name = self.hvctl(f"cell create {CELL}/{description}.dts")["name"]
        self.sh(f"hvctl cell load {name} {INMATE}/{image}.elf && hvctl cell start {name}")
        return name

    def destroy(self, name):
        self.sh(f"hvctl cell destroy --force {name}")

    def clean(self):
        """No cells, whatever a measurement left."""
        for cell in self.hvctl("cell list") if self.enabled() else []:
            if cell["id"]:
                self.destroy(cell["name"])

    def enabled(self):
        return self.sh("cat /sys/class/misc/bulkhead/enabled").strip() == "1"

    def loads(self):
        return json.loads(self.sh("linux-tax --json --runs 1", 300))

    def exits(self, seconds, cell):
        """Exits by cause of a cell's CPUs in that time, and the exact time."""
        line = self.sh(f"hvctl stats -f --interval {seconds} --timeout {seconds + 1.5} "
                       f"--cell {cell} --json", seconds + 30).splitlines()[0]
        stats = json.loads(line)
        causes = {}
        for cpu in stats["cpus"]:
            for cause, count in cpu["exits"].items():
                causes[cause] = causes.get(cause, 0) + count
        return {c: n for c, n in causes.items() if n}, stats["seconds"]


def suffix_of(config):
    """Of keys that are measured on the machines of both vendors."""
    return "_vtx" if config.cpu == "intel" else ""


# --- single measurements: (bench, results); each leaves the machine enabled and without cells


def root_idle(bench, out):
    root = bench.hvctl("status")["system"]
    causes, seconds = bench.exits(10, root)
    out["root_idle_exits_10s_x2apic"] = round(sum(causes.values()) * 10 / seconds)
    out["root_idle_exits_by_cause"] = causes


def exits_steady(bench, out):
    """The demo's measured phase: set-points and telemetry at 1 kHz."""
    suffix = suffix_of(bench.machine.config)
    name = bench.start("rtos", "rtos")
    time.sleep(1)
    status, text = bench.machine.run(f"bh-demo feed plc {name} {STEADY_S}",
                                     STEADY_S * bench.machine.slowness + 60)
    exits = re.search(r"^exits=(.*)$", text, re.M)
    if not exits:
        raise RuntimeError(f"bh-demo feed ended with {status}: {text}")
    causes = {c: int(n) for c, n in re.findall(r"(\w+):(\d+)", exits.group(1))}
    out["exits_steady_x2apic" + suffix] = sum(n for c, n in causes.items() if c != "doorbell")
    out["exits_steady_by_cause" + suffix] = causes
    bench.destroy(name)


def exits_per_tick(bench, out):
    name = bench.start("minimal", "tick")
    time.sleep(1)
    text = bench.sh(f"hvctl cell show {name} --json; hvctl stats --reset-baseline; "
                    f"sleep {STEADY_S}; hvctl stats --since --cell {name} --json; "
                    f"hvctl cell show {name} --json", STEADY_S + 60)
    before, stats, after = map(json.loads, text.splitlines())
    exits = sum(cpu["total"] for cpu in stats["cpus"])
    out["exits_per_tick_xapic"] = round(exits / (after["progress"] - before["progress"]), 3)
    out["exits_per_tick_xapic_by_cause"] = {c: n for cpu in stats["cpus"]
                                            for c, n in cpu["exits"].items() if n}
    bench.destroy(name)


def life_cycle(bench, out):
    """Medians of the steps, as time inside the driver's calls."""
    before = bench.hvctl("status")["pages_free"]
    times = {step: [] for step in ("create", "load", "start", "shutdown", "destroy")}
    for _ in range(TURNS):
        answers = {"create": bench.hvctl(f"cell create {CELL}/rtos.dts"),
                   "load": bench.hvctl(f"cell load rtos {INMATE}/rtos.elf"),
                   "start": bench.hvctl("cell start rtos")}
        time.sleep(0.2)
        answers["shutdown"] = bench.hvctl("cell shutdown rtos")
        answers["destroy"] = bench.hvctl("cell destroy rtos")
        for step, answer in answers.items():
            times[step].append(answer["driver_ms"])
    for step, values in times.items():
        out[f"{step}_ms"] = round(statistics.median(values), 2)
    out["hypervisor_pages_kept"] = before - bench.hvctl("status")["pages_free"]


def cpu_hotplug(bench, out):
    """What plain Linux needs to take a CPU off-line and back."""
    script = ("import time\n"
              "def t(v):\n"
              "    s = time.perf_counter()\n"
              "    open('/sys/devices/system/cpu/cpu1/online', 'w').write(v)\n"
              "    return (time.perf_counter() - s) * 1000\n"
              f"r = [(t('0'), t('1')) for _ in range({TURNS})]\n"
              "print(*(sorted(c)[len(c) // 2] for c in zip(*r)))\n")
    bench.machine.put(script, "/tmp/hotplug.py")
    off, on = map(float, bench.sh("python3 /tmp/hotplug.py").split())
    out["cpu_offline_ms"], out["cpu_online_ms"] = round(off, 2), round(on, 2)


def doorbell_linux(bench, out):
    name = bench.start("rtos", "echo")
    suffix = "" if bench.machine.config.apic == "x2apic" else "_xapic"
    ping = bench.hvctl("link ping plc --count 3000")
    out[f"doorbell_rtt_linux_cell_us_p50{suffix}"] = round(ping["p50_ns"] / 1000, 1)
    poll = bench.hvctl("link ping plc --count 3000 --poll")
    out[f"poll_rtt_linux_cell_ns_p50{suffix}"] = poll["p50_ns"]
    rate = bench.hvctl("link bench plc --count 50000")
    out[f"link_messages_per_s{suffix}"] = round(rate["messages_per_s"])
    bench.destroy(name)


def doorbell_cells(bench, out):
    far = bench.start("pair-b", "pingpong")
    near = bench.start("pair-a", "pingpong")
    for _ in range(240):
        if bench.hvctl(f"cell show {near}")["state"] != "running":
            break
        time.sleep(0.5)
    text = bench.sh(f"hvctl console {near}")
    suffix = "" if bench.machine.config.apic == "x2apic" else "_xapic"
    for key, name, scale in (("doorbell_rtt_cell_cell_us_p50", "doorbell_rtt", 1000),
                             ("doorbell_rtt_cell_cell_idle_us_p50", "doorbell_rtt_idle", 1000),
                             ("poll_rtt_cell_cell_ns_p50", "poll_rtt", 1)):
        found = re.search(rf"{name}:.* p50=\d+ \((\d+) ns\)", text)
        out[key + suffix] = round(int(found.group(1)) / scale, 1) if found else None
    bench.destroy(near)
    bench.destroy(far)
    if None in [out[k] for k in out if "_rtt_cell_cell_" in k]:
        raise RuntimeError(f"pingpong did not come to its end: {text}")


def sizes(bench, out):
    suffix = suffix_of(bench.machine.config)
    status = bench.hvctl("status")
    out["image_bytes" + suffix] = status["image_bytes"]
    out["memory_reserved_bytes" + suffix] = status["hypervisor_bytes"]


# --- machines


def attempt(measure, bench, out, errors):
    progress(f"{measure.__name__} on {bench.machine.config.name}")
    try:
        measure(bench, out)
    except Exception as error:          # any: the other figures are still wanted
        errors[f"{measure.__name__} ({bench.machine.config.name})"] = str(error)
        traceback.print_exc()
        bench.clean()


def linux_tax(bench, out):
    """Plain and hypervised by turns, so that a host that becomes slower or faster in between
    spoils one quotient and not the median. Times of enable and disable come with it."""
    plain, below, enable, disable = [], [], [], []
    for _ in range(TAX_ROUNDS):
        plain.append(bench.loads())
        enable.append(bench.enable())
        time.sleep(1)
        below.append(bench.loads())
        disable.append(bench.disable())
    apic = bench.machine.config.apic
    for load in plain[0]:
        pairs = [(p[load], b[load]) for p, b in zip(plain, below)]
        out[f"linux_tax_{apic}_{load}"] = round(statistics.median(b / p for p, b in pairs), 3)
        out[f"linux_{apic}_{load}_ns"] = [statistics.median(c) for c in zip(*pairs)]
    if apic == "x2apic":
        out["enable_ms"] = round(statistics.median(enable), 2)
        out["disable_ms"] = round(statistics.median(disable), 2)


def on_machine(config, out, errors, measures):
    """One boot: first what needs plain Linux, then the rest."""
    with Bench(config) as bench:
        host = Host(bench.machine)
        if config is X2APIC:
            attempt(cpu_hotplug, bench, out, errors)
        attempt(linux_tax, bench, out, errors)
        if not bench.enabled():
            bench.enable()
        time.sleep(SETTLE_S)
        for measure in measures:
            attempt(measure, bench, out, errors)
        others = out[f"host_others_percent_{config.apic}"] = host.others_percent()
        if others > Host.QUIET:
            progress(f"other programs had {others} % of the host meanwhile: counts are right, "
                     "times are too long")
        bench.disable()
        if config is X2APIC:
            out["pages_leaked"] = pages_kept(bench)


def pages_kept(bench):
    """After disable: what the driver still holds, and pages of Linux still marked as taken."""
    status, text = bench.machine.run("hvctl status --json")
    driver = json.loads(text.splitlines()[0])
    held = sum(driver[key] for key in ("hypervisor_bytes", "cell_bytes", "guard_bytes"))
    return held // 4096 + int(bench.sh("pages offline"))


def build_cost_module(kernel):
    """tests/bench/cost for the bed's kernel; the module's file."""
    work = BUILD / "bench-cost"
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(TOP / "tests/bench/cost", work)
    subprocess.run(["make", "-s", "-C", str(BUILD / f"kernels/{kernel}/kdir"), f"M={work}",
                    "modules"], check=True, stdout=subprocess.DEVNULL)
    return work / "bench_cost.ko"


def cost_of_exits(bench, out):
    """Instructions per exit: these emulators count them. Leaves the hypervisor enabled."""
    suffix = suffix_of(bench.machine.config)
    module = build_cost_module(bench.machine.config.kernel)
    bench.machine.put(module.read_bytes(), "/tmp/bench_cost.ko")
    once = "insmod /tmp/bench_cost.ko && rmmod bench_cost && dmesg | grep bench_cost: | tail -1"
    plain = cost_line(bench.sh(once))
    bench.enable()
    below = cost_line(bench.sh(once))
    out["insn_per_cpuid_exit" + suffix] = below["cpuid"]
    out["insn_per_hypercall_exit" + suffix] = below["hypercall"]
    out["insn_per_config_access" + suffix] = below["config"]
    out["insn_per_cpuid_plain" + suffix] = plain["cpuid"]


def on_counting_machine(config, out, errors, measures):
    with Bench(config) as bench:
        attempt(cost_of_exits, bench, out, errors)
        for measure in measures:
            attempt(measure, bench, out, errors)


def on_device_machine(config, out, errors, measures):
    with Bench(config) as bench:
        for measure in measures:
            attempt(measure, bench, out, errors)


def cost_line(text):
    return {name: int(value) / 100 for name, value in re.findall(r"(\w+)=(\d+)", text)}


def count_lines(out):
    """Code lines of what is linked into bulkhead-amd.bin, and of each backend, with headers."""
    if not shutil.which("cloc"):
        return
    parts = {"sloc_hypervisor_amd": [""], "sloc_svm": ["arch/x86/svm"],
             "sloc_vmx": ["arch/x86/vmx"],
             **{f"sloc_{unit}": [f"{folder}/{name}" for folder, name in files]
                for unit, files in UNIT_FILES.items()}}
    for key, places in parts.items():
        skipped = "test,vmx,fake" if places == [""] else "test,fake"
        files = [str(found) for place in places
                 for found in sorted((TOP / "hypervisor").glob(place) if place else
                                     [TOP / "hypervisor"])]
        text = subprocess.run(["cloc", "--json", "--quiet", f"--exclude-dir={skipped}", *files],
                              capture_output=True, text=True).stdout
        languages = json.loads(text)
        out[key] = sum(languages[name]["code"] for name in languages
                       if name in ("C", "C/C++ Header", "Assembly"))


def derive(out):
    for step, plain in (("create", "cpu_offline"), ("destroy", "cpu_online")):
        if f"{step}_ms" in out and f"{plain}_ms" in out:
            out[f"{step}_extra_ms"] = round(out[f"{step}_ms"] - out[f"{plain}_ms"], 2)


def verdict(key, value):
    if value is None:
        return "not measured"
    if key.goal is None:
        return ""
    return "met" if value <= key.goal else "MISSED"


def table(out):
    lines = [f"{'key':34} {'value':>12} {'goal':>10} {'peer':>10}  unit, verdict"]
    for key in KEYS:
        value = out.get(key.name)
        shown = ["-" if v is None else f"{v:g}" if abs(v) < 1e5 else str(v)
                 for v in (value, key.goal, key.peer)]
        lines.append(f"{key.name:34} {shown[0]:>12} {shown[1]:>10} {shown[2]:>10}  "
                     f"{key.unit}, {verdict(key, value)}")
    return "\n".join(lines)


def main(argv):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=BUILD / "bench.json")
    parser.add_argument("--only", choices=tuple(MACHINES), action="append")
    options = parser.parse_args(argv)
    only = options.only or list(MACHINES)
    out, errors = {}, {}
    jobs = {
        "x2apic": lambda: on_machine(X2APIC, out, errors,
                                     [sizes, root_idle, exits_steady, life_cycle,
                                      doorbell_linux, doorbell_cells]),
        "xapic": lambda: on_machine(XAPIC, out, errors,
                                    [exits_per_tick, doorbell_linux, doorbell_cells]),
        "cost": lambda: on_counting_machine(ICOUNT, out, errors, []),
        "vtx": lambda: on_counting_machine(VTX, out, errors, [sizes, exits_steady]),
        "devices": lambda: on_device_machine(DEVICES, out, errors,
                                             [device_bench.enable_with_unit,
                                              device_bench.card_in_a_cell]),
        "fall": lambda: fall_bench.measure(X2APIC, VTX, out, errors),
    }
    for name in only:
        try:
            jobs[name]()
        except Exception as error:
            errors[name] = str(error)
            traceback.print_exc()
    count_lines(out)
    derive(out)
    document = {"qemu": emulator_version(emulator(X2APIC)),
                "machines": {name: MACHINES[name].name for name in only},
                "loads": list(LOADS), "errors": errors, **out}
    options.output.write_text(json.dumps(document, indent=1) + "\n")
    print(f"QEMU {document['qemu']}; {', '.join(document['machines'].values())}")
    print(table(out))
    for name, text in errors.items():
        print(f"failed: {name}: {text.splitlines()[0] if text else ''}")
    print(f"written to {options.output}")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
