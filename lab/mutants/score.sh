#!/bin/bash
# SPDX-License-Identifier: MIT
#
# score.sh [OPTION...] [MUTANT...]: see --help

set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)

# shellcheck source-path=SCRIPTDIR source=../say.sh
. "$here/../say.sh"
# shellcheck source-path=SCRIPTDIR source=../series.sh
. "$here/../series.sh"
note() { printf 'mutants: %s\n' "$*" >&2; }

usage() {
	cat <<'USAGE'
lab/mutants/score.sh [OPTION...] [MUTANT...]

Runs the whole set of scenarios on emulated hosts with each mutant (without names: all of them),
and once with none, under the parameters that the mutant's file names: one boot of a host for several
mutants, a boot of its own for one that hangs or crashes. What must turn red is run again: three runs
have to agree. Results are kept, so an interrupted run goes on where it stopped. Writes docs/mutants.md
(kernel 7.3 only) and prints its first table.

  --kernel VERSION  of the mutants' kernel, built by lab/kernel/build.sh --mutants (7.3)
  --image FILE      a bzImage with the mutants in it, in place of that; the file `switches` beside it
                    lists them as instrument.py did
  --elf FILE        another image of ours than build/revenant.elf
  --vendor VENDOR   only what shows on amd, or intel
  --runs N          what is expected must be red in N runs, the later ones of these scenarios only (3)
  --batch N         mutants for each boot (12)
  --jobs N          at a time (number of CPUs)
  --again           forget the results kept so far
  --table           run nothing: only the tables, from the results kept
  --doc FILE        write the document there

exit status: 0 all killed that can be; 1 a mutant survived, or is flaky; 2 usage; 99 a row is an ERROR
USAGE
}

version=7.3 image='' elf='' vendor='' runs=3 jobs=$(nproc) batch=12 again='' table='' doc=-
names=()
while (($#)); do
	case $1 in
	--kernel) version=${2-} && shift ;;
	--image) image=${2-} && shift ;;
	--elf) elf=${2-} && shift ;;
	--vendor) vendor=${2-} && shift ;;
	--runs) runs=${2-} && shift ;;
	--jobs) jobs=${2-} && shift ;;
	--batch) batch=${2-} && shift ;;
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
[[ $runs =~ ^[1-9]$ && $jobs =~ ^[1-9][0-9]?$ && $batch =~ ^[1-9][0-9]?$ ]] ||
	usage_error "--runs takes 1 to 9, --jobs and --batch 1 to 99"
if [[ $doc == - ]]; then
	doc=
	[[ $version != 7.3 || -n $image ]] || doc=$top/docs/mutants.md
fi

LIMIT=200        # seconds for a mutant in a boot of its own
PATIENCE=20      # seconds without output until the VM counts as hung
HANGS_AFTER=10   # the same for a mutant that is known to hang it
FILTER_BYTES=480 # of the image's filter= word

kept=$(cache_dir)/mutants/results
mkdir -p "$kept"
[[ -n $image ]] || image=$("$here/../kernel/build.sh" --mutants "$version") || exit
switches=${image%/*}/switches
[[ -r $image && -r $switches ]] || usage_error "there is no kernel '$image' with its list '$switches'"
begin_series
list=$work/list
awk -F'\t' -v OFS='\t' '$1 == "mutant" { print $3, $2 }' "$switches" >"$list"
take_image "$top" "$elf"
awk -f "$here/read.awk" "$here"/*.mutant >"$work/mutants"
awk -F'\t' '$1 == "mutant" && $8 == "yes" { print $2 }' "$work/mutants" >"$work/hanging"
hangs() { # MUTANT
	grep -qxF -e "$1" "$work/hanging"
}

# What a result depends on. The other mutants of an image are behind guards that are off. One run may
# be in several parts, each with a filter of its own.
key() { # MUTANT or none, VENDOR, PARAMS, RUN, FILTER
	{
		echo "$version $* $image_sum$(cpu_sum "$2" "$3")"
		[[ $1 == none ]] || awk '/^[a-z-]+:/ { edit = /^(in|remove|replace|by|before|insert):/ } edit' "$here/$1.mutant"
	} | sha256sum | cut -c1-20
}

number_of() { # MUTANT
	if [[ $1 == none ]]; then
		echo 0
	else
		awk -F'\t' -v name="$1" '$2 == name { print $1 }' "$list"
	fi
}

keep_result() { # FILE STATUS SECONDS MUTANT VENDOR PARAMS RUN FILTER
	local result
	result=$kept/$(key "${@:4}")
	cp "$1" "$result.part"
	printf '# run status=%d seconds=%s mutant=%s host=%s,%s run=%d\n' "${@:2:6}" >>"$result.part"
	mv "$result.part" "$result"
	note "$4 on $5 $6: $(grep -cE '^not ok ' "$result") red${8:+ of those that were} ($3 s)"
}

# In a boot of its own, or in several: a VM that dies is started again behind the case it was in.
run_alone() { # MUTANT VENDOR PARAMS RUN FILTER
	local stream status=0 begin=$EPOCHREALTIME filter=() patience=$PATIENCE host_options
	! hangs "$1" || patience=$HANGS_AFTER
	choose_host_options "$2" "$3"
	stream=$(mktemp -p "$work")
	[[ -z $5 ]] || IFS=, read -ra filter <<<"$5"
	timeout "$LIMIT" "$top/run.sh" --no-install "${host_options[@]}" --image "$work/revenant.elf" \
		--kernel "$image" --host-append "kvm.revenant_mutant=$(number_of "$1")" \
		--timeout "$patience" --max-crashes 0 "${filter[@]}" >"$stream" 2>"$stream.log" </dev/null &
	running=$!
	wait "$running" || status=$?
	running=
	# A mutant may hang the VM in case after case: what it did within the limit is enough.
	if [[ $status == 124 ]] && grep -q '^not ok ' "$stream"; then
		status=1
	fi
	case $status in
	0 | 1 | 77)
		keep_result "$stream" "$status" "$(awk -v a="$begin" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f", b - a }')" "$@"
		;;
	*)
		cp "$stream.log" "$kept/failed-$1-$2.log"
		note "$1 on $2 $3: run.sh ends with status $status ($kept/failed-$1-$2.log)"
		;;
	esac
}

# Several runs on one host: as many as go in one boot; the one that ended the boot alone; the rest in
# another boot. FILE has lines MUTANT VENDOR PARAMS RUN FILTER.
run_batch() { # FILE
	local todo=$1 dir on with name vendor params run filter share nr line
	dir=$(mktemp -d -p "$work")
	running=''
	trap '[[ -z $running ]] || kill $running; exit 130' TERM
	while [[ -s $todo ]]; do
		IFS=$'\t' read -r name on with run filter <"$todo"
		if hangs "$name"; then
			run_alone "$name" "$on" "$with" "$run" "$filter"
			sed -i 1d "$todo"
			continue
		fi
		nr=0
		while IFS=$'\t' read -r name vendor params run filter; do
			nr=$((nr + 1))
			printf '%d\tmutant=%d%s\n' "$nr" "$(number_of "$name")" "${filter:+ filter=$filter}"
		done <"$todo" >"$dir/jobs"
		rm -rf "$dir/out"
		mkdir "$dir/out"
		"$here/batch.sh" --vendor "$on" --params "$with" --kernel "$image" --elf "$work/revenant.elf" \
			--patience "$PATIENCE" --bochs "$bochs" "$dir/jobs" "$dir/out" >"$dir/done" 2>"$dir/log" </dev/null &
		running=$!
		wait "$running" || note "a boot on $on $with failed: $(tail -n 1 "$dir/log")"
		running=
		share=$(awk '/^took/ { t = $2 } !/^took/ { n++ } END { printf "%.1f", n ? t / n : t }' "$dir/done")
		nr=0 line=''
		: >"$dir/rest"
		while IFS=$'\t' read -r name vendor params run filter; do
			nr=$((nr + 1))
			if [[ -e $dir/out/$nr ]]; then
				keep_result "$dir/out/$nr" "$(sed -n 's/^# end status=//p' "$dir/out/$nr")" "$share" \
					"$name" "$vendor" "$params" "$run" "$filter"
			elif [[ -z $line ]]; then
				line="$name"$'\t'"$vendor"$'\t'"$params"$'\t'"$run"$'\t'"$filter"
			else
				printf '%s\t%s\t%s\t%s\t%s\n' "$name" "$vendor" "$params" "$run" "$filter" >>"$dir/rest"
			fi
		done <"$todo"
		if [[ -n $line ]]; then
			IFS=$'\t' read -r name vendor params run filter <<<"$line"
			run_alone "$name" "$vendor" "$params" "$run" "$filter"
		fi
		mv "$dir/rest" "$todo"
	done
}

# The rows and the hosts' baselines, MUTANT VENDOR PARAMS, those with none first of each host.
rows() {
	awk -F'\t' -v OFS='\t' -v chosen=" ${names[*]} " -v vendor="$vendor" '
		FILENAME == ARGV[1] { there[$2]; next }
		$1 == "shows" && ($2 in there) && (vendor == "" || vendor == $3) &&
		(chosen == "  " || index(chosen, " " $2 " ")) {
			host = $3 OFS $4
			if (!(host in at)) { at[host] = ++hosts; line[hosts] = "none" OFS host }
			line[at[host]] = line[at[host]] "\n" $2 OFS host
		}
		END { for (i = 1; i <= hosts; i++) print line[i] }' "$list" "$work/mutants"
}

results_of() { # STREAM...; prints NAME KIND of its cases
	tr -d '\r' <"$1" | awk -v OFS='\t' '
		/^(not )?ok [0-9]/ {
			bad = $1 == "not"
			kind = bad ? $6 : / # SKIP VACUOUS/ ? "VACUOUS" : / # SKIP/ ? "SKIP" : "PASS"
			print bad ? $4 : $3, kind
		}'
}

# The filters, one a line, that choose what is red in a first run. One that was cut off by its limit
# hangs the VM in case after case: of it a few.
filters_of() { # RESULT
	local few=0
	! grep -q "^# run .*seconds=$LIMIT\." "$1" || few=4
	results_of "$1" | awk -v bytes="$FILTER_BYTES" -v few="$few" -f "$here/filters.awk"
}

# The globs of the cases that a row expects to be red, if any, as a filter.
expected_of() { # MUTANT VENDOR PARAMS
	awk -F'\t' -v m="$1" -v v="$2" -v p="$3" '
		$1 == "shows" && $2 == m && $3 == v && $4 == p && $5 != "-" { gsub(/ /, ",", $5); print $5 }' "$work/mutants"
}

# The runs of a row there must be, MUTANT VENDOR PARAMS RUN FILTER: the first, of all cases, and once it is
# there the others, of those that are expected; if none is, of those that were red in it. Of a mutant that
# hangs the VM only the expected cases are run.
runs_of() { # MUTANT VENDOR PARAMS
	local first filters red run filter
	mapfile -t filters < <(expected_of "$@")
	if hangs "$1"; then
		for ((run = 1; run <= runs; run++)); do
			printf '%s\t%s\t%s\t%d\t%s\n' "$@" "$run" "${filters[0]-}"
		done
		return
	fi
	printf '%s\t%s\t%s\t1\t\n' "$@"
	first=$kept/$(key "$@" 1 '')
	[[ $1 != none && -r $first ]] || return 0
	mapfile -t red < <(filters_of "$first")
	((${#red[@]})) || return 0
	((${#filters[@]})) || filters=("${red[@]}")
	for ((run = 2; run <= runs; run++)); do
		for filter in "${filters[@]}"; do
			printf '%s\t%s\t%s\t%d\t%s\n' "$@" "$run" "$filter"
		done
	done
}

# All runs that have no result yet.
wanted() {
	local name host_vendor params run filter
	while IFS=$'\t' read -r name host_vendor params; do
		while IFS=$'\t' read -r name host_vendor params run filter; do
			[[ -e $kept/$(key "$name" "$host_vendor" "$params" "$run" "$filter") ]] ||
				printf '%s\t%s\t%s\t%s\t%s\n' "$name" "$host_vendor" "$params" "$run" "$filter"
		done < <(runs_of "$name" "$host_vendor" "$params")
	done < <(rows)
}

# Boots for what is wanted: files of up to $batch runs on one host.
split_into_batches() { # PREFIX; prints the files' names
	awk -F'\t' -v size="$batch" -v prefix="$1" '
		FILENAME != "-" { hangs[$1]; next }
		{
			host = $2 FS $3 FS ($1 in hangs)
			if (!(host in nr) || nr[host] == size) {
				nr[host] = 0
				file[host] = sprintf("%s-%03d", prefix, ++files)
				print file[host]
			}
			nr[host]++
			print > file[host]
		}' "$work/hanging" -
}

bochs=''
[[ -n $table ]] || while IFS=$'\t' read -r name host_vendor params; do
	keeps "$host_vendor" "$params" || continue
	bochs=$("$here/../bochs/build.sh" --no-install) || exit
	[[ $bochs != /usr/* ]] || usage_error "a TLB that keeps needs our own build of Bochs (above says why there is none)"
	break
done < <(rows)

if [[ -n $again ]]; then
	while IFS=$'\t' read -r name host_vendor params; do
		while IFS=$'\t' read -r name host_vendor params run filter; do
			rm -f "$kept/$(key "$name" "$host_vendor" "$params" "$run" "$filter")"
		done < <(runs_of "$name" "$host_vendor" "$params" | sort -t $'\t' -k 4,4nr)
	done < <(rows)
fi

# First runs, then what they call for.
begin=$SECONDS ran=0
for round in first later; do
	[[ -z $table ]] || break
	wanted >"$work/$round"
	ran=$((ran + $(wc -l <"$work/$round")))
	while read -r file; do
		while (($(jobs -rp | wc -l) >= jobs)); do wait -n || true; done
		run_batch "$file" &
	done < <(split_into_batches "$work/boot-$round" <"$work/$round")
	wait
done

# The tables: from the mutants' files and the results there are. A run that lacks a part is none.
names=()
print_results() {
	local name host_vendor params run filter result
	while IFS=$'\t' read -r name host_vendor params; do
		while IFS=$'\t' read -r name host_vendor params run filter; do
			result=$kept/$(key "$name" "$host_vendor" "$params" "$run" "$filter")
			if [[ -r $result ]]; then
				printf 'result\t%s\t%s\t%s\t%d\t%s\t%s\n' "$name" "$host_vendor" "$params" "$run" \
					"$(sed -n 's/^# run status=\([0-9]*\).*/\1/p' "$result")" \
					"$(sed -n 's/^# run .*seconds=\([0-9.]*\).*/\1/p' "$result")"
				results_of "$result" | sed 's/^/case\t/'
			else
				printf 'absent\t%s\t%s\t%s\t%d\n' "$name" "$host_vendor" "$params" "$run"
			fi
		done < <(runs_of "$name" "$host_vendor" "$params")
	done < <(vendor='' && rows)
}
print_results >"$work/results"

status=0
awk -f "$here/table.awk" -v version="$version" -v runs="$runs" -v doc="$work/doc.md" \
	"$work/mutants" "$list" "$work/results" || status=$?
[[ -z $doc || ! -s $work/doc.md ]] || cp "$work/doc.md" "$doc"
((ran == 0)) || note "$ran runs in $((SECONDS - begin)) s"
exit "$status"
