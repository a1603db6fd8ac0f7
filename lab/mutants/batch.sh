#!/bin/bash
# SPDX-License-Identifier: MIT
#
# batch.sh --vendor V --params 'P=V...' [--append TEXT] --kernel FILE --elf FILE --patience S [--bochs FILE] JOBS DIR
#
# Runs several VMs, one after the other, in one boot of an emulated host. JOBS has the line of /job/args for
# each (lab/init), such as "mutant=7 filter=svm.*". DIR/stream gets all their KTAP streams, DIR/console.log
# what the host's kernel says; ../py/batch.py takes them apart. A VM that dies, or says nothing for S seconds,
# ends the boot, and so does the end of this process. All paths are absolute.
#
# --append: words for the host kernel's command line. --bochs spares the search for it, which may wait for
# another run.sh that builds one.

set -euo pipefail
cd "$(dirname "$0")/../.."

# shellcheck source-path=SCRIPTDIR/../..
. lab/say.sh
. lab/cache.sh
. lab/packages.sh
# shellcheck disable=SC2034 # not all of them matter here
. lab/options.sh
. lab/archive.sh
. lab/snapshot.sh
. lab/debian-kernel.sh
. lab/kernel-file.sh
. lab/initrd.sh
. lab/emulator.sh
. lab/hosts.sh

BOOT_PATIENCE=120
patience=10 elf='' vendor='' params='' append='' bochs=''
while (($# > 2)); do
	case $1 in
	--vendor | --params | --append | --kernel | --elf | --patience | --bochs) declare "${1#--}=$2" ;;
	*) usage_error "batch.sh: unknown option $1" ;;
	esac
	shift 2
done
jobs=$1 dir=$2
one_of --vendor "$vendor" amd intel
# The options that hosts.sh reads.
host=lab cpu=$vendor host_params=("$params") host_append=$append image=$elf install_flag=(--no-install)
[[ -z $bochs ]] || lab_bochs=$bochs bochs_tlb=keep
export REVENANT_TLB=$bochs_tlb

machine=''
clean_up() {
	[[ -z $machine ]] || kill -9 "$machine" 2>/dev/null || true
	wait
}
trap clean_up EXIT
trap 'exit 130' INT TERM

hold_cache
prepare_lab
declare -a command
lab_command 0 "$dir"
# mutant=N stays in front
"${command[@]}" "$(sed -E "s|^(mutant=[0-9]+)|\1 $(host_words 0)|" "$jobs")" >"$dir/stream" 2>"$dir/log" </dev/null &
machine=$!

# Whether the stream still grows, once a second.
size=0 silent=0
while kill -0 "$machine" 2>/dev/null; do
	sleep 1
	now=$(stat -c %s "$dir/stream")
	silent=$((silent + 1))
	((now == size)) || silent=0
	size=$now
	limit=$patience
	grep -q '^# VM ' "$dir/stream" || limit=$BOOT_PATIENCE
	if ((silent >= limit)); then
		kill -9 "$machine" 2>/dev/null || true
		break
	fi
done
wait "$machine" 2>/dev/null || true
machine=''
