#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Figures, no verdict: how long a verdict takes and in which part, how many programs a second, how large the image is.
# Everything is cached before anything is timed. docs/speed.md tells what they mean.

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

# From the command to its end: until the host is up, until the VM is, until the last result, until the report is written.
time_row() { # TITLE ARGS...
	local title=$1 start=$EPOCHREALTIME
	shift
	{
		./run.sh -v "$@" 2>/dev/null | while IFS= read -r line; do
			case $line in
			'# host kernel='* | '# revenant '* | 'ok '* | 'not ok '*) printf '%s %s\n' "$EPOCHREALTIME" "$line" ;;
			esac
		done
		printf '%s end\n' "$EPOCHREALTIME"
	} | awk -v start="$start" -v title="$title" '
		$2 == "#" && $3 == "host"     { host = $1 }
		$2 == "#" && $3 == "revenant" { vm = $1 }
		$2 ~ /^(ok|not)$/             { last = $1 }
		$2 ~ /^(ok|not)$/ && !/# SKIP [^VK]/ { judged++ }
		END {
			host = host ? host : start
			if (!vm || !last) {
				printf "%-42s %12s\n", title, "no verdict"
				exit
			}
			printf "%-42s %12.1f s: host %.1f, VM %.1f, %d judged cases %.1f (%.0f / s), report %.1f\n", title,
				$1 - start, host - start, vm - host, judged, last - vm, judged / (last - vm), $1 - last
		}'
}

both_rows() { # TITLE ARGS...: with the host that is kept, and booted
	time_row "$@" >/dev/null # all that it needs is there then
	time_row "$@"
	time_row "$1, --fresh-host" --fresh-host "${@:2}"
}

row 'image' "$(stat -c %s build/revenant.elf)" 'bytes'
host_rows 'bare TCG' --host tcg
host_rows 'lab, npt=1' --host lab --host-params npt=1
host_rows 'lab, npt=0' --host lab --host-params npt=0
host_rows 'bare Bochs, Intel' --host bochs --cpu intel
host_rows 'lab, ept=1' --cpu intel --host-params ept=1
host_rows 'lab, ept=0' --cpu intel --host-params ept=0
time_row 'bare TCG: whole set' --host tcg
both_rows 'lab, npt=1: one case' --host lab --host-params npt=1 linear.invlpg.l1/load
both_rows 'lab, ept=1: one case' --cpu intel --host-params ept=1 linear.invlpg.l1/load
both_rows 'lab, npt=1: whole set' --host lab --host-params npt=1
time_row 'lab, npt=0: whole set' --host lab --host-params npt=0
both_rows 'lab, ept=1: whole set' --cpu intel --host-params ept=1
time_row 'lab, ept=0: whole set' --cpu intel --host-params ept=0
if compgen -G "${XDG_CACHE_HOME:-$HOME/.cache}/revenant/hosts/*-mutants-*" >/dev/null; then # of other files: it is built anew, for minutes
	time_row 'a mutant, npt=1' --mutant svm-transition-sync --cpu amd --host-params npt=1 'svm.*'
	time_row 'a mutant, ept=1' --mutant ept-invlpg --cpu intel 'vmx.*' 'linear.*'
fi
