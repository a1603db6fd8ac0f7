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

thread_of() { # VCPU
	for task in /proc/"$qemu"/task/*; do
		read -r name <"$task/comm" || continue # it has ended
		[ "$name" != "CPU $1/KVM" ] || { echo "${task##*/}" && return; }
	done
	return 1
}

# The machine's number of the Nth CPU of a list such as 0-3,6.
nth_of() { # N LIST
	left=$1
	for range in $(echo "$2" | tr ',' ' '); do
		first=${range%-*} last=${range#*-}
		if [ $((last - first)) -ge "$left" ]; then
			echo $((first + left))
			return
		fi
		left=$((left - (last - first + 1)))
	done
	return 1
}

# As taskset takes it: a hexadecimal number of any length.
mask_of() { # CPU or -
	if [ "$1" = - ]; then
		echo "$home"
		return
	fi
	cpu=$(nth_of "$1" "$allowed") || return
	mask=$((1 << cpu % 4))
	while [ "$cpu" -ge 4 ]; do
		mask=${mask}0 cpu=$((cpu - 4))
	done
	echo "$mask"
}

move() { # VCPU CPU HOW
	thread=$(thread_of "$1") && mask=$(mask_of "$2") || return
	[ "$3" != s ] || { kill -STOP "$qemu" && sleep "$STOP"; }
	taskset -p "$mask" "$thread" >/dev/null
	moved=$?
	[ "$3" != s ] || kill -CONT "$qemu"
	return "$moved"
}

allowed=$(sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/self/status)
exec 3<"$pipe.out" 4>"$pipe.in"
while read -r vcpu cpu how <&3; do
	if move "$vcpu" "$cpu" "$how"; then
		printf + >&4
	else
		printf - >&4
	fi
done
