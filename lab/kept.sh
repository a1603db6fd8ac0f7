# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Hosts that are up already. A host without a job (init) is booted once, saved where it waits for one, and kept in the
# cache; each run begins from there. What is saved is the machine's memory, as a file, and the rest of its state, as the
# emulator writes it. A job, which no saved state has in it, is laid into memory that the kernel leaves alone.
#
# A kept host is named by all that it was made from, and zstd's checksum tells whether it is whole. Whatever goes
# wrong with it, the host is booted, and a line in WORK/notes says why.
#
# To be sourced behind say.sh, cache.sh and initrd.sh. REVENANT_FRESH_HOST: nothing is kept, nor looked for.

JOB_AT=0x18000000 JOB_MB=16
# shellcheck disable=SC2034 # those that start machines
KEPT_WORDS="memmap=${JOB_MB}M\$$JOB_AT job_at=$JOB_AT" # for the kernel's command line
KEPT_PATIENCE=90 # seconds, until a host waits for its job

# A planted fault (lab/mutants) is switched on behind the restore, by the job: all faults of a kernel share a host.
mutant_to_job() { # moves it from append to args
	[[ " $append " =~ ' kvm.revenant_mutant='([0-9]+)' ' ]] || return 0
	append=" $append "
	append=${append/"${BASH_REMATCH[0]}"/ }
	args="mutant=${BASH_REMATCH[1]} $args"
}

kept_note() { # WORK TEXT
	printf '%s\n' "${2//$'\n'/; }" >>"$1/notes"
}

# Waits until an emulator has a host that waits for its job. Else it is dead behind it, and said is why.
until_it_waits() { # PID FILE: where the host says so
	local begin=$SECONDS
	until grep -qs '^# waits for its job' "$2"; do
		kill -0 "$1" 2>/dev/null || { echo 'its emulator ended before it was up' >&2 && return 1; }
		((SECONDS < begin + KEPT_PATIENCE)) || { echo "it was not up within $KEPT_PATIENCE s" >&2 && kill -9 "$1" && return 1; }
		sleep 0.05
	done
}

# A kept host's name. The emulated TSC may run as fast as this machine's does.
kept_key() { # FILE...; TEXT of what else it depends on, on standard input
	{
		cat
		sha256sum "$@" | cut -c1-64
		grep -m 1 '^model name' /proc/cpuinfo
		cat "${BASH_SOURCE[0]}" "${BASH_SOURCE[0]%/*}"/{init,initrd.sh}
	} | sha256sum | cut -c1-16
}

# Fills ARCHIVE by MAKE FOLDER, which leaves `ram` there and what else the host is restored from. What fails is said on
# standard error; what a host has said that gave up (`said`) goes beside it, as `never`.
make_kept() { # ARCHIVE WORK MAKE...
	local archive=$1 folder=$2/kept status=0
	(need_space "$2" 500 'TMPDIR names another folder' && need_space "${1%/*}" 500) || return # emulators do not notice
	shift 2
	rm -rf "$folder"
	mkdir "$folder" && "$@" "$folder" && fallocate -d "$folder/ram" &&
		tar -C "$folder" -cS . | zstd -q -1 >"$archive.part" && mv "$archive.part" "$archive" || status=1
	((status == 0)) || sed -n 's/^Bail out! //p' "$folder/said" 2>/dev/null | grep . >"${archive%/*}/never" || rm -f "${archive%/*}/never"
	rm -rf "$folder" "$archive.part"
	return "$status"
}

unpack_kept() { # ARCHIVE WORK
	rm -rf "$2/kept"
	mkdir "$2/kept" && zstd -dcq "$1" | tar -C "$2/kept" -xS
}

# Makes WORK/kept the host KEY with the job of FILE in it, or fails: then there is no such host to be had.
take_kept() { # KEY ROLE FILE WORK MAKE...
	local archive role=$2 job=$3 work=$4 lock why
	[[ -z ${REVENANT_FRESH_HOST-} ]] && (($(stat -c %s "$job") <= JOB_MB << 20)) || return
	archive=$(cache_dir)/kept/$1/host.tar.zst
	shift 4
	mkdir -p "${archive%/*}" && exec {lock}<"${archive%/*}" || return
	[[ ! -e ${archive%/*}/never ]] || return
	cache_use "kept-${role//[^a-zA-Z0-9=._-]/_}" "${archive%/*}"
	if [[ -e $archive ]] && ! why=$(unpack_kept "$archive" "$work" 2>&1); then
		zstd -tq "$archive" 2>/dev/null && { kept_note "$work" "a kept host cannot be unpacked: $why" && return 1; }
		kept_note "$work" "a kept host was damaged ($archive): it is made again"
		rm -f "$archive"
	fi
	if [[ ! -e $archive ]]; then
		flock "$lock"
		[[ -e $archive ]] || why=$(make_kept "$archive" "$work" "$@" 2>&1) || {
			kept_note "$work" "the host cannot be kept, so it is booted each time: $(cat "${archive%/*}/never" 2>/dev/null || echo "${why#run.sh: error: }")"
			return 1
		}
		flock -u "$lock"
		why=$(unpack_kept "$archive" "$work" 2>&1) || { kept_note "$work" "a kept host cannot be unpacked: $why" && return 1; }
	fi
	exec {lock}<&-
	dd if="$job" of="$work/kept/ram" conv=notrunc bs=1M seek=$((JOB_AT >> 20)) status=none
}
