#!/bin/bash
# SPDX-License-Identifier: MIT
#
# batch.sh --vendor V --params 'P=V...' --kernel FILE --elf FILE --patience S [--bochs FILE] JOBS DIR
#
# Runs several VMs, one after the other, in one boot of an emulated host. JOBS has a line for each:
#
#   NAME <tab> WORDS        the line of /job/args for it (lab/init), such as "mutant=7 filter=svm.*"
#
# and DIR gets a file NAME for each VM that said all that it had planned: its KTAP stream. A VM that dies,
# or says nothing for S seconds, ends the boot, and so does the end of this process; what the host's
# kernel complains of spoils what came behind it. Those have no file, and are for another boot.
#
# --bochs spares the search for it, which may wait for another run.sh that builds one.
#
# Prints the names of the files, and at the end `took SECONDS`. Exit status 0, whatever was found.

set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

# shellcheck source-path=SCRIPTDIR source=../say.sh
. "$here/../say.sh"
for part in packages options archive debian-kernel initrd hosts; do
	# shellcheck disable=SC1090 # run.sh's
	. "$here/../$part.sh"
done

patience=10 elf='' vendor='' params='' bochs=''
while (($# > 2)); do
	case $1 in
	--vendor | --params | --kernel | --elf | --patience | --bochs) declare "${1#--}=$2" ;;
	*) usage_error "batch.sh: unknown option $1" ;;
	esac
	shift 2
done
jobs=$1 dir=$2
one_of --vendor "$vendor" amd intel
# The options that hosts.sh reads.
# shellcheck disable=SC2034
host=lab cpu=$vendor host_params=("$params") image=$elf may_install=no
# shellcheck disable=SC2034 # need_bochs
[[ -z $bochs ]] || lab_bochs=$bochs bochs_tlb=keep
export REVENANT_TLB=$bochs_tlb
quiet=$patience # lab_command sets `patience`, too
BOOT_PATIENCE=120

work=$(mktemp -d)
machine=''
# shellcheck disable=SC2317 # called by trap
clean_up() {
	[[ -z $machine ]] || kill -9 "$machine" 2>/dev/null || true
	wait
	collect
	rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

# Files for the VMs that came to their end.
collect() {
	[[ -s $work/stream ]] || return 0
	echo >>"$work/console.log" # awk must not take an empty file for none
	awk -F'\t' -v dir="$dir" -f "$here/split.awk" "$work/console.log" "$jobs" "$work/stream"
	rm -f "$work/stream"
}

prepare_lab
declare -a command
lab_command 0 "$work"
begin=$EPOCHREALTIME
# shellcheck disable=SC2154 # by prepare_lab
"${command[@]}" "$(awk -F'\t' -v host="host=${setting_words[0]}" '{
	# mutant=N stays in front
	n = index($2 " ", " ")
	print substr($2, 1, n) (n > length($2) ? " " : "") host " " substr($2, n + 1)
}' "$jobs")" >"$work/stream" 2>"$work/log" </dev/null &
machine=$!

# Whether the stream still grows, once a second.
size=0 silent=0
while kill -0 "$machine" 2>/dev/null; do
	sleep 1
	now=$(stat -c %s "$work/stream")
	silent=$((silent + 1))
	((now == size)) || silent=0
	size=$now
	limit=$quiet
	grep -q '^# VM ' "$work/stream" || limit=$BOOT_PATIENCE
	if ((silent >= limit)); then
		kill -9 "$machine" 2>/dev/null || true
		break
	fi
done
wait "$machine" 2>/dev/null || true
machine=''
collect
awk -v a="$begin" -v b="$EPOCHREALTIME" 'BEGIN { printf "took %.1f\n", b - a }'
