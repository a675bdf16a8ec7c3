#!/usr/bin/env bash
# Commit what accept_results.py or accept_sealed.py kept, and push it as a branch. Usage: propose_results.sh BRANCH
set -euo pipefail
cd "$(dirname "$0")/.."
git add -- submissions baselines README.md leaderboard.md docs/results docs/metrics.md docs/glossary.md docs/suite.md
if git diff --cached --quiet; then
    echo "nothing changed: no branch"
    exit 0
fi
git -c user.name="SilentBench CI" -c user.email="ci@silentbench.invalid" \
    commit -q -m "Results made by CI"
git push origin "HEAD:refs/heads/$1"
