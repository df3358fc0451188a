#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# coverage.sh DIR MINIMUM MODULE...: runs the unit tests that were built with --coverage in
# DIR, prints each module's share of lines that ran, names the lines that did not, and ends
# with "coverage: NN.N %". Fails below MINIMUM percent.
set -euo pipefail

dir=$1 minimum=$2
shift 2

rm -f "$dir"/*.gcda "$dir"/*.gcov
for test in "$dir"/test_*; do
	[ -x "$test" ] || continue
	(cd "$(dirname "$0")/../.." && timeout 120 "$test" > /dev/null) || {
		echo "$(basename "$test") failed"
		exit 1
	}
done
cd "$dir"
for module in "$@"; do
	gcov "$module.o" > /dev/null 2>&1
done

# A line of a .gcov file: "count: number: text"; ##### is a count of none, - is no code.
awk -F: -v minimum="$minimum" '
	FNR == 1 { module = FILENAME; gsub(/^\.\/|\.gcov$/, "", module)
		   modules[++n] = module }
	$1 ~ /#####|=====/ {
		lines[module]++
		if (++misses[module] <= 12)
			missed[module] = missed[module] " " $2 + 0
		next
	}
	$1 !~ /-/ { lines[module]++; ran[module]++ }
	END {
		for (i = 1; i <= n; i++) {
			m = modules[i]
			if (!lines[m])
				continue
			printf "%-22s %5.1f %% of %4d lines%s\n", m, 100 * ran[m] / lines[m], lines[m],
				missed[m] ? "; not:" missed[m] (misses[m] > 12 ? " ..." : "") : ""
			all_lines += lines[m]; all_ran += ran[m]
		}
		share = all_lines ? 100 * all_ran / all_lines : 0
		printf "coverage: %.1f %%\n", share
		exit share < minimum
	}' ./*.c.gcov
