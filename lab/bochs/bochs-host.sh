#!/bin/bash
# SPDX-License-Identifier: MIT
#
# bochs-host.sh --bochs FILE --cpu intel|amd --vmlinuz FILE --base FILE --image FILE --work DIR
#                  [--append TEXT] [--smp N] [--cpus N] [--vmm FILE] ARGS
#
# As ../qemu-host.sh, with a machine that Bochs emulates: an Intel one with VMX, EPT, VPID and
# PCID, or an AMD one that has PCID. Standard output is the KTAP stream of the VM loop inside; the
# kernel's console goes to DIR/console.log, Bochs' own messages to DIR/bochs.log and DIR/bochs.out.
#
# --vmlinuz: a bzImage or an ELF vmlinux, with a PVH entry point (CONFIG_PVH; Debian's have it).

set -euo pipefail

here=$(dirname "$0")
# shellcheck source-path=SCRIPTDIR source=../say.sh
. "$here/../say.sh"
# shellcheck source-path=SCRIPTDIR source=../arguments.sh
. "$here/../arguments.sh"
# shellcheck source-path=SCRIPTDIR source=../cache.sh
. "$here/../cache.sh"
# shellcheck source-path=SCRIPTDIR source=../initrd.sh
. "$here/../initrd.sh"
# shellcheck source-path=SCRIPTDIR source=../kept.sh
. "$here/../kept.sh"
# shellcheck source-path=SCRIPTDIR source=machine.sh
. "$here/machine.sh"

# There is no I/O APIC to look for: the tables are about CPUs only. lpj saves a calibration.
# An oops ends the machine, so that the VM loop outside goes on with a fresh host.
KERNEL_WORDS='console=ttyS0 loglevel=5 mitigations=off nokaslr tsc=reliable lpj=1000000 oops=panic panic=-1'

bochs='' cpu='' vmlinuz='' base='' image='' work='' append='' smp=1 cpus=1 vmm=''
take_arguments "$@"
mutant_to_job

work=$(realpath "$work") BOCHS_CPUS=$cpus
words="$KERNEL_WORDS $KEPT_WORDS $append"

# Leaves in FOLDER the machine as it waits for its job. Its TLB is empty then, so it may be an ordinary one.
save_machine() { # FOLDER
	local pid status=0
	cp "$work/initrd" "$1/initrd" && mkdir "$1/state" && truncate -s "${BOCHS_MEMORY_MB}M" "$1/ram" &&
		make_machine "$1" "$cpu" "$vmlinuz" "$words" console.log said || return
	REVENANT_TLB=off REVENANT_RAM=$1/ram REVENANT_SAVE=$1/state \
		setpriv --pdeathsig KILL "$bochs" -q -f "$1/bochsrc" </dev/null >/dev/null 2>&1 &
	pid=$!
	until_it_waits "$pid" "$1/said" || return
	kill -USR1 "$pid"
	wait "$pid" || status=$?
	[[ $status == 0 && -s $1/state/memory ]] || { echo "Bochs did not save it (status $status)" >&2 && return 1; }
	# What Bochs writes of its options is not all of them.
	sed -E "/^(optramimage[12]|com[12]|log):/d; s|$1/|@/|g" "$1/bochsrc" >"$1/state/config"
	find "$1" -maxdepth 1 -type f ! -name ram ! -name '*.rom' ! -name rom.bin -delete
}

# Fails if Bochs does not take the state: nothing was said then.
restore_machine() { # FOLDER
	local status=0
	sed -i "s|@/|$1/|g" "$1/state/config"
	bochsrc_output "$work" console.log serial >>"$1/state/config"
	REVENANT_RAM=$1/ram run_machine "$bochs" "$work" serial "$1/state" || status=$?
	((status != 1)) || return
	exit "$status"
}

boot_machine() {
	local make=make_machine problem
	! is_packaged "$bochs" || make=make_packaged_machine
	cat "$work/job" >>"$work/initrd"
	if ! problem=$("$make" "$work" "$cpu" "$vmlinuz" "$words" console.log serial 2>&1); then
		printf 'Bail out! %s\n# END status=99\n' "${problem##*$'\n'}"
		exit 1
	fi
	run_machine "$bochs" "$work" serial
}

{ cat "$base" && init_initrd; } >"$work/initrd"
job_initrd "$image" "$smp" "$args" "$vmm" >"$work/job"
if ! is_packaged "$bochs"; then
	key=$({
		printf '%s\n' "$bochs" "$cpu" "$cpus" "$words"
		cat "$0" "$here"/{machine.sh,rom.S}
	} | kept_key "$vmlinuz" "$base")
	if take_kept "$key" "bochs-$cpu-$append-$cpus" "$work/job" "$work" save_machine; then
		restore_machine "$work/kept" || kept_note "$work" "Bochs does not take a host that was kept: it is booted"
	fi
fi
boot_machine
