#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# cppcheck over all C that does not need the kernel's headers. Symbols of a linker script are
# compared as pointers, which it takes for a fault.
set -euo pipefail
cd "$(dirname "$0")/../.." || exit 1

mapfile -t files < <(git ls-files 'hypervisor/*.c' 'tools/*.c' 'inmates/*.c' 'tests/*.c' |
	while read -r f; do [ ! -e "$f" ] || echo "$f"; done)
mkdir -p build/cppcheck/cache
# It does not look into system headers, but has to know what is a loop.
cat > build/cppcheck/macros.h <<'END'
#define fdt_for_each_subnode(node, fdt, parent) \
	for (node = fdt_first_subnode(fdt, parent); node >= 0; node = fdt_next_subnode(fdt, node))
#define fdt_for_each_property_offset(at, fdt, node) \
	for (at = fdt_first_property_offset(fdt, node); at >= 0; \
	     at = fdt_next_property_offset(fdt, at))
END
cppcheck --quiet --std=c11 --enable=warning,performance --inline-suppr \
	--suppress=comparePointers --error-exitcode=1 -j 2 --cppcheck-build-dir=build/cppcheck/cache \
	--include=build/cppcheck/macros.h -Iinclude -Ihypervisor \
	--template='{file}:{line}: {severity}: {message} [{id}]' "${files[@]}"
echo "cppcheck: ${#files[@]} files"
