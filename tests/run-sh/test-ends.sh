# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# How a VM can end, whose fault that is, and what becomes of output that is lost.

loop_options=()

ended() { # NAME STATUS PATTERN... -- STEP...
	local name=$1 status=$2 patterns=()
	shift 2
	while [[ $1 != -- ]]; do patterns+=("$1") && shift; done
	shift
	rm -rf "$work/marks"
	mkdir "$work/marks"
	expect "$name" "$status" "${patterns[@]}" "^# END status=$status\$" -- \
		env MARKS="$work/marks" lab/vmloop.sh "${loop_options[@]}" 2 2 '' tests/run-sh/stand-in-vm.sh "$@"
}

never() { # NAME PATTERN: the output of the last test has no such line
	! grep -qE -e "$2" "$work/out"
	report "$1" $? "$work/out"
}

ends() {
	ended 'VM dies between cases' 1 '^# CRASH after case 1: the VM ended with status 7' 'PASS=2 .* CRASH=1' -- \
		case:pass once-vm=7 case:pass
	ended 'VM dies in a case' 1 '^not ok 1 c1 # CRASH the VM ended with status 7' '^ok 2 c2$' -- case:vm=7 case:pass
	ended 'VM dies of itself' 1 '^not ok 1 c1 # CRASH the VM ended with status 134' -- host case:vm=134 case:pass
	ended 'VM is killed by somebody' 99 '^# > the VM was killed by signal 9 in case 1 c1: once more' \
		'^not ok 1 c1 # ERROR the VM was killed by signal 9, twice' '^ok 2 c2$' -- host case:vm=137 case:pass

	ended 'emulator is killed once' 0 '^# > the emulator was killed by signal 9 in case 2 c2: once more' \
		'PASS=3 .* ERROR=0 CRASH=0' -- case:pass case:once-kill case:pass
	ended 'emulator is killed in the same case again' 99 '^not ok 2 c2 # ERROR the emulator was killed by signal 9, twice' \
		'^ok 3 c3$' 'PASS=2 .* ERROR=1 CRASH=0' -- host case:pass case:kill case:pass
	ended 'emulator ends by itself' 99 '^not ok 1 c1 # ERROR the emulator ended with status 1, twice' -- host case:exit=1
	ended 'emulator never starts' 99 '^Bail out! the emulator ended with status 1 before its first case, twice' -- exit=1
	ended 'host that does not come up' 99 '^Bail out! no output for . s before its first case, twice' -- hang
	ended 'host that resets before it is up' 99 '^Bail out! .* before its first case, twice' -- reset

	ended 'host that is up, VM silent' 1 '^# CRASH after case 0: no output for . s before its first case, twice' \
		'^# not run: all cases' -- host hang
	ended 'host that is up, VM that KVM refuses' 1 '^# CRASH after case 0: KVM internal error' -- host kvm-error case:pass
	ended 'host that is up, QEMU that refuses' 99 '^Bail out! the VM ended with status 1 before' -- host vm=1
	ended 'host resets in a case' 1 '^not ok 1 c1 # CRASH the host reset' '^ok 2 c2$' -- host case:reset case:pass
	ended 'host warns in a case' 1 '^not ok 2 c2 # CRASH the host kernel warned: WARNING: CPU: 0 at mmu.c:1' \
		'^ok 1 c1$' '^ok 3 c3$' 'PASS=2 .* CRASH=1' -- host case:pass case:warn case:pass
	ended 'host warns between cases' 1 '^# CRASH after case 1: the host kernel warned: WARNING' '^ok 2 c2$' -- \
		host case:pass once-warn case:pass
	ended 'host warns beside a STALE' 1 '^not ok 1 c1 # STALE saw A' '^# \| the host kernel warned: WARNING' \
		'CRASH=0 .* STALE=1' -- host case:warn-stale
	ended 'host resets within a line' 1 '^# CRASH after case 1: the host reset' '^ok 2 c2$' -- host case:pass once-cut case:pass
	ended 'KVM gives up' 1 '^not ok 1 c1 # CRASH KVM internal error' '^ok 2 c2$' -- host case:kvm-error case:pass

	ended 'VM dies in a random program' 1 '^# > .* in case 2 random.7.2: once more, to see in which program' \
		'^not ok 2 random.7.2 # CRASH' '^# \| replay: load w1$' '^ok 3 c3$' 'PASS=2 .* CRASH=1' -- \
		case:pass case:random-vm=7 case:pass
	ended 'VM dies in a random program once' 1 '^# CRASH after case 1: .* but not when it was run once more' '^ok 2 c2$' -- \
		case:random-once-vm=7 case:pass

	ended 'known fault' 0 'PASS=1 .* KNOWN=1' -- case:pass case:known
	ended 'nothing but a known fault' 77 'KNOWN=1' -- case:known
	loop_options=(--strict)
	ended 'known fault, --strict' 1 '^not ok 2 c2 # STALE saw A: a reason' 'KNOWN=0 .* STALE=1' -- case:pass case:known

	loop_options=(--max-crashes 4)
	ended 'host on which every case dies' 1 '^not ok 2 c2 # CRASH' '^# not run: 4 of 6 cases: 2 VMs died, one after the other' -- \
		case:vm=1 case:vm=1 case:vm=1 case:vm=1 case:vm=1 case:vm=1
	ended 'host on which every second case dies' 1 '^# not run: 2 of 10 cases: 4 VMs died ' -- \
		case:vm=1 case:pass case:vm=1 case:pass case:vm=1 case:pass case:pass case:vm=1 case:pass case:pass
	never 'host on which every second case dies: no more' '^# case 9'
	loop_options=(--max-crashes 0)
	ended 'no limit of crashes' 1 'CRASH=6' -- case:vm=1 case:vm=1 case:vm=1 case:vm=1 case:vm=1 case:vm=1
	loop_options=()
	ended 'CRASHes that cost nothing' 1 'PASS=1 .* CRASH=12' -- case:crash case:crash case:crash case:crash case:crash \
		case:crash case:crash case:crash case:crash case:crash case:crash case:crash case:pass
}

# ---- output that is lost ----

full_disk() {
	if ! small_disk; then
		echo 'ok disk that fills up # SKIP needs root, for a small file system'
		return
	fi
	trap 'umount "$work/small"; rm -rf "$work"' EXIT
	# An emulator that speaks as one does and fills the disk meanwhile.
	mkdir -p "$work/fills"
	cat >"$work/fills/qemu-system-x86_64" <<-'QEMU'
		#!/bin/sh
		for word; do case $word in file:*) serial=${word#file:} ;; esac; done
		exec >>"$serial" 2>/dev/null
		printf 'KTAP version 1\n# revenant stand-in\n1..600\n'
		k=0
		while [ $((k += 1)) -le 600 ]; do
			printf '# case %d c\nok %d c\n' "$k" "$k"
			[ $k != 20 ] || dd if=/dev/zero of="$SMALL/fill" bs=1k
		done
		printf '# END status=0\n'
	QEMU
	chmod +x "$work/fills/qemu-system-x86_64"
	expect 'disk that fills up' 99 'is the disk full|the disk is full' '\(status 99' -- env PATH="$work/fills:$PATH" \
		SMALL="$work/small" TMPDIR="$work/small" ./run.sh -v --no-install --host tcg --image "$stub" --timeout 2
	never 'disk that fills up: no word of the host' 'nothing wrong|^not ok|^# CRASH'
	head -c 9000000 /dev/zero >"$work/small/fill" 2>/dev/null
	expect 'disk that is full' 99 '^run.sh: error: the disk of .* is full' -- env TMPDIR="$work/small" ./run.sh --no-install --host tcg --image "$stub"
	umount "$work/small"
	trap 'rm -rf "$work"' EXIT
}

lost_output() {
	expect 'stream that cannot be written' 99 'cannot be written' -- \
		bash -c 'lab/vmloop.sh 2 2 "" tests/run-sh/stand-in-vm.sh case:stale case:pass >/dev/full'
	ended 'fewer results than the plan' 99 '1 results for a plan of 2' -- case:pass case:lost
	ended 'fewer results than the plan, and a red' 99 '^not ok 1 c1 # STALE' '1 results for a plan of 2' -- case:stale case:lost
	ended 'no plan' 99 'plan of unknown length' --
	full_disk
	check_streams
}

# run.sh does not take the loop's word for it.
check_streams() {
	local stream text
	while IFS='|' read -r name status wanted text; do
		stream=$work/stream
		printf '%b' "$text" >"$stream"
		# shellcheck disable=SC2016 # the inner shell's
		expect "stream with $name" 0 "^status $wanted\$" -- bash -c '
			set -euo pipefail
			. lab/say.sh
			. lab/show.sh
			eval "$(sed -n "/^check_stream()/,/^}/p" run.sh)"
			stream_of() { echo "$1"; }
			declare -A setting=([$1.status]=$2 [$1.name]=x)
			bench=
			check_stream "$1"
			echo "status ${setting[$1.status]}"' - "$stream" "$status"
	done <<-'STREAMS'
		all it promised|0|0|1..2\nok 1 a\nok 2 b\n# END status=0\n
		a red|1|1|1..2\nnot ok 1 a # STALE\nok 2 b\n# END status=1\n
		cases that were not run|1|1|1..9\nnot ok 1 a # CRASH\n# not run: 8 of 9 cases: x\n# END status=1\n
		a result too few|0|99|1..2\nok 1 a\n# END status=0\n
		a result too few, and a red|1|99|1..2\nnot ok 1 a # STALE\n# END status=1\n
		no END line|0|99|1..1\nok 1 a\n
		half an END line|0|99|1..1\nok 1 a\n# END sta
		nothing|0|99|
		no plan|77|99|# END status=77\n
		a loop that was killed|137|99|1..1\nok 1 a\n# END status=0\n
		an option that is wrong|2|2|Bail out!\n# END status=2\n
		our own error|99|99|Bail out!\n# END status=99\n
	STREAMS
}
