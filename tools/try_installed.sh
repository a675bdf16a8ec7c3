#!/usr/bin/env bash
# What every installed package must do: `tools/try_installed.sh PROGRAM FOLDER` calls the command
# PROGRAM in FOLDER, which is empty. A failure of any of the calls is one of the script.
set -euo pipefail
program=$(realpath "$1")
cd "$2"
silentbench() { "$program" "$@"; }

silentbench --version
silentbench list
silentbench show emg_to_articulation
silentbench run --suite smoke --entry ridge --task emg_to_articulation
