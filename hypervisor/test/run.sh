#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# run.sh JOBS PROGRAM...: runs the programs, JOBS at a time, each with a limit on its time.
# Prints one line for each that passes (its last one) and everything of one that fails, and
# ends with "N passed, N failed".
set -uo pipefail

LIMIT=120
jobs=$1
shift
cd "$(dirname "$0")/../.." || exit

run_one() {
	local log=$1.log name
	name=$(basename "$1" .check)
	if timeout -k 5 "$LIMIT" bash -c 'if [[ $1 == *.check ]]; then . "$1"; else exec "$1"; fi' - "$1" \
		> "$log" 2>&1; then
		echo "ok      $name: $(tail -n 1 "$log")"
	else
		echo "FAILED  $name: exit status $?; $log:"
		tail -n 60 "$log"
	fi
}
export LIMIT
export -f run_one

printf '%s\0' "$@" | xargs -0 -n 1 -P "$jobs" bash -c 'run_one "$1" > "$1.result"' -
passed=0 failed=0
for program in "$@"; do
	cat "$program.result"
	if grep -q '^ok ' "$program.result"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
