"""The command line of another project than the one that the tests are of."""

import sys

from benchmark.cli import app, leaderboard

PAGES = {"LEADERBOARD": "leaderboard.md", "GLOSSARY": "glossary.md", "METRICS": "metrics.md"}


def move(monkeypatch, root):
    """Let every command read and write the project at `root`."""
    assert app.app  # which has imported them all
    for name, module in list(sys.modules.items()):
        if name.startswith("benchmark.cli.") and hasattr(module, "ROOT"):
            monkeypatch.setattr(module, "ROOT", root)
    for name, path in PAGES.items():
        monkeypatch.setattr(leaderboard, name, root / path)
