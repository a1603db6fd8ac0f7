#!/bin/sh
# SPDX-License-Identifier: MIT
#
# stand-in-vm.sh [STEP...] 'from=K ...'
#
# A stand-in for an emulator, for the VM loop: each STEP of the form `case:HOW` is a case of its plan, the
# others are done at the place where they stand. From case K on.
#
#   host          says that a host is up, as an emulated one does
#   case:pass, case:vacuous, case:known, case:stale, case:error, case:crash
#                 a result
#   case:warn, case:warn-stale    the host's kernel complains in it; the result would be PASS, STALE
#   case:lost     no result
#   case:random-DO    a case of random programs, which it tells if asked to; in the second of them DO
#   case:DO       in the middle of it DO, one of the next lines
#   kill          is killed by SIGKILL
#   reset         the machine resets
#   exit=N        the emulator ends with status N
#   vm=N          the VM ends with status N, and not the emulator
#   hang          nothing more
#   warn          the host's kernel complains
#   kvm-error     what QEMU says when KVM gives up
#   cut           ends in the middle of a line
#   once-DO       one of these, the first time only (a file in $MARKS)
#
# Without any of these at the end: the END line.

for args; do :; done
traced=${args#*trace=} && traced=${traced%% *}
from=${args#from=} && from=${from%% *}

do_step() { # STEP
	case $1 in
	host) echo '# host kernel=9.9.9' ;;
	kill) kill -9 $$ ;;
	once-*)
		[ ! -e "$MARKS/$1" ] || return 0
		: >"$MARKS/$1"
		do_step "${1#once-}"
		;;
	reset) exit 0 ;;
	exit=*) exit "${1#exit=}" ;;
	vm=*) echo "# VM ended with status ${1#vm=}" && exit 0 ;;
	hang) exec sleep 100 ;;
	warn) echo '# host warns: WARNING: CPU: 0 at mmu.c:1' ;;
	kvm-error) echo 'KVM internal error. Suberror: 1' && exec sleep 100 ;;
	cut) printf '# cas' && exit 0 ;;
	*) return 1 ;;
	esac
}

do_search() { # NUMBER DO
	echo "# case $1 random.7.$1"
	[ "$traced" != "$1" ] || printf '%s\n' '# program 0: load w0' '# program 1: load w1'
	do_step "$2" && echo "ok $1 random.7.$1"
}

do_case() { # NUMBER HOW
	case $2 in
	random-*) do_search "$1" "${2#random-}" && return ;;
	esac
	echo "# case $1 c$1"
	case $2 in
	warn*) do_step warn ;;
	esac
	case $2 in
	pass | warn) echo "ok $1 c$1" ;;
	vacuous) echo "ok $1 c$1 # SKIP VACUOUS: x" ;;
	known) echo "ok $1 c$1 # SKIP KNOWN STALE saw A: a reason" ;;
	stale | warn-stale) printf '%s\n' "not ok $1 c$1 # STALE saw A" '# | replay: load w0' ;;
	error) echo "not ok $1 c$1 # ERROR ours" ;;
	crash) echo "not ok $1 c$1 # CRASH an exception" ;;
	lost) ;;
	*) do_step "$2" && echo "ok $1 c$1" ;;
	esac
}

begun='' plan=0 nr=0
for step; do
	case $step in
	case:*) plan=$((plan + 1)) ;;
	esac
done
for step; do
	case $step in
	from=*) ;;
	case:*)
		[ -n "$begun" ] || printf '%s\n' 'KTAP version 1' '# revenant stand-in' "1..$plan"
		begun=yes nr=$((nr + 1))
		[ "$nr" -lt "$from" ] || do_case "$nr" "${step#case:}"
		;;
	*) do_step "$step" || exit 3 ;;
	esac
done
echo '# summary PASS=1'
echo '# END status=0'
