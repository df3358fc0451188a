#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Every header that does not need the kernel's compiles alone, twice: it is complete, and
# guarded.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1

FLAGS=(-std=gnu11 -Wall -Wextra -Werror -Wno-unused-function -fsyntax-only -Iinclude)
bad=0 count=0

compile() {
	local header=$1 includes
	shift
	includes=$(printf '#include "%s"\n' "$header" "$header")
	count=$((count + 1))
	gcc "${FLAGS[@]}" "$@" -I. -x c - <<< "$includes" || { echo "$header: not alone"; bad=$((bad + 1)); }
}

for header in $(git ls-files 'include/bulkhead/*.h' 'hypervisor/*.h' 'tools/*.h' 'inmates/*.h'); do
	[ -e "$header" ] || continue
	case $header in
	# A list of calls of a macro that each user defines.
	inmates/attack/attacks.h) continue ;;
	hypervisor/pure/*) compile "$header" -Ihypervisor -Ihypervisor/pure ;;
	hypervisor/*) compile "$header" -ffreestanding -Ihypervisor -Ihypervisor/arch/x86 ;;
	tools/*) compile "$header" -Ihypervisor -Ihypervisor/pure -Itools -Itools/link ;;
	inmates/*) compile "$header" -ffreestanding -Iinmates/include ;;
	*) compile "$header" ;;
	esac
done
echo "headers: $count compiled alone, $bad failed"
[ $bad = 0 ] && [ $count -gt 0 ]
