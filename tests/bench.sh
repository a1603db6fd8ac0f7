#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Figures, no verdict: how long a verdict takes and in which part, how many programs a second, how large the image is.
# Everything is cached before anything is timed. docs/speed.md tells what they mean. KVM_UNIT_TESTS=FILE: an image of
# kvm-unit-tests, such as x86/svm_npt.flat, beside them in the same emulated host.

set -uo pipefail
if [[ -n ${KVM_UNIT_TESTS-} ]]; then
	KVM_UNIT_TESTS=$(realpath -e "$KVM_UNIT_TESTS") || exit 2
fi
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

# Each line behind the time at which it came; `end` behind the last one, or that of a test of kvm-unit-tests.
stamped() {
	local line
	while IFS= read -r line && [[ $line != SUMMARY:* ]]; do printf '%s %s\n' "$EPOCHREALTIME" "$line"; done
	printf '%s end\n' "$EPOCHREALTIME"
}

# From the command to its end: until the host is up, until the VM is, until the last result, until the report is written.
parts_of() { # TITLE START; a stream that is stamped on standard input
	awk -v start="$2" -v title="$1" '
		$2 == "#" && $3 == "host" && $4 ~ /^kernel=/ { host = $1; next }
		host && !vm || $2 == "#" && $3 == "revenant" { vm = $1 }
		$2 ~ /^(ok|not|PASS:|FAIL:)$/ { last = $1 }
		$2 ~ /^(ok|not|PASS:|FAIL:)$/ && !/# SKIP [^VK]/ { judged++ }
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

time_row() { # TITLE ARGS...
	local start=$EPOCHREALTIME
	./run.sh -v "${@:2}" 2>/dev/null | stamped | parts_of "$1" "$start"
}

both_rows() { # TITLE ARGS...: with the host that is kept, and booted
	time_row "$@" >/dev/null # all that it needs is there then
	time_row "$@"
	time_row "$1, --fresh-host" --fresh-host "${@:2}"
}

# A test of kvm-unit-tests in the same emulated host. Its images begin by multiboot, so QEMU is their VMM; a line for
# each check; and at their end they may halt for ever.
unit_tests_row() ( # TITLE FILE
	work=$(mktemp -d) command=()
	trap 'rm -rf "$work"' EXIT
	# shellcheck source=/dev/null
	for part in say cache packages options archive snapshot debian-kernel kernel-file initrd emulator hosts; do . lab/$part.sh; done
	# shellcheck disable=SC2034 # the options that hosts.sh reads
	host=lab vmm=qemu host_params=(npt=1) image=$2
	hold_cache
	prepare_lab
	lab_command 0 "$work"
	mkfifo "$work/stream"
	start=$EPOCHREALTIME
	"${command[@]}" '' >"$work/stream" 2>/dev/null </dev/null &
	stamped <"$work/stream" | parts_of "$1" "$start"
	kill "$!"
)

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
for mutant in 'npt=1 svm-transition-sync amd svm.*' 'ept=1 ept-invlpg intel linear.*'; do
	read -r params name vendor cases <<<"$mutant"
	mutant_row=("a mutant's row, $params" --mutant "$name" --cpu "$vendor" --host-params "$params" "$cases")
	time_row "${mutant_row[@]}" >/dev/null # builds the kernel
	time_row "${mutant_row[@]}"
done
if [[ -n ${KVM_UNIT_TESTS-} ]]; then
	unit_tests_row "lab, npt=1: ${KVM_UNIT_TESTS##*/}" "$KVM_UNIT_TESTS" >/dev/null
	unit_tests_row "lab, npt=1: ${KVM_UNIT_TESTS##*/}" "$KVM_UNIT_TESTS"
fi
