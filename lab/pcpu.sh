#!/bin/sh
# SPDX-License-Identifier: MIT
#
# pcpu.sh PIPE QEMU-PID HOME-MASK
#
# Moves the vCPUs of a QEMU between this machine's CPUs, as the image in it asks. PIPE is QEMU's chardev
# of that type. A request is a line: the vCPU; the physical CPU, counted among those that this process
# may use, or `-` for HOME-MASK; and
#   g  go: it is there when the answer comes
#   s  stop: the whole VM stands still for a while, in which a timer that it has set expires (guests/pcpu.h:
#      PCPU_TIMER); then it goes on, on the other CPU from its next instruction on
# The answer is `+`, or `-` if that could not be done.

STOP=1.2 # seconds

pipe=$1 qemu=$2 home=$3

# On an emulated host each process that is started takes its time, and a case moves a dozen times: so
# these start none, and set a variable of their name.

thread_of() { # VCPU
	for task in /proc/"$qemu"/task/*; do
		thread_of=${task##*/}
		{ read -r name <"$task/comm"; } 2>/dev/null || continue # it has ended
		[ "$name" != "CPU $1/KVM" ] || return 0
	done
	return 1
}

# The machine's number of the Nth CPU that this process may use.
nth_of() { # N
	left=$1
	for range in $allowed; do
		nth_of=$((${range%-*} + left))
		[ "$nth_of" -gt "${range#*-}" ] || return 0
		left=$((nth_of - ${range#*-} - 1))
	done
	return 1
}

# As taskset takes it: a hexadecimal number of any length.
mask_of() { # CPU or -
	mask_of=$home
	[ "$1" != - ] || return 0
	nth_of "$1" || return
	mask_of=$((1 << nth_of % 4))
	while [ "$nth_of" -ge 4 ]; do
		mask_of=${mask_of}0 nth_of=$((nth_of - 4))
	done
}

move() { # VCPU CPU HOW
	thread_of "$1" && mask_of "$2" || return
	[ "$3" != s ] || { kill -STOP "$qemu" && sleep "$STOP"; }
	taskset -p "$mask_of" "$thread_of" >/dev/null
	moved=$?
	[ "$3" != s ] || kill -CONT "$qemu"
	return "$moved"
}

allowed=$(sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/self/status | tr ',' ' ')
exec 3<"$pipe.out" 4>"$pipe.in"
while read -r vcpu cpu how <&3; do
	if move "$vcpu" "$cpu" "$how"; then
		printf + >&4
	else
		printf - >&4
	fi
done
