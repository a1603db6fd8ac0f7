#!/bin/sh
# SPDX-License-Identifier: MIT
#
# vmloop.sh [OPTION...] PATIENCE BOOT-PATIENCE ARGS COMMAND [WORD...]
#
# Runs a VM to the end of its plan, whatever becomes of the VM on the way, and prints one KTAP
# stream. The VM is started as `COMMAND WORD... 'from=K ARGS'` and speaks KTAP on its standard
# output. When it dies, or says nothing for PATIENCE seconds (BOOT-PATIENCE before its first case),
# the case it was in becomes a CRASH with the last lines of output, and the VM is started again
# behind that case: one scenario's crash never loses the others. A death between two cases is nobody's
# and gets a line of its own, `# CRASH after case K: WHY`, which counts like the others.
#
# COMMAND is a VM on an emulator; or a host that runs one, which says `# host kernel=…` once it is up,
# and `# VM ended with status N` when the VM has ended but not the host; and of what the host's kernel
# complains about, `# host warns: WHAT`, before the result of the case it came in, which is then a CRASH.
#
#   --work DIR         where COMMAND has its files; console.log there is the host's console
#   --max-crashes N    ends the run when so many VMs have died (10), or half as many in a row; 0: never
#   --strict           a KNOWN result is wrong, as if it were news
#
# The exit status is that of run.sh: 0 nothing wrong, 1 STALE, LEAK, WILD or CRASH, 2 usage,
# 77 nothing verified, 99 our own error. Output that was lost is 99, whatever else was seen.
#
# POSIX sh, so that it runs wherever a VM does.

set -u

TAIL_LINES=15 # of output shown with a CRASH
NL='
'
CR=$(printf '\r')

lose() {
	echo "vmloop.sh: error: the stream cannot be written: is the disk full?" >&2
	exit 99
}

emit() {
	printf '%s\n' "$1" || lose
}

# --- the verdicts so far ------------------------------------------------------------------------

# FORM of the result line, VERDICT, exit status that one of them gives: "ok/PASS/0 skip/VACUOUS/77 ...".
VERDICTS=$(sed -n 's|^VERDICT(\([A-Z]*\), *\([a-z]*\), *\([0-9]*\),.*|\2/\1/\3|p' "${0%/*}/../plan/verdicts.def" | tr '\n' ' ')
[ -n "$VERDICTS" ] || { echo "Bail out! ${0%/*}/../plan/verdicts.def is not there, or has no verdicts in it" && exit 99; }
results=0 # lines of results, to be compared with the plan at the end
not_run=0 # cases of the plan that were given up

for entry in $VERDICTS; do
	entry=${entry#*/}
	eval "count_${entry%/*}=0"
done

set_verdict() { # RESULT-LINE; sets verdict
	case $1 in
	"ok "*" # SKIP"*) form=skip verdict=SKIP word=${1#*" # SKIP"} ;;
	"ok "*) form=ok verdict=PASS word='' ;;
	*) form=red verdict=ERROR word=${1#*" # "} ;;
	esac
	word=${word# } && word=${word%%[ :]*}
	case $VERDICTS in
	*"$form/$word/"*) verdict=$word ;;
	esac
}

count() { # VERDICT
	eval "count_$1=\$((count_$1 + 1))"
}

count_of() { # VERDICT; sets n
	n=
	eval "n=\$count_$1"
}

# What is wrong with the host, what is wrong with us, what passed.
status_of_counts() {
	for wanted in 1 99 0; do
		for entry in $VERDICTS; do
			name=${entry#*/} && count_of "${name%/*}"
			if [ "${entry##*/}" = "$wanted" ] && [ "$n" -gt 0 ]; then
				echo "$wanted"
				return
			fi
		done
	done
	echo 77
}

counts() {
	for entry in $VERDICTS; do
		name=${entry#*/} && name=${name%/*}
		count_of "$name"
		printf ' %s=%d' "$name" "$n"
	done
}

finish() { # [STATUS]
	status=${1:-$(status_of_counts)}
	# A serial line that loses output must not pass for a run: what is missing was not verified.
	if [ -z "${1-}" ] && [ "$((results + not_run))" -ne "${plan:--1}" ]; then
		emit "Bail out! $results results for a plan of ${plan:-unknown length}: output was lost on the way; run again"
		count ERROR
		status=99
	fi
	emit "# summary$(counts)"
	emit "# END status=$status"
	exit "$status"
}

# --- what one line of output says ---------------------------------------------------------------

plan=        # N of the plan "1..N"; empty until it was printed
host_up=     # this VM's host has come up
started=     # this VM printed its KTAP line
running=     # "K NAME" of the case that this VM is in; empty between cases
warned=      # what the host's kernel complained of in it
finished=0   # number of the last case with a result
bailed=      # the image gave up by itself
end_status=  # what the image's END line said
died_in_row=0 died=0
traced='' traced_why='' # the case whose programs are told before they run, and why
last_program=''
tail_text='' tail_count=0

remember() { # keeps the last lines for a CRASH
	tail_text=$tail_text$1$NL
	tail_count=$((tail_count + 1))
	if [ "$tail_count" -gt "$TAIL_LINES" ]; then
		tail_text=${tail_text#*"$NL"}
		tail_count=$TAIL_LINES
	fi
}

forget() {
	tail_text='' tail_count=0
}

give_result() { # LINE
	emit "$1"
	set_verdict "$1"
	count "$verdict"
	results=$((results + 1))
	finished=$k running='' warned=''
	[ "$k" != "$traced" ] || take_crash "# CRASH after case $k: $traced_why in it, but not when it was run once more"
	traced=''
}

take_result() { # LINE
	k=${1#not } && k=${k#ok } && k=${k%% *}
	case $k in
	'' | *[!0-9]*) emit "# > $1" && return ;;
	esac
	died_in_row=0
	set_verdict "$1"
	case $form,$verdict in
	skip,KNOWN) [ -z "$strict" ] || set -- "$(as_news "$1")" ;;
	esac
	complaint=$warned
	if [ -z "$complaint" ]; then
		give_result "$1"
	elif [ "$form" = red ] && [ "$verdict" != ERROR ]; then
		give_result "$1"
		emit "# | the host kernel warned: $complaint"
	else
		name=${1#not } && name=${name#ok "$k" } && name=${name%%" # "*}
		give_result "not ok $k $name # CRASH the host kernel warned: $complaint"
		emit "# | without that: $1"
		show_console
	fi
	forget
}

# "ok K NAME # SKIP KNOWN VERDICT text" as what it would be if it were not known.
as_news() { # LINE
	name=${1%%" # SKIP KNOWN"*}
	text=${1#*" # SKIP KNOWN"} && text=${text#:} && text=${text# }
	case $VERDICTS in
	*"red/${text%% *}/"*) ;;
	*) text="STALE $text" ;;
	esac
	printf 'not %s # %s\n' "$name" "$text"
}

# In a case it makes the result a CRASH; between two it is nobody's.
take_warning() { # TEXT
	if [ -n "$running" ]; then
		emit "# host warns: $1"
		warned=${warned:-$1}
	else
		emit "# CRASH after case $finished: the host kernel warned: $1"
		count CRASH
		show_console
	fi
}

take_line() {
	remember "$1"
	case $1 in
	'') ;;
	*"KTAP version 1") started=1 ;; # firmware may leave its own text before it, without a line's end
	"# host warns: "*) take_warning "${1#"# host warns: "}" ;;
	"# host "*)
		host_up=1
		[ -n "$plan" ] || emit "$1"
		;;
	"Bail out!"*) bailed=1 && emit "$1" && forget ;;
	"# END status="*) end_status=${1#"# END status="} ;;
	"# VM ended with status "*) inner_status=${1#"# VM ended with status "} ;;
	"#"* | "1.."* | "ok "* | "not ok "*) [ -z "$started" ] || take_ktap_line "$1" ;;
	*"KVM internal error"* | *"kvm run failed"* | *"ioctl(KVM_"* | *"failed to initialize kvm"*)
		emit "# > $1"
		why=${1#"error: "}
		patience=2 # QEMU may hold the VM for ever
		;;
	*) [ -z "$started" ] || emit "# > $1" ;;
	esac
}

take_ktap_line() {
	case $1 in
	"# revenant "*) [ -n "$plan" ] || emit "$1" ;;
	"1.."*[!0-9]*) emit "# > $1" ;;
	"1.."[0-9]*)
		[ -n "$plan" ] || emit "$1"
		plan=${1#1..}
		;;
	"# program "*) last_program=${1#"# program "} ;; # that the VM is about to run
	"# case "*)
		running=${1#"# case "} warned='' last_program=''
		forget
		emit "$1"
		;;
	"ok "* | "not ok "*) take_result "$1" ;;
	"# summary "*) ;; # counts one start only: ours is printed by finish()
	*) emit "$1" ;;
	esac
}

# The output broke off within this line: it may lack anything, so only a whole END counts.
take_rest() { # LINE
	case $1 in
	'') ;;
	"# END status="[0-9]*) take_line "$1" ;;
	*) remember "$1" ;;
	esac
}

# --- one VM -------------------------------------------------------------------------------------

dir=$(mktemp -d) || exit 99
vm='' watchdog=''

clean_up() {
	kill -9 ${vm:+"$vm"} ${watchdog:+"$watchdog"} 2>/dev/null
	rm -rf "$dir"
}
trap clean_up EXIT
trap 'exit 99' INT TERM HUP PIPE

# Kills the VM when the beat file stays the same for as many seconds as it says.
watch_over() { # PID
	last='' quiet=0
	while sleep 1 && kill -0 "$1"; do
		read -r beat limit <"$dir/beat" 2>/dev/null || continue
		quiet=$((quiet + 1))
		[ "$beat" = "$last" ] || quiet=0
		last=$beat
		if [ "$quiet" -ge "$limit" ]; then
			echo "$quiet" >"$dir/hung"
			kill -9 "$1"
			return
		fi
	done
}

listen() { # takes the VM's lines until it ends or says END
	while IFS= read -r line; do
		beats=$((beats + 1))
		take_line "${line%"$CR"}"
		[ -z "$running" ] || [ "$patience" -lt 3 ] || patience=$case_patience
		echo "$beats $patience" >"$dir/beat"
		[ -z "$end_status" ] || return 0
	done
	take_rest "${line%"$CR"}"
}

# After END the VM ends by itself, or after a moment by force.
let_end() {
	tries=0
	while kill -0 "$vm" 2>/dev/null && [ "$tries" -lt 20 ]; do
		sleep 0.1
		tries=$((tries + 1))
	done
	kill -9 "$vm" 2>/dev/null
}

run_vm() { # COMMAND WORD... ARGS; sets end_status, or what judge_end() needs
	end_status='' why='' inner_status='' host_up='' started='' running='' warned='' patience=$boot_patience beats=0
	forget
	rm -f "$dir/hung" "$dir/out"
	mkfifo "$dir/out" || lose
	echo "0 $patience" >"$dir/beat"
	"$@" >"$dir/out" 2>&1 </dev/null &
	vm=$!
	watch_over "$vm" 2>/dev/null >/dev/null &
	watchdog=$!
	listen <"$dir/out"
	[ -z "$end_status" ] || let_end
	wait "$vm" 2>/dev/null
	vm_status=$?
	kill "$watchdog" 2>/dev/null
	wait "$watchdog" 2>/dev/null
	vm='' watchdog=''
}

# --- how it ended, and whose fault that is ------------------------------------------------------

# Why a VM has ended before its END line, and who has to answer for it: the host that is tested (or
# our own code, where there is none), or the lab: the emulator and this machine.
judge_end() { # sets why and whose
	whose=host
	if [ -n "$why" ]; then # what QEMU says of KVM
		:
	elif [ -s "$dir/hung" ]; then
		why="no output for $(cat "$dir/hung") s"
		[ -n "$host_up$running" ] || whose=lab
		[ -n "$host_up" ] || [ ! -e "$work/console.log" ] || why="the emulated host did not come up: $why"
	elif [ -n "$inner_status" ]; then
		judge_vmm
	elif [ "$vm_status" -ge 128 ]; then
		why="the emulator was killed by signal $((vm_status - 128))" whose=lab
	elif [ "$vm_status" -gt 0 ]; then
		why="the emulator ended with status $vm_status" whose=lab
	elif [ -n "$host_up" ]; then
		why="the host reset or switched itself off$(last_words)"
	elif [ -e "$work/console.log" ]; then
		why="the emulated host reset before it was up$(last_words)" whose=lab
	else
		why="the VM reset or switched itself off"
		[ -n "$running" ] || [ "$finished" -ge "$from" ] || whose=lab
	fi
	[ -z "$warned" ] || why="$why; the host kernel warned: $warned"
}

# ": WHAT", of a host's kernel that has given up.
last_words() {
	sed -nE 's/.*(kernel BUG at|BUG:|Kernel panic - not syncing:)/: \1/p' "$work/console.log" 2>/dev/null | tr -d '\r' | sed -n 1p
}

# A VM on KVM. Signals that somebody sends it, such as a kernel out of memory, say nothing of KVM;
# those that it brings upon itself do.
judge_vmm() {
	case $inner_status in
	0) why="the VM reset or switched itself off" ;;
	129 | 130 | 131 | 137 | 143 | 152 | 153)
		why="the VM was killed by signal $((inner_status - 128))" whose=lab
		;;
	*)
		why="the VM ended with status $inner_status"
		[ -n "$started" ] || [ "$inner_status" -ge 128 ] || whose=lab # QEMU's own refusal
		;;
	esac
}

show_block() { # the last lines of output, and of the console
	printf '%s' "$tail_text" | sed 's/^/# | /' || lose
	show_console
}

show_console() {
	[ -s "$work/console.log" ] || return 0
	emit "# | console of the host:"
	tail -n 40 "$work/console.log" | tr -d '\r' | sed 's/^/# |   /' || lose
}

take_crash() { # LINE that reports it
	emit "$1"
	show_block
	count CRASH
}

give_up() { # WHY
	emit "Bail out! $1"
	show_block
	count ERROR
	finish 99
}

# What a VM writes to a full disk is lost without a word.
check_disk() {
	for folder in "$dir" "$work"; do
		[ -n "$folder" ] || continue
		head -c 65536 /dev/zero 2>/dev/null >"$folder/probe" && rm "$folder/probe" && continue
		rm -f "$folder/probe"
		give_up "the disk is full: $folder cannot be written"
	done
}

# Is the case one of random programs, of which any may have killed the VM?
is_search() {
	case $running in
	*" random."*) return 0 ;;
	esac
	return 1
}

show_program() {
	[ -n "$last_program" ] || return 0
	emit "# | run: random program ${last_program%%:*}, not cut down (lab/py/shrink.py does that)"
	emit "# | replay: ${last_program#*: }"
}

# The host's fault: a CRASH of the case, or of nobody. Before the first case it may have been chance.
blame_host() {
	if is_search && [ "${running%% *}" != "$traced" ]; then
		traced=${running%% *} traced_why=$why
		emit "# > $why in case $running: once more, to see in which program"
	elif [ -n "$running" ]; then
		k=${running%% *}
		line="not ok $running # CRASH $why"
		emit "$line" && show_block && show_program
		traced=''
		count CRASH
		results=$((results + 1))
		finished=$k
	elif [ "$finished" -ge "$from" ]; then
		take_crash "# CRASH after case $finished: $why"
	elif [ "$host_failed_at" != "$from" ]; then
		host_failed_at=$from
		emit "# > $why before its first case: once more"
		return
	else
		take_crash "# CRASH after case $finished: $why before its first case, twice"
		stop "the VM does not start"
	fi
	died=$((died + 1)) died_in_row=$((died_in_row + 1))
}

# Not the host's fault: the same case once more, then an ERROR.
blame_lab() {
	at=${running:-$((finished + 1))} && at=${at%% *}
	if [ "$lab_failed_at" != "$at" ]; then
		lab_failed_at=$at
		if [ -n "$running" ]; then
			emit "# > $why in case $running: once more"
		elif [ "$finished" -ge "$from" ]; then
			emit "# > $why after case $finished: once more"
		else
			emit "# > $why before its first case: once more"
		fi
	elif [ -z "$running" ]; then
		give_up "$why before its first case, twice"
	else
		k=$at
		give_result "not ok $running # ERROR $why, twice"
		show_block
		died=$((died + 1)) died_in_row=$((died_in_row + 1))
	fi
}

# --- all of them --------------------------------------------------------------------------------

# Ends the run with what it has.
stop() { # WHY
	if [ -n "$plan" ]; then
		not_run=$((plan - results))
		emit "# not run: $not_run of $plan cases: $1"
	else
		plan=0
		emit "# not run: all cases: $1"
	fi
	finish
}

# On a host that is badly broken each case may cost a boot and the whole patience.
check_crashes() {
	[ "$max_crashes" -gt 0 ] && [ "$results" -lt "${plan:-0}" ] || return 0
	if [ "$died" -ge "$max_crashes" ]; then
		stop "$died VMs died (--max-crashes $max_crashes)"
	elif [ "$died_in_row" -ge $(((max_crashes + 1) / 2)) ]; then
		stop "$died_in_row VMs died, one after the other (--max-crashes $max_crashes)"
	fi
}

main() {
	from=1 host_failed_at='' lab_failed_at=''
	emit "KTAP version 1"
	while :; do
		run_vm "$@" "from=$from${traced:+ trace=$traced}${args:+ $args}"
		if [ -n "$bailed" ]; then
			[ "$end_status" != 2 ] || finish 2
			show_block
			finish 99
		fi
		[ -z "$end_status" ] || finish
		judge_end
		check_disk
		"blame_$whose"
		check_crashes
		from=$((finished + 1))
		[ -z "$plan" ] || [ "$from" -le "$plan" ] || finish
	done
}

work='' max_crashes=10 strict=
while :; do
	case ${1-} in
	--work) work=$2 && shift ;;
	--max-crashes) max_crashes=$2 && shift ;;
	--strict) strict=yes ;;
	*) break ;;
	esac
	shift
done
if [ $# -lt 4 ]; then
	echo "usage: vmloop.sh [--work DIR] [--max-crashes N] [--strict] PATIENCE BOOT-PATIENCE ARGS COMMAND [WORD...]" >&2
	exit 2
fi
case_patience=$1 boot_patience=$2 args=$3
shift 3
case " $args " in
*" bench "*) plan=0 ;; # it measures, and judges nothing
esac
main "$@"
