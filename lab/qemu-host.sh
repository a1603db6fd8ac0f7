#!/bin/bash
# SPDX-License-Identifier: MIT
#
# qemu-host.sh --vmlinuz FILE --base FILE --image FILE --work DIR
#                  [--append TEXT] [--smp N] [--cpus N] [--vmm FILE] ARGS
#
# An AMD machine emulated by QEMU TCG, with a real Linux and its KVM on it, which runs the image with
# ARGS. Standard output is the second serial port: the KTAP stream of the VM loop inside. The
# kernel's console goes to DIR/console.log.
#
# --base: made by base_initrd(); --append: more words for the kernel's command line; --vmm: our own VMM,
# to run the image in QEMU's place.

set -euo pipefail

here=$(dirname "$0")
# shellcheck source-path=SCRIPTDIR source=say.sh
. "$here/say.sh"
# shellcheck source-path=SCRIPTDIR source=arguments.sh
. "$here/arguments.sh"
# shellcheck source-path=SCRIPTDIR source=cache.sh
. "$here/cache.sh"
# shellcheck source-path=SCRIPTDIR source=initrd.sh
. "$here/initrd.sh"
# shellcheck source-path=SCRIPTDIR source=kept.sh
. "$here/kept.sh"

MEMORY_MB=768

# tsc=reliable and no_timer_check skip calibrations against emulated clocks. An oops ends the
# machine, so that the VM loop outside can tell whose crash it was and go on with a fresh host.
KERNEL_WORDS='console=ttyS0 loglevel=5 mitigations=off nokaslr tsc=reliable no_timer_check oops=panic panic=-1'

vmlinuz='' base='' image='' work='' append='' smp=1 cpus=1 vmm=''
take_arguments "$@"
mutant_to_job

work=$(realpath "$work")

# A machine that is restored has the devices of the one that was saved, those for -kernel among them.
# shellcheck disable=SC2054 # QEMU's commas
machine=(setpriv --pdeathsig KILL qemu-system-x86_64 -accel tcg,thread=multi -cpu EPYC,+svm,+npt,+la57
	-smp "$cpus" -m "$MEMORY_MB" -nodefaults -display none -no-reboot -serial "file:$work/console.log"
	-kernel "$vmlinuz" -initrd "$work/initrd" -append "$KERNEL_WORDS $KEPT_WORDS $append")

# Starts the machine with FOLDER/ram as its memory, which what is saved does not have in it.
start_mapped() { # FOLDER on|off: whether the file gets what the machine writes, OPTION...; sets qemu and monitor
	local folder=$1 share=$2
	shift 2
	mkfifo "$folder"/monitor.{in,out} || return
	exec {monitor}<>"$folder/monitor.in"
	(cd "$folder" && exec "${machine[@]}" -M q35,memory-backend=ram -chardev pipe,id=monitor,path=monitor \
		-object "memory-backend-file,id=ram,size=${MEMORY_MB}M,mem-path=ram,share=$share" "$@" </dev/null) &
	qemu=$!
}

# Leaves in FOLDER the machine as it waits for its job.
save_machine() { # FOLDER
	local status=0 qemu monitor
	start_mapped "$1" on -mon chardev=monitor -serial file:said 2> >(grep -v ': warning: ' >&2) || return
	until_it_waits "$qemu" "$1/said" || return
	printf '%s\n' 'migrate_set_capability x-ignore-shared on' 'migrate "exec:cat >devices"' quit >&"$monitor"
	wait "$qemu" || status=$?
	exec {monitor}>&-
	[[ $status == 0 && -s $1/devices ]] || { echo "QEMU did not save it (status $status)" >&2 && return 1; }
	rm "$1"/{monitor.*,said}
}

# Fails if QEMU does not take the state: it ends then, but of the other kind of monitor it would not.
restore_machine() { # FOLDER
	local status=0 qemu monitor
	start_mapped "$1" off -mon chardev=monitor,mode=control -serial stdio -incoming defer || return
	printf '{ "execute": "%s", "arguments": { %s } }\n' qmp_capabilities '' \
		migrate-set-capabilities '"capabilities": [ { "capability": "x-ignore-shared", "state": true } ]' \
		migrate-incoming '"uri": "exec:cat devices"' >&"$monitor"
	wait "$qemu" || status=$?
	((status != 1)) || return
	exit "$status"
}

boot_machine() {
	cat "$work/job" >>"$work/initrd"
	exec "${machine[@]}" -M q35 -serial stdio
}

{ cat "$base" && init_initrd; } >"$work/initrd"
job_initrd "$image" "$smp" "$args" "$vmm" >"$work/job"
key=$({
	printf '%s\n' "${machine[@]//"$work"/}"
	stat -L -c '%n %s %Y' "$(command -v qemu-system-x86_64)"
	cat "$0"
} | kept_key "$vmlinuz" "$base")
if take_kept "$key" "qemu-amd-$append-$cpus" "$work/job" "$work" save_machine; then
	restore_machine "$work/kept" || kept_note "$work" "QEMU does not take a host that was kept: it is booted"
fi
boot_machine
