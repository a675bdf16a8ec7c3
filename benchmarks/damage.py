"""What is said of damaged files: refused by whom, doubted, harmless or silent, by kind and corpus.

    python benchmarks/damage.py [--each 1] [--corpus tal] [--silent FILE]

Every miniature is written, its files are damaged one at a time (tests/corpora/damage.py), and
`verify`, the reader and `data check` are asked, which have not seen the files before. The table
counts the answers, and how many cases `data prepare` had seen by the checksums that it stored.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "corpora")]

from damage import Bench, write_miniature  # noqa: E402

from benchmark import registry  # noqa: E402

COLUMNS = ("verify", "reader", "check", "doubt", "harmless", "silent")
AFTER = "after prepare"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", type=int, default=1, help="files of each kind")
    parser.add_argument("--corpus", nargs="*", default=sorted(registry.fixtures()))
    parser.add_argument("--silent", type=Path, help="write the silent cases there")
    options = parser.parse_args()
    by_kind: dict[str, Counter[str]] = {}
    by_corpus: dict[str, Counter[str]] = {}
    silent = []
    for name in options.corpus:
        began = time.monotonic()
        with tempfile.TemporaryDirectory() as scratch:
            write_miniature(name, Path(scratch) / name)
            bench = Bench(registry.corpora()[name], Path(scratch) / name)
            for case in bench.cases(options.each):
                verdict = bench.look(case)
                if verdict is None:
                    continue
                by, said = verdict.by, verdict.said
                by_kind.setdefault(case.kind, Counter())[by] += 1
                by_corpus.setdefault(name, Counter())[by] += 1
                for counts in (by_kind[case.kind], by_corpus[name]):
                    counts[AFTER] += bool(verdict.after)
                if by == "silent":
                    silent.append(f"{name}: {case.kind}: {case.file} {case.other}: {said}")
                    print(silent[-1], flush=True)
        print(f"{name}: {time.monotonic() - began:.0f} s", dict(by_corpus[name]), flush=True)
        if options.silent:
            options.silent.write_text("\n".join(silent) + "\n", "utf-8")
    for title, table in (("kind", by_kind), ("corpus", by_corpus)):
        print(f"\n| {title} | cases | {' | '.join(COLUMNS)} | refused after prepare |")
        print("|---" * (len(COLUMNS) + 3) + "|")
        for row, counts in {**table, "all": sum(table.values(), Counter())}.items():
            cells = [counts[column] for column in COLUMNS]
            print(f"| {row} | {sum(cells)} | {' | '.join(map(str, cells))} | {counts[AFTER]} |")


if __name__ == "__main__":
    main()
