#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# fuzz.sh SECONDS JOBS FUZZER...: gives each fuzzer its turn, JOBS at a time, for ever. Ends
# with the first that finds something, and says where the input is. What a fuzzer learned in
# one turn (its corpus, beside it) it starts from in the next.
set -uo pipefail

seconds=$1 jobs=$2
shift 2

turn() {
	local fuzzer=$1 dir log
	dir=$(dirname "$fuzzer")
	log=$fuzzer.log
	mkdir -p "$fuzzer.corpus"
	if "$fuzzer" -seed="$RANDOM" -max_total_time="$2" -artifact_prefix="$dir/crash-$(basename "$fuzzer")-" \
		"$fuzzer.corpus" > "$log" 2>&1; then
		echo "$(basename "$fuzzer"): $2 s, $(find "$fuzzer.corpus" -type f | wc -l) inputs kept"
		return 0
	fi
	echo "$(basename "$fuzzer") FOUND SOMETHING; $log:"
	tail -n 60 "$log"
	return 255 # makes xargs stop
}
export -f turn

while printf '%s\0' "$@" | xargs -0 -I{} -P "$jobs" bash -c "turn {} $seconds"; do
	:
done
exit 1
