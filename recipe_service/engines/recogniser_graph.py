"""The recogniser's network as an ONNX model, written directly.

The format is a handful of protobuf messages (onnx.proto, IR version 8); writing them takes less
than the package that could. The network is fully convolutional: any sides that are multiples of
`STRIDE` will do, and one model serves all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

STRIDE: Final = 32  # px of the photo per place of the map
WIDTHS: Final = (32, 64, 128, 256)
DEPTHS: Final = (1, 2, 2, 2)
MEAN: Final = (0.55, 0.45, 0.34)  # of groceries: warmer and lighter than ImageNet
SPREAD: Final = 0.28

Arrays = Mapping[str, npt.NDArray[np.float32]]


def layer_names() -> list[str]:
    """Names of all convolutions, in the order they run; each has a ``.weight`` and a ``.bias``."""
    names = ["stem.0", "stem.1"]
    for stage, depth in enumerate(DEPTHS):
        for block in range(depth):
            names += [f"{stage}.{block}.first", f"{stage}.{block}.second"]
            if stage and not block:
                names.append(f"{stage}.{block}.shortcut")
    return [*names, "fine", "coarse"]


def build_graph(arrays: Arrays) -> bytes:
    """Serialise an ONNX model with input ``photos`` and outputs ``fine`` and ``coarse``.

    Parameters
    ----------
    arrays : mapping
        ``<layer>.weight`` (out, in, k, k) and ``<layer>.bias`` (out,) of every layer, norms folded
        in. The stem halves twice, the first block of stages 1 to 3 halves, heads are 1 x 1.

    Raises
    ------
    KeyError
        A layer is missing.
    """
    graph = _Graph(arrays)
    x = graph.convolve("photos", "stem.0", stride=2, relu=True)
    x = graph.convolve(x, "stem.1", stride=2, relu=True)
    for stage, depth in enumerate(DEPTHS):
        for block in range(depth):
            name = f"{stage}.{block}"
            halves = bool(stage) and not block
            changed = graph.convolve(x, f"{name}.first", stride=1 + halves, relu=True)
            changed = graph.convolve(changed, f"{name}.second")
            if halves:
                x = graph.convolve(graph.halve(x, name), f"{name}.shortcut")
            x = graph.add(changed, x, name)
    for head in ("fine", "coarse"):
        graph.convolve(x, head, output=head)
    return graph.serialise()


class _Graph:
    # Collects nodes and weights; field numbers are those of onnx.proto.

    def __init__(self, arrays: Arrays) -> None:
        self._arrays = arrays
        self._nodes: list[bytes] = []
        self._weights: list[bytes] = []

    def convolve(
        self, x: str, layer: str, *, stride: int = 1, relu: bool = False, output: str = ""
    ) -> str:
        weight = self._arrays[f"{layer}.weight"]
        inputs = [x, self._keep(f"{layer}.weight"), self._keep(f"{layer}.bias")]
        pad = weight.shape[2] // 2
        made = output or f"{layer}.out"
        self._node("Conv", inputs, made, strides=[stride] * 2, pads=[pad] * 4)
        return self._relu(made) if relu else made

    def halve(self, x: str, name: str) -> str:
        self._node("AveragePool", [x], f"{name}.half", strides=[2, 2], kernel_shape=[2, 2])
        return f"{name}.half"

    def add(self, a: str, b: str, name: str) -> str:
        self._node("Add", [a, b], f"{name}.sum")
        return self._relu(f"{name}.sum")

    def serialise(self) -> bytes:
        fixed = {"photos": 3, "fine": self._width("fine"), "coarse": self._width("coarse")}
        values = {name: _value(name, channels) for name, channels in fixed.items()}
        graph = b"".join(_field(1, node) for node in self._nodes) + _field(2, b"recogniser")
        graph += b"".join(_field(5, weight) for weight in self._weights)
        graph += _field(11, values["photos"])
        graph += _field(12, values["fine"]) + _field(12, values["coarse"])
        opset = _number(2, 17)
        return _number(1, 8) + _field(2, b"kiln") + _field(7, graph) + _field(8, opset)

    def _width(self, head: str) -> int:
        return int(self._arrays[f"{head}.weight"].shape[0])

    def _relu(self, x: str) -> str:
        self._node("Relu", [x], f"{x}.relu")
        return f"{x}.relu"

    def _node(self, kind: str, inputs: list[str], output: str, **attributes: list[int]) -> None:
        node = b"".join(_field(1, name.encode()) for name in inputs)
        node += _field(2, output.encode()) + _field(4, kind.encode())
        for name, numbers in attributes.items():
            body = _field(1, name.encode()) + b"".join(_number(8, n) for n in numbers)
            node += _field(5, body + _number(20, 7))  # 7: a list of integers
        self._nodes.append(node)

    def _keep(self, name: str) -> str:
        array = np.ascontiguousarray(self._arrays[name], np.dtype("<f4"))
        tensor = b"".join(_number(1, size) for size in array.shape)
        tensor += _number(2, 1) + _field(8, name.encode()) + _field(9, array.tobytes())
        self._weights.append(tensor)
        return name


def _value(name: str, channels: int) -> bytes:
    # A float tensor (any, channels, any, any).
    names = [f"{name}.{axis}".encode() for axis in ("count", "rows", "columns")]
    free = [_field(1, _field(2, axis)) for axis in names]
    shape = free[0] + _field(1, _number(1, channels)) + free[1] + free[2]
    tensor = _number(1, 1) + _field(2, shape)
    return _field(1, name.encode()) + _field(2, _field(1, tensor))


def _field(number: int, body: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(body)) + body


def _number(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
