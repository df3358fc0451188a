#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Every C file is as clang-format, with the style of .clang-format, would write it.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1

mapfile -t files < <(git ls-files '*.c' '*.h' | while read -r f; do [ ! -e "$f" ] || echo "$f"; done)
complaints=$(printf '%s\0' "${files[@]}" |
	xargs -0 -n 20 -P 2 clang-format --dry-run --Werror 2>&1 |
	sed -n 's/^\([^:]*:[0-9]*\):.*error:.*/\1/p' | sort -t : -k 1,1 -k 2,2n | sort -t : -k 1,1 -s -u)
[ -z "$complaints" ] || echo "$complaints"
bad=$(cut -d : -f 1 <<< "$complaints" | sort -u | grep -c .)
echo "clang-format: ${#files[@]} files, $bad differ (remedy: clang-format -i FILE)"
[ "$bad" = 0 ] && [ ${#files[@]} -gt 0 ]
