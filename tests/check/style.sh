#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What this project asks of every text file: a licence line first, a size that can be read, no
# trailing white space, nothing left to do; and of C functions that they fit on two screens.
set -uo pipefail
cd "$(dirname "$0")/../.."

MAX_FILE=600
MAX_FUNCTION=80
bad=0

complain() { echo "$1"; bad=$((bad + 1)); }

check_file() {
	local file=$1 lines
	lines=$(wc -l < "$file")
	head -n 2 "$file" | grep -q 'SPDX-License-Identifier: ' ||
		complain "$file: no SPDX licence line at the top"
	[ "$lines" -lt $MAX_FILE ] || complain "$file: $lines lines; split it"
	! grep -nE '[[:blank:]]+$' "$file" || complain "$file: white space at the end of a line"
	! grep -nwE 'TODO|FIXME|XXX' "$file" || complain "$file: something left to do"
}

# A function's body ends with a brace in the first column.
check_functions() {
	awk -v max=$MAX_FUNCTION -v file="$1" '
		/^[a-z_].*\(/ && !/;$/ { start = NR; name = $0 }
		/^}/ && start { if (NR - start > max) { print file ": " NR - start " lines: " name;
			bad = 1 }; start = 0 }
		END { exit bad }' "$1" || bad=$((bad + 1))
}

while read -r file; do
	[ -f "$file" ] || continue
	case $file in
	LICENSES/*|tests/bed/guest/passwd|tests/bed/guest/group|tests/bed/guest/motd) continue ;;
	tests/check/style.sh) continue ;;
	esac
	grep -Iq . "$file" || continue
	check_file "$file"
	case $file in *.c) check_functions "$file" ;; esac
done < <(git ls-files)

for file in $(git ls-files '*.py'); do
	[ ! -e "$file" ] || /usr/bin/python3 -c 'import ast, sys; ast.parse(open(sys.argv[1]).read())' \
		"$file" || complain "$file: not Python"
done
echo "style: $bad complaints"
[ $bad = 0 ]
