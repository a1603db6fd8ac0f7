# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Who shows a run while it goes on: lab/py/show.py, which run.sh tells of the run in the folder $work/run
# (lab/py/events.py). Without python3 the streams are printed one after the other (report.sh).

shower=''    # its process
report_dir='' # where the report goes

choose_format() { # sets format
	if [[ -n $bench ]]; then
		format=stream # it judges nothing
	elif [[ -z $format && -t 1 ]]; then
		format=terminal
	elif [[ -z $format ]]; then
		format=nested
	fi
}

choose_report() { # sets report_dir
	[[ $report != no && -z $bench ]] || return 0
	report_dir=$report
	if [[ -z $report ]] && ! report_dir=$(cache_dir 2>/dev/null)/last; then
		note "no report is kept, for the cache folder cannot be made (--report DIR names another)"
		report_dir=''
		return
	fi
	mkdir -p "$report_dir" 2>/dev/null || true
	[[ -w $report_dir ]] ||
		usage_error "--report: cannot make a folder '$report_dir', or not write to it"
}

check_compare() { # FILE
	local problem
	command -v python3 >/dev/null || usage_error "--compare needs python3: apt-get install python3"
	problem=$(python3 "$LAB/py/changes_of_runs.py" "$1" 2>&1) || usage_error "--compare: ${problem##*$'\n'}"
}

tell_of_run() { # COMMAND-LINE
	local s
	rm -rf "$work/run"
	mkdir "$work/run"
	for ((s = 0; s < settings; s++)); do
		rm -f "$(stream_of "$s").status"
		printf '%s\t%s\t%s\t%s\n' "${setting[$s.name]}" "${setting[$s.title]}" \
			"${setting[$s.options]}$(common_options)" "$(stream_of "$s")"
	done >"$work/run/settings"
	printf '%s\t%s\n' command "$1" begin "$(date +%s)" limits "$(print_limits | sed 's/^# //' | tr '\n' ' ')" >"$work/run/about"
	[[ -n $replay$random$random_count ]] || chosen_cases "$image" "${filters[@]}" >"$work/run/cases"
}

start_showing() { # COMMAND-LINE
	[[ -z $bench ]] || return 0 # whoever measures wants each line when it comes
	command -v python3 >/dev/null || return 0
	tell_of_run "$1"
	case $format in
	stream) print_limits ;;
	terminal) print_limits | sed 's/^# //' ;;
	esac
	python3 "$LAB/py/show.py" "$format" "$work/run" ${report_dir:+--report "$report_dir"} \
		${compare:+--compare "$compare"} &
	shower=$!
}

tell_status() { # NUMBER of a setting, WHY if that is no word of its stream
	[[ -n $shower ]] || return 0
	printf '%s %s\n' "${setting[$1.status]}" "${2-}" 2>/dev/null >"$(stream_of "$1").status" ||
		note "${setting[$1.name]}: ${2:-its status cannot be written: is the disk full?}"
}

# The end of the run, or what there is of it.
end_showing() { # STATUS
	[[ -n $shower ]] || return 0
	if printf '%s\n' "$1" 2>/dev/null >"$work/run/end"; then
		wait "$shower" || note "not all of the run could be shown (above): its verdict stands"
	else # a full disk takes no word
		note "$work takes no word more (is the disk full?): here are the streams"
		kill -9 "$shower" 2>/dev/null || true
		wait "$shower" 2>/dev/null || true
		print_streams
	fi
	shower=''
}
