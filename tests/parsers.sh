#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The parsers that CI systems read KTAP with, and what they make of a run that was recorded: perl's prove, npm's
# tap-parser, and the kernel's kunit_parser.py, from the distribution's package linux-source (140 MB, once).
# 77: one of them cannot be had here (--no-install).

set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=lab/say.sh
. lab/say.sh
# shellcheck source=lab/packages.sh
. lab/packages.sh
# shellcheck source=lab/archive.sh
. lab/archive.sh
[[ $# == 0 ]] || install_flag=("$1")

TAP_PARSER_VERSION=18.3.4

lacks() { # WHAT
	echo "needs $1"
	exit 77
}

get_tap_parser() { # sets TAP_PARSER
	local folder
	folder=$(cache_dir)/tap-parser-$TAP_PARSER_VERSION
	export TAP_PARSER=$folder/node_modules/.bin/tap-parser
	[[ ! -x $TAP_PARSER ]] || return 0
	if [[ ${install_flag[*]-} == --no-install ]] || ! command -v npm >/dev/null; then
		lacks "npm's tap-parser"
	fi
	mkdir -p "$folder"
	npm install --silent --no-audit --no-fund --prefix "$folder" "tap-parser@$TAP_PARSER_VERSION"
}

get_kunit() { # sets KUNIT, a folder
	local index version uri size sum deb
	KUNIT=$(cache_dir)/kunit
	export KUNIT
	[[ ! -e $KUNIT/kunit_parser.py ]] || return 0
	[[ ${install_flag[*]-} != --no-install ]] || lacks 'kunit_parser.py'
	index=$(archive_index '')
	read -r version size sum uri < <(awk -F '\t' '$2 == "source" { print $3, $4, $5, $6 }' "$index" | sort -V | tail -n 1)
	deb=$(cache_dir)/debs/${uri##*/}
	mkdir -p "${deb%/*}" "$KUNIT"
	fetch_checked "$uri" "$size" "$sum" "$deb"
	echo "kunit_parser.py of linux $version"
	dpkg-deb --fsys-tarfile "$deb" | tar -xO --wildcards './usr/src/linux-source-*.tar.xz' |
		tar -xJ -C "$KUNIT" --strip-components=4 --wildcards '*/tools/testing/kunit/kunit_parser.py' \
			'*/tools/testing/kunit/kunit_printer.py'
	rm -f "$deb"
}

command -v prove >/dev/null || lacks "perl's prove"
get_tap_parser
get_kunit
python3 -m unittest discover -v -s tests/lab -p test_people.py -k Document
