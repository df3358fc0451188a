#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""What the documentation names exists: tests, attacks, files, links between pages, targets of make, commands of
hvctl, figures of make bench. And what Documentation/threat-model.md promises has something that shows
it; each attack of the suite is named there; a test that only make soak runs is marked so."""
import ast
import fnmatch
import re
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
PAGES = [TOP / "README.md", *sorted((TOP / "Documentation").glob("*.md"))]
MODEL = TOP / "Documentation/threat-model.md"
ROOMS = r"(?:configs|driver|hypervisor|include|inmates|mk|tests|tools)"
SUITES = (("", "inmates/attack/attacks.h"), ("root-", "tests/guest/modules/attack/attacks.h"))
WILD = re.compile(r"[*<]|[A-Z]{3}")         # a path with a word to be filled in

sys.path.insert(0, str(TOP / "tests/bench"))
from keys import KEYS       # noqa: E402

TEST = r"`(test_\w+\.py)::(\w+)`( \(soak\))?"
FIGURES = r"`make bench`: ((?:`\w+`(?:, | \()?)+)"
ATTACKS = r"attacks ((?:`[^`]+`(?:, )?)+)"


def quoted(text):
    return re.findall(r"`([^`\n]+)`", text)


def tests_of(path):
    """Each test of a file, and whether only make soak runs it."""
    return {node.name: "pytest.mark.soak" in map(ast.unparse, node.decorator_list)
            for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)}


def missing_tests(text):
    for file, name, soak in re.findall(TEST, text):
        path = TOP / "tests" / file
        tests = tests_of(path) if path.exists() else {}
        if name not in tests:
            yield f"no test {name} in tests/{file}"
        elif tests[name] != bool(soak):
            yield f"{file}::{name} is {'run by make soak only' if tests[name] else 'no soak test'}"


def missing_files(path, text):
    for name in re.findall(rf"`({ROOMS}/[^\s`]+)`", text):
        if not WILD.search(name) and not (TOP / name).exists():
            yield f"no file {name}"
    for name in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
        if not (path.parent / name).exists():
            yield f"no page {name}"


def code(text):
    """What is shown as something to type."""
    return quoted(text) + re.findall(r"^(?:    |\t)(\S.*)$", text, re.M)


def missing_targets(text):
    makefiles = "".join(path.read_text() for path in (TOP / "Makefile", *TOP.glob("mk/*.mk")))
    targets = set(re.findall(r"[\w-]+", " ".join(re.findall(r"^([\w -]+):", makefiles, re.M))))
    for words in code(text):
        for target in re.findall(r"^make (?:-s )?([a-z][\w-]*)", words):
            if target not in targets:
                yield f"no target of make: {target}"


def missing_commands(text):
    """hvctl's own, and those of the programs beside it, hvctl-NAME."""
    source = "".join(path.read_text() for path in (TOP / "tools/hvctl").glob("*.c"))
    names = set(re.findall(r'^\t\{ "([a-z]+(?: [a-z]+)?)", ', source, re.M))
    groups = {name.split()[0] for name in names if " " in name}
    for words in code(text):
        for first, second in re.findall(r"^hvctl ([a-z]+)(?: ([a-z]+))?", words):
            name = f"{first} {second}" if first in groups and second else first
            if name not in names | groups and first != "config":
                yield f"no command hvctl {name}"


def missing_figures(text):
    known = {key.name for key in KEYS}
    for words in re.findall(FIGURES, text):
        yield from (f"no figure {name}" for name in quoted(words) if name not in known)


def attacks():
    return [prefix + name.replace("_", "-") for prefix, file in SUITES
            for name in re.findall(r"^ATTACK\((\w+),", (TOP / file).read_text(), re.M)]


def missing_attacks(text):
    """Those named that are none, and those that are not named."""
    known = attacks()
    patterns = [name for words in re.findall(ATTACKS, text) for name in quoted(words)]
    yield from (f"no attack {name}" for name in patterns if not fnmatch.filter(known, name))
    named = {name for pattern in patterns for name in fnmatch.filter(known, pattern)}
    yield from (f"attack {name} shows nothing" for name in known if name not in named)


def unshown(text):
    """Guarantees, which are rows of tables that have a last column "shown by", without anything there."""
    within = False
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        within = line.startswith("|") and (within or cells[-1] == "shown by")
        if not within or cells[-1] in ("shown by", "---") or "not trapped" in cells[-1]:
            continue
        if not any(re.search(what, cells[-1]) for what in (TEST, FIGURES, ATTACKS, rf"`{ROOMS}/")):
            yield f"nothing shows that: {cells[0]}"


def problems(path):
    text = path.read_text()
    yield from missing_tests(text)
    yield from missing_files(path, text)
    yield from missing_targets(text)
    yield from missing_commands(text)
    yield from missing_figures(text)
    if path == MODEL:
        yield from missing_attacks(text)
        yield from unshown(text)


def main():
    found = [f"{path.relative_to(TOP)}: {problem}" for path in PAGES for problem in problems(path)]
    print("\n".join([*found, f"references: {len(found)} missing"]))
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
