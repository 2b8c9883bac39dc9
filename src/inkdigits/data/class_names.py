"""The sets that share MNIST's form, told by their path, and what their ten classes are called."""

import re
from pathlib import Path

# Xiao et al. 2017, 'Fashion-MNIST', table 1.
FASHION = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
# Clanuwat et al. 2018, 'Deep learning for classical Japanese literature': one hiragana a row.
KMNIST = ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo")

# As a part of the path is called, whole, without .npz and the like.
_KNOWN = (
    ("fashion-mnist", FASHION, r"fashion|(.*[-_])?fashion[-_]?mnist([-_].*)?"),
    ("kmnist", KMNIST, r"kmnist([-_](train|test).*)?|kuzushiji([-_]?(mnist|49))?"),
)
_LOOKED_AT = 3  # the last components: `FashionMNIST/raw/train-images-idx3-ubyte`
_SAYS_NOTHING = {"raw", "gzip", "data", "dataset", "datasets", "processed"}


def known_set(path: Path) -> tuple[str, tuple[str, ...]] | None:
    """Name and class names of the known set that the end of `path` names, or None."""
    parts = [part.lower().partition(".")[0] for part in path.parts[-_LOOKED_AT:]]
    for name, class_names, pattern in _KNOWN:
        if any(re.fullmatch(pattern, part) for part in parts):
            return name, class_names
    return None


def number_names(count: int) -> tuple[str, ...]:
    """Class names of a set that says none: '0', '1' and so on."""
    return tuple(str(label) for label in range(count))


def name_from_path(path: Path) -> str:
    """What to call a user's own set: the last telling part of its path, never 'mnist' itself."""
    parts = (part.removesuffix(".npz") for part in reversed(path.parts))
    telling = (part for part in parts if part.strip("/.") and part.lower() not in _SAYS_NOTHING)
    name = next(telling, "own")
    return f"{name}-variant" if name.lower() == "mnist" else name
