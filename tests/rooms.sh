#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Does every room include only what README.md's table of rooms lets it? And has every source,
# header and script of them a name of its own, and every type? One line for each breach; status 1 then.
#
#   tests/rooms.sh [FOLDER]    of a tree; this one without

set -euo pipefail
cd "${1:-$(dirname "$0")/..}"

# "ROOM INCLUDED..." for each room of the table: | `room/` | what lives there | may include |
table=$(awk -F '|' '$2 ~ /^ *`[a-z]+\/`/ && NF >= 5 {
	rooms = $2; gsub(/[`\/,]/, " ", rooms); gsub(/[`\/,]/, " ", $4)
	n = split(rooms, room, " "); for (i = 1; i <= n; i++) print room[i], $4 }' README.md)
[[ -n $table ]] || { echo 'README.md has no table of rooms' && exit 1; }

breaches=$(while read -r room may; do
	# a name without a room is a file of the same folder
	grep -rnoE --include='*.[chS]' --include='*.inc' '^#include "[a-z]+/' "$room" 2>/dev/null |
		while IFS=: read -r file line include; do
			other=${include#*\"} other=${other%/}
			[[ " $room $may " == *" $other "* ]] ||
				echo "$file:$line: $room may not include $other/ (README.md, \"How it is built\")"
		done || true
done <<<"$table")

mapfile -t rooms < <(cut -d ' ' -f 1 <<<"$table")
doubles=$(find "${rooms[@]}" -type f \( -name '*.[chS]' -o -name '*.sh' \) -printf '%f\n' 2>/dev/null | sort | uniq -d |
	sed 's/.*/two files are called &/')
mapfile -t image < <(printf '%s\n' "${rooms[@]}" | grep -vx -e lab -e tests -e vmm)
types=$(grep -rhoE --include='*.[ch]' '^(static )?(const )?(struct|enum|union) [a-z_0-9]+ \{' "${image[@]}" |
	sed -E 's/^(static )?(const )?//' | sort | uniq -d | sed 's/ {$//; s/.*/two types are called &/')
# a folder with sources that the table does not know
strangers=$(git ls-files '*.[chS]' | cut -d / -f 1 | sort -u |
	while read -r room; do [[ " ${rooms[*]} " == *" $room "* ]] || echo "$room/ is no room of the table"; done)

printf '%s\n' "$breaches" "$doubles" "$types" "$strangers" | grep . && exit 1
echo "$(wc -l <<<"$table") rooms, as README.md says"
