"""A trained network as an ONNX file, which ONNX Runtime runs without torch.

The graph is written layer by layer from the network's description, normalisation folded into the
convolutions; it takes `(N, 1, 28, 28)` floats in [0, 1] and gives logits. A file of its own gives
the feature maps of each stage too: handing them out would take a quarter of the time.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor

from inkdigits.errors import UsageError
from inkdigits.images.strips import HIGH
from inkdigits.networks.build import Network
from inkdigits.networks.description import DIRECTIONS, NetworkDescription, Stage
from inkdigits.networks.memory import Neighbours, blur_weights, split_kernels
from inkdigits.networks.strings import DESCRIPTION, StringNetwork
from inkdigits.recognition.network import STAGE

OPSET, IR_VERSION = 17, 8  # of 2022, so that older runtimes read it too
INPUT, OUTPUT = "images", "logits"
LEAST = np.float32(1e-30)  # added to a mean probability, whose logarithm is taken
Weights = Mapping[str, npt.NDArray[np.float32]]


class _Graph:
    """Nodes and numbers, and the name of what the last node gives."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.numbers: list[Any] = []
        self.last = INPUT

    def add(self, operation: str, *numbers: npt.NDArray[Any], **settings: Any) -> None:
        """Append an operation on the last output and `numbers`."""
        self.last = self.join(operation, self.last, *numbers, **settings)

    def join(
        self, operation: str, *inputs: str | npt.NDArray[Any] | np.floating, **settings: Any
    ) -> str:
        """Append an operation on outputs, by name, and numbers; what its own output is called."""
        output = f"{operation}_{len(self.nodes)}"
        names: list[str] = []
        for given in inputs:
            if isinstance(given, str):
                names.append(given)
                continue
            names.append(f"{output}_{len(names)}")
            values = np.asarray(given)
            self.numbers.append(numpy_helper.from_array(np.ascontiguousarray(values), names[-1]))
        # Named, since ONNX Runtime 1.18 tells the nodes that it makes of several by their names.
        self.nodes.append(helper.make_node(operation, names, [output], output, **settings))
        return output

    def rename(self, name: str) -> None:
        """Call the last output so."""
        self.nodes[-1].output[0] = self.last = name


def to_onnx(
    networks: Network | Sequence[Network], metadata: Mapping[str, str], *, stages: bool = False
) -> bytes:
    """An ONNX file of a network, or of several of one kind together, with entries of metadata.

    The logits of several are the logarithms of their mean probabilities.

    Args:
        stages: whether it also gives the feature maps of the first column's stages.

    Raises:
        UsageError: for padding or pooling that only training knows.
    """
    together = [networks] if isinstance(networks, Network) else networks
    description = together[0].description
    graph = _Graph()
    each = [
        _logits(graph, network, stages=stages and not number)
        for number, network in enumerate(together)
    ]
    if len(each) > 1:
        mean = graph.join("Mean", *(graph.join("Softmax", logits, axis=1) for logits in each))
        graph.join("Log", graph.join("Add", mean, LEAST))
    graph.rename(OUTPUT)
    height, width = description.image_size
    outputs = [_value(OUTPUT, "N", description.classes)]
    if stages:
        outputs += [
            _value(f"{STAGE}{number}", "N", stage.filters, *sizes.pooled)
            for number, (stage, sizes) in enumerate(
                zip(description.stages, description.sizes(), strict=True), 1
            )
        ]
    return _serialized(graph, [_value(INPUT, "N", 1, height, width)], outputs, metadata)


def strings_to_onnx(network: StringNetwork, metadata: Mapping[str, str]) -> bytes:
    """An ONNX file of the network for digits that touch, with entries of metadata.

    It takes `(N, 1, 32, W)` floats in [0, 1] and gives `(N, 12, 1, W / 4)` logits.
    """
    graph = _Graph()
    weights = {name: _numbers(values) for name, values in network.state_dict().items()}
    for number, stage in enumerate(DESCRIPTION.stages):
        own = _below(weights, f"stages.{number}.")
        _add_stage(graph, stage, own, DESCRIPTION.norm_epsilon)
    scale, offset = _normalisation(weights, DESCRIPTION.norm_epsilon)
    kernels = weights["place"] * scale[:, None, None, None]
    graph.add("Conv", kernels, offset, kernel_shape=list(kernels.shape[2:]))
    graph.add("Relu")
    for number in range(len(network.line)):
        _add_line_layer(graph, _below(weights, f"line.{number}."))
    graph.add("Conv", weights["dense"], weights["bias"], kernel_shape=[1, 1])
    graph.rename(OUTPUT)
    given = [_value(INPUT, "N", 1, HIGH, "W")]
    return _serialized(graph, given, [_value(OUTPUT, "N", DESCRIPTION.classes, 1, "T")], metadata)


def _add_line_layer(graph: _Graph, weights: Weights) -> None:
    scale, offset = _normalisation(weights, DESCRIPTION.norm_epsilon)
    kernels, before = weights["weight"] * scale[:, None, None, None], graph.last
    wide = kernels.shape[3]
    pads = [0, wide // 2, 0, wide // 2]
    graph.add("Conv", kernels, offset, kernel_shape=[1, wide], pads=pads)
    graph.add("Relu")
    graph.last = graph.join("Add", before, graph.last)


def _serialized(
    graph: _Graph, inputs: list[Any], outputs: list[Any], metadata: Mapping[str, str]
) -> bytes:
    model = helper.make_model(
        helper.make_graph(graph.nodes, "inkdigits", inputs, outputs, graph.numbers),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="inkdigits",
    )
    helper.set_model_props(model, dict(metadata))
    onnx.checker.check_model(model)
    content: bytes = model.SerializeToString()
    return content


def _value(name: str, *shape: str | int) -> Any:
    """An input or output of the graph."""
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def _logits(graph: _Graph, network: Network, *, stages: bool) -> str:
    """Append a network; what its logits are called. With `stages` its feature maps have names."""
    description = network.description
    weights = {
        name: values.detach().cpu().float().numpy() for name, values in network.state_dict().items()
    }
    ends = []
    for column in range(description.columns):
        graph.last = INPUT
        own = _below(weights, f"others.{column - 1}.") if column else weights
        for number, stage in enumerate(description.stages):
            _add_stage(graph, stage, _below(own, f"stages.{number}."), description.norm_epsilon)
            if stages and not column:
                graph.rename(f"{STAGE}{number + 1}")
        _add_head(graph, description, own)
        ends.append(graph.last)
    logits = graph.join("Mean", *ends)
    if network.memory is None:
        return logits
    return graph.join("Add", _neighbours(graph, network.memory, description), logits)


def _below(weights: Weights, start: str) -> Weights:
    return {name[len(start) :]: value for name, value in weights.items() if name.startswith(start)}


def _normalisation(
    weights: Weights, epsilon: float
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """What batch normalisation multiplies each filter's map by, and then adds: `(C,)` each."""
    spread: npt.NDArray[np.float32] = np.sqrt(weights["norm.running_variance"] + epsilon)
    scale = weights["norm.weight"] / spread
    return scale, weights["norm.bias"] - weights["norm.running_mean"] * scale


def _add_stage(graph: _Graph, stage: Stage, weights: Weights, epsilon: float) -> None:
    kernels, bias = weights["convolution.weight"], weights["convolution.bias"]
    scale, offset = np.ones_like(bias), np.zeros_like(bias)
    if stage.norm == "batch":
        scale, offset = _normalisation(weights, epsilon)
    # Where pooling comes before normalisation, only a scale above 0 may be taken before it.
    early = np.abs(scale) if stage.pool_first else scale
    late = np.where(stage.pool_first & (scale < 0), -1, 1).astype(scale.dtype)
    # The offset moves the largest of a window as much as it moves all of them.
    offset = bias * early + late * offset
    _add_convolution(graph, stage, kernels * early[:, None, None, None], offset)
    if stage.pool_first:
        _add_pooling(graph, stage)
    if (late != 1).any():
        graph.add("Mul", late[None, :, None, None])
    _add_activation(graph, stage)
    if not stage.pool_first:
        _add_pooling(graph, stage)


def _add_convolution(graph: _Graph, stage: Stage, kernels: Any, bias: Any) -> None:
    before, after = stage.margins
    settings = {"kernel_shape": [stage.kernel] * 2, "strides": [stage.stride] * 2}
    if stage.padding in ("same", "valid"):
        graph.add("Conv", kernels, bias, pads=[before, before, after, after], **settings)
        return
    modes = {"reflect": "reflect", "replicate": "edge"}
    if stage.padding not in modes and max(before, after) > 1:
        raise UsageError(f"Padding {stage.padding} of {after} pixels cannot be exported.")
    pads = np.array([0, 0, before, before, 0, 0, after, after], np.int64)
    graph.add("Pad", pads, mode=modes.get(stage.padding, "edge"))
    graph.add("Conv", kernels, bias, **settings)


def _add_activation(graph: _Graph, stage: Stage) -> None:
    if stage.activation == "relu":
        graph.add("Relu")
    elif stage.activation == "leaky_relu":
        graph.add("LeakyRelu", alpha=0.1)
    elif stage.activation == "sigmoid":
        graph.add("Sigmoid")


def _add_pooling(graph: _Graph, stage: Stage) -> None:
    settings = {"kernel_shape": [stage.pool] * 2, "strides": [stage.pool] * 2}
    if stage.pooling == "max":
        graph.add("MaxPool", **settings)
    elif stage.pooling == "average":
        graph.add("AveragePool", **settings)
    elif stage.pooling == "min":
        graph.add("Neg")
        graph.add("MaxPool", **settings)
        graph.add("Neg")


def _add_head(graph: _Graph, description: NetworkDescription, weights: Weights) -> None:
    if description.head == "flatten":
        graph.add("Transpose", perm=[0, 2, 3, 1])  # channels innermost
    elif description.head == "global_max":
        graph.add("GlobalMaxPool")
    else:
        graph.add("GlobalAveragePool")
    graph.add("Flatten")
    graph.add("Gemm", weights["dense.weight"], weights["dense.bias"], transB=1)


def _neighbours(graph: _Graph, memory: Neighbours, description: NetworkDescription) -> str:
    """What the network remembers adds to the logits, as `Neighbours.forward` has it."""
    settings, join = memory.settings, graph.join
    upright = _upright(graph, *description.image_size)
    split = _numbers(split_kernels())
    gradients = join("Conv", upright, split, kernel_shape=[3, 3], pads=[1, 1, 1, 1])
    ends = [np.array([[start], [start + DIRECTIONS], [1]]) for start in (0, DIRECTIONS)]
    towards, away = (join("Slice", gradients, *each) for each in ends)
    shares = join("Relu", join("Min", towards, away))
    rows, columns = (_numbers(blur_weights(size)) for size in description.image_size)
    maps = join("MatMul", join("MatMul", rows, shares), columns.T)
    features = join("Flatten", join("Sqrt", maps))
    length = join("ReduceL2", features, axes=[1])
    features = join("Div", features, join("Max", length, np.float32(1e-12)))
    axes = np.float32(settings.sharpness) * _numbers(memory.axes)
    queries = join("MatMul", join("Sub", features, _numbers(memory.mean)), axes)
    nearness = join("Gemm", queries, _numbers(memory.keys), _numbers(memory.offsets), transB=1)
    classes = join("MatMul", join("Softmax", nearness, axis=1), _numbers(memory.members))
    logarithms = join("Log", join("Add", classes, np.float32(settings.floor)))
    return join("Mul", logarithms, np.float32(settings.weight))


def _upright(graph: _Graph, height: int, width: int) -> str:
    """The images upright, as `memory.upright` has it."""
    join = graph.join
    rows, columns = (
        (np.arange(size) - (size - 1) / 2).astype(np.float32)[:, None] for size in (height, width)
    )
    by_row, by_column = (
        join("ReduceSum", INPUT, np.array([1, axis]), keepdims=0) for axis in (3, 2)
    )
    ink = join("Max", join("ReduceSum", by_row, np.array([1])), np.float32(1e-6))
    row, column, square = (
        join("Div", join("MatMul", sums, weights), ink)
        for sums, weights in ((by_row, rows), (by_column, columns), (by_row, rows**2))
    )
    across = join("Squeeze", join("MatMul", INPUT, columns), np.array([1, 3]))
    product = join("Div", join("MatMul", across, rows), ink)
    variance = join("Sub", square, join("Mul", row, row))
    covariance = join("Sub", product, join("Mul", row, column))
    slant = join("Div", covariance, join("Max", variance, np.float32(1e-6)))
    last = np.array([2])
    y = join("Unsqueeze", join("Add", row, rows[:, 0]), last)
    y = join("Add", y, np.zeros((1, 1, width), np.float32))
    x = join("Unsqueeze", join("Add", column, join("Mul", slant, rows[:, 0])), last)
    x = join("Add", x, columns[:, 0])
    places = [
        join("Unsqueeze", join("Mul", values, np.float32(2 / size)), np.array([3]))
        for values, size in ((x, width), (y, height))
    ]
    grid = join("Concat", *places, axis=3)
    return join("GridSample", INPUT, grid, padding_mode="zeros", align_corners=0)


def _numbers(tensor: Tensor) -> npt.NDArray[np.float32]:
    values: npt.NDArray[np.float32] = tensor.detach().cpu().float().numpy()
    return values
