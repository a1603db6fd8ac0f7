# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Kernels that the archive no longer has. `make history` writes down what it used, in docs/history-kernels.tsv:
#   RELEASE <tab> ROLE <tab> VERSION <tab> SIZE <tab> SHA256 <tab> ARCHIVE/PATH <tab> DAY on which it was there
# The first five are those of the archive's index (archive.sh). Such a package is asked of the distribution's archive
# of all its days, whose address REVENANT_SNAPSHOT has, without `/archive/...`; without it nothing is asked.

KEPT_KERNELS=$(dirname "${BASH_SOURCE[0]}")/../docs/history-kernels.tsv

# Adds the packages of a release to the list.
write_down_kernel() { # VERSION RELEASE
	local index day
	index=$(archive_index) || return
	day=$(date -u -r "$index" +%Y%m%d)
	awk -F '\t' -v OFS='\t' -v v="$1" -v r="$2" -v day="$day" '
		FILENAME == ARGV[1] { listed[$5]; next }
		$1 == r && $3 == v && $4 > 1000000 && !($5 in listed) {
			listed[$5] # the index may have it twice, from two suites
			path = $6
			archive = path ~ /security/ ? "debian-security" : "debian"
			sub(/.*\/pool\//, "pool/", path)
			print $1, $2, $3, $4, $5, archive "/" path, day
		}' "$KEPT_KERNELS" "$index" >"$KEPT_KERNELS.new"
	cat "$KEPT_KERNELS.new" >>"$KEPT_KERNELS"
	rm "$KEPT_KERNELS.new"
}

# An index that has those that the archive lacks, too.
with_snapshot() { # INDEX; prints the path of what to read
	if [[ -z ${REVENANT_SNAPSHOT-} || ! -r $KEPT_KERNELS ]]; then
		printf '%s\n' "$1"
		return
	fi
	{
		cat "$1"
		awk -F '\t' -v OFS='\t' -v url="${REVENANT_SNAPSHOT%/}" '
			/^#/ { next }
			FILENAME == ARGV[1] { there[$5]; next }
			!($5 in there) {
				archive = path = $6
				sub(/\/.*/, "", archive)
				sub(/[^\/]*\//, "", path)
				print $1, $2, $3, $4, $5, url "/archive/" archive "/" $7 "T000000Z/" path
			}' "$1" "$KEPT_KERNELS"
	} >"$1.all"
	printf '%s\n' "$1.all"
}
