#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Every C file is as clang-format, with the style of .clang-format, would write it.
set -euo pipefail
cd "$(dirname "$0")/../.."

mapfile -t files < <(git ls-files --cached '*.c' '*.h' | while read -r f; do
	[ ! -e "$f" ] || echo "$f"; done)
bad=0
for file in "${files[@]}"; do
	if ! difference=$(clang-format "$file" | diff -u --label "$file" --label formatted "$file" -)
	then
		head -n 20 <<< "$difference"
		bad=$((bad + 1))
	fi
done
echo "clang-format: ${#files[@]} files, $bad differ (remedy: clang-format -i FILE)"
[ $bad = 0 ]
