"""The recogniser's network as an ONNX model, written directly.

The format is a handful of protobuf messages (onnx.proto, IR version 8); writing them takes less
than the package that could. The network is fully convolutional: any sides that are multiples of
`STRIDE` will do, and one model serves all of them.

With the ranges of its values it computes in eight bits: each value is rounded to 256 steps of its
range, each weight to 129 steps of its channel's (seven bits: with eight, processors without VNNI
saturate where they add products in pairs, and would see other groceries). The first layer and the
heads stay in single precision: three channels gain nothing by it, and the heads are small. Jacob et
al., "Quantization and training of neural networks for efficient integer-arithmetic-only inference",
CVPR 2018.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

STRIDE: Final = 32  # px of the photo per place of the map
WIDTHS: Final = (32, 64, 128, 256)
DEPTHS: Final = (1, 2, 2, 2)
MEAN: Final = (0.55, 0.45, 0.34)  # of groceries: warmer and lighter than ImageNet
SPREAD: Final = 0.28

Arrays = Mapping[str, npt.NDArray[np.float32]]
Ranges = Mapping[str, tuple[float, float]]  # least and most by the name of a value
PHOTOS: Final = "photos"
HEADS: Final = ("fine", "coarse")
WEIGHT_STEPS: Final = 64  # to either side of nought
KINDS: Final = {"float32": 1, "uint8": 2, "int8": 3, "int32": 6}  # TensorProto.DataType


def layer_names() -> list[str]:
    """Names of all convolutions, in the order they run; each has a ``.weight`` and a ``.bias``."""
    names = ["stem.0", "stem.1"]
    for stage, depth in enumerate(DEPTHS):
        for block in range(depth):
            names += [f"{stage}.{block}.first", f"{stage}.{block}.second"]
            if stage and not block:
                names.append(f"{stage}.{block}.shortcut")
    return [*names, *HEADS]


def value_names() -> list[str]:
    """Names of all values between the photos and the heads: those that have a range."""
    names = ["stem.0.out.relu", "stem.1.out.relu"]
    for stage, depth in enumerate(DEPTHS):
        for block in range(depth):
            name = f"{stage}.{block}"
            names += [f"{name}.first.out.relu", f"{name}.second.out"]
            if stage and not block:
                names += [f"{name}.half", f"{name}.shortcut.out"]
            names.append(f"{name}.sum.relu")
    return names


def build_graph(arrays: Arrays, ranges: Ranges | None = None, *, watched: bool = False) -> bytes:
    """Serialise an ONNX model with input ``photos`` and outputs ``fine`` and ``coarse``.

    Parameters
    ----------
    arrays : mapping
        ``<layer>.weight`` (out, in, k, k) and ``<layer>.bias`` (out,) of every layer, norms folded
        in. The stem halves twice, the first block of stages 1 to 3 halves, heads are 1 x 1.
    ranges : mapping, optional
        Of each of `value_names`: the model then computes in eight bits.
    watched : bool
        Every value of `value_names` is an output too.

    Raises
    ------
    KeyError
        A layer or a range is missing.
    """
    graph = _Graph(arrays, ranges)
    x = graph.convolve(PHOTOS, "stem.0", stride=2, relu=True)
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
    for head in HEADS:
        graph.classify(x, head)
    return graph.serialise(value_names() if watched else ())


class _Graph:
    # Collects nodes and weights; field numbers are those of onnx.proto.

    def __init__(self, arrays: Arrays, ranges: Ranges | None) -> None:
        self._arrays, self._ranges = arrays, ranges
        self._nodes: list[bytes] = []
        self._weights: list[bytes] = []
        self._steps: dict[str, np.float32] = {}  # size of a step by the name of a rounded value

    def convolve(self, x: str, layer: str, *, stride: int = 1, relu: bool = False) -> str:
        weight = self._arrays[f"{layer}.weight"]
        inputs = [x, *(self._rounded_layer(x, layer) if x in self._steps else self._layer(layer))]
        pad = weight.shape[2] // 2
        made = f"{layer}.out"
        self._node("Conv", inputs, made, strides=[stride] * 2, pads=[pad] * 4)
        return self.rounded(self._relu(made) if relu else made)

    def classify(self, x: str, head: str) -> None:
        self._node("Conv", [x, *self._layer(head)], head)

    def halve(self, x: str, name: str) -> str:
        self._node("AveragePool", [x], f"{name}.half", strides=[2, 2], kernel_shape=[2, 2])
        return self.rounded(f"{name}.half")

    def add(self, a: str, b: str, name: str) -> str:
        self._node("Add", [a, b], f"{name}.sum")
        return self.rounded(self._relu(f"{name}.sum"))

    def rounded(self, x: str) -> str:
        """Round a value to 256 steps of its range; itself where there are no ranges."""
        if self._ranges is None:
            return x
        least, most = self._ranges[x]
        step = np.float32(max(most - least, 1e-6) / 255)
        nought = np.uint8(round(-least / float(step)))
        scale = [self._keep(f"{x}.step", step), self._keep(f"{x}.nought", nought)]
        self._node("QuantizeLinear", [x, *scale], f"{x}.bits")
        self._node("DequantizeLinear", [f"{x}.bits", *scale], f"{x}.rounded")
        self._steps[f"{x}.rounded"] = step
        return f"{x}.rounded"

    def serialise(self, watched: Sequence[str] = ()) -> bytes:
        graph = b"".join(_field(1, node) for node in self._nodes) + _field(2, b"recogniser")
        graph += b"".join(_field(5, weight) for weight in self._weights)
        graph += _field(11, _value(PHOTOS, 3))
        for head in HEADS:
            graph += _field(12, _value(head, int(self._arrays[f"{head}.weight"].shape[0])))
        graph += b"".join(_field(12, _value(name)) for name in watched)
        opset = _number(2, 17)
        return _number(1, 8) + _field(2, b"kiln") + _field(7, graph) + _field(8, opset)

    def _layer(self, layer: str) -> list[str]:
        names = [f"{layer}.weight", f"{layer}.bias"]
        return [self._keep(name, self._arrays[name]) for name in names]

    def _rounded_layer(self, x: str, layer: str) -> list[str]:
        # By output channel; the bias has the steps of the products that it is added to.
        weight, bias = (self._arrays[f"{layer}.{part}"] for part in ("weight", "bias"))
        largest = np.abs(weight).max(axis=(1, 2, 3))
        steps = np.maximum(largest, 1e-6).astype(np.float32) / np.float32(WEIGHT_STEPS)
        bits = np.rint(weight / steps[:, None, None, None]).astype(np.int8)
        products = steps * self._steps[x]
        return [
            self._widened(f"{layer}.weight", bits, steps),
            self._widened(f"{layer}.bias", np.rint(bias / products).astype(np.int32), products),
        ]

    def _widened(self, name: str, bits: npt.NDArray[Any], steps: npt.NDArray[np.float32]) -> str:
        parts = {"bits": bits, "step": steps, "nought": np.zeros(len(steps), bits.dtype)}
        inputs = [self._keep(f"{name}.{part}", array) for part, array in parts.items()]
        self._node("DequantizeLinear", inputs, f"{name}.rounded", axis=0)
        return f"{name}.rounded"

    def _relu(self, x: str) -> str:
        self._node("Relu", [x], f"{x}.relu")
        return f"{x}.relu"

    def _node(
        self, kind: str, inputs: list[str], output: str, **attributes: list[int] | int
    ) -> None:
        node = b"".join(_field(1, name.encode()) for name in inputs)
        node += _field(2, output.encode()) + _field(4, kind.encode())
        for name, value in attributes.items():
            body = _field(1, name.encode())
            if isinstance(value, int):
                body += _number(3, value) + _number(20, 2)  # 2: an integer
            else:
                body += b"".join(_number(8, n) for n in value) + _number(20, 7)  # 7: a list of them
            node += _field(5, body)
        self._nodes.append(node)

    def _keep(self, name: str, value: npt.NDArray[Any] | np.generic) -> str:
        array = np.asarray(value)  # not contiguous yet: that would give a number a dimension
        kind = KINDS[array.dtype.name]
        tensor = b"".join(_number(1, size) for size in array.shape)
        data = array.astype(array.dtype.newbyteorder("<")).tobytes()
        tensor += _number(2, kind) + _field(8, name.encode()) + _field(9, data)
        self._weights.append(tensor)
        return name


def _value(name: str, channels: int | None = None) -> bytes:
    # A float tensor (any, channels, any, any); without channels, of any shape.
    tensor = _number(1, 1)
    if channels is not None:
        names = [f"{name}.{axis}".encode() for axis in ("count", "rows", "columns")]
        free = [_field(1, _field(2, axis)) for axis in names]
        tensor += _field(2, free[0] + _field(1, _number(1, channels)) + free[1] + free[2])
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
