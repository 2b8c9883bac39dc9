"""Frozen settings as JSON and back, and as `key=value` on a command line.

Settings are nested frozen dataclasses of numbers, strings, booleans and tuples. Each validates
itself when made; this module checks names and types, so that neither a file, an option nor a
program can smuggle in anything else.
"""

import contextlib
import dataclasses
import functools
import math
import numbers
import sys
import types
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from inkdigits.errors import UsageError

T = TypeVar("T")
_hints: Callable[[Any], dict[str, Any]] = functools.cache(get_type_hints)


def check_types(settings: Any) -> None:
    """Make the fields of a frozen dataclass what its annotations say: NumPy's numbers become
    Python's, lists tuples.

    Raises:
        UsageError: naming the field that is of another type.
    """
    for name, hint in _hints(type(settings)).items():
        value = getattr(settings, name)
        typed = _typed(hint, value, name)
        if typed is not value:
            object.__setattr__(settings, name, typed)


def check_choice(name: str, value: object, choices: Iterable[object]) -> None:
    """Raise `UsageError` unless `value` is one of `choices`."""
    if value not in choices:
        allowed = ", ".join(str(choice) for choice in choices)
        raise UsageError(f"{name} is {value!r}; it must be one of {allowed}.")


def check_range(
    name: str, value: float, low: float, high: float, *, end_included: bool = True
) -> None:
    """Raise `UsageError` unless `low <= value <= high` (or `< high`)."""
    if not (low <= value and (value <= high if end_included else value < high)):
        upto = "to" if end_included else "to below"
        raise UsageError(f"{name} is {value}; it must be from {low} {upto} {high}.")


def checked_whole(name: str, value: object, low: int, high: int) -> int:
    """`value` as a whole number, NumPy's too. Raises `UsageError` unless `low <= value <= high`."""
    number: int = _typed(int, value, name)
    check_range(name, number, low, high)
    return number


def is_number(value: object) -> bool:
    """Whether what a file holds is a number that a float can be: neither nan nor infinite."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) <= sys.float_info.max


def checked_seed(seed: object) -> int:
    """A seed as a whole number, NumPy's too. Raises `UsageError` unless it is one from 0 on."""
    return checked_whole("seed", seed, 0, 2**64 - 1)


def to_mapping(settings: Any) -> dict[str, Any]:
    """The JSON form of a settings dataclass: nested mappings, lists and plain values."""
    return {
        field.name: _plain(getattr(settings, field.name)) for field in dataclasses.fields(settings)
    }


def from_mapping(kind: type[T], values: object, name: str) -> T:
    """Make settings of class `kind` from their JSON form.

    Raises:
        UsageError: naming the entry that is unknown or of a wrong type. Missing entries take
            their defaults, so that files of older versions stay readable.
    """
    if not isinstance(values, Mapping):
        raise UsageError(
            f"{name} must be of type {kind.__name__} or a mapping of its settings, not {values!r}."
        )
    hints = _hints(kind)
    known = {field.name for field in dataclasses.fields(kind)}  # type: ignore[arg-type]  # a class
    for key in values:
        if key not in known:
            raise UsageError(
                f"{name} has no setting {key!r}; its settings are {', '.join(sorted(known))}."
            )
    arguments = {key: _typed(hints[key], value, f"{name}.{key}") for key, value in values.items()}
    try:
        return kind(**arguments)
    except UsageError as error:
        if str(error).partition(" ")[0] in known:  # it says which entry, but not of what
            raise type(error)(f"{name}.{error}") from error
        raise
    except TypeError as error:
        raise UsageError(f"{name} is incomplete: {error}.") from error


def assign(mapping: dict[str, Any], assignments: Iterable[tuple[str, str]]) -> None:
    """Set entries in the JSON form of settings: each assignment is a key and what its text says.

    A key is dotted (`optimizer.learning_rate`); in a tuple of settings an entry may be numbered
    from 1 (`network.stages.2.filters`) or named for all at once (`network.stages.padding`).

    Raises:
        UsageError: if there is no such entry. Types are for `from_mapping` to check.
    """
    for key, text in assignments:
        _assign(mapping, key.split("."), _parsed(text), key)


def differing(mappings: Sequence[Mapping[str, Any]]) -> dict[str, list[object]]:
    """Where settings' JSON forms differ: dotted key to the value in each, missing ones None."""
    flat = [dict(_flattened(each, "")) for each in mappings]
    keys = dict.fromkeys(key for each in flat for key in each)
    rows = {key: [each.get(key) for each in flat] for key in keys}
    return {key: values for key, values in rows.items() if any(v != values[0] for v in values)}


def _flattened(value: Any, key: str) -> Iterator[tuple[str, object]]:
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from _flattened(item, f"{key}.{name}" if key else name)
    elif isinstance(value, list):
        for number, item in enumerate(value, 1):
            yield from _flattened(item, f"{key}.{number}")
    else:
        yield key, value


def _assign(target: Any, path: list[str], value: object, key: str) -> None:
    head, *rest = path
    if isinstance(target, list):
        if head.isdecimal():
            if not 1 <= int(head) <= len(target):
                raise UsageError(f"{key}: there are {len(target)} entries, counted from 1.")
            targets, rest = [target[int(head) - 1]], rest
        else:
            targets, rest = target, path
        if not rest:
            raise UsageError(f"{key} is a group of settings; name one entry of it.")
        for item in targets:
            _assign(item, rest, value, key)
        return
    if not isinstance(target, dict) or head not in target:
        names = ", ".join(target) if isinstance(target, dict) else "none"
        raise UsageError(f"There is no setting {key!r}; at {head!r} there could be: {names}.")
    if rest:
        _assign(target[head], rest, value, key)
    elif isinstance(target[head], dict):
        raise UsageError(
            f"{key} is a group of settings; name one entry: {', '.join(target[head])}."
        )
    else:
        target[head] = value


def _parsed(text: str) -> object:
    if "," in text:
        return [_parsed(part) for part in text.split(",")]
    text = text.strip()
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            continue
    return text


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return to_mapping(value)
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value


def _typed(hint: Any, value: object, name: str) -> Any:
    """`value` as the type `hint` says, or a `UsageError` that names the entry."""
    if hasattr(value, "tolist"):  # NumPy's
        value = value.tolist()
    origin = get_origin(hint)
    if origin is tuple:
        return _typed_tuple(get_args(hint), value, name)
    if origin in (Union, types.UnionType):
        if value is None:
            return None
        (hint,) = (option for option in get_args(hint) if option is not type(None))
        return _typed(hint, value, name)
    if dataclasses.is_dataclass(hint):
        if isinstance(value, hint):  # type: ignore[arg-type]  # a class, not an instance
            return value
        return from_mapping(hint, value, name)  # type: ignore[arg-type]  # a class, not an instance
    if origin is Literal:
        if not isinstance(value, str):
            raise UsageError(f"{name} is {value!r}; it must be one of {', '.join(get_args(hint))}.")
        return value  # which string is for the dataclass itself to judge
    value = _number(hint, value)
    if type(value) is not hint or (isinstance(value, float) and not math.isfinite(value)):
        kinds = {int: "a whole number", float: "a number", bool: "true or false", str: "a word"}
        raise UsageError(f"{name} is {value!r}; it must be {kinds.get(hint, str(hint))}.")
    return value


def _number(hint: Any, value: object) -> object:
    """A whole number as the float that is asked for; NumPy's numbers as Python's."""
    if type(value) is hint or isinstance(value, bool):
        return value
    if hint is int and isinstance(value, numbers.Integral):
        return int(value)
    if hint is float and isinstance(value, numbers.Real):
        with contextlib.suppress(OverflowError):  # a whole number that no float holds
            return float(value)
    return value


def _typed_tuple(hints: tuple[Any, ...], value: object, name: str) -> tuple[Any, ...]:
    if not isinstance(value, list | tuple):
        raise UsageError(f"{name} is {value!r}; it must be a list.")
    if len(hints) == 2 and hints[1] is Ellipsis:
        return tuple(_typed(hints[0], item, f"{name}.{n}") for n, item in enumerate(value, 1))
    if len(value) != len(hints):
        raise UsageError(f"{name} is {value!r}; it must have {len(hints)} entries.")
    pairs = zip(hints, value, strict=True)
    return tuple(_typed(hint, item, f"{name}.{n}") for n, (hint, item) in enumerate(pairs, 1))
