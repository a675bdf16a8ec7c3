"""What pyproject.toml cannot say: an installed package brings tasks, baselines and templates."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

SHIPPED = ("tasks", "baselines", "submissions")  # read by benchmark/registry/project.py


class WithProject(build_py):
    """An editable install reads them where they are."""

    def run(self):
        super().run()
        if not self.editable_mode:
            for name in SHIPPED:
                target = Path(self.build_lib, "benchmark", "shipped", name)
                hidden = shutil.ignore_patterns("__pycache__", ".*")
                shutil.copytree(name, target, ignore=hidden, dirs_exist_ok=True)


setup(cmdclass={"build_py": WithProject})
