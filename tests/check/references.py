#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Every test, attack and file that Documentation/threat-model.md leans on exists."""
import fnmatch
import re
import sys
from pathlib import Path

TOP = Path(__file__).parents[2]
PAGE = TOP / "Documentation/threat-model.md"
ATTACKS_H = TOP / "inmates/attack/attacks.h"
ROOT_ATTACKS_H = TOP / "tests/guest/modules/attack/attacks.h"


def missing(text):
    """Each name in backquotes that looks like one of ours and is none, with the reason."""
    attacks = [prefix + name.replace("_", "-")
               for prefix, file in (("", ATTACKS_H), ("root-", ROOT_ATTACKS_H))
               for name in re.findall(r"^ATTACK\((\w+),", file.read_text(), re.M)]
    for file, test in re.findall(r"`(test_\w+\.py)::(\w+)`", text):
        path = TOP / "tests" / file
        if not path.exists() or f"def {test}(" not in path.read_text():
            yield f"no test {test} in tests/{file}"
    for words in re.findall(r"attacks ((?:`[^`]+`(?:, )?)+)", text):
        for name in re.findall(r"`([^`]+)`", words):
            if not re.search(r"[./:]", name) and not fnmatch.filter(attacks, name):
                yield f"no attack {name}"
    for path in re.findall(r"`((?:hypervisor|tests|tools)/[\w./-]+)`", text):
        if not (TOP / path).exists():
            yield f"no file {path}"


def main():
    problems = list(missing(PAGE.read_text()))
    for problem in problems:
        print(f"{PAGE.relative_to(TOP)}: {problem}")
    print(f"references: {len(problems)} missing")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
