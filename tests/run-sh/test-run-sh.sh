#!/bin/bash
# SPDX-License-Identifier: MIT
#
# run.sh and its VM loop with bad input, bad downloads and bad VMs. Needs no network and no host KVM;
# what needs the real image is skipped without one. Prints `ok`/`not ok` lines; status 1 on a failure.

set -uo pipefail
cd "$(dirname "$0")/../.." || exit 99

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
stub=$work/stub.elf
image=build/revenant.elf

report() { # NAME STATUS-OF-CHECK [DETAIL-FILE]
	if (($2 == 0)); then
		printf 'ok %s\n' "$1"
	else
		printf 'not ok %s\n' "$1"
		[[ -z ${3-} ]] || sed 's/^/# | /' "$3"
		failed=1
	fi
}

# COMMAND must end with STATUS, and its output must match every PATTERN (an extended regexp).
expect() { # NAME STATUS PATTERN... -- COMMAND...
	local name=$1 wanted=$2 patterns=() pattern status=0 verdict=0
	shift 2
	while [[ $1 != -- ]]; do patterns+=("$1") && shift; done
	shift
	timeout 60 "$@" >"$work/out" 2>&1 </dev/null || status=$?
	((status == wanted)) || verdict=1
	for pattern in "${patterns[@]}"; do
		grep -qE -e "$pattern" "$work/out" || verdict=1
	done
	((verdict == 0)) || printf 'status %d, expected %d and: %s\n' "$status" "$wanted" "${patterns[*]}" >>"$work/out"
	report "$name" "$verdict" "$work/out"
	return $verdict
}

refused() { # NAME PATTERN ARG...: run.sh refuses ARGs as bad usage, with one error line
	local name=$1 pattern=$2
	shift 2
	expect "$name" 2 "^run.sh: error: .*$pattern" -- ./run.sh --no-install "$@" || return
	(($(grep -c 'error:' "$work/out") == 1)) || report "$name: one error" 1 "$work/out"
}

options() {
	refused 'unknown option' '--help' --hots lab
	refused 'option with =' '--host lab' --host=lab
	refused 'option without its value' '--kernel needs a value' --kernel
	refused 'unknown host' 'use one of kvm lab tcg' --host qemu
	refused 'unknown way to boot' 'use one of kernel bios uefi' --boot floppy
	refused 'unknown mutation' 'use one of skip-flush' --mutate everything
	refused 'unknown mutant' 'no mutant .*do you mean svm-exit-flush' --mutant svm-exit-flsh
	refused 'mutant like no other' 'lab/mutants/\*.mutant' --mutant qqqq
	refused 'a fresh host without a lab' 'use it with --host lab' --host tcg --image "$stub" --fresh-host
	refused 'mutant without a lab' 'use it with --host lab' --host tcg --image "$stub" --mutant svm-exit-flush
	refused 'mutant on the other vendor' 'on amd only' --cpu intel --image "$stub" --mutant svm-exit-flush
	refused 'mutant in a kernel that it does not build' 'kernel that it builds' --image "$stub" --mutant none --kernel 6.12.3
	refused 'unknown variant' 'no variant .*lean-nsvm' --variant lean
	refused 'variant without a lab' 'use it with --host lab' --host tcg --image "$stub" --variant lean-nsvm
	refused 'variant and mutant' 'goes without --mutant' --image "$stub" --variant lean-nsvm --mutant none
	refused 'variant in a kernel that it does not build' 'kernel that it builds' --image "$stub" --variant lean-nsvm --kernel 6.12.3
	refused 'timeout that is no number' 'no number from 1' --timeout soon
	refused 'timeout of nothing' 'no number from 1' --timeout 0
	refused 'too many CPUs' 'no number from 1 to' --smp 1000
	refused 'too many CPUs of a host' 'no number from 1 to 8' --host-cpus 9
	refused 'no CPU of a host' 'no number from 1 to 8' --host-cpus 0
	refused 'CPUs of a host that is none' 'use it with --host lab' --host tcg --host-cpus 2
	refused 'kernel that is neither version nor file' 'neither a version such as' --kernel banana
	refused 'kernel file that is not there' 'no file' --kernel ./no/such/bzImage
	refused 'kernel file that is no bzImage' 'is no bzImage' --kernel LICENSE
	refused 'image that is not there' 'no file' --image no/such.elf
	refused 'image that is garbage' 'is no image' --image LICENSE
	refused 'image that is no kernel' 'is no image' --image /bin/true
	refused 'crashes that are no number' 'no number from 0' --max-crashes few
	refused 'scenarios that are not there' 'no file' --scenarios no/such.scn
	printf 'scenario a: T\n\tload w0 frsh\n' >"$work/bad.scn"
	refused 'scenarios that are wrong' 'bad.scn:1: a: expected .*frsh' --host tcg --image "$stub" --scenarios "$work/bad.scn"
	refused 'parameter without a value' 'no parameter with a value' --host-params npt
	refused 'parameters without a lab' 'use --host lab' --host tcg --host-params npt=0
	refused 'kernel without a lab' 'use it with --host lab' --host tcg --kernel 6.12
	refused 'firmware in the lab' 'needs --host tcg' --host lab --boot uefi --image "$stub"
	refused 'Intel on QEMU' 'does not emulate VMX' --host lab --cpu intel --emulator qemu
	refused 'unknown VMM' 'use one of own qemu' --vmm firecracker
	refused 'our VMM by firmware' 'leave out --boot bios' --host kvm --vmm own --boot bios --image "$stub"
	refused 'a VMM where no KVM is' 'use it with --host lab or --host kvm' --host tcg --vmm own
	refused 'unknown TLB' 'use one of off keep random:SEED' --host bochs --tlb forever
	refused 'TLB with a seed that is no number' 'SEED a number' --host bochs --tlb random:x
	refused 'TLB on QEMU' 'use it with --host bochs' --host lab --emulator qemu --tlb keep
	refused 'TLB without an emulated CPU' 'use it with --host bochs' --host kvm --tlb keep
	refused 'parameters for two vendors' 'one vendor' --host lab --cpu all --host-params npt=0
	refused 'filter with a comma' 'no glob' 'svm.*,vmx.*'
	refused 'random programs for ever' 'no number from 1' --random 0
	refused 'random programs, two measures' 'use one of them' --host tcg --random 3 --random-count 5
	refused 'random programs and a filter' 'neither filters' --host tcg --random 3 'svm.*'
	refused 'seed of nothing' 'say --random' --host tcg --seed 3
	refused 'empty program' 'needs a program' --replay ' '
	refused 'program and filter' 'leave out the filter' --host tcg --replay 'load w0' 'svm.*'
	refused 'folder that cannot be made' 'cannot make' --host tcg --image "$stub" --keep /dev/null/logs
	refused 'unknown format' 'use one of nested flat' --format xml
	refused 'results that are not there' 'cannot be read' --compare no/such.json
	refused 'results that are none' 'cannot be read as JSON' --compare LICENSE
	refused 'report that cannot be written' 'cannot make a folder' --host tcg --image "$stub" --report /dev/null/report
	expect 'help' 0 '^usage:' 'exit status' -- ./run.sh --help
}

packages() {
	local bin=$work/bin
	mkdir "$bin"
	ln -s /usr/bin/* /usr/sbin/* "$bin/" 2>/dev/null
	rm -f "$bin"/qemu-system-x86_64*
	expect 'missing package, --no-install' 99 'apt-get install .*qemu-system-x86' -- \
		env PATH="$bin" ./run.sh --no-install --host tcg --image "$stub"
	rm -f "$bin/apt-get"
	expect 'missing package, no apt-get' 99 'has no apt-get' -- \
		env PATH="$bin" ./run.sh --host tcg --image "$stub"
}

small_disk() { # mounts 8 MB at $work/small, if this user may
	mkdir -p "$work/small"
	mount -t tmpfs -o size=8m none "$work/small" 2>/dev/null
}

# ---- the cache, with an archive of one made-up kernel that is fetched from a file ----

# A module: ASSEMBLY that exports or takes a symbol, from which depmod tells who needs whom.
module() { # ASSEMBLY; writes it to standard output
	printf '.section .modinfo,"a"\n.asciz "license=GPL"\n%b\n' "$1" | gcc -c -x assembler -o "$work/module.o" - &&
		cat "$work/module.o"
}

make_deb() { # writes $work/linux.deb, a kernel 9.9.9
	local root=$work/deb
	mkdir -p "$root"/{DEBIAN,boot,lib/modules/9.9.9-cloud-amd64/kernel/arch/x86/kvm}
	head -c 100000 /dev/urandom >"$root/boot/vmlinuz-9.9.9-cloud-amd64"
	module '.section __ksymtab_strings,"a"\n.asciz "kvm_run"' >"$root/lib/modules/9.9.9-cloud-amd64/kernel/arch/x86/kvm/kvm.ko"
	module '.text\ncall kvm_run' | xz >"$root/lib/modules/9.9.9-cloud-amd64/kernel/arch/x86/kvm/kvm-amd.ko.xz"
	printf '%s\n' 'Package: linux' 'Version: 9.9.9-1' 'Architecture: amd64' 'Maintainer: -' \
		'Description: -' >"$root/DEBIAN/control"
	dpkg-deb -b "$root" "$work/linux.deb" >/dev/null
}

make_cache() { # a fresh cache that knows kernel 9.9.9
	export XDG_CACHE_HOME=$work/cache
	cache=$XDG_CACHE_HOME/revenant deb=$XDG_CACHE_HOME/revenant/debs/linux.deb
	rm -rf "$XDG_CACHE_HOME"
	mkdir -p "$cache/archive" "$cache/debs"
	printf '9.9.9-cloud-amd64\timage\t9.9.9-1\t2000000\t%s\tfile:%s\n' \
		"$(sha256sum "$work/linux.deb" | cut -d ' ' -f 1)" "$work/linux.deb" >"$cache/archive/index"
}

fetch_kernel() { # VERSION
	bash -c 'set -euo pipefail; for f in say packages archive debian-kernel; do . lab/$f.sh; done
		exclusively archive debian_kernel "$1"' - "$1"
}
export -f fetch_kernel

kernel_is_whole() { # NAME
	(cd "$cache/kernels/9.9.9-cloud-amd64" 2>/dev/null && sha256sum --check --status SHA256SUMS &&
		grep -q '^kvm-amd.ko: kvm.ko' root/lib/modules/*/modules.dep)
	report "$1" $?
}

cache() {
	make_deb
	make_cache
	refused 'kernel that the archive has not' 'it has: 9.9.9' --host lab --image "$stub" --kernel 9.8
	refused 'kernel version cut in a number' 'it has: 9.9.9' --host lab --image "$stub" --kernel 9.9.99
	expect 'kernel by version' 0 'kernels/9.9.9-cloud-amd64$' -- bash -c 'fetch_kernel 9.9'
	kernel_is_whole 'kernel by version: whole'

	make_cache
	head -c 5000 "$work/linux.deb" >"$deb"
	expect 'cached package cut off' 0 'cut off or corrupt: fetching it again' -- bash -c 'fetch_kernel 9.9'
	kernel_is_whole 'cached package cut off: whole again'

	make_cache
	{ printf '?' && tail -c +2 "$work/linux.deb"; } >"$deb"
	expect 'cached package with a wrong byte' 0 'cut off or corrupt: fetching it again' -- bash -c 'fetch_kernel 9.9'

	: >"$cache/kernels/9.9.9-cloud-amd64/vmlinuz"
	expect 'cached kernel changed' 0 'incomplete or changed: unpacking it again' -- bash -c 'fetch_kernel 9.9'
	kernel_is_whole 'cached kernel changed: whole again'

	make_cache
	fetch_kernel 9.9 >"$work/one" 2>&1 &
	expect 'two at once' 0 'kernels/9.9.9-cloud-amd64$' -- bash -c 'fetch_kernel 9.9'
	wait $! && kernel_is_whole 'two at once: whole'

	make_cache
	cp "$work/linux.deb" "$work/whole.deb"
	truncate -s 5000 "$work/linux.deb"
	one_sentence 'download that is cut off' 'the download of linux.deb failed' 'fetch_kernel 9.9'
	rm "$work/linux.deb"
	one_sentence 'download that fails' 'the download of linux.deb failed' 'fetch_kernel 9.9'
	mv "$work/whole.deb" "$work/linux.deb"

	rm "$cache/archive/index"
	{
		printf '%s "http://127.0.0.1:9";\n' Acquire::http::Proxy Acquire::https::Proxy
		echo 'Acquire::Retries "0";'
	} >"$work/no-network"
	export APT_CONFIG=$work/no-network
	one_sentence 'no network, empty cache' 'no list of kernels .* network' 'fetch_kernel 9.9'
	one_sentence 'no network, empty cache: run.sh' 'no list of kernels .* network' \
		"./run.sh --no-install --host lab --image $stub --kernel 9.9"
	make_cache
	touch -d '30 days ago' "$cache/archive/index"
	expect 'no network, old list' 0 'going on with an older one' 'kernels/9.9.9-cloud-amd64$' -- bash -c 'fetch_kernel 9.9'
	unset APT_CONFIG
	if small_disk; then
		trap 'umount "$work/small"; rm -rf "$work"' EXIT
		export XDG_CACHE_HOME=$work/small
		one_sentence 'cache on a full disk' 'the disk of .* is full' 'fetch_kernel 9.9'
		umount "$work/small"
		trap 'rm -rf "$work"' EXIT
	fi
	unset XDG_CACHE_HOME
	(cd "$work" && XDG_CACHE_HOME=there bash -c '. "$OLDPWD/lab/say.sh" && cd / && cache_dir') >"$work/out" 2>&1
	[[ $(<"$work/out") == "$work/there/revenant" && -d $work/there/revenant ]]
	report 'relative XDG_CACHE_HOME' $? "$work/out"
}

# COMMAND ends with 99 and one line that says why; what it is doing it may tell, too.
one_sentence() { # NAME PATTERN COMMAND
	expect "$1" 99 "^run.sh: error: .*$2" -- bash -c "$3" || return
	(($(grep -vc '^run.sh: [a-z]*ing ' "$work/out") == 1)) || report "$1: one sentence" 1 "$work/out"
}

# ---- VMs that misbehave ----

lines_of_stub=(
	'^ok 1 stub.pass$'
	'^not ok 2 stub.die # CRASH the VM reset'
	'^# \| # about to die$'
	'^ok 3 stub.skip # SKIP'
	'^not ok 4 stub.hang # CRASH no output for [12] s'
	'^not ok 5 stub.stale # STALE'
	'^ok 6 stub.last$'
	'^# summary PASS=2 VACUOUS=0 SKIP=1 KNOWN=0 ERROR=0 CRASH=2 WILD=0 LEAK=0 STALE=1$'
	'^# END status=1$'
)

vms() {
	expect 'VM that dies, VM that hangs' 1 "${lines_of_stub[@]}" \
		"--replay 'map w0 A; load w0'" -- ./run.sh -v --no-install --host tcg --image "$stub" --timeout 2
	grep -c '^1\.\.' "$work/out" | grep -qx 1
	report 'VM that dies: one plan' $?
	expect 'a document, and a report' 1 '^KTAP version 1$' '^    1\.\.6$' '^    # CRASH stub.die: the VM reset' '^    not ok 2 stub.die$' \
		'^not ok 1 tcg$' "report: $work/report/report.html$" -- \
		./run.sh --no-install --host tcg --image "$stub" --timeout 2 --report "$work/report"
	[[ $(cd "$work/report" && echo *) == 'junit.xml logs mail.txt report.html results.json run.ktap' && -s $work/report/logs/0-tcg.ktap ]]
	report 'a report: all of it' $?
	expect 'flat' 1 '^1\.\.6$' '^not ok 2 tcg.stub.die$' -- \
		./run.sh --no-install --host tcg --image "$stub" --timeout 2 --no-report --format flat
	expect 'quiet' 1 '^CRASH stub.die \(tcg\): the VM reset' '^WRONG.*3 red' -- \
		./run.sh --no-install --host tcg --image "$stub" --timeout 2 --no-report -q
	! grep -q 'stub.pass' "$work/out"
	report 'quiet: only what is red' $?
}

# A VM of shell: says what the case asks for, from the case that `from=` names.
cat >"$work/vm" <<'VM'
#!/bin/sh
from=${1#from=} && from=${from%% *}
printf 'firmware\033[2J KTAP version 1\r\n1..3\r\n'
[ "$from" -gt 1 ] || printf '# case 1 a\nok 1 a # SKIP VACUOUS: x\n'
[ "$from" -gt 2 ] || { printf '# case 2 b\nlast words\nKVM internal error. Suberror: 1\n' && exec sleep 50; }
printf '# case 3 c\nnot ok 3 c # ERROR ours\n# END st'
sleep 0.1
printf 'atus=99'
VM
chmod +x "$work/vm"

loops() {
	local shell
	while read -ra shell; do
		expect "VM loop under ${shell[*]}" 1 '^KTAP version 1$' '^ok 1 a # SKIP VACUOUS' \
			'^not ok 2 b # CRASH KVM internal error' '^# \| last words' '^not ok 3 c # ERROR ours' \
			'VACUOUS=1 .* ERROR=1 CRASH=1' '^# END status=1$' -- \
			"${shell[@]}" lab/vmloop.sh 9 9 '' "$work/vm"
	done <<-'SHELLS'
		dash
		busybox ash
	SHELLS
}

# ---- what needs the image ----

with_image() {
	if [[ ! -e $image ]]; then
		echo "ok filters and programs # SKIP no $image: make"
		return
	fi
	trial_cases
	refused 'filter that matches nothing' '--list shows' --host tcg --image $image 'no.such.*'
	refused 'list of nothing' '--list shows' --list --image $image '!*'
	expect 'list, filtered' 0 '^linear.*load' -- ./run.sh --list --image $image 'linear.*' '!*fetch' '!*store'
	! grep -qE 'fetch|store' "$work/out"
	report 'list, filtered: nothing else' $?
	expect 'malformed program' 2 '^Bail out! ' -- \
		./run.sh -v --no-install --host tcg --image $image --replay "load nowhere; \$(x) \"'!"
}

gcc -m32 -ffreestanding -fno-pic -fno-stack-protector -O1 -nostdlib -static -Wall -Wextra -Werror \
	-Wl,--build-id=none -Wl,-Ttext=0x100000 -o "$stub" tests/run-sh/stub.c || exit 99
# shellcheck source-path=SCRIPTDIR/../..
. tests/run-sh/test-ends.sh
. tests/run-sh/test-relay.sh
. tests/run-sh/test-checkout.sh
. tests/run-sh/test-kvm.sh
. tests/run-sh/test-emulator.sh
. tests/run-sh/test-install.sh
. tests/run-sh/test-own-kernel.sh
. tests/run-sh/test-cache-room.sh
. tests/run-sh/test-kept.sh
. tests/run-sh/test-matrix.sh
. tests/run-sh/test-bundle.sh
. tests/run-sh/test-snapshot.sh
. tests/run-sh/test-prefetch.sh
options
packages
installing
cache
own_kernels
cache_room
kept_hosts
matrix
bundle
snapshot
prefetching
vms
loops
ends
lost_output
relay
checkout
kvm
emulators
with_image
exit $failed
