"""The attributes of any model in two files, without a word of its own about them.

    arrays.safetensors   its numpy arrays and torch tensors
    model.pickle         the rest, which names arrays instead of holding them

A pickle can run code: in the sandbox it can do no more than the code of an entry.
"""

from __future__ import annotations

import os
import pickle
import sys
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np

from benchmark.core import Array, Model

ARRAYS, REST = "arrays.safetensors", "model.pickle"
PLAIN = (*("bool", "int8", "int16", "int32", "int64", "uint8"), *("float16", "float32", "float64"))
CANNOT = (pickle.PicklingError, TypeError, AttributeError, RecursionError)
ADVICE = "give its class `Model` two methods, save(folder) and load(folder)"


def write(model: Model, folder: Path) -> None:
    """Write the attributes of a model; it ends the worker where that cannot be done."""
    arrays: dict[str, Any] = {}
    try:
        with (folder / REST).open("wb") as file:
            _Writer(file, arrays).dump(model)
    except CANNOT as error:
        sys.exit(f"the model cannot be kept by its attributes ({error}): {ADVICE}")
    _write(arrays, folder / ARRAYS)


def read(folder: Path) -> Model:
    """The model that `write` wrote; the module of its class is imported already."""
    with (folder / REST).open("rb") as file:
        found: Model = _Reader(file, folder / ARRAYS).load()
    return found


class _Writer(pickle.Pickler):
    """Puts arrays aside under a name; the same array twice is the same array again when read."""

    def __init__(self, file: Any, arrays: dict[str, Any]) -> None:
        super().__init__(file, protocol=5)
        self._arrays = arrays
        self._names: dict[int, tuple[str, ...]] = {}
        self._alive: list[Any] = []  # a number of `id` is its own only while the array lives

    def persistent_id(self, thing: Any) -> tuple[str, ...] | None:
        if id(thing) in self._names:
            return self._names[id(thing)]
        name = f"a{len(self._arrays)}"
        if type(thing) is np.ndarray and thing.dtype.name in PLAIN and thing.dtype.isnative:
            order = "F" if thing.flags.f_contiguous and not thing.flags.c_contiguous else "C"
            said: tuple[str, ...] = ("array", name, order)
            self._arrays[name] = np.array(thing, order="C")
        elif _is_plain_tensor(thing):
            kind = "parameter" if isinstance(thing, _torch().nn.Parameter) else "tensor"
            said = (kind, name, thing.device.type, str(thing.requires_grad and thing.is_leaf))
            self._arrays[name] = thing.detach().cpu().contiguous().clone()
        else:
            return None
        self._alive.append(thing)
        self._names[id(thing)] = said
        return said


class _Reader(pickle.Unpickler):
    def __init__(self, file: Any, arrays: Path) -> None:
        super().__init__(file)
        self._path = arrays
        self._found: dict[str, Any] = {}

    def persistent_load(self, said: Any) -> Any:
        kind, name, *how = said
        if name not in self._found:
            self._found[name] = (
                self._array(name, how[0]) if kind == "array" else self._tensor(kind, name, *how)
            )
        return self._found[name]

    def find_class(self, module: str, name: str) -> Any:
        if module in sys.modules:  # that of the entry is in no folder of modules
            return reduce(getattr, name.split("."), sys.modules[module])
        return super().find_class(module, name)

    def _array(self, name: str, order: Any) -> Array:
        from safetensors import safe_open

        with safe_open(self._path, framework="np") as file:
            return np.array(file.get_tensor(name), order=order)

    def _tensor(self, kind: str, name: str, device: str, learnt: str) -> Any:
        from safetensors import safe_open

        # What lay on a GPU goes where this worker computes.
        place = os.environ.get("SILENTBENCH_DEVICE", "cpu") if device == "cuda" else "cpu"
        with safe_open(self._path, framework="pt") as file:
            # A copy, aligned in memory like any other tensor: so the sums have the same order.
            tensor = file.get_tensor(name).to(place, copy=True)
        if kind == "parameter":
            return _torch().nn.Parameter(tensor, requires_grad=learnt == "True")
        return tensor.requires_grad_(learnt == "True")


def _torch() -> Any:
    """The library where the entry has imported it: to import it takes seconds."""
    return sys.modules["torch"]


def _is_plain_tensor(thing: Any) -> bool:
    torch = sys.modules.get("torch")
    if torch is None or type(thing) not in (torch.Tensor, torch.nn.Parameter):
        return False
    return thing.layout == torch.strided and not thing.is_quantized and not thing.is_complex()


def _write(arrays: dict[str, Any], path: Path) -> None:
    """All in one file; without a tensor among them torch is not needed to write or read it."""
    if not any(_is_plain_tensor(array) for array in arrays.values()):
        from safetensors.numpy import save_file as save_arrays

        save_arrays(arrays, path)
        return
    from safetensors.torch import save_file

    torch = _torch()
    save_file({n: torch.as_tensor(array) for n, array in arrays.items()}, path)
