import io

import numpy as np
import pytest

from benchmark.worker import protocol


@pytest.mark.parametrize("shape", [(), (3,), (2, 3, 4), (0, 2)])
@pytest.mark.parametrize("dtype", ["<f4", "<f8", "|u1", "<i8"])
def test_arrays_arrive_as_they_left(shape, dtype):
    array = np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(dtype)
    pipe = io.BytesIO()
    protocol.send(pipe, {"array": [array.dtype.str, list(shape)]}, array)
    pipe.seek(0)
    head = protocol.receive(pipe)
    name, found = head["array"]
    np.testing.assert_array_equal(protocol.receive_array(pipe, np.dtype(name), tuple(found)), array)
    assert pipe.read() == b""


def test_order_in_memory_does_not_matter():
    array = np.arange(6).reshape(2, 3).T
    pipe = io.BytesIO()
    protocol.send(pipe, {}, array)
    pipe.seek(0)
    protocol.receive(pipe)
    np.testing.assert_array_equal(protocol.receive_array(pipe, array.dtype, (3, 2)), array)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "ended without"),
        (b'{"half": ', "ended without"),
        (b"hello\n", "no message"),
        (b"[1, 2]\n", "no message"),
        (b"\xff\xfe\n", "no message"),
        (b"x" * (protocol.LONGEST_LINE + 2), "without an end"),
    ],
)
def test_what_is_no_message_is_said(content, sentence):
    with pytest.raises(protocol.Broken, match=sentence):
        protocol.receive(io.BytesIO(content))


def test_a_short_array_is_said():
    with pytest.raises(protocol.Broken, match="middle of an array"):
        protocol.receive_array(io.BytesIO(b"1234567"), np.dtype("<f8"), (1,))
