#!/bin/bash
# SPDX-License-Identifier: MIT
#
# reproducer.sh NAME|PROGRAM [OUT]
#
# Makes an image that runs one program and nothing else, from a case's name or a program's text, and says
# how a plain QEMU boots it: for a report whose reader has neither this tree nor run.sh. The words go into
# the section .revenant.arguments, behind those of whoever loads the image.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# shellcheck source=lab/say.sh
. lab/say.sh

image=build/revenant.elf tool=build/host/revenant-scenarios
room=2048 # bytes of the section, with the NUL

# The case's program; its `look` is what the name says behind the slash.
program_of() { # NAME
	local look
	case ${1##*/} in
	store | fetch) look=${1##*/} ;;
	*) look=load ;;
	esac
	"$tool" dump scenarios/common.scn "${families[@]}" | awk -F '\t' -v name="$1" '$1 == name { print $3 }' |
		sed -E "s/(^|[ !])look /\1$look /g"
}

wanted=${1-}
[[ -n $wanted ]] || usage_error "say which: make reproducer NAME=mode.invlpg-fatal.pae-l2, or NAME='set h0.w0.pte A; load w0'"
mapfile -t families < <(printf '%s\n' scenarios/*.scn | grep -v '/common\.scn$')
if [[ $wanted =~ ^[a-z0-9.+/-]+$ ]]; then
	program=$(program_of "$wanted")
	[[ -n $program ]] || usage_error "no case is called '$wanted' (./run.sh --list shows the names)"
else
	program=$wanted wanted=program
fi

out=${2:-build/reproducers/${wanted//\//-}.elf}
words=$(mktemp)
trap 'rm -f "$words"' EXIT
printf 'host=reproducer replay=%s' "$program" >"$words"
(($(stat -c %s "$words") < room)) || usage_error "the program is too long for a reproducer: shorten it"
truncate -s "$room" "$words"
mkdir -p "${out%/*}"
objcopy --update-section ".revenant.arguments=$words" "$image" "$out"

cpus=$(tr ';' '\n' <<<"$program" | awk '$1 ~ /^(cpu|preempted|!?pv-flush)$/ && $2 > n { n = $2 } END { print n + 1 }')
printf '%s\n' "$out: $program" '' \
	"qemu-system-x86_64 -enable-kvm -cpu host -smp $cpus -m 256 -nodefaults -display none -no-reboot \\" \
	"    -serial stdio -device isa-debug-exit,iobase=0xf4,iosize=4 -kernel $out"
