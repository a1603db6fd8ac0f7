#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Boots the image as a guest of a host KVM and reports what it saw there: ./run.sh --help

set -euo pipefail
caller=$PWD # what files in options are relative to
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")"

# shellcheck source-path=SCRIPTDIR
. lab/say.sh
. lab/cache.sh
. lab/packages.sh
. lab/options.sh
. lab/cases.sh
. lab/corpus.sh
. lab/archive.sh
. lab/snapshot.sh
. lab/debian-kernel.sh
. lab/kernel-file.sh
. lab/initrd.sh
. lab/hosts.sh
. lab/matrix.sh
. lab/prefetch.sh
. lab/emulator.sh
. lab/mutants/choose-mutant.sh
. lab/variants/choose-variant.sh
. lab/report.sh
. lab/show.sh

build_image() { # sets image, unless --image did
	[[ -z $image ]] || return 0
	image=build/revenant.elf
	if [[ ! -e Makefile ]]; then
		: # a bundle (lab/dist.sh), which has it
	elif mkdir -p build 2>/dev/null && [[ -w build ]]; then
		need_packages build
		alone "$PWD/build/lock" while_saying "building $image" make -s "$image" ||
			our_error "the image does not build (above)"
	elif [[ -r $image ]]; then
		note "this checkout cannot be written: $image is taken as it is"
	else
		our_error "this checkout cannot be written, and nothing is built in it: build it where you may write, or give --image"
	fi
}

# They reach the image as the module that its loader gives it; whatever starts a VM looks for them here.
take_scenarios() {
	take_corpus
	[[ -n $scenarios ]] || return 0
	check_scenarios "$scenarios"
	export REVENANT_SCENARIOS=$scenarios
}

list_cases() {
	local list
	list=$(chosen_cases "$image" "${filters[@]}")
	[[ -n $list ]] || usage_error "no case matches: ${filters[*]-} (./run.sh --list shows the names)"
	printf '%s\n' "$list"
}

# A filter that matches nothing is a typing error: say so before anything boots.
check_filters() {
	((${#filters[@]} == 0)) || [[ -z $(cases_of "$image" | sed -n 1p) ]] || list_cases >/dev/null
}

# The image's command line; replay= takes all that follows it, so it comes last.
image_arguments() {
	local words=()
	((${#filters[@]} == 0)) || words+=("filter=$(IFS=, && printf '%s' "${filters[*]}")")
	[[ -z $repeat ]] || words+=("repeat=$repeat")
	[[ -z $tries ]] || words+=("tries=$tries")
	[[ -z $mutate ]] || words+=("mutate=$mutate")
	[[ -z $bench ]] || words+=("bench")
	[[ -z $may_crash_host ]] || words+=("may-crash")
	[[ -z $random ]] || words+=("random-seconds=$random")
	[[ -z $random_count ]] || words+=("random=$random_count")
	[[ -z $random$random_count ]] || words+=("seed=$seed")
	[[ -z $random_all ]] || words+=("random-all")
	[[ -z $corpus || -z $random$random_count ]] || words+=("random-keep")
	[[ -z $replay ]] || words+=("replay=$replay")
	printf '%s\n' "${words[*]-}"
}

prepare_host() {
	case $host in
	lab) need_packages vm lab && hold_cache ;;
	bochs) need_packages vm && hold_cache ;;
	*) need_packages vm ;;
	esac
	[[ $boot == kernel ]] || need_packages iso
	[[ $boot != uefi ]] || need_packages uefi
	if [[ -n $matrix ]]; then prepare_matrix; else "prepare_$host"; fi
}

make_work_folder() { # sets work, and image to a copy in it
	if [[ -n $keep ]]; then
		mkdir -p "$keep" 2>/dev/null || usage_error "--keep: cannot make a folder '$keep'"
		[[ -w $keep ]] || usage_error "--keep: cannot write to the folder '$keep'"
		work=$(cd "$keep" && pwd)
		remove_old_streams
	else
		work=$(mktemp -d 2>/dev/null) || our_error "cannot make a folder in ${TMPDIR:-/tmp}: is its disk full? TMPDIR names another"
	fi
	case $host in
	lab) need_space "$work" $((100 * settings)) 'TMPDIR names another folder' ;;
	*) need_space "$work" 4 'TMPDIR names another folder' ;;
	esac
	# A VM that dies is started again, and by then another build may be in the image's place.
	cp "$image" "$work/revenant.elf"
	image=$work/revenant.elf
}

# What an earlier run with the same --keep has left must not pass for this one's.
remove_old_streams() {
	local stream
	for stream in "$work"/[0-9]*-*.ktap; do
		rm -rf "$stream" "$stream.status" "${stream%.ktap}"
	done
}

work='' loops=() # processes
judged=''        # there is a verdict

clean_up() {
	kill "${loops[@]}" 2>/dev/null || true
	if [[ -n $shower ]]; then
		end_showing "$1"
		note "ended early: $(cat "$work/run/totals" 2>/dev/null || echo 'nothing was judged yet')"
	fi
	wait
	end_matrix
	[[ -z $work ]] || rm -rf "$work"/*/{initrd,boot.iso,job,kept}
	[[ -n $keep || -z $work ]] || rm -rf "$work"
	[[ -z $corpus || -z $scenarios ]] || rm -f "$scenarios"
}

# Every way out. 1 means that the host is wrong, so whatever else ends a shell with it is our own error.
# git bisect run wants 0 for good, 1 for bad, 125 for "cannot be tested", and stops at 128 and above: so
# it stops at an option that is wrong, and at a signal.
on_exit() {
	local status=$?
	clean_up "$status"
	case $judged,$status in
	yes,* | ,0 | ,"$EXIT_USAGE" | ,"$EXIT_OURS") ;;
	*)
		if ((status < 128)); then
			note "error: something above failed (status $status), so there is no verdict"
			status=$EXIT_OURS
		fi
		;;
	esac
	[[ -n $bisect ]] || exit "$status"
	((status < 128 && status != EXIT_USAGE)) || exit 255
	((status <= 1)) || exit 125
	exit "$status"
}

stream_of() { # NUMBER of a setting; prints the path of its KTAP stream
	printf '%s/%d-%s.ktap\n' "$work" "$1" "${setting[$1.name]//[^a-z0-9=._-]/_}"
}

start_setting() { # NUMBER
	local stream
	stream=$(stream_of "$1")
	mkdir -p "${stream%.ktap}"
	: >"$stream"
	if [[ -n $matrix ]] && ! load_setting "$1" >"$stream"; then
		(exit "$MATRIX_NOT_LOADED") &
	else
		exec_setting "$1" "${stream%.ktap}" "$(image_arguments)" >"$stream" 2>&1 &
	fi
	loops[$1]=$!
}

# As many settings at a time as there are CPUs, but one where each has the machine's KVM to itself; their streams one after the other.
run_settings() {
	local s at_once
	at_once=$(nproc)
	[[ -z $matrix ]] || at_once=1
	for ((s = 0; s < settings; s++)); do
		while ((${#loops[@]} < settings && ${#loops[@]} < s + at_once)); do
			start_setting "${#loops[@]}"
		done
		if [[ -z $shower ]]; then
			print_heading "$s"
			follow_stream "$(stream_of "$s")" "${loops[$s]}"
		fi
		setting[$s.status]=0
		wait "${loops[$s]}" || setting[$s.status]=$?
		check_stream "$s"
	done
	loops=()
}

# A stream is believed if it has all that it has promised: its END line last, and unless it gave up as
# many results as its plan, but for those it says were not run.
check_stream() { # NUMBER
	local lost
	lost=$(awk -v status="${setting[$1.status]}" -v bench="$bench" '
		/^1\.\./                   { plan = substr($0, 4) }
		/^(not )?ok [0-9]/         { results++ }
		/^# not run: all cases/    { plan = 0 }
		/^# not run: [0-9]+ of /   { results += $4 }
		                           { last = $0 }
		END {
			if (last != "# END status=" status)
				print "its END line is missing"
			else if (status ~ /^(0|1|77)$/ && plan == "" && !bench)
				print "its plan is missing"
			else if (status ~ /^(0|1|77)$/ && results + 0 != plan + 0)
				printf "%d results for a plan of %d\n", results, plan
		}' "$(stream_of "$1")")
	[[ -n $lost ]] || { tell_status "$1" && return; }
	if [[ -n $shower ]]; then
		setting[$1.status]=$EXIT_OURS
		tell_status "$1" "output was lost, so this is no verdict: $lost; is the disk full?"
		return
	fi
	[[ -z $(tail -c 1 "$(stream_of "$1")") ]] || echo # it broke off within a line
	printf '# ERROR (%s): output was lost, so this is no verdict: %s; is the disk full?\n' "${setting[$1.name]}" "$lost"
	setting[$1.status]=$EXIT_OURS
}

# What whoever starts the hosts has to say (lab/kept.sh).
tell_notes() {
	local text
	{ cat "$work"/*/notes 2>/dev/null || true; } | sort -u | while IFS= read -r text; do note "$text"; done
}

# One status for all: what is wrong with the host first, then what is wrong with us.
overall_status() {
	local wanted s
	for wanted in 1 2 99 0; do
		for ((s = 0; s < settings; s++)); do
			((${setting[$s.status]} != wanted)) || { echo "$wanted" && return; }
		done
	done
	echo 77
}

main() {
	local begin=$SECONDS status
	trap on_exit EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	trap 'exit 129' HUP
	parse_options "$@"
	[[ -z $cache ]] || { "${cache}_cache"; exit; }
	if [[ -n $list ]]; then
		build_image
		take_scenarios
		list_cases
		exit
	fi
	[[ -z $prefetch ]] || { prefetch "${filters[@]}"; exit; }
	[[ -z $variant ]] || prepare_variant
	[[ -z $mutant ]] || prepare_mutant
	choose_host
	check_combinations
	choose_format
	choose_report
	check_host
	build_image
	take_scenarios
	check_filters
	prepare_host
	make_work_folder
	start_showing "./run.sh$(for word; do printf ' %s' "$(quoted "$word")"; done)"
	if [[ -z $shower ]]; then
		print_limits
	fi
	run_settings
	status=$(overall_status)
	judged=yes
	end_showing "$status"
	tell_notes
	grow_corpus
	[[ -z ${cache_hold-} ]] || keep_cache_limit
	[[ -z $mutant ]] || print_mutant
	print_summary "$status" $((SECONDS - begin))
	exit "$status"
}

main "$@"
