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
silentbench run ridge --suite smoke --task emg_to_articulation
silentbench new my_model --task emg_to_articulation
silentbench check my_model
silentbench leaderboard
"$(dirname "$program")/python" -c "import silentbench; print(*silentbench.list_tasks())"
