"""What comes in: MNIST from whichever place has it, and users' own sets of labelled images."""

from inkdigits.data.dataset import Dataset, Split
from inkdigits.data.load import load_dataset, load_mnist
from inkdigits.data.sources import Mirrors

__all__ = ["Dataset", "Mirrors", "Split", "load_dataset", "load_mnist"]
