"""What a trained network teaches another: its probabilities, in place of labels.

Knowledge distillation: Hinton, Vinyals and Dean, 'Distilling the Knowledge in a Neural Network',
2015. The teacher sees the very images that the learner sees, changed alike, for many epochs: Beyer
and others, 'Knowledge distillation: A good teacher is patient and consistent', 2022.
"""

import torch
from torch import Tensor

from inkdigits.networks.build import Network


def taught(teacher: Network, images: Tensor) -> Tensor:
    """The probabilities to learn, `(N, classes) float32`: the mean of what its columns say.

    Args:
        teacher: ready to evaluate.
        images: `(N, 1, H, W)` in [0, 1].
    """
    with torch.no_grad():
        logits = teacher.column_logits(images)
        if teacher.memory is not None:
            logits = logits + teacher.memory(images)
        return logits.softmax(2).mean(0)
