"""The command `silentbench`, which is `python run_benchmark.py` where the package is installed."""

import sys

from benchmark import plain_text


def main() -> None:
    """Run the command line; in a locale of another encoding, start again in UTF-8 first."""
    plain_text.start_in_utf8()
    from benchmark.cli import app  # after it: what starts again need not read all this twice

    app.main(sys.argv[1:])


if __name__ == "__main__":
    main()
