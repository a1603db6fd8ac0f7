# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# run.sh's command line: the variables it sets, and every check that needs nothing but the options.

TIMEOUT_DEFAULT=30

usage() {
	cat <<'USAGE'
usage: ./run.sh [OPTION...] [FILTER...]

Looks for stale translations in a host KVM. FILTERs are globs over case names; !GLOB leaves out.

where to run
  --host kvm|lab|tcg|bochs
                       kvm: this machine's KVM; lab: an emulated machine with a real Linux and its
                       KVM; tcg, bochs: the image alone on an emulator, a check of our own code.
                       Without: kvm if it is usable and nested, else lab
  --kernel VERSION     lab: the host's kernel, from the distribution's archive (6.12, 6.1.192, ...)
  --kernel TREE        lab: a kernel's source tree: a small configuration of it is built, out of tree
  --kernel FILE        lab: a bzImage with KVM built in, or with its modules beside it; or their vmlinux
  --modules DIR        lab: where the modules of FILE are (a build folder, or lib/modules/VERSION)
  --host-params 'P=V'  lab: parameters of KVM's modules ('npt=0', 'kvm.tdp_mmu=0 npt=1'); several
                       times: one run each. Without: npt=1, and npt=0
  --host-cpus N        lab: number of the host's CPUs (1): with 2, vCPUs can be moved between them
  --host-append 'ARGS' lab: more words for the host kernel's command line
  --cpu amd|intel|all  lab: vendor of the emulated machine (amd)
  --emulator qemu|bochs  lab: what emulates it (qemu for amd, bochs for intel)
  --tlb off|keep|random:SEED
                       Bochs' TLB: keep (without): a translation goes only when the architecture
                       obliges it to; random: some go before; off: all go at each world switch
  --matrix             kvm: one run for each of several sets of parameters of KVM's modules, or those of
                       --host-params; as root, while no VM runs; afterwards all is as it was
  --mutant NAME        lab: a kernel with a planted fault (lab/mutants), on all hosts on which it shows;
                       says what was expected and what was caught. `none`: that kernel without one
  --variant NAME,...   lab: a kernel in which KVM does something in another way (lab/variants)
  --fresh-host         lab: boot the host, which otherwise is booted once and then restored from the cache
  --no-trial           lab: do not try the emulator out on a stock kernel first, once for each emulator
  --boot kernel|bios|uefi  kvm, tcg: how the image is entered (kernel: PVH)
  --vmm own|qemu       kvm, lab: what runs the VM. own: vmm/ of this repository, with which the host
                       acts below the VM (steps `host …`). Without: own in the lab, qemu on kvm
  --smp N              number of L1's CPUs (1)

what to run
  --list               the cases, or those that the FILTERs choose: name, classes (docs/catalogue.md) and
                       title, with tabs between; runs nothing
  --scenarios FILE     the scenarios of FILE in place of the image's own (docs/adding-a-scenario.md)
  --replay 'PROGRAM'   one program, as a failure report shows it
  --random SECONDS     random programs for so long, judged by the oracle; what is red is cut down
  --random-count N     N of them
  --seed S             the same ones again; without: others each time
  --corpus DIR         the scenarios in DIR (*.scn); with --random it grows: by what is red, and by new combinations
  --random-all         also what is known to fail on such hosts
  --repeat N           each program N times (1)
  --tries N            tries of a control (3)
  --mutate skip-flush  L1 leaves out the flushes it claims: what passed must turn red
  --bench              measures, judges nothing
  --max-crashes N      ends a setting when N VMs have died or hung (10), or half as many in a row; 0: never
  --may-crash-host     run cases that can stop this machine, if the FILTER is their full name
  --strict             faults that are known (KNOWN) are wrong, too
  --bisect             exit status for git bisect run: 0 good, 1 bad, 125 could not be verified

how
  -q                   only what is red, and the last line
  -v                   each setting's own stream, as it comes
  --format nested|flat|stream|terminal
                       without: a screenful on a terminal, elsewhere one KTAP document (settings are its subtests);
                       flat: one plan, names of [.a-zA-Z0-9_-] only; stream: -v
  --report DIR         the report goes there (without: last/ in the cache): report.html, mail.txt, junit.xml,
                       results.json (docs/results.md), run.ktap, logs/
  --no-report          none is written
  --compare OLD.json   what has changed since that results.json
  --timeout S          seconds without output until a VM counts as hung (30)
  --keep DIR           keep streams, consoles and logs in DIR
  --image FILE         another image than build/revenant.elf
  --install            install the packages that are missing; without, only after a yes on a terminal
  --no-install         do not even ask
  --prefetch VERSION...  downloads and makes what runs on these kernels need; runs nothing
  --cache              what lies in the cache (~/.cache/revenant), and how large; runs nothing
  --cache-clean        removes from it what no present version uses; runs nothing
  --help               this text

exit status: 0 nothing wrong; 1 a STALE, LEAK, WILD or CRASH; 2 usage; 77 nothing could be
verified; 99 an error of our own
USAGE
}

host='' kernel='' modules='' host_append='' host_cpus=1 cpu=amd emulator='' tlb='' boot=kernel vmm='' smp=1
host_params=() filters=()
list='' scenarios='' corpus='' replay='' repeat='' tries='' mutate='' mutant='' variant='' cpu_chosen='' bench='' bisect='' max_crashes=10 strict='' may_crash_host=''
cache='' matrix='' prefetch=''
random='' random_count='' seed='' random_all=''
format='' report='' compare=''
timeout=$TIMEOUT_DEFAULT keep='' image='' trial=yes fresh_host=''

one_of() { # OPTION VALUE CHOICE...
	local option=$1 value=$2 choice
	shift 2
	for choice; do
		[[ $value != "$choice" ]] || return 0
	done
	usage_error "$option '$value' is unknown: use one of $*"
}

number_in() { # OPTION VALUE LOWEST HIGHEST
	if ! [[ $2 =~ ^[0-9]{1,6}$ ]] || ((10#$2 < $3 || 10#$2 > $4)); then
		usage_error "$1 '$2' is no number from $3 to $4"
	fi
}

take_filter() { # GLOB or !GLOB
	[[ $1 =~ ^!?[a-z0-9.+/*?-]+$ ]] ||
		usage_error "filter '$1' is no glob over case names, such as 'svm.*' or '!*fetch' (./run.sh --list shows the names)"
	filters+=("$1")
}

# Takes one option; returns how many words it used up, in `used`.
take_option() { # OPTION [VALUE...]
	used=1
	case $1 in
	--list) list=yes ;;
	--matrix) matrix=yes ;;
	--prefetch) prefetch=yes ;;
	--cache) cache=print ;;
	--cache-clean) cache=clean ;;
	--bench) bench=yes ;;
	--bisect) bisect=yes ;;
	--strict) strict=yes ;;
	-q) format=quiet ;;
	-v) format=stream ;;
	--no-report) report=no ;;
	--may-crash-host) may_crash_host=yes ;;
	--random-all) random_all=yes ;;
	--fresh-host) fresh_host=yes ;;
	--no-trial) trial=no ;;
	--install | --no-install) install_flag=("$1") ;;
	--help | -h) usage && exit 0 ;;
	--host | --kernel | --modules | --host-params | --host-append | --host-cpus | --cpu | --emulator | --tlb | --boot | --vmm | --smp | \
		--scenarios | --corpus | --replay | --random | --random-count | --seed | --repeat | --tries | --mutate | --mutant | --variant | --max-crashes | --timeout | --format | --report | --compare | --keep | --image)
		(($# > 1)) || usage_error "$1 needs a value (./run.sh --help)"
		used=2
		take_value "$1" "$2"
		;;
	--*=*) usage_error "write '${1%%=*} ${1#*=}' in place of '$1'" ;;
	*) usage_error "unknown option '$1' (./run.sh --help lists them)" ;;
	esac
}

# run.sh works in its own folder; files are meant relative to the caller's.
file_of_caller() { # PATH
	if [[ $1 == /* ]]; then
		printf '%s\n' "$1"
	else
		printf '%s\n' "$caller/$1"
	fi
}

take_value() { # OPTION VALUE
	local name=${1#--}
	case $1 in
	--keep | --image | --scenarios | --corpus | --modules | --report | --compare) set -- "$1" "$(file_of_caller "$2")" ;;
	--kernel) ! is_kernel_path "$2" "$(file_of_caller "$2")" || set -- "$1" "$(realpath -ms "$(file_of_caller "$2")")" ;;
	esac
	case $1 in
	--host) one_of "$@" kvm lab tcg bochs ;;
	--cpu) one_of "$@" amd intel all && cpu_chosen=yes ;;
	--emulator) one_of "$@" qemu bochs ;;
	--tlb) [[ $2 =~ ^(off|keep|random:[0-9]{1,9})$ ]] ||
		usage_error "--tlb '$2' is unknown: use one of off keep random:SEED, SEED a number such as 1" ;;
	--boot) one_of "$@" kernel bios uefi ;;
	--vmm) one_of "$@" own qemu ;;
	--format) one_of "$@" nested flat stream terminal ;;
	--compare) check_compare "$2" ;;
	--mutate) one_of "$@" skip-flush ;;
	--mutant) check_mutant "$2" ;;
	--variant) check_variant "$2" ;;
	--smp) number_in "$@" 1 64 ;;
	--host-cpus) number_in "$@" 1 8 ;;
	--repeat | --tries) number_in "$@" 1 100000 ;;
	--timeout) number_in "$@" 1 86400 ;;
	--max-crashes) number_in "$@" 0 100000 ;;
	--random) number_in "$@" 1 86400 ;;
	--random-count | --seed) number_in "$@" 1 999999 ;;
	--kernel) check_kernel "$2" ;;
	--modules) check_modules "$2" ;;
	--host-params) check_params "$2" && host_params+=("$2") && return ;;
	--replay) [[ $2 == *[![:space:]]* && $2 != *$'\n'* ]] ||
		usage_error "--replay needs a program of one line, as a failure report shows it"
		((${#2} < 3500)) || usage_error "--replay: ${#2} characters are too many for a command line: write the program into a file, for --scenarios" ;;
	--corpus) mkdir -p "$2" 2>/dev/null || usage_error "--corpus: cannot make a folder '$2'" ;;
	--scenarios) [[ -f $2 && -r $2 ]] || usage_error "--scenarios: no file '$2' that can be read" ;;
	--image) check_image "$2" ;;
	esac
	printf -v "${name//-/_}" '%s' "$2"
}

# What an emulator can enter: an ELF file with a PVH note ("x86/HVM direct boot ABI"; its type is 18).
check_image() { # FILE
	[[ -f $1 && -r $1 ]] || usage_error "--image: no file '$1' that can be read"
	LC_ALL=C grep -qaP '\A\x7fELF' "$1" && LC_ALL=C grep -qaP '\x12\0\0\0Xen\0' "$1" && return
	usage_error "--image: '$1' is no image that can be booted: an ELF file with a PVH note, such as build/revenant.elf"
}

check_params() { # 'P=V...'
	local word
	for word in $1; do
		[[ $word =~ ^([a-z_]+\.)?[a-z0-9_]+=[^[:space:]]+$ ]] ||
			usage_error "--host-params '$1': '$word' is no parameter with a value, such as npt=0 or kvm.tdp_mmu=0"
	done
}

check_search() {
	[[ -z $corpus || -z $scenarios$replay ]] || usage_error "--corpus is a set of scenarios: use it without --scenarios and --replay"
	if [[ -z $random$random_count ]]; then
		[[ -z $seed$random_all ]] ||
			usage_error "--seed and --random-all are about random programs: say --random SECONDS or --random-count N, too"
		return
	fi
	[[ -z $random || -z $random_count ]] || usage_error "--random and --random-count: use one of them"
	[[ -z $replay$mutate$bench${filters[*]-} ]] ||
		usage_error "--random takes neither filters nor --replay, --mutate or --bench: it makes its programs itself"
	# Which ones they were is what somebody wants to know who sees something red.
	[[ -n $seed ]] || seed=$((RANDOM * 30 + RANDOM % 30 + 1))
}

take_word() { # FILTER, or a version behind --prefetch
	if [[ -n $prefetch ]]; then
		is_kernel_version "$1" || usage_error "--prefetch '$1' is no version of a kernel, such as 6.12"
		filters+=("$1")
	else
		take_filter "$1"
	fi
}

# What does not go together, once the host is chosen.
check_combinations() {
	[[ -z $modules || -f $kernel ]] || usage_error "--modules are those of a kernel file: say --kernel FILE, too"
	if [[ $host != lab ]]; then
		[[ -z $kernel ]] || usage_error "--kernel chooses an emulated host's kernel: use it with --host lab"
		[[ -z $fresh_host ]] || usage_error "--fresh-host is about an emulated host: use it with --host lab"
		[[ -z $host_append ]] || usage_error "--host-append is for an emulated host's kernel: use it with --host lab"
		((host_cpus == 1)) || usage_error "--host-cpus is about an emulated host: use it with --host lab"
		((${#host_params[@]} == 0)) || [[ -n $matrix ]] ||
			usage_error "--host-params are given to the modules of an emulated host: use --host lab, or --host kvm with --matrix"
		[[ ($cpu == amd || $host == bochs) && -z $emulator ]] ||
			usage_error "--cpu and --emulator choose an emulated machine: use them with --host lab"
		[[ $host != bochs || ($boot == kernel && $smp == 1) ]] ||
			usage_error "--host bochs has one CPU and enters the image by PVH only: use --host tcg"
	elif [[ $cpu != amd && $emulator == qemu ]]; then
		usage_error "QEMU does not emulate VMX: use --cpu $cpu without --emulator"
	elif [[ $cpu == all && ${#host_params[@]} -gt 0 ]]; then
		usage_error "--host-params are one vendor's: use --cpu amd or --cpu intel, not all"
	elif [[ $boot != kernel ]]; then
		usage_error "--boot $boot needs --host tcg or --host kvm: the lab enters the image by PVH only"
	fi
	[[ $vmm != own || $boot == kernel ]] || usage_error "--vmm own enters the image by PVH only: leave out --boot $boot"
	[[ $vmm != own || $host == kvm || $host == lab ]] ||
		usage_error "--vmm own is a VMM on a KVM: use it with --host lab or --host kvm"
	# Those that mutants show on come with words about the machine, which are no parameters of a module.
	[[ -n $mutant || ! " ${host_params[*]-}" =~ ' '(tlb|smp|host-cpus)= ]] ||
		usage_error "--host-params are for KVM's modules: say --${BASH_REMATCH[1]} for the machine"
	[[ -z $tlb || $host == bochs || ($host == lab && $emulator != qemu) ]] ||
		usage_error "--tlb is about the CPU that Bochs emulates: use it with --host bochs, or with --host lab and --emulator bochs"
	[[ -z $matrix || $host == kvm ]] || usage_error "--matrix is about the modules of this machine's KVM: use it with --host kvm"
	check_search
	if [[ -n $replay ]] && ((${#filters[@]})); then
		usage_error "--replay runs its one program: leave out the filter '${filters[0]}'"
	fi
}

parse_options() { # run.sh's arguments
	local used
	while (($#)); do
		case $1 in
		--)
			shift
			while (($#)); do take_filter "$1" && shift; done
			;;
		-*) take_option "$@" && shift "$used" ;;
		*) take_word "$1" && shift ;;
		esac
	done
}
