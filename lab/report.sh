# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# What a run prints: per setting a heading and its KTAP stream as it comes, at the end a summary.
# All of our own lines are KTAP comments.

print_heading() { # NUMBER of a setting
	printf '# ==== %d/%d  %s\n' $(($1 + 1)) $settings "${setting[$1.title]}"
}

print_limits() {
	if [[ ${bochs_tlb:-off} != off ]]; then
		cat <<-LIMITS
			# --tlb $bochs_tlb: the CPU that Bochs emulates keeps a translation until the architecture obliges it to
			# drop it, so that an entry left in the hardware's TLB shows, too (docs/retaining-cpu.md).
		LIMITS
	fi
	case $host in
	lab)
		[[ ${bochs_tlb:-off} != off && $(machines) != *' qemu'* ]] || cat <<-'LIMITS'
			# An emulator that flushes its TLB at each world switch (QEMU; Bochs with --tlb off) shows what KVM's own
			# software gets wrong: unsynced shadow pages, cached roots and PDPTRs, the wrong context flushed. What is
			# left in a hardware TLB shows with --emulator bochs, or with --host kvm on real hardware.
		LIMITS
		;;
	tcg | bochs)
		cat <<-'LIMITS'
			# A bare emulator has no KVM in it: this checks the image itself, and says nothing about any host KVM.
		LIMITS
		;;
	esac
}

# Prints a growing stream until the process that writes it is gone. In the background, for bash
# hears no signal while it waits for a command in the foreground.
follow_stream() { # FILE PID
	tail -n +1 -f -s 0.1 --pid="$2" "$1" &
	wait $!
}

# All of them as they are.
print_streams() {
	local s
	for ((s = 0; s < settings; s++)); do
		print_heading "$s"
		cat "$(stream_of "$s")" || true
	done
}

print_summary() { # STATUS SECONDS
	if ! command -v python3 >/dev/null; then
		printf '# ==== summary\n'
		printf '# The table of verdicts needs python3 (apt-get install python3), and so does a report; each result is in the stream above.\n'
	fi
	print_last_line "$1" "$2"
}

# The one line that says it all.
print_last_line() { # STATUS SECONDS
	local line before='# '
	line="$(meaning_of "$1")"
	[[ ! -s $work/run/totals ]] || line+=": $(<"$work/run/totals")"
	line+=" (status $1, $2 s)"
	[[ ! -e $work/run/reported ]] || line+="; report: $report_dir/report.html"
	case $format in
	terminal | quiet) before='' ;;
	esac
	printf '%s%s\n' "$before" "$line"
}

# The options that change what a case does, for the command that replays it.
common_options() {
	[[ $smp == 1 ]] || printf ' --smp %s' "$smp"
	[[ $boot == kernel ]] || printf ' --boot %s' "$boot"
	[[ -z $repeat ]] || printf ' --repeat %s' "$repeat"
	[[ -z $tries ]] || printf ' --tries %s' "$tries"
	[[ -z $mutate ]] || printf ' --mutate %s' "$mutate"
}

meaning_of() { # STATUS
	case $1 in
	0) echo 'nothing wrong' ;;
	1) echo 'WRONG: see the STALE, LEAK, WILD or CRASH above' ;;
	2) echo 'not run: an option or program is wrong (above)' ;;
	77) echo 'nothing could be verified here' ;;
	*) echo 'an error of our own (above)' ;;
	esac
}
