"""Logits of many images with bounded memory, every image exactly once."""

import numpy as np
import numpy.typing as npt
import torch

from inkdigits.networks.build import Network

BATCH = 500


@torch.inference_mode()
def predict_logits(network: Network, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Logits `(N, classes) float32` of images `(N, H, W) uint8`, white ink on black.

    Computed in float32 whatever the training's precision, so that a run's figures do not hang on
    the machine that evaluates it.
    """
    was_training = network.training
    network.eval()
    device = next(network.parameters()).device
    logits = []
    for start in range(0, len(images), BATCH):
        batch = torch.from_numpy(np.array(images[start : start + BATCH])).to(device)
        logits.append(network(batch.unsqueeze(1).float() / 255).cpu().numpy())
    network.train(was_training)
    return np.concatenate(logits)


@torch.inference_mode()
def stage_maps(network: Network, image: npt.NDArray[np.uint8]) -> list[npt.NDArray[np.float32]]:
    """What each stage makes of one image `(H, W) uint8`: an array `(C, h, w)` a stage."""
    network.eval()
    device = next(network.parameters()).device
    batch = torch.from_numpy(np.array(image)).to(device)[None, None].float() / 255
    return [maps[0].cpu().numpy() for maps in network.feature_maps(batch)]
