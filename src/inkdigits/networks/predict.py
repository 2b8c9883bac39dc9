"""Logits of many images with bounded memory, every image exactly once."""

import numpy as np
import numpy.typing as npt
import torch

from inkdigits.arrays import as_array
from inkdigits.errors import DataError
from inkdigits.networks.build import Network

BATCH = 500


@torch.inference_mode()
def predict_logits(network: Network, images: npt.ArrayLike) -> npt.NDArray[np.floating]:
    """Logits `(N, classes)` of images `(N, H, W) uint8`, white ink on black.

    Computed in the type of the network's weights, which is float32 whatever the training's
    precision, so that a run's figures do not hang on the machine that evaluates it.

    Raises:
        DataError: if the images are none, no uint8, or of another size than the network's.
    """
    images = as_array("images", images)
    size = network.description.image_size
    if images.dtype != np.uint8 or images.ndim != 3 or images.shape[1:] != size or not len(images):
        raise DataError(
            f"The network reads images of shape (N, {size[0]}, {size[1]}) and type uint8, at least "
            f"one; given were {images.shape} and {images.dtype}."
        )
    was_training = network.training
    network.eval()
    weight = next(network.parameters())
    logits = []
    for start in range(0, len(images), BATCH):
        batch = torch.from_numpy(np.array(images[start : start + BATCH])).to(weight.device)
        logits.append(network(batch.unsqueeze(1).to(weight.dtype) / 255).cpu().numpy())
    network.train(was_training)
    return np.concatenate(logits)


@torch.inference_mode()
def stage_maps(network: Network, image: npt.NDArray[np.uint8]) -> list[npt.NDArray[np.float32]]:
    """What each stage makes of one image `(H, W) uint8`: an array `(C, h, w)` a stage."""
    was_training = network.training
    network.eval()
    device = next(network.parameters()).device
    batch = torch.from_numpy(np.array(image)).to(device)[None, None].float() / 255
    maps = [values[0].cpu().numpy() for values in network.feature_maps(batch)]
    network.train(was_training)
    return maps
