# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# The cases in an image, read from the ELF without booting it, and the choice among them.

cases_of() { # IMAGE; prints NAME <tab> TITLE lines
	local list
	list=$(mktemp) || return
	objcopy -O binary -j .revenant.list "$1" "$list" 2>/dev/null
	tr -d '\0' <"$list" | awk -F'\t' '
		function expand(name, title, from, to, i, n, word) {
			from = index(name, "{")
			if (!from) {
				print name FS title
				return
			}
			to = index(name, "}")
			n = split(substr(name, from + 1, to - from - 1), word, ",")
			for (i = 1; i <= n; i++)
				expand(substr(name, 1, from - 1) word[i] substr(name, to + 1), title)
		}
		{ expand($1, $2) }'
	rm -f "$list"
}

# The rule of the image's filter= word: a case is chosen if it matches a positive glob, or there is
# none, and no negative one.
is_chosen() { # NAME FILTER...
	local name=$1 filter positive=no match=no
	shift
	for filter; do
		# shellcheck disable=SC2053 # globs
		if [[ $filter == !* ]]; then
			[[ $name != ${filter#!} ]] || return 1
		else
			positive=yes
			[[ $name != $filter ]] || match=yes
		fi
	done
	[[ $positive == no || $match == yes ]]
}

chosen_cases() { # IMAGE FILTER...; prints NAME <tab> TITLE lines
	local image=$1 name title
	shift
	while IFS=$'\t' read -r name title; do
		! is_chosen "$name" "$@" || printf '%s\t%s\n' "$name" "$title"
	done < <(cases_of "$image")
}
