#!/bin/sh
# SPDX-License-Identifier: MIT
#
# vmloop.sh [--console FILE] PATIENCE BOOT-PATIENCE ARGS COMMAND [WORD...]
#
# Runs a VM to the end of its plan, whatever becomes of the VM on the way, and prints one KTAP
# stream. The VM is started as `COMMAND WORD... 'from=K ARGS'` and speaks KTAP on its standard
# output. When it dies, or says nothing for PATIENCE seconds (BOOT-PATIENCE before its first case),
# the case it was in becomes a CRASH with the last lines of output, and the VM is started again
# behind that case: one scenario's crash never loses the others. A death between two cases is nobody's
# and gets a line of its own, `# CRASH after case K: WHY`, which counts like the others.
#
# --console FILE: the console of the machine that the VM is; its end is shown with a CRASH too.
#
# The exit status is that of run.sh: 0 nothing wrong, 1 STALE, LEAK, WILD or CRASH, 2 usage,
# 77 nothing verified, 99 our own error.
#
# When the VM runs inside of an emulated host, COMMAND is that host, started anew with each VM. It says
# `# VM ended with status N` of the VM before it ends itself.
#
# POSIX sh, so that it runs wherever a VM does.

set -u

TAIL_LINES=15 # of output shown with a CRASH
NL='
'
CR=$(printf '\r')

emit() {
	printf '%s\n' "$1"
}

# --- the verdicts so far ------------------------------------------------------------------------

pass=0 vacuous=0 stale=0 leak=0 wild=0 crash=0 skip=0 error=0
results=0 # lines of results, to be compared with the plan at the end

count_result() { # a result line
	case $1 in
	"ok "*" # SKIP VACUOUS"*) vacuous=$((vacuous + 1)) ;;
	"ok "*" # SKIP"*) skip=$((skip + 1)) ;;
	"ok "*) pass=$((pass + 1)) ;;
	*" # STALE"*) stale=$((stale + 1)) ;;
	*" # LEAK"*) leak=$((leak + 1)) ;;
	*" # WILD"*) wild=$((wild + 1)) ;;
	*"# CRASH"*) crash=$((crash + 1)) ;;
	*) error=$((error + 1)) ;;
	esac
}

status_of_counts() {
	if [ $((stale + leak + wild + crash)) -gt 0 ]; then
		echo 1
	elif [ "$error" -gt 0 ]; then
		echo 99
	elif [ "$pass" -eq 0 ]; then
		echo 77
	else
		echo 0
	fi
}

# A serial line that loses output must not pass for a run: what is missing was not verified.
check_plan() {
	[ -n "$plan" ] && [ "$results" -ne "$plan" ] || return 0
	emit "Bail out! $results results for a plan of $plan: output was lost on the way; run again"
	error=$((error + 1))
}

finish() { # [STATUS]
	[ -n "${1-}" ] || check_plan
	status=${1:-$(status_of_counts)}
	emit "# summary PASS=$pass VACUOUS=$vacuous STALE=$stale LEAK=$leak WILD=$wild CRASH=$crash SKIP=$skip ERROR=$error"
	emit "# END status=$status"
	exit "$status"
}

# --- what one line of output says ---------------------------------------------------------------

plan=        # N of the plan "1..N"; empty until it was printed
greeted=     # the head of the stream was printed already
started=     # this VM printed its KTAP line
running=     # "K NAME" of the case that this VM is in; empty between cases
finished=0   # number of the last case with a result
bailed=      # the image gave up by itself
end_status=  # what the image's END line said
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

take_result() { # a result line
	k=${1#not } && k=${k#ok } && k=${k%% *}
	case $k in
	'' | *[!0-9]*) emit "# > $1" && return ;;
	esac
	emit "$1"
	count_result "$1"
	results=$((results + 1))
	finished=$k running=''
	forget
}

take_line() {
	remember "$1"
	case $1 in
	*"KTAP version 1") # firmware may leave its own text before it, without a line's end
		started=1
		[ -n "$greeted" ] || emit "KTAP version 1"
		;;
	"# host "*) [ -n "$greeted" ] || emit "$1" ;;
	"Bail out!"*) bailed=1 && emit "$1" && forget ;;
	"# END status="*) end_status=${1#"# END status="} ;;
	"# VM ended with status "*) inner_status=${1#"# VM ended with status "} ;;
	*) [ -z "$started" ] || take_ktap_line "$1" ;;
	esac
}

take_ktap_line() {
	case $1 in
	"# revenant "*) [ -n "$greeted" ] || emit "$1" ;;
	"1.."*)
		plan=${1#1..}
		[ -n "$greeted" ] || emit "$1"
		greeted=1
		;;
	"# case "*)
		running=${1#"# case "}
		forget
		emit "$1"
		;;
	"ok "* | "not ok "*) take_result "$1" ;;
	"# summary "*) ;; # counts one start only: ours is printed by finish()
	"#"*) emit "$1" ;;
	*"KVM internal error"* | *"kvm run failed"*) # QEMU then holds the VM for ever
		emit "# > $1"
		why=${1#"error: "}
		patience=2
		;;
	*) emit "# > $1" ;;
	esac
}

# --- one VM -------------------------------------------------------------------------------------

dir=$(mktemp -d) || exit 99
vm='' watchdog=''

clean_up() {
	# shellcheck disable=SC2086 # no words when nothing runs
	kill -9 $vm $watchdog 2>/dev/null
	rm -rf "$dir"
}
trap clean_up EXIT
trap 'exit 99' INT TERM HUP PIPE

# Kills the VM when the beat file stays the same for as many seconds as it says.
watch_over() { # PID
	last='' quiet=0
	while sleep 1; do
		read -r beat limit <"$dir/beat" 2>/dev/null || continue
		quiet=$((quiet + 1))
		[ "$beat" = "$last" ] || quiet=0
		last=$beat
		if [ "$quiet" -ge "$limit" ]; then
			echo "$quiet" >"$dir/hung"
			kill -9 "$1" 2>/dev/null
			return
		fi
	done
}

listen() { # takes the VM's lines until it ends or says END
	line=
	while IFS= read -r line || [ -n "$line" ]; do
		beats=$((beats + 1))
		take_line "${line%"$CR"}"
		[ -z "$running" ] || [ "$patience" -lt 3 ] || patience=$case_patience
		echo "$beats $patience" >"$dir/beat"
		[ -z "$end_status" ] || return 0
		line=
	done
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

run_vm() { # COMMAND WORD... ARGS; sets end_status, or why it ended
	end_status='' why='' inner_status='' started='' running='' patience=$boot_patience beats=0
	forget
	rm -f "$dir/hung" "$dir/out"
	mkfifo "$dir/out"
	echo "0 $patience" >"$dir/beat"
	"$@" >"$dir/out" 2>&1 </dev/null &
	vm=$!
	watch_over "$vm" 2>/dev/null >/dev/null &
	watchdog=$!
	listen <"$dir/out"
	[ -z "$end_status" ] || let_end
	wait "$vm" 2>/dev/null
	vm_status=$?
	vm_status=${inner_status:-$vm_status}
	kill "$watchdog" 2>/dev/null
	wait "$watchdog" 2>/dev/null
	vm='' watchdog=''
	if [ -n "$why" ]; then
		:
	elif [ -e "$dir/hung" ]; then
		why="no output for $(cat "$dir/hung") s"
	elif [ "$vm_status" -eq 0 ]; then
		why="the VM reset or switched itself off"
	else
		why="the VM ended with status $vm_status"
	fi
}

# --- all of them --------------------------------------------------------------------------------

show_block() { # the last lines of output, and of the console
	printf '%s' "$tail_text" | sed 's/^/# | /'
	[ -s "$console" ] || return 0
	emit "# | console of the host:"
	tail -n 40 "$console" | tr -d '\r' | sed 's/^/# |   /'
}

take_crash() { # LINE that reports it
	emit "$1"
	show_block
	count_result "$1"
}

give_up() { # WHY
	emit "Bail out! $1"
	show_block
	error=$((error + 1))
	finish 99
}

main() {
	from=1 strikes=0
	while :; do
		run_vm "$@" "from=$from${args:+ $args}"
		if [ -n "$bailed" ]; then
			[ "${end_status:-99}" -eq 2 ] || show_block
			finish "${end_status:-99}"
		elif [ -n "$end_status" ]; then
			finish
		elif [ -n "$running" ]; then
			take_crash "not ok $running # CRASH $why"
			results=$((results + 1))
			finished=${running%% *}
		elif [ "$finished" -ge "$from" ]; then
			take_crash "# CRASH after case $finished: $why"
		else
			strikes=$((strikes + 1))
			[ "$strikes" -lt 2 ] || give_up "$why before its first case, twice"
			emit "# > $why before its first case: once more"
		fi
		[ "$finished" -lt "$from" ] || strikes=0
		from=$((finished + 1))
		if [ -n "$plan" ] && [ "$from" -gt "$plan" ]; then
			finish
		fi
	done
}

console=
if [ "${1-}" = --console ]; then
	console=$2
	shift 2
fi
if [ $# -lt 4 ]; then
	echo "usage: vmloop.sh [--console FILE] PATIENCE BOOT-PATIENCE ARGS COMMAND [WORD...]" >&2
	exit 2
fi
case_patience=$1 boot_patience=$2 args=$3
shift 3
main "$@"
