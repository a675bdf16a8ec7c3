"""Messages that a hostile model may write in place of an answer: none becomes a wrong array.

Each is decoded as the evaluator does it: parsed, its head checked, then its values read.
"""

import io
import json

import numpy as np
import pytest

from benchmark.core import Signal
from benchmark.evaluation import ask_model, validation
from benchmark.worker import protocol

NUMBERS = Signal("mm", "float32", rate=10.0, frame=(1,))
TEXT = Signal("", "uint32", rate=1.0, free=True)
SHAPE = (50, 1)


def received(content, target=NUMBERS):
    """The array that a message of these bytes becomes."""
    pipe = io.BytesIO(content)
    shape = (-1,) if target.free else SHAPE
    dtype, announced = ask_model.announced("r", protocol.receive(pipe))
    validation.check_head("r", dtype, announced, shape, target)
    array = protocol.receive_array(pipe, dtype, announced)
    validation.check_values("r", array, target)
    return array


def message(dtype, shape="[50, 1]", content=bytes(400)):
    return f'{{"array": [{dtype}, {shape}]}}\n'.encode() + content


def test_an_honest_answer_is_received_in_either_byte_order():
    values = np.arange(50.0).reshape(SHAPE)
    for dtype in ("<f8", ">f8"):
        content = values.astype(dtype).tobytes()
        np.testing.assert_array_equal(received(message(f'"{dtype}"', content=content)), values)


@pytest.mark.parametrize(
    "dtype",
    [
        *(
            '"O"',
            '"V1000000000"',
            '"M8[s]"',
            '"m8"',
            '"S8"',
            '"U1"',
            '"c8"',
            '"b1"',
            '"g"',
            '""',
            "7",
        ),
        *('"(2,)f4"', '"i4,("', '"f4,f4"', '"999999999f8"', "null", '[["a", "<f8"], ["b", "O"]]'),
        *('{"names": ["a"], "formats": ["O"]}', '"\\u001b[2J\\u0000\\ud800"', '"float64"'),
    ],
)
def test_only_plain_real_numbers_are_received(dtype):
    with pytest.raises(
        validation.Breach, match=r"expected real numbers|expected an array"
    ) as error:
        received(message(dtype))
    assert str(error.value).isprintable()
    assert len(str(error.value)) < 300


@pytest.mark.parametrize(
    "shape",
    [
        *("[50]", "[1, 50]", "[50, 1, 1]", "[]", "[-50, -1]", "[1000000000000, 1000000]"),
        *("[50.0, 1.0]", "[50, true]", '["50", "1"]', "[NaN, Infinity]", "null", '"50, 1"'),
        *(json.dumps([1] * 20_000), "[[50, 1]]"),
    ],
)
def test_only_the_shape_that_was_asked_for_is_received(shape):
    with pytest.raises(validation.Breach, match=r"expected shape|expected an array") as error:
        received(message('"<f8"', shape))
    assert len(str(error.value)) < 300


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"\n", b"[]\n", b"\xff\xfe\0\n", b"x" * 100_000, b"[" * 30_000 + b"\n"),
        b'{"array": ' + b"[" * 900 + b"]" * 900 + b"}\n",
        b'{"array": ' + b"9" * 5000 + b"}\n",
        message('"<f8"', content=b"x" * 100),
    ],
)
def test_what_is_not_a_whole_message_is_rejected(content):
    with pytest.raises(protocol.Broken):
        received(content)


@pytest.mark.parametrize("head", [{}, {"array": ["<f8"]}, {"array": None}, {"array": 7}, {"a": 1}])
def test_a_head_without_type_and_shape_is_rejected(head):
    with pytest.raises(validation.Breach, match=r"expected an array"):
        received(json.dumps(head).encode() + b"\n" + bytes(400))


@pytest.mark.parametrize(
    "shape", ["[3.0]", '["a"]', "[true]", "[-1]", "[1000000000]", "[NaN]", "[null]", "[]", "[1, 1]"]
)
def test_a_text_has_a_bounded_whole_length(shape):
    with pytest.raises(validation.Breach, match=r"expected at most|expected an array"):
        received(message('"<u4"', shape), TEXT)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_must_be_finite(value):
    content = np.full(50, value).tobytes()
    with pytest.raises(validation.Breach, match="50 of 50 values are NaN or infinite"):
        received(message('"<f8"', content=content))
