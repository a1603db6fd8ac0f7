#!/bin/bash
# SPDX-License-Identifier: MIT
#
# All tests that this machine can run, each a line `ok`/`not ok` with its seconds. --install: installs what is
# missing; without, only after a yes on a terminal. Logs: build/check/. The last line is `N passed, N failed,
# N skipped`.
#
# --root SUITE: README's two commands on a clean root of another release (tests/root.sh).

set -uo pipefail
cd "$(dirname "$0")/.." || exit 99
[[ ${1-} != --root ]] || exec tests/root.sh "${2-}"

# shellcheck source=lab/say.sh
. lab/say.sh
# shellcheck source=lab/packages.sh
. lab/packages.sh

logs=build/check
jobs=$(nproc)
passed=0 failed=0 skipped=0
[[ ${1-} != --*install ]] || install_flag=("$1")

declare -A name_of=() begin_of=() # of the tests that run, by process

log_of() { # NAME
	printf '%s/%s.log\n' $logs "${1//[^a-z0-9.-]/-}"
}

# Runs one test beside others, as many as there are CPUs.
beside() { # SECONDS NAME COMMAND...
	local limit=$1 name=$2 log
	shift 2
	while ((${#name_of[@]} >= jobs)); do settle_one; done
	log=$(log_of "$name")
	printf '# %s …\n' "$name"
	if [[ $(type -t "$1") == function ]]; then
		"$@" >"$log" 2>&1 </dev/null &
	else
		timeout "$limit" "$@" >"$log" 2>&1 </dev/null &
	fi
	name_of[$!]=$name begin_of[$!]=$SECONDS
}

# Waits for one of them, and tells what came of it: its log is shown only if it fails. Exit status 77: skipped.
settle_one() {
	local pid name log seconds status=0
	wait -n -p pid "${!name_of[@]}" || status=$?
	name=${name_of[$pid]} seconds=$((SECONDS - begin_of[$pid]))
	log=$(log_of "$name")
	unset "name_of[$pid]"
	case $status in
	0) passed=$((passed + 1)) && printf 'ok %s (%d s)\n' "$name" $seconds ;;
	77) skipped=$((skipped + 1)) && printf 'ok %s # SKIP %s\n' "$name" "$(tail -n 1 "$log")" ;;
	*)
		failed=$((failed + 1))
		printf 'not ok %s (status %d; %s)\n' "$name" "$status" "$log"
		tail -n 40 "$log" | sed 's/^/  | /'
		;;
	esac
}

settle() { # all of them
	while ((${#name_of[@]})); do settle_one; done
}

# What follows needs what that test leaves.
behind() { # NAME
	while [[ " ${name_of[*]} " == *" $1 "* ]]; do settle_one; done
}

# Runs one test alone.
check() { # as beside
	settle
	beside "$@"
	settle
}

# ---- the tests that are more than one command ----

# Each program with all that it sources; a file that none of them does would not be looked at.
shell_style() {
	local programs unused
	mapfile -t programs < <(git ls-files | while read -r f; do
		[[ -f $f ]] && head -n 1 "$f" | grep -qE '^#!.*/(ba|da)?sh' && echo "$f"
	done)
	shellcheck -a "${programs[@]}" || return
	unused=$(git grep -L '^#!' -- '*.sh' | while read -r f; do
		git grep -qE "^\. .*\b${f##*/}\"?\$" -- '*.sh' || echo "$f"
	done)
	[[ -z $unused ]] || { echo "no program sources $unused" && return 1; }
}

# Only where the version is the one whose output is checked in: others differ in details.
formatted() {
	[[ $(clang-format --version 2>/dev/null) == *'version 14.'* ]] || { echo 'needs clang-format 14' && return 77; }
	make -s format-check
}

image_size() {
	local size
	size=$(stat -c %s build/revenant.elf)
	echo "build/revenant.elf: $size bytes, limit $((1024 * 1024))"
	((size < 1024 * 1024))
}

# One case through each way to boot; the banner must name the way and the CPUs.
boots() { # WAY BANNER CPUS
	local out
	out=$(timeout 120 ./run.sh -v "${install_flag[@]}" --host tcg --boot "$1" --smp "$3" 'linear.invlpg.l1/load') || {
		echo "$out"
		return 1
	}
	echo "$out"
	grep -q "boot=$2 cpus=$3 " <<<"$out" && grep -q '^ok 1 linear.invlpg.l1/load' <<<"$out"
}

# An image with one program in it, booted by a plain QEMU: no run.sh, no words.
reproducer_boots() {
	local out
	make -s reproducer NAME='linear.invlpg.l2/store' || return
	out=$(timeout 60 qemu-system-x86_64 -accel tcg -cpu EPYC,+svm,+npt -m 256 -nodefaults -display none -no-reboot \
		-serial stdio -kernel build/reproducers/linear.invlpg.l2-store.elf 2>/dev/null)
	echo "$out"
	grep -q '^1\.\.1' <<<"$out" && grep -q '^ok 1 replay' <<<"$out"
}

# A whole run that must find nothing wrong, and at least one PASS: run.sh's status says both.
whole_set() { # STREAM ARGS...
	local stream=$1
	shift
	timeout 900 ./run.sh "${install_flag[@]}" "$@" >"$stream"
	local status=$?
	cat "$stream"
	return $status
}

# What passed with its flushes must turn red without them.
must_turn_red() { # STREAM-OF-A-PLAIN-RUN ARGS...
	local plain=$1 mutated=$1.mutated green
	shift
	timeout 900 ./run.sh "${install_flag[@]}" "$@" --mutate skip-flush >"$mutated"
	(($? == 1)) || { echo "status is not 1" && return 1; }
	green=$(comm -12 <(names_of "$plain" PASS) <(names_of "$mutated" PASS VACUOUS))
	echo "passed plainly: $(names_of "$plain" PASS | wc -l); red without flushes: $(names_of "$mutated" STALE LEAK WILD CRASH | wc -l)"
	[[ -z $green ]] || { printf 'not red, though it passed plainly: %s\n' "$green" && return 1; }
	# A run in which nothing passed would prove nothing.
	[[ -n $(names_of "$plain" PASS) ]]
}

# Names of the cases of a stream by what became of them. Cases that claim no flush are skipped when
# mutated, and have nothing to turn red.
names_of() { # STREAM VERDICT...
	python3 lab/py/ktap.py "$@" | sort -u
}

verdicts_of() { # STREAM; "VERDICT NAME" of each case
	local verdict
	names_of "$1" PASS VACUOUS
	for verdict in SKIP KNOWN STALE LEAK WILD CRASH ERROR; do
		names_of "$1" $verdict | sed "s/^/$verdict /"
	done
}

# A host that was restored and one that was booted are the same host. PASS and VACUOUS count as one: whether QEMU's TLB
# has kept something depends on when the host was interrupted.
kept_agrees() { # STREAM-OF-A-KEPT-HOST ARGS...
	local kept=$1 fresh=$1.fresh other
	shift
	whole_set "$fresh" --host lab --fresh-host "$@" || return
	other=$(comm -13 <(verdicts_of "$kept" | sort) <(verdicts_of "$fresh" | sort))
	[[ -z $other ]] || { printf 'not so on the kept host: %s\n' "$other" && return 1; }
}

# A CPU that drops nothing at an event must be found out by random programs.
search_turns_red() { # EVENT ARGS...
	local out status
	out=$(REVENANT_TLB_SKIP=$1 timeout 120 ./run.sh "${install_flag[@]}" -v --host bochs "${@:2}")
	status=$?
	echo "$out"
	((status == 1)) && grep -q "^# | explained if nothing was dropped by .*$1" <<<"$out"
}

# ---- all of them ----

mkdir -p $logs
need_packages build iso uefi vm lab test
need_packages fuzz

# Those that are only a build come first: what follows has nothing to build, and runs side by side.
beside 60 'shell scripts: shellcheck' shell_style
beside 60 'source: clang-format' formatted
beside 300 'image and VMM with clang' make -s CC=clang BUILD=build/with-clang
beside 300 'image, VMM and unit tests with gcc' make -s -j"$jobs" CC=gcc all host-programs
settle
beside 60 'image size' image_size
beside 600 'run.sh: bad input' tests/run-sh/test-run-sh.sh
jobs=$((jobs + 1)) # that one waits for most of its time
beside 0 'whole set in the lab, ept=1' whole_set $logs/ept1.ktap --cpu intel --host-params ept=1
beside 0 'whole set in the lab, ept=0' whole_set $logs/ept0.ktap --cpu intel --host-params ept=0
beside 0 'whole set in the lab, npt=1' whole_set $logs/npt1.ktap --host lab --host-params npt=1
beside 0 'whole set in the lab, npt=0' whole_set $logs/npt0.ktap --host lab --host-params npt=0
beside 0 'whole set on bare Bochs, AMD, nothing forgotten' whole_set $logs/keep-amd.ktap --host bochs --cpu amd --tlb keep
beside 0 'whole set on bare Bochs, Intel, nothing forgotten' whole_set $logs/keep-intel.ktap --host bochs --cpu intel --tlb keep
beside 0 'whole set on bare Bochs, AMD' whole_set $logs/bochs-amd.ktap --host bochs --cpu amd --tlb off
beside 0 'whole set on bare Bochs, Intel' whole_set $logs/bochs-intel.ktap --host bochs --cpu intel --tlb off
beside 0 'two vCPUs, preempted and moved, in the lab' whole_set $logs/cpus2.ktap --cpu intel --host-params ept=1 \
	--smp 2 --host-cpus 2 'pv-flush.l*' 'migration.l*'
beside 0 'the host acts, on two CPUs' whole_set $logs/host2.ktap --cpu intel --host-params ept=1 \
	--smp 2 --host-cpus 2 'host.other-cpu*' 'host.apart*' 'host.log*other-cpu*' '*shootdown.*'
beside 0 'whole set on bare TCG' whole_set $logs/tcg.ktap --host tcg
beside 600 'model: unit tests under ASan and UBSan' make -s host-tests
beside 600 'model: coverage of lines' make -s host-coverage
beside 600 'model: fuzzing' make -s host-fuzz
beside 120 'retaining TLB: unit tests under ASan and UBSan' tests/tlb/test-store.sh
beside 120 'lab: unit tests' python3 -m unittest discover -s tests/lab
beside 0 'boot by PVH' boots kernel pvh 1
beside 0 'boot by PVH, 2 CPUs' boots kernel pvh 2
beside 0 'boot by PVH, 4 CPUs' boots kernel pvh 4
beside 0 'boot by multiboot2 on BIOS' boots bios multiboot2-bios 2
beside 0 'boot by multiboot2 on UEFI' boots uefi multiboot2-uefi 2
beside 0 'an image that brings its program' reproducer_boots
beside 0 'random programs on bare TCG' whole_set $logs/random-tcg.ktap --host tcg --random-count 1000 --seed 1
beside 0 'random programs on bare Bochs, AMD' whole_set $logs/random-amd.ktap --host bochs --cpu amd --random-count 1000 --seed 1
beside 0 'random programs on bare Bochs, Intel' whole_set $logs/random-intel.ktap --host bochs --cpu intel --random-count 1000 --seed 1
beside 0 'random programs, AMD drops nothing at MOV CR3' search_turns_red mov-cr3 --cpu amd --random-count 200 --seed 1
beside 0 'random programs, Intel drops nothing at INVPCID 1' search_turns_red invpcid-1 --cpu intel --random-count 300 --seed 3
beside 0 'corpus on bare Bochs, AMD' whole_set $logs/corpus-amd.ktap --host bochs --cpu amd --scenarios tests/corpus/amd.scn
beside 0 'corpus on bare Bochs, Intel' whole_set $logs/corpus-intel.ktap --host bochs --cpu intel --scenarios tests/corpus/intel.scn
behind 'whole set on bare Bochs, Intel, nothing forgotten'
beside 0 'whole set on bare Bochs, Intel, nothing forgotten, flushes left out' must_turn_red $logs/keep-intel.ktap --host bochs --cpu intel --tlb keep
# AMD reads a PAE guest's PDPTEs at each walk, and one that is not present is never kept: no flush is needed.
behind 'whole set on bare Bochs, AMD, nothing forgotten'
beside 0 'whole set on bare Bochs, AMD, nothing forgotten, flushes left out' must_turn_red $logs/keep-amd.ktap --host bochs --cpu amd --tlb keep \
	'!pdpte.map.pae-l2-nested/*'
behind 'whole set in the lab, ept=1'
beside 0 'a kept host agrees with one that was booted, ept=1' kept_agrees $logs/ept1.ktap --cpu intel --host-params ept=1 \
	'linear.*' 'vmx.inv*'
behind 'whole set in the lab, npt=1'
beside 0 'a kept host agrees with one that was booted, npt=1' kept_agrees $logs/npt1.ktap --host-params npt=1 \
	'linear.*' 'svm.*' 'host.*'
behind 'whole set in the lab, npt=0'
beside 0 'whole set in the lab, npt=0, flushes left out' must_turn_red $logs/npt0.ktap --host lab --host-params npt=0
behind 'whole set on bare TCG'
beside 0 'whole set on bare TCG, flushes left out' must_turn_red $logs/tcg.ktap --host tcg
behind 'two vCPUs, preempted and moved, in the lab'
beside 0 'two vCPUs, preempted and moved, in the lab, flushes left out' must_turn_red $logs/cpus2.ktap --cpu intel --host-params ept=1 \
	--smp 2 --host-cpus 2 'pv-flush.l*' 'migration.l*'
settle
check 600 'KTAP: prove, tap-parser and kunit agree with run.sh' tests/parsers.sh "${install_flag[@]}"

printf '%d passed, %d failed, %d skipped\n' $passed $failed $skipped
((failed == 0 && passed > 0))
