# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# What lies in the cache (say.sh: cache_dir), who uses it, and what goes.
#
# What is made here is named by all that it was made from, so a new version of this project makes new ones beside the
# old. A checkout therefore says what it uses, in used/CHECKOUT/ROLE, one path a file: what it used in the same
# role before, it uses no more. What comes from elsewhere (packages, sources, kernels), and results, any version may
# want again: there the time of the last use counts.

CACHE_LIMIT_MB=${REVENANT_CACHE_MB:-10000}

# Nothing goes while somebody holds it: whoever starts machines from what is kept. The lock is on a file
# descriptor that those machines inherit.
hold_cache() {
	exec {cache_hold}>>"$(cache_dir)/held.lock"
	flock -s "$cache_hold"
}

# Notes that this checkout uses PATH in ROLE.
cache_use() { # ROLE PATH
	local checkout used
	checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
	used=$(cache_dir)/used/$(sha256sum <<<"$checkout" | cut -c1-16) || return
	mkdir -p "$used"
	printf '%s\n' "$checkout" >"$used/checkout"
	printf '%s\n' "$2" >"$used/${1//\//-}"
	touch -c "$2"
}

paths_in_use() { # in the cache; forgets checkouts that are gone
	local used
	for used in used/*/; do
		if [[ -e $(cat "$used/checkout")/lab/cache.sh ]]; then
			cat "$used"/*
		else
			rm -rf "$used"
		fi
	done
}

# "WHY <tab> PATH" of each entry, those used least lately first. WHY: `used` by a checkout; `unused` by all that are
# there; `broken`, made by half; `gone`, of a source tree that is gone; `kept`, as it may be wanted again.
cache_entries() ( # in the cache
	shopt -s nullglob
	in_use=$(paths_in_use)
	{
		printf '%s\0' bochs-* {hosts,initrd,kept,emulators,kernels,debs,linux-source,trees,history,coverage}/* mutants/*/* \
			root-* kernels/.unpack.* kept/*/*.part | xargs -0r stat -c '%Y %n' 2>/dev/null || true
	} | sort -n | cut -d ' ' -f 2- | while read -r path; do
		case $path in
		*.work | *.part | root-* | kernels/.unpack.*) why=broken ;;
		trees/*)
			why=kept
			[[ -d $(cat "$path/tree" 2>/dev/null) ]] || why=gone
			;;
		bochs-* | hosts/* | initrd/* | kept/* | emulators/*)
			why=unused
			! grep -qxF -e "$PWD/$path" <<<"$in_use" || why=used
			;;
		*) why=kept ;;
		esac
		printf '%s\t%s\n' "$why" "$path"
	done
)

size_mb() { # PATH...
	du -cms "$@" 2>/dev/null | tail -n 1 | cut -f 1
}

# What each folder of the cache is for; shown by --cache.
CACHE_ROOMS='archive list of kernels that the archive has
debs packages, as they came
kernels stock kernels, and files of --kernel with their modules
linux-source sources of the small kernels, and what was compiled of them
trees what was compiled of trees given to --kernel
hosts small kernels
initrd userlands of emulated hosts
kept emulated hosts that are up already
bochs-* Bochs
emulators trials of emulators
history results of make history
mutants results of make mutants
coverage results of make coverage
history.html the same as a page
last report of the last run
tap-parser-* parser of TAP, for tests
kunit parser of KTAP, for tests'

print_cache() (
	shopt -s nullglob
	cd "$(cache_dir)" || exit
	printf '%7s MB  %s (limit %d MB: REVENANT_CACHE_MB)\n' "$(size_mb .)" "$PWD" "$CACHE_LIMIT_MB"
	while read -r room what; do
		mapfile -t paths < <(compgen -G "$room")
		((${#paths[@]} == 0)) ||
			printf '%7s MB  %-13s %s\n' "$(size_mb "${paths[@]}")" "$room" "$what"
	done <<<"$CACHE_ROOMS"
	mapfile -t paths < <(cache_entries | sed -nE 's/^(unused|broken|gone)\t//p')
	((${#paths[@]})) || { echo '  nothing that no present version uses' && return; }
	printf '%7s MB  of it used by no present version, or broken off: --cache-clean removes it\n' "$(size_mb "${paths[@]}")"
	printf '            %s\n' "${paths[@]}"
)

# Runs COMMAND in the cache while nobody holds it; else returns 1.
while_free() { # COMMAND...
	(
		cd "$(cache_dir)" || exit
		exec {cache_hold}>&-
		exec 9>>held.lock
		flock -n 9 || exit 1
		"$@"
	)
}

remove_unused() { # in the cache
	local why path
	while IFS=$'\t' read -r why path; do
		[[ $why == unused || $why == broken || $why == gone ]] || continue
		printf 'removed %s (%s, %s MB)\n' "$path" "$why" "$(size_mb "$path")"
		rm -rf "$path"
	done < <(cache_entries)
}

clean_cache() {
	while_free remove_unused ||
		our_error "another run.sh is at work with what is in the cache: try again when it has ended"
}

# First what nobody uses, then what was used least lately; never what this hour has seen.
remove_down_to_limit() { # in the cache
	local why path
	(($(size_mb .) > CACHE_LIMIT_MB)) || return 0
	remove_unused
	while IFS=$'\t' read -r why path; do
		(($(size_mb .) > CACHE_LIMIT_MB)) || return 0
		[[ $why == kept && -n $(find "$path" -maxdepth 0 -mmin +60) ]] || continue
		printf 'removed %s (%s MB)\n' "$path" "$(size_mb "$path")"
		rm -rf "$path"
	done < <(cache_entries)
	(($(size_mb .) <= CACHE_LIMIT_MB)) ||
		echo "still $(size_mb .) MB: all of the rest is in use"
}

# Once an hour is enough: it takes a second to see how large all is.
keep_cache_limit() {
	local seen said
	seen=$(cache_dir)/limit-seen
	[[ -z $(find "$seen" -mmin -60 2>/dev/null) ]] || return 0
	touch "$seen"
	said=$(while_free remove_down_to_limit) || return 0
	[[ -z $said ]] || note "the cache is over its limit of $CACHE_LIMIT_MB MB (REVENANT_CACHE_MB): ${said//$'\n'/; }"
}
