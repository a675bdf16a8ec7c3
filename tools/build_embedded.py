"""Build the embedded corpus, or a simulated one of any size.

    python tools/build_embedded.py --plan release
    python tools/build_embedded.py --plan development --out data/simulated
    python tools/build_embedded.py --talkers 4 --minutes 20 --seed NAME --out data/simulated
    python tools/build_embedded.py --talkers 4 --minutes 20 --silent 10 --words 6 --seed A --out X

The release goes into the package's folder, if no other one is named.

Needs the extra ``synth`` (GPL-3.0, used only here; the output is data). It takes 2 to 2.5 CPU
minutes a minute of voiced speech. A build that was interrupted goes on where it stopped when the
same command is given again. All follows from the seed: it always gives the same corpus, and of more
minutes, in another folder, one that says the same and more.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmark.core import UserError
from benchmark.corpora import embedded
from benchmark.corpora.simulated import plan
from benchmark.corpora.simulated.synthesis.build import build

PLANS = {"release": plan.release, "development": plan.development}


def main() -> int:
    parser = argparse.ArgumentParser(description="Build a simulated corpus of any size.")
    parser.add_argument("--out", type=Path, help="folder of the corpus")
    parser.add_argument("--plan", choices=PLANS, help="a corpus that the project defines")
    parser.add_argument("--talkers", type=int, help="how many there are")
    parser.add_argument(
        "--minutes", type=float, help="of sentences said aloud, all talkers together"
    )
    parser.add_argument(
        "--silent", type=int, help="how many sentences each talker also moves without voice"
    )
    parser.add_argument("--words", type=int, help="how often each talker says each command word")
    parser.add_argument("--seed", help="any text; whoever has it can make the corpus again")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes at a time")
    args = parser.parse_args()
    size = (args.talkers, args.minutes, args.seed)
    told = [v for v in (*size, args.silent, args.words) if v is not None]
    if (args.plan is None) == (None in size) or (args.plan and told) or args.jobs < 1:
        parser.error("give either --plan, or --talkers, --minutes and --seed; --jobs is 1 or more")
    out = args.out or (embedded.FOLDER if args.plan == "release" else None)
    if out is None:
        parser.error("--out: expected a folder, since only the release has one of its own")
    if args.seed is not None and not _is_text(args.seed):
        parser.error(f"--seed: expected some text in UTF-8, found {args.seed!r}")
    try:
        chosen = (
            PLANS[args.plan]()
            if args.plan
            else plan.drawn(
                args.seed,
                args.talkers,
                minutes=args.minutes,
                silent=args.silent or 0,
                rounds=args.words or 0,
            )
        )
        build(chosen, out, args.jobs, lambda line: print(line, flush=True))
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted: the same command goes on from here", file=sys.stderr)
        return 130
    return 0


def _is_text(seed: str) -> bool:
    """Whether a word of the command line was no other bytes than those of a text."""
    try:
        return bool(seed.encode())
    except UnicodeEncodeError:
        return False


if __name__ == "__main__":
    sys.exit(main())
