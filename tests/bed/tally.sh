#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Adds up what step.sh noted: names the parts that failed, ends with "N passed, N failed",
# and fails if anything did, or if nothing ran at all.
set -euo pipefail

results=${BULKHEAD_BUILD:-build}/results
passed=0 failed=0
for count in "$results"/*.count; do
	[ -e "$count" ] || { echo "tally: nothing ran"; failed=1; break; }
	read -r p f name < "$count"
	passed=$((passed + p)) failed=$((failed + f))
	[ "$f" = 0 ] || echo "FAILED: $name (log: $results/$name.log)"
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
