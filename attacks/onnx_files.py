"""A network whose ONNX file takes its numbers from other files: the victim's.

    python attacks/onnx_files.py

It hopes that a file outside of its folder, or of the working directory, becomes its weights: they
can be told from the confidences, which people publish.
The victim reads a picture with a stranger's network: `inkdigits read --model evil.onnx`.
"""

from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper
from PIL import Image
from victim import Worked, inkdigits, python, refusal, run

API = """
import sys
from pathlib import Path
from inkdigits.errors import ModelError
from inkdigits.recognition.network import DigitNetwork
for path in sys.argv[1:]:
    try:
        DigitNetwork(Path(path))
        print("TAKEN", path)
    except ModelError as error:
        print(error)
"""


def network(place: str) -> bytes:
    """One dense layer whose bias lies in the file `place`."""
    bias = TensorProto(name="bias", data_type=TensorProto.FLOAT, dims=[10])
    bias.data_location = TensorProto.EXTERNAL
    bias.external_data.add(key="location", value=place)
    weights = numpy_helper.from_array(np.zeros((784, 10), np.float32), "weights")
    graph = helper.make_graph(
        [
            helper.make_node("Flatten", ["images"], ["flat"]),
            helper.make_node("Gemm", ["flat", "weights", "bias"], ["logits"]),
        ],
        "evil",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, ["N", 1, 28, 28])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["N", 10])],
        [weights, bias],
    )
    opset = [helper.make_opsetid("", 17)]
    return bytes(helper.make_model(graph, opset_imports=opset, ir_version=8).SerializeToString())


def attack(folder: Path) -> str:
    work, models = folder / "work", folder / "models"
    work.mkdir()
    models.mkdir()
    secret = np.arange(10, dtype=np.float32).tobytes()
    for place in (folder, work, models):
        (place / "secret").write_bytes(secret)
    (work / "link").symlink_to(folder / "secret")
    Image.new("L", (60, 60), 255).save(work / "picture.png")
    paths = []
    for number, named in enumerate(
        ("secret", "../secret", "./secret", "link", str(folder / "secret"), "/proc/self/environ")
    ):
        paths.append(models / f"evil-{number}.onnx")
        paths[-1].write_bytes(network(named))
    sentence = refusal(inkdigits("read", "--model", paths[0], "picture.png", folder=work), paths[0])
    said = python(API, *paths, folder=work).output
    if "TAKEN" in said or said.count("another file") != len(paths):
        raise Worked(said)
    return f"by '{sentence}'"


if __name__ == "__main__":
    run(attack)
