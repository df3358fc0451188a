#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Sources without one of the protections in protections*.py: for the test that each row of the
attack suite can fail.

    without.py NAME DIR         writes each source file that the protection is in to DIR, without it
    without.py --files NAME     prints which source files those are
    without.py --check          status 0 if each stands in the source exactly as it is given

make hypervisor REMOVE=NAME builds images without it: build/hypervisor/without/NAME/bulkhead-*.bin."""
import sys
from pathlib import Path

from protections import PROTECTIONS
from protections_devices import DEVICES
from protections_root import ROOT

ALL = {**PROTECTIONS, **ROOT, **DEVICES}
TOP = Path(__file__).resolve().parents[1]


def without(name):
    """File names, and what is in them without the protection."""
    texts = {}
    for file, there, gone in ALL[name].edits:
        text = texts.get(file) or (TOP / file).read_text()
        if text.count(there) != 1:
            raise SystemExit(f"without.py: {name}: {file} has {there!r} {text.count(there)} times, "
                             "not once")
        texts[file] = text.replace(there, gone)
    return texts


def write(name, directory):
    for file, text in without(name).items():
        path = Path(directory) / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def main(arguments):
    if arguments == ["--check"]:
        for name in ALL:
            without(name)
        print(f"{len(ALL)} protections, each once in the source")
    elif len(arguments) == 2 and arguments[0] == "--files":
        print(" ".join(without(arguments[1])))
    elif len(arguments) == 2:
        write(*arguments)
    else:
        raise SystemExit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
