"""Arrays pass through shared memory that neither side can change once they are received."""

import fcntl
import io
import os
import subprocess
import sys

import numpy as np
import pytest

from benchmark.core import Signal
from benchmark.evaluation import ask_model
from benchmark.sandbox import process
from benchmark.worker import protocol, window
from benchmark.worker.limits import Limits

LARGE = np.arange(40_000.0).reshape(200, 200)
INT = np.dtype("<i4")
OTHER_SIDE = """
import os, sys
import numpy as np
from benchmark.worker import protocol, window
shared = window.inherited()
assert window.VARIABLE not in os.environ
source, answers = os.fdopen(0, "rb"), os.fdopen(1, "wb", 0)
while True:
    request = protocol.receive(source)
    asked = [(np.dtype(dtype), tuple(shape)) for dtype, shape in request["inputs"].values()]
    (array,) = protocol.receive_arrays(source, asked, shared)
    array = 2 * array
    head = {"array": [array.dtype.str, list(array.shape)]}
    protocol.send(answers, head, array, window=shared)
"""


@pytest.fixture
def both():
    """The windows of two sides."""
    with window.made() as descriptor:
        yield window.Window(descriptor), window.Window(descriptor)


def announced(*arrays):
    return [(array.dtype, array.shape) for array in arrays]


@pytest.mark.parametrize(
    "arrays",
    [
        (LARGE,),
        (LARGE.T, LARGE[::2].astype("<f4"), np.array(7)),  # in C order, whatever it was
        (np.zeros((3, 0)), LARGE.astype(">f8")),
        (np.zeros(window.BYTES, np.uint8),),
        (np.ones(window.LEAST, np.uint8),),
    ],
)
def test_arrays_arrive_as_they_left_and_only_the_head_is_written(both, arrays):
    pipe = io.BytesIO()
    protocol.send(pipe, {"a": 1}, *arrays, window=both[0])
    pipe.seek(0)
    assert protocol.receive(pipe) == {"a": 1}
    found = protocol.receive_arrays(pipe, announced(*arrays), both[1])
    assert pipe.read() == b""
    for one, other in zip(found, arrays, strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("size", [window.LEAST - 1, window.BYTES + 1])
def test_others_pass_through_the_pipe(both, size):
    array, pipe = np.arange(size).astype(np.uint8), io.BytesIO()
    protocol.send(pipe, {}, array, window=both[0])
    assert pipe.tell() == 3 + size
    pipe.seek(3)
    (found,) = protocol.receive_arrays(pipe, announced(array), both[1])
    np.testing.assert_array_equal(found, array)


def test_what_was_received_stays_when_the_other_side_writes_again(both):
    both[0].put([LARGE])
    (found,) = both[1].take(announced(LARGE))
    both[0].put([-LARGE])
    np.testing.assert_array_equal(found, LARGE)


def test_its_size_is_for_good():
    with window.made() as descriptor:
        for change in (
            lambda: os.ftruncate(descriptor, 0),
            lambda: os.ftruncate(descriptor, 2 * window.BYTES),
            lambda: os.pwrite(descriptor, b"1", window.BYTES),
            lambda: os.posix_fallocate(descriptor, 0, 2 * window.BYTES),
            lambda: fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, fcntl.F_SEAL_WRITE),
        ):
            with pytest.raises(PermissionError):
                change()
        assert os.fstat(descriptor).st_size == window.BYTES


@pytest.mark.parametrize("length", [10, 100_000, window.BYTES // 4 + 1])
def test_a_worker_answers_through_it(tmp_path, length):
    command = [sys.executable, "-c", OTHER_SIDE]
    environment = {"PYTHONPATH": os.path.dirname(os.path.dirname(protocol.__file__)) + "/.."}
    log, limits = tmp_path / "log", Limits(seconds=60)
    values = np.arange(length, dtype=INT)
    with process.Child(command, tmp_path, log, limits, environment) as child:
        child.begin()
        predict = ask_model.from_worker(child, Signal("1", "int32", rate=1.0))
        for times in (1, 2):
            found, seconds = predict("r", {"x": times * values}, (length,))
            np.testing.assert_array_equal(found, 2 * times * values)
            assert 0 < seconds < 60


def test_no_other_program_inherits_it():
    with window.made() as descriptor:
        command = [sys.executable, "-c", f"import os; os.fstat({descriptor})"]
        done = subprocess.run(command, close_fds=False, stderr=subprocess.DEVNULL)
        assert done.returncode != 0
