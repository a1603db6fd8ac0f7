# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# What is in the cache and what goes: --cache, --cache-clean, and the limit.

in_cache() { # SCRIPT; as a checkout at $work/checkout
	bash -c 'set -euo pipefail; . lab/say.sh; . "$1/lab/cache.sh"; '"$2" - "$1"
}

checkout_that_uses() { # FOLDER ROLE PATH
	mkdir -p "$1/lab" && cp lab/cache.sh "$1/lab/"
	in_cache "$1" "cache_use $2 $(cache_of_test)/$3"
}

cache_of_test() {
	printf '%s\n' "$work/room/revenant"
}

cache_room() {
	local room
	export XDG_CACHE_HOME=$work/room
	room=$(cache_of_test)
	mkdir -p "$room"/{bochs-1,bochs-2,bochs-3,bochs-3.work,hosts/a,kernels/old,kernels/new,trees/t} "$room/initrd"
	: >"$room/bochs.lock"
	echo "$work/no-such-tree" >"$room/trees/t/tree"
	checkout_that_uses "$work/user-one" bochs bochs-1
	checkout_that_uses "$work/user-one" bochs bochs-2 # in its place
	checkout_that_uses "$work/user-two" bochs bochs-3
	checkout_that_uses "$work/user-three" host hosts/a
	rm -r "$work/user-three"
	expect 'cache: what is there' 0 'limit 10000 MB' '^ +bochs-1$' 'kernels ' -- ./run.sh --cache
	! grep -qE '^ +(bochs-[23]|kernels/.*)$' "$work/out"
	report 'cache: what is used is not offered' $?
	exec 7>>"$room/held.lock" && flock -s 7
	expect 'cache clean, in use' 99 'another run.sh is at work' -- ./run.sh --cache-clean
	exec 7>&-
	expect 'cache clean' 0 'removed bochs-1 ' 'removed hosts/a ' 'removed trees/t ' 'removed bochs-3.work ' -- ./run.sh --cache-clean
	[[ -d $room/bochs-2 && -d $room/bochs-3 && -d $room/kernels/old && -e $room/bochs.lock && ! -e $room/bochs-1 &&
		! -e $room/hosts/a ]]
	report 'cache clean: the rest is there' $?
	head -c 3000000 /dev/urandom | tee "$room/kernels/old/file" "$room/kernels/new/file" >"$room/bochs-2/file"
	touch -d '3 days ago' "$room/kernels/old"
	touch -d '2 days ago' "$room/kernels/new"
	REVENANT_CACHE_MB=8 in_cache "$work/user-one" keep_cache_limit >"$work/out" 2>&1
	[[ ! -e $room/kernels/old && -d $room/kernels/new && -d $room/bochs-2 ]]
	report 'cache over its limit: what was used least lately goes' $? "$work/out"
	rm "$room/limit-seen"
	REVENANT_CACHE_MB=1 in_cache "$work/user-one" keep_cache_limit >"$work/out" 2>&1
	[[ ! -e $room/kernels/new && -d $room/bochs-2 ]] && grep -q 'still .* in use' "$work/out"
	report 'cache over its limit: what is used stays' $? "$work/out"
	unset XDG_CACHE_HOME
}
