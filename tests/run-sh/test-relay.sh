# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# lab/relay.awk on a host that is made up: what its kernel complains of, and where that comes out.

relay() {
	local at=$work/host
	mkdir -p "$at"/{bin,sys/kernel,proc/sys/kernel,tmp}
	cat >"$at/bin/dmesg" <<-'DMESG'
		#!/bin/sh
		cat "$AT/log" 2>/dev/null
		rm -f "$AT/log"
	DMESG
	chmod +x "$at/bin/dmesg"
	printf 'mmu.c:99\tseen on all kernels\n' >"$at/known-warnings"
	echo 0 >"$at/sys/kernel/warn_count"
	export AT=$at
	relayed vm_that_makes_warn -v several=1
	diff - "$work/out" >"$work/diff" <<-'STREAM'
		# case 1 a
		ok 1 a
		# case 2 b
		# host warns: WARNING: CPU: 0 PID: 7 at mmu.c:12
		# host:   RIP: 0010:kvm_mmu
		# host:   ---[ end trace ]---
		ok 2 b
		# case 3 c
		# known warning of the host (seen on all kernels): WARNING: CPU: 0 PID: 7 at mmu.c:99
		not ok 3 c # STALE
		# host warns: BUG: soft lockup
		# end status=0
	STREAM
	report 'what the host warns of, and where' $? "$work/diff"
	[[ -e $at/tmp/ended ]]
	report 'what the host warns of: END seen' $?
	relayed vm_that_dies
	diff - "$work/out" >"$work/diff" <<-'STREAM'
		# case 1 a
		# host warns: WARNING: CPU: 0 PID: 7 at mmu.c:12
	STREAM
	report 'what the host warns of as the VM dies' $? "$work/diff"
}

relayed() { # VM OPTION...
	(cd "$AT" && "$1" | PATH=$AT/bin:$PATH busybox awk "${@:2}" -v root="$AT" -f "$OLDPWD/lab/relay.awk") >"$work/out" 2>&1
}

complain() { # COUNT LINE...
	printf '[    1.000000] %s\n' "${@:2}" >"$AT/log"
	echo "$1" >"$AT/sys/kernel/warn_count"
}

# The pauses are for the relay, which has real-time priority on a host.
vm_that_makes_warn() {
	printf '%s\n' '# case 1 a' 'ok 1 a' '# case 2 b'
	sleep 0.3
	complain 1 'something before' 'WARNING: CPU: 0 PID: 7 at mmu.c:12' 'RIP: 0010:kvm_mmu' '---[ end trace ]---' 'something behind'
	printf '%s\n' 'ok 2 b' '# case 3 c'
	sleep 0.3
	complain 2 'WARNING: CPU: 0 PID: 7 at mmu.c:99'
	printf '%s\n' 'not ok 3 c # STALE'
	sleep 0.3
	complain 2 'BUG: soft lockup'
	printf '%s\n' '# END status=0'
}

vm_that_dies() {
	echo '# case 1 a'
	sleep 0.3
	complain 3 'WARNING: CPU: 0 PID: 7 at mmu.c:12'
}
