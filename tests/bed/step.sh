#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# step.sh NAME SECONDS COMMAND...: runs one part of the checks with a limit on its time and
# notes its result in build/results for tally.sh. A part that counts its own tests ends with
# a line "N passed, N failed"; any other counts as one. Always succeeds: the verdict is
# tally.sh's, so that one failure does not hide the next.
set -uo pipefail

name=$1 seconds=$2
shift 2
results=${BULKHEAD_BUILD:-build}/results
mkdir -p "$results"
log=$results/$name.log

echo "=== $name: $*"
begin=$SECONDS
timeout --foreground -k 30 "$seconds" "$@" 2>&1 | tee "$log"
status=${PIPESTATUS[0]}
[ "$status" != 124 ] || echo "=== $name: stopped after $seconds s"

counts=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$log" | tail -n 1)
read -r passed _ failed _ <<< "${counts:-0 passed, 0 failed}"
if [ -z "$counts" ] && [ "$status" = 0 ]; then
	passed=1
elif [ "$status" != 0 ] && [ "$failed" = 0 ]; then
	failed=1
fi
echo "$passed $failed $name" > "$results/$name.count"
echo "=== $name: $([ "$failed" = 0 ] && echo passed || echo FAILED) ($((SECONDS - begin)) s)"
