# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# shellcheck disable=SC2016,SC2154 # the inner shell's, test-run-sh.sh's
#
# Hosts that are kept (lab/kept.sh), with a folder of two files in place of a machine: made once, made again when damaged,
# and whatever goes wrong, the caller is told to boot.

# take_kept must end with STATUS.
takes() { # NAME STATUS [SCRIPT before it]
	local status=0
	timeout 60 bash -c 'set -uo pipefail; . lab/say.sh; . lab/cache.sh; . lab/kept.sh
		work=$1 key=key
		make() {
			echo made >>"$work/made" && truncate -s $(((JOB_AT >> 20) + JOB_MB))M "$1/ram" && echo devices >"$1/devices"
		}
		'"${3-}"'
		take_kept "$key" role "$work/job" "$work" make' - "$kept" >"$work/out" 2>&1 || status=$?
	report "kept host: $1" $((status != $2)) "$work/out"
}

kept_hosts() {
	local kept=$work/kept-hosts room=$work/room/revenant/kept
	mkdir -p "$kept"
	export XDG_CACHE_HOME=$work/room
	echo 'the job' >"$kept/job"
	takes 'made' 0
	takes 'taken' 0
	[[ $(grep -c made "$kept/made") == 1 && $(<"$kept/kept/devices") == devices &&
		$(dd if="$kept/kept/ram" bs=1M skip=$((0x180)) status=none | head -c 7) == 'the job' ]]
	report 'kept host: made once, with its job in its memory' $?
	printf 'xxxx' | dd of="$room/key/host.tar.zst" conv=notrunc bs=1 seek=60 status=none
	takes 'a damaged one is made again' 0
	[[ $(grep -c made "$kept/made") == 2 ]] && grep -q 'was damaged' "$kept/notes"
	report 'kept host: it says so' $? "$kept/notes"
	truncate -s 50 "$room/key/host.tar.zst"
	takes 'half a one is made again' 0
	takes 'one that cannot be made' 1 'make() { echo "no machine here" >&2; return 1; }; key=other'
	takes 'one that ends' 1 'make() { true & wait; : >"$1/said"; until_it_waits "$!" "$1/said"; }; key=ends'
	takes 'one that is slow' 1 'KEPT_PATIENCE=0; make() { sleep 60 & until_it_waits "$!" "$1/said"; }; key=slow'
	takes 'a disk that is full' 1 'df() { printf "\n- - - 0\n"; }; key=full'
	[[ $(sed -nE 's/^the host cannot be kept, so it is booted each time: //p' "$kept/notes") == \
		'no machine here'$'\n''its emulator ended before it was up'$'\n''it was not up within 0 s'$'\n''the disk of '*' is full'* ]]
	report 'kept host: it says what failed' $? "$kept/notes"
	takes 'one that gives up' 1 'make() { echo made >>"$work/made" && echo "Bail out! no /dev/mem" >"$1/said" && false; }; key=gives-up'
	takes 'one that has given up' 1 'make() { touch "$work/tried"; }; key=gives-up'
	[[ ! -e $kept/tried ]] && grep -q 'no /dev/mem' "$kept/notes"
	report 'kept host: what gives up is tried once' $? "$kept/notes"
	takes 'not asked for' 1 'REVENANT_FRESH_HOST=yes'
	truncate -s 17M "$kept/job"
	takes 'a job that is too large' 1
	expect 'kept host: a planted fault is the job'"'"'s' 0 '^ kvm.x=1 kvm.y=2 /mutant=12 from=1$' -- bash -c '. lab/kept.sh
		append="kvm.x=1 kvm.revenant_mutant=12 kvm.y=2" args=from=1; mutant_to_job; echo "$append/$args"'
	[[ -z $(find "$room" -name '*.part') ]]
	report 'kept host: nothing is left half made' $?
	unset XDG_CACHE_HOME
}
