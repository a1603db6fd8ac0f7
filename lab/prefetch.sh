# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# run.sh --prefetch VERSION...: all that a later run on these kernels would download or make, for machines without
# a network and for images of CI. With --cpu intel or all, or --emulator bochs: Bochs, too.

prefetch() { # VERSION...
	local version folder
	need_packages build vm lab
	build_image
	choose_vmm own
	for version in "${@:-$KERNEL_DEFAULT}"; do
		folder=$(exclusively archive debian_kernel "$version") || exit
		exclusively initrd base_initrd "$folder" "$vmm" >/dev/null || exit
		note "$(<"$folder/release") is here"
	done
	[[ $cpu == amd && $emulator != bochs ]] || need_bochs
}
