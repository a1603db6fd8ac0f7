#!/bin/bash
# SPDX-License-Identifier: MIT
#
# judge.sh FOLDER [ARG...]
#
# What every CI calls: run.sh with ARGs, its streams and report in FOLDER, each red case told in the CI's own way
# (lab/py/ci.py), and run.sh's exit status, of which docs/ci.md says what it means there.

set -euo pipefail
folder=$(realpath -m "$1")
shift
cd "$(dirname "$0")/.."

mkdir -p "$folder"
status=0
./run.sh --keep "$folder" --report "$folder" "$@" || status=$?
python3 lab/py/ci.py "$folder" "$status" || true # what it tells is a service; the verdict stands
exit "$status"
