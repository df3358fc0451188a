# SPDX-License-Identifier: GPL-2.0-only
"""Says in words who will own what: the machine, what Linux keeps, and each cell.

Reading and judging is hvctl's (hvctl check --json); what is found here on top is where cells,
each right by itself, contradict each other.
"""
import json
import subprocess
import sys

EXIT_DESCRIPTION = 3
ROOT_ENDS = {"stay": "they run on", "ask": "they are asked to shut down",
             "reset": "the machine is reset at once", "restart": "it starts again alone"}
PROTOCOLS = {0: "undefined", 1: "Ethernet", 0x4000: "user"}


def size(number):
    for unit, name in ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")):
        if number >= unit and number % unit == 0:
            return f"{number // unit} {name}"
    return f"{number} bytes"


def cpu(one):
    if "linux_cpu" in one:
        return f"CPU {one['linux_cpu']} (APIC ID {one['apic_id']})"
    return f"CPU with APIC ID {one['apic_id']}"


def listed(words):
    words = list(words)
    return ", ".join(words) if words else "nothing"


def paragraph(label, text):
    return f"  {label:<12}{text}"


# --- the machine ----------------------------------------------------------------------------

def system_text(name, system, cells):
    given = {c["apic_id"] for cell in cells for c in cell["description"]["cpus"]}
    kept = [c for c in system["cpus"] if c["apic_id"] not in given]
    where = "taken from Linux at enable"
    if "memory_address" in system:
        where = f"reserved at {system['memory_address']}"
    yield f"machine \"{name}\""
    yield paragraph("hypervisor", f"{size(system['memory_size'])} of memory, {where}")
    yield paragraph("Linux", "keeps everything up to "
                    f"{size(int(system['address_limit'], 16))} but what is listed here, and "
                    f"{listed(cpu(c) for c in kept)}")
    yield paragraph("", "its stray accesses " + ("park it (root-policy = \"strict\")"
                                                 if system["root_strict"] else
                                                 "are ignored and counted"))
    for unit in system["iommus"]:
        whose = "left to Linux" if unit["left_to_root"] else \
            "keeps each device to its owner's memory and interrupts"
        yield paragraph("IOMMU", f"{unit['type']} at {unit['address']}, {whose}")
    if system["accept_unmoderated_msi"]:
        yield paragraph("accepted", "devices of Linux can interrupt the CPUs of cells")
    if system["accept_unprotected_dma"]:
        yield paragraph("accepted", "devices of Linux can write the memory of cells")
    limit = f", for at most {system['root_end_limit']} s" * bool(system["root_end_limit"])
    yield paragraph("", f"if it ends while cells run, {ROOT_ENDS[system['root_end']]}{limit}")
    for pool in system["pool"]:
        yield paragraph("pool", f"{size(pool['size'])} at {pool['address']} for cells")
    yield paragraph("links", f"appear in Linux at {listed(system['link_slots'])}")


# --- a cell ---------------------------------------------------------------------------------

def memory_text(memory):
    rights = "read" + ", write" * memory["write"] + ", execute" * memory["execute"]
    where = "host memory is chosen at create"
    if memory["registers"]:
        where = f"registers of a device at {memory['host_address']}"
    elif "host_address" in memory:
        where = f"host memory at {memory['host_address']}"
    return f"{size(memory['size'])} at {memory['address']} ({rights}); {where}"


def link_text(link):
    other = "Linux is no peer"
    if "root_peer" in link:
        other = f"Linux is peer {link['root_peer']} with {link['root_vectors']} vectors"
    kind = "INTx" if link["intx"] else f"{link['vectors']} MSI-X vectors"
    yield (f"\"{link['name']}\": peer {link['peer']} of {link['peers']} with {kind}, at "
           f"{link['pci_address']}; {other}")
    protocol = PROTOCOLS.get(link["protocol"], f"0x{link['protocol']:04x}")
    yield (f"{size(link['rw_size'])} that all may write, {size(link['output_size'])} for each "
           f"peer to write and all to read, at {link['memory_address']}; protocol {protocol}")


def function_text(function):
    """A PCI function, by what the description names it, and what the cell sees."""
    ids = f"{function.get('vendor_id', 0):04x}:{function.get('device_id', 0):04x}"
    what = function.get("host_address", f"{ids}, looked for at create")
    line = f", interrupts at pin {function['intx_pin']}" if "intx_pin" in function else ""
    keep = "" if not function["accept_no_reset"] else "; it is not reset between owners"
    return f"{what}, seen at {function['pci_address']}{line}{keep}"


def cell_text(cell):
    d = cell["description"]
    yield f"cell \"{cell['name']}\" ({cell['file']})"
    yield paragraph("CPUs", listed(cpu(c) for c in d["cpus"]) +
                    (", shown no x2APIC" if d["xapic_only"] else ""))
    for memory in d["memory"]:
        yield paragraph("memory", memory_text(memory))
    for link in d["links"]:
        first, second = link_text(link)
        yield paragraph("link", first)
        yield paragraph("", second)
    for function in d["functions"]:
        yield paragraph("PCI", function_text(function))
    for pin in d["pins"]:
        yield paragraph("interrupt", f"line {pin['gsi']} of the machine, as pin {pin['pin']}")
    yield paragraph("ports", listed(f"0x{p['first']:x}-0x{p['last']:x}" for p in d["ports"]))
    yield paragraph("console", f"a ring of {size(d['console_size'])}")
    yield paragraph("strays", "any stray access parks it" if d["strict"] else
                    "harmless stray accesses read as ones, forbidden ones park it")
    windows = [("information", "info_address"), ("ECAM", "ecam_address"),
               ("BARs", "bar_address"), ("IO-APIC", "ioapic_address")]
    yield paragraph("layout", listed(f"{name} {d[key]}" for name, key in windows if key in d))


# --- contradictions -------------------------------------------------------------------------

def shared_cpus(cells):
    owner = {}
    for cell in cells:
        for one in cell["description"]["cpus"]:
            first = owner.setdefault(one["apic_id"], cell["name"])
            if first != cell["name"]:
                yield f"{cpu(one)} is wanted by \"{first}\" and \"{cell['name']}\""


def shared_devices(cells):
    owner = {}
    for cell in cells:
        d = cell["description"]
        wanted = [f"PCI function {f['host_address']}" for f in d["functions"] if "host_address" in f]
        wanted += [f"interrupt line {pin['gsi']}" for pin in d["pins"]]
        for one in wanted:
            first = owner.setdefault(one, cell["name"])
            if first != cell["name"]:
                yield f"{one} is wanted by \"{first}\" and \"{cell['name']}\""


def same_names(cells):
    names = [cell["name"] for cell in cells]
    for name in sorted(set(names)):
        if names.count(name) > 1:
            yield f"{names.count(name)} cells are called \"{name}\""


def link_disagreements(cells):
    agreed = ("peers", "root_peer", "root_vectors", "protocol", "rw_size", "output_size")
    seen = {}
    for cell in cells:
        for link in cell["description"]["links"]:
            for other, that in seen.setdefault(link["name"], []):
                for key in agreed:
                    if link.get(key) != that.get(key):
                        yield (f"link \"{link['name']}\": \"{other}\" and \"{cell['name']}\" "
                               f"disagree in {key.replace('_', '-')}")
                if link["peer"] == that["peer"]:
                    yield (f"link \"{link['name']}\": \"{other}\" and \"{cell['name']}\" are "
                           f"both peer {link['peer']}")
            seen[link["name"]].append((cell["name"], link))


def too_many_links(system, cells):
    names = {link["name"] for cell in cells for link in cell["description"]["links"]
             if "root_peer" in link}
    if len(names) > len(system["link_slots"]):
        yield (f"{len(names)} links lead to Linux, but \"link-slots\" names "
               f"{len(system['link_slots'])} places for them")


def contradictions(system, cells):
    for check in (shared_cpus, shared_devices, same_names, link_disagreements):
        yield from check(cells)
    yield from too_many_links(system, cells)


def explain(hvctl, files):
    done = subprocess.run([hvctl, "check", "--json", *files], stdout=subprocess.PIPE, check=False)
    found = json.loads(done.stdout) if done.stdout else []
    for one in found:
        if not one["valid"]:
            print(f"hvctl config: {one['text']}", file=sys.stderr)
    if done.returncode or not found:
        return done.returncode or EXIT_DESCRIPTION
    if found[0]["kind"] != "system":
        print(f"hvctl config: {files[0]} describes a cell; the system comes first",
              file=sys.stderr)
        return EXIT_DESCRIPTION
    system, cells = found[0]["description"], found[1:]
    if any(cell["kind"] != "cell" for cell in cells):
        print("hvctl config: there can be one system", file=sys.stderr)
        return EXIT_DESCRIPTION
    print("\n".join(system_text(found[0]["name"], system, cells)))
    for cell in cells:
        print()
        print("\n".join(cell_text(cell)))
    problems = list(contradictions(system, cells))
    for problem in problems:
        print(f"hvctl config: {problem}", file=sys.stderr)
    return EXIT_DESCRIPTION if problems else 0
