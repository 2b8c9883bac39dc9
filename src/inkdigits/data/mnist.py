"""What exactly MNIST is: the SHA-256 of its four parts, and how other bytes are told from it.

Source of the set: LeCun, Cortes, Burges, 'The MNIST database of handwritten digits' (1998).
"""

from collections.abc import Iterable

from inkdigits.data.class_names import number_names
from inkdigits.data.dataset import Dataset, Split, idx_sha256
from inkdigits.data.parts import PART_NAMES, Array, Arrays, Parts, complete, spoken
from inkdigits.errors import DataError

# Of each part's uncompressed IDX form, the file of MNIST's authors after gunzip.
MNIST_SHA256 = {
    "train_images": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train_labels": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "test_images": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "test_labels": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
MNIST_SHAPES: dict[str, tuple[int, ...]] = {
    "train_images": (60_000, 28, 28),
    "train_labels": (60_000,),
    "test_images": (10_000, 28, 28),
    "test_labels": (10_000,),
}


_DAMAGED = 0.01  # of a part's images or labels at most, for it to be MNIST's part with some damage


def unlike_mnist(parts: Parts) -> dict[str, str]:
    """Why each part that is not MNIST's is not; empty for MNIST itself."""
    reasons: dict[str, str] = {}
    for name in PART_NAMES:
        part = parts[name]
        if isinstance(part, DataError):
            reasons[name] = str(part)
        elif part.shape != MNIST_SHAPES[name]:
            reasons[name] = (
                f"the {spoken(name)} have the shape {part.shape}, MNIST's {MNIST_SHAPES[name]}."
            )
        else:
            found = idx_sha256(part)
            if found != MNIST_SHA256[name]:
                reasons[name] = (
                    f"the {spoken(name)} have SHA-256 {found[:8]}…, "
                    f"MNIST's have {MNIST_SHA256[name][:8]}…"
                )
    return reasons


def is_another_set(parts: Parts) -> bool:
    """Whether a split is whole but of other shapes than MNIST's: a user's own choice of images."""
    for split in ("train", "test"):
        images, labels = parts[f"{split}_images"], parts[f"{split}_labels"]
        if isinstance(images, DataError) or isinstance(labels, DataError):
            return False
        if len(images) == len(labels) and images.shape != MNIST_SHAPES[f"{split}_images"]:
            return True
    return False


def is_changed_mnist(parts: Parts, unlike: Iterable[str], mnist: Dataset) -> bool:
    """Whether a part is MNIST's with more changed than damage does: turned images, other labels.

    Args:
        unlike: the parts that are not MNIST's.
        mnist: MNIST itself.
    """
    for name in unlike:
        part = parts[name]
        if isinstance(part, DataError) or part.shape != MNIST_SHAPES[name]:
            return False
        split, kind = name.split("_")
        same = part == getattr(getattr(mnist, split), kind)
        if same.reshape(len(part), -1).all(1).mean() < 1 - _DAMAGED:
            return True
    return False


def verified(parts: Parts) -> dict[str, Array]:
    """MNIST's four arrays, read-only. Raises `DataError` for the first part that is not its."""
    for reason in unlike_mnist(parts).values():
        raise DataError(reason)
    return complete(parts)


def mnist_dataset(arrays: Arrays, source: str) -> Dataset:
    """MNIST as a `Dataset`, from its four verified arrays."""
    return Dataset(
        name="mnist",
        train=Split(arrays["train_images"], arrays["train_labels"]),
        test=Split(arrays["test_images"], arrays["test_labels"]),
        class_names=number_names(10),
        source=source,
    )
