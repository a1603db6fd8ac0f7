# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# An emulator is tried out before it judges a host. The stand-in is one of an emulated host on QEMU: its
# one case is red on the kernels whose release begins with $RED, and $VERSION is its version.

make_stand_in() {
	mkdir -p "$work/emulator"
	cat >"$work/emulator/qemu-system-x86_64" <<'QEMU'
#!/bin/sh
[ "$1" != --version ] || { echo "QEMU emulator version $VERSION (stand-in)" && exit; }
kernel=${*#*-kernel */kernels/} && kernel=${kernel%%/*}
printf '%s\n' "# host kernel=$kernel" 'KTAP version 1' '# revenant stand-in' 1..1 '# case 1 c1'
case $kernel in
"${RED:-none}"*) printf '%s\n' 'not ok 1 c1 # STALE saw A' '# END status=1' ;;
*) printf '%s\n' 'ok 1 c1' '# END status=0' ;;
esac
QEMU
	chmod +x "$work/emulator/qemu-system-x86_64"
}

keep_kernel() { # VERSION; into the cache, unpacked
	local kernel=$cache/kernels/$1-cloud-amd64
	mkdir -p "$kernel/root" "$cache/archive"
	echo x >"$kernel/vmlinuz"
	echo "$1-cloud-amd64" >"$kernel/release"
	(cd "$kernel" && sha256sum vmlinuz release >SHA256SUMS)
	printf '%s-cloud-amd64\timage\t%s-1\t2000000\t0\tfile:none\n' "$1" "$1" >>"$cache/archive/index"
}

# Under a stand-in of VERSION that is red on RED; ARGs are run.sh's.
judged() { # NAME STATUS VERSION RED PATTERN ARG...
	local name=$1 status=$2 version=$3 red=$4 pattern=$5
	shift 5
	expect "$name" "$status" "$pattern" -- env PATH="$work/emulator:$PATH" VERSION="$version" RED="$red" \
		./run.sh -v --no-install --host lab --host-params npt=1 --image "$stub" "$@"
}

tried() { # NAME yes|no: was the emulator tried in the last test?
	local was=no
	! grep -q 'trying QEMU' "$work/out" || was=yes
	[[ $was == "$2" ]]
	report "$1" $? "$work/out"
}

emulators() {
	export XDG_CACHE_HOME=$work/trials
	cache=$XDG_CACHE_HOME/revenant
	make_stand_in
	keep_kernel 9.9.9

	judged 'emulator that is too old' 99 5.2.0 '' 'error: QEMU 5.2.0 is too old: 7.2'
	judged 'emulator without a stock kernel to try it on' 0 7.2 '' 'could not be tried: .*no kernel 6' --kernel 9.9
	keep_kernel 6.1.9
	keep_kernel 6.12.9
	judged 'unfit emulator' 99 7.2 6 \
		'this emulator, not this kernel, is at fault: QEMU 7.2 .*\(Linux 6.1.9-cloud-amd64, npt=1: c1 # STALE saw A\)' --kernel 9.9
	! grep -q '^# ====' "$work/out"
	report 'unfit emulator: no host is judged' $? "$work/out"
	judged 'unfit emulator, --no-trial' 1 7.2 9 '^not ok 1 c1 # STALE' --kernel 9.9 --no-trial
	judged 'fit emulator, host that is wrong' 1 7.2 9 '^not ok 1 c1 # STALE' --kernel 9.9
	tried 'fit emulator: is tried' yes
	judged 'fit emulator, once more' 0 7.2 '' '^ok 1 c1$' --kernel 9.9
	tried 'fit emulator, once more: not again' no
	touch -d yesterday "$work/emulator/qemu-system-x86_64"
	judged 'another emulator, one stock kernel wrong' 0 7.2 6.12 '^ok 1 c1$' --kernel 9.9
	tried 'another emulator: is tried' yes
	unset XDG_CACHE_HOME
}

# A glob that matches nothing would quietly leave out what it stands for.
trial_cases() {
	local glob missing=()
	while read -r glob; do
		./run.sh --list --image "$image" "$glob" >/dev/null 2>&1 || missing+=("$glob")
	done < <(bash -c '. lab/emulator.sh && printf "%s\n" "${TRIAL_CASES[@]}"')
	printf 'no case: %s\n' "${missing[@]}" >"$work/out"
	((${#missing[@]} == 0))
	report 'the trial: each glob has its cases' $? "$work/out"
}
