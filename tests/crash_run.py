"""Run the toy project in a process that a test can kill: python tests/crash_run.py FOLDER."""

import sys
from pathlib import Path

import toy
from benchmark import engines, plan, runner


def main(folder: str) -> int:
    root = Path(folder)
    place = plan.Place(root, root / "data", root / "runs")
    chosen = plan.plan(place, plan.Choice(seeds=5), {"toy": toy.corpus()})
    summary = runner.run(place, chosen, engines.local(2), toy.CONDITIONS)
    runner.publish(place, chosen)
    return 0 if summary.ok else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
