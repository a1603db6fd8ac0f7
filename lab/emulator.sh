# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Is the emulator fit to judge a host? Whatever the CPU below a host gets wrong looks like the host's
# fault. So each emulator is tried out once, as it is installed here: some cases of every kind on stock
# kernels, of which it is known that they pass. What is red there is the emulator's.

QEMU_OLDEST=6.0 # 5.2 does not: docs/emulators.md
QEMU_KNOWN=7.2  # the oldest that was seen to do

# One that passes is enough: a new package of the other may have a fault of its own.
TRIAL_KERNELS='6.12 6.1'

# Every mode of L1 and L2, every kind of thing that is changed, every way to flush.
TRIAL_CASES=('linear.invlpg.*/load' 'linear.cr3-cached.*/load' 'linear.pge*.*/load' 'mode.*/load' 'table.map.*/load'
	'access.*.l?/load' 'pdpte.map.*/load' 'pdpte.entry*/load' 'emulated.*.l?/load' 'shadow.*/load' 'pcid.*.l2/load'
	'svm.npt-levels.*/load' 'svm.tlbctl-?.*/load' 'svm.asid-change.*/load' 'svm.invlpga*/load'
	'vmx.invept-?/load' 'vmx.invvpid-?.*/load' 'vmx.vpid-change.*/load' 'vmx.vpid-off.entry.*/load')

qemu_version() { # prints "10.0.13"; nothing if it does not say
	qemu-system-x86_64 --version 2>/dev/null | sed -n 's/^QEMU emulator version \([0-9.]*\).*/\1/p' || true
}

# The VM inside of an emulated host is QEMU's, whatever emulates the host.
check_qemu() { # ends if it is too old
	local version
	version=$(qemu_version)
	printf '%s\n' "$QEMU_OLDEST" "${version:-$QEMU_OLDEST}" | sort -VC ||
		our_error "QEMU $version is too old: $QEMU_KNOWN, which Debian 12 has, is the oldest known to do"
}

emulator_name() { # EMULATOR; with its version
	case $1 in
	qemu) printf 'QEMU %s\n' "$(qemu_version)" ;;
	*) printf 'Bochs (%s)\n' "$lab_bochs" ;;
	esac
}

# What a trial's outcome depends on, as one word: not the image, which changes all the time.
trial_key() { # VENDOR EMULATOR
	local program=$lab_bochs
	[[ $2 != qemu ]] || program=$(command -v qemu-system-x86_64)
	{
		printf '%s %s\n' "$1" "$2"
		stat -L -c '%n %s %Y' "$program" "$(lean_qemu)"
		cat "${BASH_SOURCE[0]}"
	} | sha256sum | cut -c1-16
}

# Leaves the stream of a kernel that has passed in FILE, or else of the last one in FILE.log.
try_emulator() { # VENDOR EMULATOR FILE
	local command kernel status
	command=("$LAB/../run.sh" -v --no-report --no-trial --max-crashes 1 --image "$image" --host lab --cpu "$1" --emulator "$2")
	command+=("${install_flag[@]}")
	for kernel in $TRIAL_KERNELS; do
		status=0
		"${command[@]}" --kernel "$kernel" "${TRIAL_CASES[@]}" >"$3.log" 2>&1 </dev/null || status=$?
		((status != 0)) || { mv "$3.log" "$3" && return; }
	done
}

# The first red result of a trial, or why there is none: "Linux 6.1.192, npt=0: table.map.l1/load # CRASH ...".
trial_failure() { # LOG
	awk '
		/^# ==== [0-9]/     { host = $0; sub(/.*: /, "", host) }
		/^not ok |^# CRASH after/ { sub(/^not ok [0-9]+ /, ""); found = found ? found : host ": " $0 }
		/^Bail out! |error: / { why = why ? why : $0 }
		END               { print found ? found : why ? why : "no result" }' "$1"
}

# Returns if the emulator is fit, or cannot be tried for want of a stock kernel.
check_emulator() { # VENDOR EMULATOR
	local file
	file=$(cache_dir)/emulators/$(trial_key "$1" "$2")
	[[ ! -e $file ]] || { cache_use "emulator-$1-$2" "$file" && return; }
	mkdir -p "${file%/*}"
	while_saying "trying $(emulator_name "$2") out on a stock kernel, which is done once (--no-trial leaves it out)" \
		try_emulator "$1" "$2" "$file"
	if [[ -e $file ]]; then
		cache_use "emulator-$1-$2" "$file"
	elif ! grep -q '^KTAP' "$file.log"; then
		note "it could not be tried: $(trial_failure "$file.log")"
	else
		our_error "this emulator, not this kernel, is at fault: $(emulator_name "$2") as an $1 machine fails on stock kernels, too ($(trial_failure "$file.log")). Use $(other_emulator "$1" "$2"). The trial: $file.log"
	fi
}

other_emulator() { # VENDOR EMULATOR
	if [[ $1 == amd && $2 == qemu ]]; then
		echo "--emulator bochs, or another version of QEMU (docs/emulators.md)"
	elif [[ $1 == amd ]]; then
		echo "--emulator qemu"
	else
		echo "real hardware"
	fi
}

check_emulators() {
	local vendor with
	[[ $trial == yes ]] || return 0
	machines | while read -r vendor with; do
		exclusively emulators check_emulator "$vendor" "$with" || exit
	done
}
