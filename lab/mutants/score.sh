#!/bin/bash
# SPDX-License-Identifier: MIT
#
# score.sh [OPTION...] [MUTANT...]: see --help

set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)

# shellcheck source-path=SCRIPTDIR source=../say.sh
. "$here/../say.sh"
note() { printf 'mutants: %s\n' "$*" >&2; }

usage() {
	cat <<'USAGE'
lab/mutants/score.sh [OPTION...] [MUTANT...]

Runs the whole set of scenarios on an emulated host with each mutant (without names: all of them),
and once with none, under the parameters that the mutant's file names. Results are kept, so an
interrupted run goes on where it stopped. Writes docs/mutants.md and prints its first table.

  --kernel VERSION  of the mutants' kernel, built by lab/kernel/build.sh --mutants (7.3)
  --image FILE      a bzImage with the mutants in it, in place of that; the file `mutants` beside it
                    lists them as instrument.sh did
  --elf FILE        another image of ours than build/revenant.elf
  --vendor VENDOR   only what shows on amd, or intel
  --runs N          run each N times; what does not agree is flaky (1)
  --jobs N          at a time (number of CPUs)
  --again           forget the results kept so far
  --table           run nothing: only the tables, from the results kept
  --doc FILE        write the document there (docs/mutants.md)

exit status: 0 all killed that can be; 1 a mutant survived, or is flaky; 2 usage; 99 a row is an ERROR
USAGE
}

version=7.3 image='' elf='' vendor='' runs=1 jobs=$(nproc) again='' table='' doc=$top/docs/mutants.md
names=()
while (($#)); do
	case $1 in
	--kernel) version=${2-} && shift ;;
	--image) image=${2-} && shift ;;
	--elf) elf=${2-} && shift ;;
	--vendor) vendor=${2-} && shift ;;
	--runs) runs=${2-} && shift ;;
	--jobs) jobs=${2-} && shift ;;
	--doc) doc=${2-} && shift ;;
	--again) again=yes ;;
	--table) table=yes ;;
	--help | -h) usage && exit 0 ;;
	-*) usage_error "unknown option $1 (lab/mutants/score.sh --help)" ;;
	*) names+=("$1") ;;
	esac
	shift
done
for name in "${names[@]}"; do
	[[ -r $here/$name.mutant ]] || usage_error "there is no mutant '$name' (lab/mutants/*.mutant)"
done
[[ $runs =~ ^[1-9]$ && $jobs =~ ^[1-9][0-9]?$ ]] || usage_error "--runs takes 1 to 9, --jobs 1 to 99"

LIMIT=120   # seconds for one run
PATIENCE=10 # seconds without output until the VM counts as hung

kept=$(cache_dir)/mutants/results
mkdir -p "$kept"
[[ -n $image ]] || image=$("$here/../kernel/build.sh" --mutants "$version") || exit
list=${image%/*}/mutants
[[ -r $image && -r $list ]] || usage_error "there is no kernel '$image' with its list '$list'"
work=$(mktemp -d)
# shellcheck disable=SC2317 # called by trap
clean_up() {
	local running
	mapfile -t running < <(jobs -p)
	((${#running[@]} == 0)) || kill "${running[@]}" 2>/dev/null || true
	wait
	rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

if [[ -z $elf ]]; then
	elf=$top/build/revenant.elf
	make -s -C "$top" build/revenant.elf
fi
cp "$elf" "$work/revenant.elf" # it may change while we run
image_sum=$(sha256sum <"$work/revenant.elf")
awk -f "$here/read.awk" "$here"/*.mutant >"$work/mutants"

# What a result depends on. The other mutants of an image are behind guards that are off.
key() { # MUTANT or none, VENDOR, PARAMS, RUN
	{
		echo "$version $1 $2 $3 $4 $image_sum"
		[[ $1 == none ]] || awk '/^[a-z-]+:/ { edit = /^(in|remove|replace|by|before|insert):/ } edit' "$here/$1.mutant"
	} | sha256sum | cut -c1-20
}

number_of() { # MUTANT
	[[ $1 == none ]] && echo 0 && return
	awk -F'\t' -v name="$1" '$2 == name { print $1 }' "$list"
}

run_one() { # MUTANT VENDOR PARAMS RUN
	local result status=0 begin=$EPOCHREALTIME number running
	result=$kept/$(key "$@")
	number=$(number_of "$1")
	[[ -n $number ]] || return 0
	timeout "$LIMIT" "$top/run.sh" --no-install --host lab --cpu "$2" --image "$work/revenant.elf" \
		--kernel "$image" --host-append "kvm.revenant_mutant=$number" --host-params "$3" --timeout "$PATIENCE" \
		>"$result.part" 2>"$result.log" </dev/null &
	running=$!
	trap 'kill $running; exit 130' TERM # timeout passes it on to its process group
	wait $running || status=$?
	# A mutant may hang the VM in case after case: what it did within the limit is enough.
	case $status in
	0 | 1 | 77) ;;
	124) grep -q '^not ok ' "$result.part" || return 0 ;;
	*)
		note "$1 on $2 $3: run.sh ends with status $status ($result.log)"
		return 0
		;;
	esac
	printf '# run status=%d seconds=%s mutant=%s host=%s,%s\n' "$status" \
		"$(awk -v a="$begin" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f", b - a }')" "$1" "$2" "$3" >>"$result.part"
	mv "$result.part" "$result"
	note "$1 on $2 $3: $(grep -cE '^not ok ' "$result") red ($(sed -n 's/^# run .*seconds=\([0-9.]*\).*/\1/p' "$result") s)"
}

# All runs that the table wants: MUTANT VENDOR PARAMS RUN, those of the unmodified kernel first.
wanted() {
	awk -F'\t' -v OFS='\t' -v chosen=" ${names[*]} " -v vendor="$vendor" -v runs="$runs" '
		FILENAME == ARGV[1] { there[$2]; next }
		$1 == "mutant" { deep[$2] = $5 != "-" }
		$1 == "shows" && ($2 in there) && (vendor == "" || vendor == $3) &&
		(chosen == "  " || index(chosen, " " $2 " ")) {
			host = $3 OFS $4
			if (!(host in hosts)) { hosts[host]; base[++nr_bases] = "none" OFS host }
			line[deep[$2], ++nr] = $2 OFS host
		}
		END {
			for (r = 1; r <= runs; r++) {
				for (i = 1; i <= nr_bases; i++) print base[i], r
				for (d = 0; d < 2; d++) # those that need hardware come last
					for (i = 1; i <= nr; i++)
						if ((d, i) in line) print line[d, i], r
			}
		}' "$list" "$work/mutants"
}

begin=$SECONDS ran=0
while IFS=$'\t' read -r name host_vendor params run; do
	result=$kept/$(key "$name" "$host_vendor" "$params" "$run")
	[[ -z $again ]] || rm -f "$result"
	[[ ! -e $result && -z $table ]] || continue
	while (($(jobs -rp | wc -l) >= jobs)); do wait -n || true; done
	run_one "$name" "$host_vendor" "$params" "$run" &
	ran=$((ran + 1))
done < <(wanted)
wait

# The tables: from the mutants' files and the results there are.
names=()
while IFS=$'\t' read -r name host_vendor params run; do
	result=$kept/$(key "$name" "$host_vendor" "$params" "$run")
	if [[ -r $result ]]; then
		printf 'result\t%s\t%s\t%s\t%d\t%s\t%s\n' "$name" "$host_vendor" "$params" "$run" \
			"$(sed -n 's/^# run status=\([0-9]*\).*/\1/p' "$result")" \
			"$(sed -n 's/^# run .*seconds=\([0-9.]*\).*/\1/p' "$result")"
		tr -d '\r' <"$result" | awk -v OFS='\t' '
			/^(not )?ok [0-9]/ {
				bad = $1 == "not"
				kind = bad ? $6 : / # SKIP VACUOUS/ ? "VACUOUS" : / # SKIP/ ? "SKIP" : "PASS"
				print "case", bad ? $4 : $3, kind
			}'
	fi
done < <(vendor='' && wanted) >"$work/results"

status=0
awk -f "$here/table.awk" -v version="$version" -v doc="$work/doc.md" "$work/mutants" "$list" "$work/results" || status=$?
[[ ! -s $work/doc.md ]] || mv "$work/doc.md" "$doc"
((ran == 0)) || note "$ran runs in $((SECONDS - begin)) s"
exit "$status"
