"""Optional parts that some tests need. Where one is missing, the test is skipped and says its name.

`make test` shows every skip with its reason. `.ci/run` fails on each skip whose part it installs,
which is told from the reason: it always begins with "needs" and the name of the part.
"""

from __future__ import annotations

import ctypes
import functools
import importlib.metadata
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from benchmark.sandbox import backends

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("SILENTBENCH_DATA", ROOT / "data"))  # real recordings
CONFORMANCE = os.environ.get("SILENTBENCH_CONFORMANCE", "")  # a folder with check.py


def _programs(*names: str) -> Callable[[], bool]:
    return lambda: all(shutil.which(name) for name in names)


def _distribution(name: str) -> Callable[[], bool]:
    return lambda: any(importlib.metadata.distributions(name=name))


def _beside_python(name: str) -> Path:
    return Path(sys.executable).with_name(name)


def _package(name: str) -> Callable[[], bool]:
    return lambda: importlib.util.find_spec(name) is not None


def _isolates_by(backend: backends.Backend) -> Callable[[], bool]:
    return lambda: backends.is_available(backend)


def _libseccomp() -> bool:
    try:
        ctypes.CDLL("libseccomp.so.2")
    except OSError:
        return False
    return True


def _network_namespaces() -> bool:
    probe = f"sb-probe-{os.getpid()}"
    done = subprocess.run(["ip", "netns", "add", probe], capture_output=True, check=False)
    subprocess.run(["ip", "netns", "delete", probe], capture_output=True, check=False)
    return done.returncode == 0


def _no_accelerator() -> bool:
    import torch  # seconds, for the few tests that ask

    return not torch.cuda.is_available()


# Name of a part: whether it is here, and how to get it.
PARTS: dict[str, tuple[Callable[[], bool], str]] = {
    "bubblewrap": (
        _isolates_by("bubblewrap"),
        "apt-get install bubblewrap, and a kernel that allows user namespaces",
    ),
    "unshare": (_isolates_by("unshare"), "a kernel that allows user namespaces"),
    "libseccomp": (_libseccomp, "apt-get install libseccomp2"),
    "chromium": (_programs("chromium"), "apt-get install chromium"),
    "slurm": (
        _programs("slurmctld", "slurmd", "sbatch", "squeue", "scontrol", "munged"),
        "apt-get install slurm-wlm munge",
    ),
    "ip": (_programs("ip"), "apt-get install iproute2"),
    "root": (lambda: os.geteuid() == 0, "run the tests as root"),
    "network namespaces": (_network_namespaces, "a kernel and a container that allow them"),
    "pesq": (_package("pesq"), "pip install -e '.[pesq]'"),
    "cv2": (_package("cv2"), "pip install -e '.[video]'"),
    "pynwb": (_package("pynwb"), "pip install -e '.[nwb]'"),
    "submitit": (_package("submitit"), "pip install -e '.[slurm]'"),
    "distributed": (_package("distributed"), "pip install -e '.[dask]'"),
    "mlcroissant": (_package("mlcroissant"), "pip install -e '.[dev]'"),
    "mkdocs": (_package("material"), "pip install -e '.[docs]'"),
    "hadolint": (
        lambda: bool(shutil.which("hadolint") or _beside_python("hadolint").exists()),
        "pip install -c constraints.txt -e '.[dev]', on x86-64",
    ),
    "playwright": (_package("playwright"), "pip install -e '.[dev]'"),
    "axe_playwright_python": (_package("axe_playwright_python"), "pip install -e '.[dev]'"),
    "skimage": (_package("skimage"), "pip install -e '.[dev]'"),
    "vocaltractlab_cython": (
        _package("vocaltractlab_cython"),
        "pip install -c constraints.txt -e '.[synth]'; GPL-3.0",
    ),
    "speech-articulatory-coding": (  # torchaudio, which it imports, need not be there
        _distribution("speech-articulatory-coding"),
        "pip install --no-deps speech-articulatory-coding==0.1.0 torchcrepe==0.0.24; pip install "
        "transformers librosa resampy",
    ),
    "speechmos": (_package("speechmos"), "pip install -c constraints.txt -e '.[dnsmos]'"),
    "pocketsphinx": (_package("pocketsphinx"), "pip install -e '.[asr]'"),
    "no accelerator": (_no_accelerator, "a machine without one, or CUDA_VISIBLE_DEVICES="),
    "pytest-xdist": (lambda: "PYTEST_XDIST_WORKER" in os.environ, "pytest -n 2 --dist loadgroup"),
    "conformance kit": (lambda: bool(CONFORMANCE), "SILENTBENCH_CONFORMANCE names its folder"),
}


@functools.cache
def missing(name: str) -> str:
    """Why tests of this part cannot run here, or an empty string."""
    there, how = PARTS[name]
    return "" if there() else f"needs {name} ({how})"


def needs(*names: str) -> None:
    """Skip the test, the fixture's tests or the module that calls this if one part is missing."""
    __tracebackhide__ = True  # the summary names the caller's line
    for name in names:
        if reason := missing(name):
            pytest.skip(reason, allow_module_level=True)


def real_data(name: str) -> Path:
    """The folder of real recordings below $SILENTBENCH_DATA (else data/), or a skip."""
    __tracebackhide__ = True
    if not (DATA / name).is_dir():
        skip_without_data(name)
    return DATA / name


def skip_without_data(name: str) -> NoReturn:
    """Skip a test of real recordings, which are not part of the repository."""
    __tracebackhide__ = True
    pytest.skip(f"needs real data ({name} below SILENTBENCH_DATA, else data/)")
