#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# cppcheck over all C that does not need the kernel's headers.
set -euo pipefail
cd "$(dirname "$0")/../.."

mapfile -t files < <(git ls-files 'hypervisor/*.c' 'tools/*.c' 'inmates/*.c' 'tests/*.c' |
	while read -r f; do [ ! -e "$f" ] || echo "$f"; done)
mkdir -p build/cppcheck
cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr \
	--error-exitcode=1 -j 2 --cppcheck-build-dir=build/cppcheck -Iinclude -Ihypervisor \
	'-Dfdt_for_each_subnode(node,fdt,parent)=for (node = 0; node < parent; node++)' \
	'-Dfdt_for_each_property_offset(at,fdt,node)=for (at = 0; at < node; at++)' \
	--template='{file}:{line}: {severity}: {message} [{id}]' "${files[@]}"
echo "cppcheck: ${#files[@]} files"
