# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# A stock kernel of the distribution by version: found in the archive's index, downloaded once, and
# unpacked to what an emulated host needs of it.
#
# An unpacked kernel is a folder KERNEL that holds
#   vmlinuz
#   release                       what `uname -r` says
#   root/lib/modules/RELEASE/     KVM's modules, what they depend on, and modules.dep
#   SHA256SUMS                    of all that

KERNEL_DEFAULT=6.12     # old enough for every mirror, new enough to show FlushByAsid to L1
KERNEL_FLAVOUR=cloud    # same KVM as the other flavour, a third of the download

# The releases that can be had, oldest first: "VERSION RELEASE". From 7.x on (and some before), a
# linux-image is an empty package that depends on linux-binary and linux-modules; a release whose
# parts are not all there is left out.
usable_kernels() { # INDEX
	awk -F '\t' '
		$2 == "binary" || ($2 == "image" && $4 > 1000000) { image[$1 " " $3]; part[$1 " " $3] = $2 }
		$2 == "modules" { modules[$1 " " $3] }
		END {
			for (key in image) {
				split(key, word, " ")
				if (part[key] == "image" || key in modules)
					print word[2], word[1]
			}
		}' "$1" | sort -V
}

# "VERSION RELEASE" of the newest kernel that a version such as 6.12, 6.12.107 or
# 6.12.107+deb13-amd64 means; nothing if there is none. 6.1 does not mean 6.12.
find_kernel() { # INDEX WANTED
	usable_kernels "$1" | awk -v wanted="$2" -v flavour="$KERNEL_FLAVOUR" '
		function begins(text) {
			return index(text, wanted) == 1 && substr(text, length(wanted) + 1, 1) !~ /[0-9]/
		}
		$2 == wanted { found = $0; exit }
		begins($1) || begins($2) { any = $0; if ($2 ~ "-" flavour "-") best = $0 }
		END { print found ? found : best ? best : any }'
}

resolve_kernel() { # WANTED; prints "VERSION RELEASE"
	local wanted=${1:-$KERNEL_DEFAULT} index found
	index=$(archive_index) || exit
	found=$(find_kernel "$index" "$wanted")
	# It may be younger than the list; but do not ask the mirror again at every typing error.
	if [[ -z $found && -n $(find "$index" -mmin +60) ]]; then
		index=$(archive_index now) || exit
		found=$(find_kernel "$index" "$wanted")
	fi
	if [[ -z $found && -z $1 ]]; then
		found=$(usable_kernels "$index" | tail -n 1)
	fi
	[[ -n $found ]] || usage_error "no kernel $wanted in the archive; it has: $(usable_kernels "$index" |
		sed -E 's/^([0-9]+\.[0-9]+(\.[0-9]+)?).*/\1/' | sort -uV | tr '\n' ' ')"
	printf '%s\n' "$found"
}

# Fetches one package of a release and puts its files below a folder.
unpack_package() { # VERSION RELEASE ROLE FOLDER
	local version=$1 release=$2 role=$3 dir=$4 size sum uri deb
	IFS=$'\t' read -r size sum uri < <(awk -F '\t' -v OFS='\t' -v r="$release" -v v="$version" -v role="$role" \
		'$1 == r && $2 == role && $3 == v { print $4, $5, $6; exit }' "$(archive_index)")
	mkdir -p "$(cache_dir)/debs"
	deb=$(cache_dir)/debs/${uri##*/}
	fetch_checked "$uri" "$size" "$sum" "$deb"
	dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$dir" --wildcards --no-anchored \
		'vmlinuz*' 'kernel/arch/x86/kvm/*' 'kernel/virt/lib/*' 'kernel/drivers/crypto/ccp/ccp.ko*' 2>/dev/null
	return 0 # tar complains of patterns without a match: what is missing shows in unpack_kernel()
}

plain_module() { # MODULE.ko[.xz|.zst|.gz]; writes it to standard output
	case $1 in
	*.xz) xz -dc "$1" ;;
	*.zst) zstd -qdc "$1" ;;
	*.gz) gzip -dc "$1" ;;
	*) cat "$1" ;;
	esac
}

# The modules of a package, unpacked, for busybox' modprobe knows no zstd, and their modules.dep. busybox'
# depmod would do for that, but for versions that it takes for none, such as 7.3-amd64.
keep_modules() { # FROM ROOT RELEASE
	local to=$2/lib/modules/$3 file name
	while read -r file; do
		name=${file##*/}
		plain_module "$file" >"$to/${name%%.ko*}.ko" || return
	done < <(find "$1" -name '*.ko*')
	# Some builds of depmod look below usr/lib. It warns of lists that only a whole tree has.
	ln -s . "$2/usr"
	PATH=$PATH:/usr/sbin:/sbin depmod -b "$2" "$3" 2>/dev/null || return
	rm "$2/usr"
	find "$to" -name 'modules.*' ! -name modules.dep -delete
}

unpack_kernel() { # VERSION RELEASE KERNEL; makes the folder from the packages
	local version=$1 release=$2 kernel=$3 work modules role index
	index=$(archive_index) || return
	need_space "${kernel%/*}" 200
	work=$(mktemp -d "$(dirname "$kernel")/.unpack.XXXXXX") || return
	mkdir -p "$work/deb" "$work/kernel/root/lib/modules/$release"
	while read -r role; do
		unpack_package "$version" "$release" "$role" "$work/deb"
	done < <(awk -F '\t' -v r="$release" -v v="$version" \
		'$1 == r && $3 == v && $4 > 1000000 { print $2 }' "$index" | sort -u)
	modules=$work/kernel/root/lib/modules/$release
	find "$work/deb" -name 'vmlinuz*' -exec cp {} "$work/kernel/vmlinuz" \;
	if ! keep_modules "$work/deb" "$work/kernel/root" "$release" ||
		[[ ! -s $work/kernel/vmlinuz || ! -s $modules/kvm.ko ]]; then
		rm -rf "$work"
		our_error "the packages of kernel $release hold no vmlinuz or no kvm.ko: choose another --kernel"
	fi
	printf '%s\n' "$release" >"$work/kernel/release"
	(cd "$work/kernel" && find . -type f -exec sha256sum {} +) >"$work/SHA256SUMS"
	mv "$work/SHA256SUMS" "$work/kernel/"
	rm -rf "$kernel"
	mv "$work/kernel" "$kernel"
	rm -rf "$work"
}

# Prints the folder of an unpacked kernel for a version; makes it if need be.
debian_kernel() { # WANTED, or '' for the default
	local version release kernel found
	found=$(resolve_kernel "$1") || exit
	read -r version release <<<"$found"
	kernel=$(cache_dir)/kernels/$release
	mkdir -p "${kernel%/*}"
	if [[ -e $kernel ]] && ! (cd "$kernel" && sha256sum --check --status SHA256SUMS 2>/dev/null); then
		note "the cached kernel $release is incomplete or changed: unpacking it again"
		rm -rf "$kernel"
	fi
	[[ -e $kernel ]] || unpack_kernel "$version" "$release" "$kernel" >&2 || exit
	touch "$kernel"
	printf '%s\n' "$kernel"
}
