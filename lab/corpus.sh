# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# A corpus: a folder of scenarios, *.scn. A run takes them all; one of random programs adds what it has
# found red, as red.scn, and what brings keys (model/search/keys.h) that the corpus lacks, as VENDOR.scn.

take_corpus() { # sets scenarios
	local file
	[[ -n $corpus && -z $random$random_count ]] || return 0
	compgen -G "$corpus/*.scn" >/dev/null ||
		usage_error "--corpus: '$corpus' has no programs yet (*.scn): --random adds what it finds red"
	scenarios=$(mktemp)
	for file in "$corpus"/*.scn; do
		printf 'family %s\n' "$(basename "$file" .scn)"
		cat "$file"
	done >"$scenarios"
}

# The programs that searches have cut down, one a line.
red_programs() { # STREAM...
	awk '/^# \| run: random program/ { red = 1; next }
		red && /^# \| replay: / { print substr($0, 13) }
		{ red = 0 }' "$@" | sort -u
}

# Programs with so many keys that are new are kept.
NEW_KEYS=3

grow_by_keys() { # STREAM...: says how many it has added
	local stream kept vendor added=0 tool=build/host/revenant-corpus
	kept=$(mktemp)
	for stream; do
		vendor=$(sed -n 's/^# revenant .* vendor=\([a-z]*\).*/\1/p' "$stream" | head -n 1)
		[[ -n $vendor ]] || continue
		[[ -s $corpus/$vendor.scn ]] || printf 'for %s\n' "$vendor" >"$corpus/$vendor.scn"
		sed -n 's/^# keep: //p' "$stream" | "$tool" "$vendor" more "$NEW_KEYS" "$corpus/$vendor.scn" 2>/dev/null >"$kept"
		cat "$kept" >>"$corpus/$vendor.scn"
		added=$((added + $(grep -c '^scenario ' "$kept" || true)))
	done
	rm -f "$kept"
	echo "$added"
}

grow_corpus() {
	local program name streams=() s added=0
	[[ -n $corpus && -n $random$random_count ]] || return 0
	for ((s = 0; s < settings; s++)); do streams+=("$(stream_of "$s")"); done
	while IFS= read -r program; do
		name=$(printf '%s' "$program" | cksum) && name=${name%% *}
		! grep -qsF "corpus.red.$name:" "$corpus/red.scn" || continue
		printf '\nscenario corpus.red.%s: red in a search, seed %s\n    %s\n' "$name" "$seed" "$program" >>"$corpus/red.scn"
		added=$((added + 1))
	done < <(red_programs "${streams[@]}")
	((added == 0)) || note "$added new red programs are in $corpus/red.scn"
	if [[ -e Makefile ]] && make -s build/host/revenant-corpus; then
		note "$(grow_by_keys "${streams[@]}") programs with new keys are in $corpus"
	else
		note "--corpus: without a host compiler only red programs are kept"
	fi
}
