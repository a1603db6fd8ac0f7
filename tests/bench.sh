#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Figures, no verdict: how long a world switch, a program and a whole run take, on bare TCG and in the lab,
# and how large the image is. Everything is cached before a whole run is timed.

set -uo pipefail
cd "$(dirname "$0")/.." || exit 99

row() { printf '%-42s %12s %s\n' "$@"; }

# The image's own bench, each line with the time at which it came.
bench_lines() { # ARGS...
	./run.sh "$@" --bench 2>/dev/null | while IFS= read -r line; do
		[[ $line != '# bench '* ]] || printf '%s %s\n' "$EPOCHREALTIME" "$line"
	done
}

host_rows() { # TITLE ARGS...
	local title=$1 lines
	shift
	lines=$(bench_lines "$@")
	row "$title: round trip L1-L2-L1" "$(awk '$4 == "round-trip-cycles" { print $5 }' <<<"$lines")" 'TSC cycles'
	row "$title: programs that enter L2 twice" "$(awk '
		$4 == "programs-begin" { begin = $1 }
		$4 == "programs-end" { if ($1 > begin) printf "%.0f", $5 / ($1 - begin) }' <<<"$lines")" '/ s'
}

seconds_of() { # ARGS... ; from the command to the last verdict
	local start=$EPOCHREALTIME
	./run.sh "$@" >/dev/null 2>&1
	awk -v a="$start" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f", b - a }'
}

row 'image' "$(stat -c %s build/revenant.elf)" 'bytes (aim: under 262144)'
host_rows 'bare TCG' --host tcg
host_rows 'lab, npt=1' --host lab --host-params npt=1
host_rows 'lab, npt=0' --host lab --host-params npt=0
host_rows 'bare Bochs, Intel' --host bochs --cpu intel
host_rows 'lab, ept=1' --cpu intel --host-params ept=1
host_rows 'lab, ept=0' --cpu intel --host-params ept=0
row 'bare TCG: whole set' "$(seconds_of --host tcg)" 's (aim: 3 or less)'
row 'lab: whole set, npt=1 and npt=0' "$(seconds_of --host lab)" 's (aim: 30 or less)'
row 'lab: whole set, ept=1' "$(seconds_of --cpu intel --host-params ept=1)" 's (aim: 30 or less)'
row 'lab: whole set, ept=0' "$(seconds_of --cpu intel --host-params ept=0)" 's (aim: 30 or less)'
