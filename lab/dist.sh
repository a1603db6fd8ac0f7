#!/bin/bash
# SPDX-License-Identifier: MIT
#
# dist.sh VERSION FOLDER
#
# Makes FOLDER, a bundle: what run.sh needs on a machine that has no compiler and no make, such as a test machine
# with SVM or VMX (docs/real-machines.md). Everything in it that was compiled is static. Without a Makefile run.sh
# takes the image as it is.

set -euo pipefail
cd "$(dirname "$0")/.."

version=$1 to=$2
rm -rf "$to"
mkdir -p "$to"/{build/host,scenarios,plan,model/oracle,docs}
cp -a run.sh README.md LICENSE lab "$to/"
find "$to/lab" -name __pycache__ -prune -exec rm -rf {} +
cp -r docs/*.md docs/*.tsv docs/pictures "$to/docs/"
cp scenarios/*.scn "$to/scenarios/"
cp plan/verdicts.def "$to/plan/"
cp model/oracle/rules.[ch] "$to/model/oracle/" # for Bochs' TLB, if it is built there
cp build/revenant.elf build/cases.txt "$to/build/"
strip -o "$to/build/host/revenant-scenarios" build/host/revenant-scenarios
[[ ! -d vmm ]] || cp build/vmm "$to/build/"
printf '%s\n' "$version" >"$to/VERSION"
chmod -R u=rwX,go=rX "$to"
