# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# --prefetch: afterwards the kernel is there without its archive.

prefetching() {
	refused 'prefetch of no version' 'is no version of a kernel' --prefetch banana
	[[ -e $image ]] || return 0
	make_deb
	make_cache
	refused 'prefetch of a kernel that the archive has not' 'it has: 9.9.9' --prefetch 9.9 9.8
	make_cache
	expect 'prefetch' 0 '9.9.9-cloud-amd64 is here' -- ./run.sh --no-install --prefetch 9.9
	rm -r "${cache:?}/debs" "$work/linux.deb"
	compgen -G "$cache/initrd/*.cpio" >/dev/null
	report 'prefetch: the initrd is there' $?
	expect 'prefetch: kernel without its archive' 0 'kernels/9.9.9-cloud-amd64$' -- bash -c 'fetch_kernel 9.9'
	unset XDG_CACHE_HOME
}
