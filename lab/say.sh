# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# What the runner says about its own doings: always on standard error, so that standard output is
# KTAP and report only. Exit codes are named here, once.

EXIT_USAGE=2
EXIT_OURS=99

note() {
	printf 'run.sh: %s\n' "$*" >&2
}

usage_error() { # WHAT IS WRONG, AND THE REMEDY
	printf 'run.sh: error: %s\n' "$*" >&2
	exit $EXIT_USAGE
}

our_error() { # WHAT IS WRONG, AND THE REMEDY
	printf 'run.sh: error: %s\n' "$*" >&2
	exit $EXIT_OURS
}

# Runs COMMAND and shows that it is still at it: a line that counts the seconds on a terminal, a new
# line every ten seconds elsewhere. Returns COMMAND's status; its output is shown only if it fails.
while_saying() { # TEXT COMMAND...
	local text=$1 log pid status=0 begin=$SECONDS told=0 pause=0.02
	shift
	log=$(mktemp) || return
	note "$text"
	"$@" >"$log" 2>&1 &
	pid=$!
	while sleep "$pause" && kill -0 "$pid" 2>/dev/null; do
		((SECONDS == begin)) || pause=0.2 # most have nothing to do
		if [[ -t 2 ]]; then
			printf '\r  %d s ' $((SECONDS - begin)) >&2
		elif ((SECONDS - begin >= told + 10)); then
			told=$((SECONDS - begin))
			note "$text (still, after $told s)"
		fi
	done
	[[ ! -t 2 ]] || printf '\r\033[K' >&2
	wait "$pid" || status=$?
	((status == 0)) || sed 's/^/  /' "$log" >&2
	rm -f "$log"
	return "$status"
}

# Whoever names a cache by a relative path means the folder that he is in.
[[ -z ${XDG_CACHE_HOME-} || $XDG_CACHE_HOME == /* ]] || export XDG_CACHE_HOME=${caller:-$PWD}/$XDG_CACHE_HOME

# The cache of everything that is downloaded or made for the lab; one folder for all checkouts.
cache_dir() { # prints the folder's path; makes it
	local dir=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/revenant
	mkdir -p "$dir" 2>/dev/null || true
	[[ -w $dir ]] ||
		our_error "cannot make the cache folder $dir: set XDG_CACHE_HOME to a folder that can be written"
	printf '%s\n' "$dir"
}

# What would fail for want of room says so before it begins.
need_space() { # FOLDER MEGABYTES [REMEDY]; the cache's without
	local free
	free=$(df -Pk "$1" | awk 'NR == 2 { print int($4 / 1024) }')
	((free >= $2)) || our_error "the disk of $1 is full: it takes $2 MB and $free are free; ${3-XDG_CACHE_HOME names another folder for what is kept}"
}

# Runs COMMAND while no other run.sh runs one under the same NAME, for all checkouts.
exclusively() { # NAME COMMAND...
	local dir
	dir=$(cache_dir) || return
	alone "$dir/$1.lock" "${@:2}"
}

alone() { # LOCK-FILE COMMAND...
	local lock=$1 status=0
	shift
	{
		if ! flock -n 9; then
			note "waiting for another run.sh at the same work ($lock)"
			flock 9
		fi
		"$@" 9>&- || status=$?
	} 9>"$lock"
	return "$status"
}
