# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Any kernel package of the distribution's archive, whatever release this machine runs: apt with a
# state folder of its own, so that the machine's sources stay as they are. Mirror, proxies and
# credentials are those that apt is configured with here; apt checks the archive's signatures.
#
# The outcome is an index, one line a package:
#   RELEASE <tab> ROLE (image, binary, modules, source) <tab> VERSION <tab> SIZE <tab> SHA256 <tab> URI

ARCHIVE_MAX_AGE_DAYS=7
KERNEL_PACKAGES='^linux-(image|binary|modules)-[0-9].*-(amd64|generic)$|^linux-source-[0-9.]+$'
DEBIAN_SUITES='bullseye bullseye-updates
	bookworm bookworm-updates bookworm-backports
	trixie trixie-updates trixie-backports
	forky forky-updates sid experimental'
DEBIAN_SECURITY_SUITES='bullseye-security bookworm-security trixie-security forky-security'

archive_apt() { # FOLDER APT-COMMAND...
	local dir=$1 program=$2
	shift 2
	"$program" -o Dir::State="$dir/state" -o Dir::State::status=/dev/null \
		-o Dir::Etc::sourcelist="$dir/sources.list" -o Dir::Etc::sourceparts=/dev/null \
		-o Dir::Cache="$dir/cache" -o Dir::Cache::pkgcache=pkgcache.bin -o Acquire::Languages=none -o APT::Sandbox::User=root \
		-o APT::Architecture=amd64 -o APT::Architectures=amd64 "$@"
}

# "URI SUITE" of each repository that apt is configured with here.
configured_repositories() {
	apt-get indextargets --no-release-info --format "\$(REPO_URI) \$(RELEASE)" 'Created-By: Packages' | sort -u
}

archive_sources() { # prints the sources.list of the own state folder
	local uri release suite keyring='' seen=' ' suites
	for keyring in /usr/share/keyrings/debian-archive-keyring.{gpg,pgp} ''; do
		[[ ! -e $keyring ]] || break
	done
	while read -r uri release; do
		case $release in
		*-security) suites=$DEBIAN_SECURITY_SUITES ;;
		bullseye* | bookworm* | trixie* | forky* | sid | unstable | testing | stable | oldstable)
			suites=$DEBIAN_SUITES
			;;
		*) suites=$release && keyring='' ;; # another distribution: what it is configured with
		esac
		for suite in $suites; do
			[[ $seen != *" $uri|$suite "* ]] || continue
			seen+="$uri|$suite "
			printf 'deb [arch=amd64%s] %s %s main\n' "${keyring:+ signed-by=$keyring}" "$uri" "$suite"
		done
	done
}

# All versions of the kernel packages; apt itself says where they are and what their sums are, as lines
# 'URI' NAME_VERSION_amd64.deb SIZE SHA256:SUM
make_index() { # FOLDER
	local dir=$1 names packages
	mapfile -t names < <(archive_apt "$dir" apt-cache search --names-only "$KERNEL_PACKAGES" | cut -d ' ' -f 1 | grep -v -e -rt-)
	((${#names[@]})) || return
	mapfile -t packages < <(archive_apt "$dir" apt-cache madison "${names[@]}" |
		sed -nE 's/^ *([^ ]+) \| +([^ ]+) \| .* Packages$/\1=\2/p' | sort -u)
	archive_apt "$dir" apt-get download --print-uris "${packages[@]}" |
		sed -nE "s/^'(.*)' linux-([a-z]*)-([^_ ]*)_([^_ ]*)_[^ ]* ([0-9]+) SHA256:([0-9a-f]+)\$/\3\t\2\t\4\t\5\t\6\t\1/p" |
		sed 's/%2b/+/g; s/%7e/~/g' | sort -u >"$dir/index.part"
	[[ -s $dir/index.part ]] || return
	mv "$dir/index.part" "$dir/index"
}

refresh_archive() { # FOLDER
	local dir=$1 status=0
	mkdir -p "$dir/state/lists/partial" "$dir/cache/archives/partial"
	configured_repositories | archive_sources >"$dir/sources.list"
	[[ -s $dir/sources.list ]] || return
	# Not every mirror has every suite, and apt-get fails when one is missing: what counts is what
	# the index then holds.
	archive_apt "$dir" apt-get -q update >"$dir/log" 2>&1 || true
	make_index "$dir" || status=$?
	# The lists are worth 100 MB and can be had again.
	rm -rf "$dir/state" "$dir/cache"
	return "$status"
}

# What apt said first of all that failed.
apt_problem() { # LOG
	local problem
	problem=$(sed -nE 's/^[WE]: (Failed to fetch [^ ]+ +)?//p' "$1" 2>/dev/null | sed -n 1p)
	printf '%s\n' "${problem:-no package lists}"
}

# Prints the path of the index, not older than it may be; `now` asks for a new one.
archive_index() { # [now]
	local dir
	dir=$(cache_dir)/archive || exit
	mkdir -p "$dir"
	if [[ ! -s $dir/index || ${1-} == now ||
		-n $(find "$dir/index" -mtime "+$ARCHIVE_MAX_AGE_DAYS") ]]; then
		need_space "$dir" 300
		rm -f "$dir/log"
		if while_saying "fetching the list of kernels that the archive has" refresh_archive "$dir"; then
			:
		elif [[ -s $dir/index ]]; then
			note "the archive gives no list of kernels ($(apt_problem "$dir/log")): going on with an older one"
		else
			our_error "no list of kernels from the archive that apt is configured with ($(apt_problem "$dir/log")): is there a network? Or give --kernel a bzImage FILE"
		fi
	fi
	if [[ $(type -t with_snapshot) == function ]]; then
		with_snapshot "$dir/index"
	else
		printf '%s\n' "$dir/index"
	fi
}

# Downloads into FILE, unless it is there already and sound: a file that was cut off or has changed
# is noticed by its checksum and fetched again.
fetch_checked() { # URI SIZE SHA256 FILE
	local uri=$1 size=$2 sum=$3 file=$4
	if [[ -e $file ]]; then
		! has_checksum "$sum" "$file" || return 0
		note "the cached ${file##*/} is cut off or corrupt: fetching it again"
		rm -f "$file"
	fi
	need_space "${file%/*}" $((size / 1000000 + 10))
	while_saying "downloading ${file##*/} ($((size / 1000000)) MB)" \
		download "$uri" "$sum" "$file.part" "$file.log" ||
		our_error "the download of ${file##*/} failed ($(apt_problem "$file.log")): try again, or give --kernel a bzImage FILE"
	has_checksum "$sum" "$file.part" ||
		our_error "${file##*/} came with a wrong checksum: is the list of kernels out of date? remove $(cache_dir)/archive and try again"
	rm -f "$file.log"
	mv "$file.part" "$file"
}

download() { # URI SHA256 FILE LOG
	/usr/lib/apt/apt-helper -o APT::Sandbox::User=root download-file "$1" "$3" "SHA256:$2" >"$4" 2>&1
}

has_checksum() { # SHA256 FILE
	printf '%s  %s\n' "$1" "$2" | sha256sum --check --status 2>/dev/null
}
