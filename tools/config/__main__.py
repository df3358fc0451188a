# SPDX-License-Identifier: GPL-2.0-only
"""hvctl config: writes, checks and explains descriptions. Exit codes as hvctl's."""
import argparse
import os
import subprocess
import sys

import acpi
import explain
import generate
import machine

EXIT_FAILED, EXIT_USAGE = 1, 2


def hvctl():
    """The program this one came with, or the one in PATH."""
    beside = os.path.join(os.path.dirname(os.path.abspath(sys.argv[0])), "hvctl")
    return beside if os.access(beside, os.X_OK) else "hvctl"


def warn(found):
    for what in found.stops()[1]:
        print(f"hvctl config: warning: {what}, which is not trapped: by it Linux can stop the machine "
              "while cells run", file=sys.stderr)


def run_generate(args):
    found = machine.Machine(args.root)
    text = generate.generate(found)
    warn(found)
    if args.output:
        with open(args.output, "w", encoding="ascii", errors="replace") as file:
            file.write(text)
    else:
        sys.stdout.write(text)
    return 0


def run_check(args):
    return subprocess.run([hvctl(), "check", *args.files], check=False).returncode


def run_explain(args):
    return explain.explain(hvctl(), [args.system, *args.cells])


def arguments():
    parser = argparse.ArgumentParser(prog="hvctl config", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    sub = commands.add_parser("generate", help="write the description of this machine",
                              description="Writes the system description of this machine from "
                              "its ACPI tables, /proc and /sys. Needs root.")
    sub.add_argument("-o", "--output", metavar="FILE", help="instead of standard output")
    sub.add_argument("--root", metavar="DIR", default="/",
                     help="read /proc, /sys and /dev below DIR: another machine's, recorded")
    sub.set_defaults(run=run_generate)
    sub = commands.add_parser("check", help="judge descriptions by the rules",
                              description="The same as hvctl check.")
    sub.add_argument("files", metavar="FILE", nargs="+")
    sub.set_defaults(run=run_check)
    sub = commands.add_parser("explain", help="say in words who will own what",
                              description="Says in words what Linux keeps and what each cell "
                              "will own, and where cells contradict each other.")
    sub.add_argument("system", metavar="SYSTEM")
    sub.add_argument("cells", metavar="CELL", nargs="*")
    sub.set_defaults(run=run_explain)
    return parser


def main():
    args = arguments().parse_args()
    try:
        return args.run(args)
    except (machine.MachineError, acpi.TableError) as error:
        print(f"hvctl config: {error}", file=sys.stderr)
    except OSError as error:
        print(f"hvctl config: {error.filename}: {error.strerror}", file=sys.stderr)
    return EXIT_FAILED


if __name__ == "__main__":
    sys.exit(main())
