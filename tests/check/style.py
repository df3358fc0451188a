#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""What this project asks of every text file: a licence line at the top, a size that can be read,
no white space at a line's end, nothing left to do; of C functions that they fit on two
screens; of Python that it is Python."""
import ast
import re
import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
MAX_FILE = 600
MAX_FUNCTION = 80
# Texts of others, and files whose format has no room for a comment.
EXEMPT = re.compile(r"LICENSES/|tests/bed/guest/(passwd|group|motd)$|README")
LEFT_TO_DO = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")


def long_functions(lines):
    """A function starts with a line like "int name(" and ends with a brace in column one."""
    start = None
    for number, line in enumerate(lines, 1):
        if re.match(r"[a-z_].*\(", line) and not line.rstrip().endswith(";"):
            start = number
        elif line.startswith("}") and start:
            if number - start > MAX_FUNCTION:
                yield start, number - start
            start = None


def complaints(path, text):
    lines = text.split("\n")
    if not any("SPDX-License-Identifier: " in line for line in lines[:2]):
        yield "no SPDX licence line at the top"
    if len(lines) > MAX_FILE:
        yield f"{len(lines)} lines: split it"
    for number, line in enumerate(lines, 1):
        if line != line.rstrip():
            yield f"line {number}: white space at its end"
        if LEFT_TO_DO.search(line):
            yield f"line {number}: something is left to do"
    if path.suffix == ".c":
        for start, length in long_functions(lines):
            yield f"line {start}: a function of {length} lines: split it"
    if path.suffix == ".py":
        try:
            ast.parse(text)
        except SyntaxError as error:
            yield f"not Python: {error}"


def main():
    names = subprocess.run(["git", "ls-files"], cwd=TOP, check=True, text=True,
                           stdout=subprocess.PIPE).stdout.split("\n")
    bad = count = 0
    for name in names:
        path = TOP / name
        if not name or EXEMPT.search(name) or not path.is_file():
            continue
        data = path.read_bytes()
        if b"\0" in data or not data:
            continue
        count += 1
        for complaint in complaints(path, data.decode(errors="replace")):
            print(f"{name}: {complaint}")
            bad += 1
    print(f"style: {count} files, {bad} complaints")
    return 1 if bad or not count else 0


if __name__ == "__main__":
    sys.exit(main())
