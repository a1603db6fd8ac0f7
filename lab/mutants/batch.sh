#!/bin/bash
# SPDX-License-Identifier: MIT
#
# batch.sh --vendor V --params 'P=V...' [--append TEXT] --kernel FILE --elf FILE --patience S [--bochs FILE] JOBS DIR
#
# Runs several VMs, one after the other, in one boot of an emulated host. JOBS has the line of /job/args for
# each (lab/init), such as "mutant=7 filter=svm.*". DIR/stream gets all their KTAP streams, DIR/console.log
# what the host's kernel says; ../py/batch.py takes them apart. A VM that dies, or says nothing for S seconds,
# ends the boot, and so does the end of this process.
#
# --append: words for the host kernel's command line. --bochs spares the search for it, which may wait for
# another run.sh that builds one.

set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

# shellcheck source-path=SCRIPTDIR source=../say.sh
. "$here/../say.sh"
for part in cache packages options archive snapshot debian-kernel kernel-file initrd emulator hosts; do
	# shellcheck disable=SC1090 # run.sh's
	. "$here/../$part.sh"
done

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
# shellcheck disable=SC2034
host=lab cpu=$vendor host_params=("$params") host_append=$append image=$elf may_install=no install_flag=(--no-install)
# shellcheck disable=SC2034 # need_bochs
[[ -z $bochs ]] || lab_bochs=$bochs bochs_tlb=keep
export REVENANT_TLB=$bochs_tlb
quiet=$patience # lab_command sets `patience`, too

machine=''
# shellcheck disable=SC2317,SC2329 # called by trap
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
# shellcheck disable=SC2154 # setting_words, by prepare_lab; mutant=N stays in front
"${command[@]}" "$(sed -E "s|^(mutant=[0-9]+)|\1 host=${setting_words[0]}|" "$jobs")" >"$dir/stream" 2>"$dir/log" </dev/null &
machine=$!

# Whether the stream still grows, once a second.
size=0 silent=0
while kill -0 "$machine" 2>/dev/null; do
	sleep 1
	now=$(stat -c %s "$dir/stream")
	silent=$((silent + 1))
	((now == size)) || silent=0
	size=$now
	limit=$quiet
	grep -q '^# VM ' "$dir/stream" || limit=$BOOT_PATIENCE
	if ((silent >= limit)); then
		kill -9 "$machine" 2>/dev/null || true
		break
	fi
done
wait "$machine" 2>/dev/null || true
machine=''
