"""The command line of SilentBench: `python run_benchmark.py --help` lists its commands."""

from benchmark.cli.app import app

if __name__ == "__main__":
    app()
