#!/bin/bash
# SPDX-License-Identifier: MIT
#
# iso.sh IMAGE OUT [ARG...]
#
# Makes a hybrid ISO that GRUB boots IMAGE from by multiboot2, on BIOS and on UEFI, with the ARGs as
# the image's command line, each arriving as it is. Needs grub-mkrescue, xorriso, mtools and GRUB's
# files for i386-pc and x86_64-efi.

set -euo pipefail

# One blank-separated command line as one GRUB word. Single quotes keep everything but themselves
# (GRUB manual, "Quoting"); GRUB joins the words of multiboot2 by blanks, but puts a backslash
# before blanks, quotes and backslashes inside a word: so blanks have to stay outside of the quotes.
grub_words() { # TEXT
	local word words=() quote="'\\''"
	read -ra words <<<"$1"
	for word in "${words[@]}"; do
		printf " '%s'" "${word//\'/"$quote"}"
	done
}

if (($# < 2)); then
	echo "usage: iso.sh IMAGE OUT [ARG...]" >&2
	exit 2
fi
image=$1 out=$2
shift 2

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/iso/boot/grub"
cp "$image" "$work/iso/boot/revenant.elf"
module=
if [[ -n ${REVENANT_SCENARIOS-} ]]; then
	cp "$REVENANT_SCENARIOS" "$work/iso/boot/scenarios"
	module='module2 /boot/scenarios'
fi
cat >"$work/iso/boot/grub/grub.cfg" <<GRUB
set timeout=0
terminal_input console
terminal_output console
multiboot2 /boot/revenant.elf$(grub_words "$*")
$module
boot
GRUB

# The few modules that this menu needs, and no fonts, themes or languages: a tenth of the size.
grub-mkrescue -o "$out.part" --install-modules='multiboot2 iso9660 part_msdos part_gpt fat normal boot' \
	--locales= --themes= --fonts= "$work/iso" >"$work/log" 2>&1 || {
	cat "$work/log" >&2
	exit 1
}
mv "$out.part" "$out"
