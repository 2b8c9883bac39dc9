"""The recipes that have names, each chosen by measurement: see `benchmarks/search.md`.

`lab` is the lab notebook to the letter.
"""

from inkdigits.errors import UsageError
from inkdigits.training.recipe import Recipe

RECIPES = {"lab": Recipe()}


def find_recipe(name: str) -> Recipe:
    """The recipe called `name`. Raises `UsageError` listing those that exist."""
    if name not in RECIPES:
        raise UsageError(f"There is no recipe {name!r}; the recipes are {', '.join(RECIPES)}.")
    return RECIPES[name]
