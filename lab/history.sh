#!/bin/bash
# SPDX-License-Identifier: MIT
#
# history.sh [OPTION...] [KERNEL...]: see --help

set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/.." && pwd)

# shellcheck source-path=SCRIPTDIR source=say.sh
. "$here/say.sh"
# shellcheck source-path=SCRIPTDIR source=series.sh
. "$here/series.sh"
note() { printf 'history: %s\n' "$*" >&2; }

usage() {
	cat <<'USAGE'
lab/history.sh [OPTION...] [KERNEL...]

Runs the whole set of scenarios on emulated hosts with stock kernels of the distribution, oldest to
newest (without KERNEL: one early and one late of each line that the archive serves), on AMD with
npt=1 and npt=0, on AMD and Intel CPUs whose TLB keeps what it may, there with ept=0, too, and prints what is red: kernel by family of
scenarios. The same table goes to docs/history.md, between its two markers. Results are kept, so an
interrupted run goes on where it stopped.

  --elf FILE   another image of ours than build/revenant.elf
  --jobs N     at a time (number of CPUs)
  --again      forget the results kept so far
  --table      run nothing: only the table, from the results kept
  --doc FILE   write the document there (docs/history.md)

exit status: 0 all kernels ran, whatever was found; 2 usage; 99 a kernel could not be run
USAGE
}

# KERNEL [VENDOR FILTER]; kernels that the archive serves no more are left out with a note. On AMD, 5.10
# hangs in every case of linear.irq*, 30 s each (docs/history.md says why).
KERNELS='5.10.218 amd !linear.irq*
5.10.262 amd !linear.irq*
6.1.170
6.1.192
6.12.43
6.12.117
6.16.3
6.17.13
6.18.15
6.19.14
7.0.13
7.1.13
7.2.13
7.3'
HOSTS='amd npt=1
amd npt=0
amd npt=1 tlb=keep
intel ept=1
intel ept=0'
LIMIT=300 # seconds for one run

elf='' jobs=$(nproc) again='' table='' doc=$top/docs/history.md kernels=()
while (($#)); do
	case $1 in
	--elf | --jobs | --doc)
		(($# > 1)) || usage_error "$1 needs a value (lab/history.sh --help)"
		declare "${1#--}=$2"
		shift
		;;
	--again) again=yes ;;
	--table) table=yes ;;
	--help | -h) usage && exit 0 ;;
	-*) usage_error "unknown option $1 (lab/history.sh --help)" ;;
	*) kernels+=("$1") ;;
	esac
	shift
done
[[ $jobs =~ ^[1-9][0-9]?$ ]] || usage_error "--jobs takes 1 to 99"

kept=$(cache_dir)/history
mkdir -p "$kept"
begin_series
take_image "$top" "$elf"

filter_for() { # KERNEL VENDOR; prints the filter that the list has for them, if any
	awk -v kernel="$1" -v vendor="$2" '$1 == kernel && $2 == vendor { print $3 }' <<<"$KERNELS"
}

result_of() { # KERNEL VENDOR PARAMS; prints the result's path
	local key
	key=$(printf '%s %s %s %s %s' "$1" "$2" "$3" "$(filter_for "$1" "$2")" "$image_sum$(cpu_sum "$2" "$3")" | sha256sum | cut -c1-20)
	printf '%s/%s\n' "$kept" "$key"
}

run_one() { # KERNEL VENDOR PARAMS
	local result filter=() status=0 begin=$SECONDS running host_options
	result=$(result_of "$@")
	mapfile -t filter < <(filter_for "$1" "$2")
	choose_host_options "$2" "$3"
	timeout "$LIMIT" "$top/run.sh" --no-install "${host_options[@]}" --image "$work/revenant.elf" --max-crashes 0 --kernel "$1" \
		"${filter[@]}" >"$result.part" 2>"$result.log" </dev/null &
	running=$!
	trap 'kill $running; exit 130' TERM
	wait $running || status=$?
	case $status in
	0 | 1 | 77) ;;
	2)
		note "$1 on $2 $3: $(sed -n 's/^run.sh: error: //p' "$result.log")"
		return 0
		;;
	*)
		note "$1 on $2 $3: run.sh ends with status $status ($result.log)"
		return 0
		;;
	esac
	printf '# history kernel=%s vendor=%s params=%s seconds=%d filter=%s\n' "$1" "$2" "${3// /,}" \
		$((SECONDS - begin)) "${filter[*]}" >>"$result.part"
	mv "$result.part" "$result"
	note "$1 on $2 $3: $(grep -cE '^not ok ' "$result") red ($((SECONDS - begin)) s)"
}

((${#kernels[@]})) || mapfile -t kernels < <(awk '{ print $1 }' <<<"$KERNELS")

# Downloads first, one after the other: several runs would wait for each other.
if [[ -z $table ]]; then
	for f in packages archive debian-kernel; do
		# shellcheck disable=SC1090 # the three that run.sh sources
		. "$here/$f.sh"
	done
	available=()
	for kernel in "${kernels[@]}"; do
		if (exclusively archive debian_kernel "$kernel" >/dev/null 2>"$work/why"); then
			available+=("$kernel")
		else
			note "$kernel is left out: $(sed -n 's/; it has:.*//; s/^run.sh: error: //p' "$work/why")"
		fi
	done
	kernels=("${available[@]}")
fi

begin=$SECONDS ran=0 absent=0
for kernel in "${kernels[@]}"; do
	while read -r vendor params; do
		result=$(result_of "$kernel" "$vendor" "$params")
		[[ -z $again ]] || rm -f "$result"
		[[ ! -e $result && -z $table ]] || continue
		while (($(jobs -rp | wc -l) >= jobs)); do wait -n || true; done
		run_one "$kernel" "$vendor" "$params" &
		ran=$((ran + 1))
	done <<<"$HOSTS"
done
wait
seconds=$((SECONDS - begin))

# The table, from the results there are.
results=()
for kernel in "${kernels[@]}"; do
	while read -r vendor params; do
		result=$(result_of "$kernel" "$vendor" "$params")
		if [[ -r $result ]]; then
			results+=("$result")
		elif [[ -z $table ]]; then
			absent=$((absent + 1))
		fi
	done <<<"$HOSTS"
done
((${#results[@]})) || usage_error "there are no results yet: run it without --table"
awk -f "$here/history.awk" "${results[@]}" >"$work/table"
sed 's/`//g; s/\*\*//g' "$work/table"

# Between the markers of the document, or a new document.
BEGIN_MARK='<!-- made by lab/history.sh: do not edit by hand -->'
END_MARK='<!-- end of what lab/history.sh made -->'
[[ -e $doc ]] || printf '# Real history\n\n%s\n%s\n' "$BEGIN_MARK" "$END_MARK" >"$doc"
[[ $(grep -cxF -e "$BEGIN_MARK" -e "$END_MARK" "$doc") == 2 ]] || usage_error "$doc has lost its markers: $BEGIN_MARK"
awk -v from="$BEGIN_MARK" -v to="$END_MARK" -v table="$work/table" '
	$0 == to { skip = 0 }
	!skip
	$0 == from {
		skip = 1
		print ""
		while ((getline line < table) > 0) print line
		print ""
	}' "$doc" >"$work/doc"
cmp -s "$work/doc" "$doc" || cp "$work/doc" "$doc"
((ran == 0)) || note "$ran runs in $seconds s"
((absent == 0)) || exit $EXIT_OURS
