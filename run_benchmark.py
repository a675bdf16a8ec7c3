"""The command line of SilentBench: `python run_benchmark.py --help` lists its commands."""

import sys

from benchmark import plain_text

if __name__ == "__main__":
    plain_text.start_in_utf8()
    from benchmark.cli.app import main  # after it: what starts again need not read all this twice

    main(sys.argv[1:])
