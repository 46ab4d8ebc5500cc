"""Where two JSON Schemas part at one place: types, choices, bounds, lengths, required keys. No recursion."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from orchestrator.spec.keywords import Schema, is_number
from orchestrator.spec.samples import NoSampleError, Sampler, in_bounds, number, type_of, types_of

_WORDS: Final = {
    "object": "a mapping", "array": "a list", "string": "text", "integer": "a whole number",
    "number": "a number", "boolean": "true or false", "null": "null",
}  # fmt: skip
_LONGEST: Final = 1000
_SHOWN: Final = 60


@dataclass(frozen=True, slots=True)
class Parting:
    """A value that the one schema should allow and the other should refuse, at the place of both."""

    keyword: str
    """Of the receiver's schema."""
    allowed_by: str
    """The keyword of the sender's that allows it; where it is not written, the schema as a whole does."""
    fact: str
    example: Any
    strict: bool


def of_values(ours: Schema, theirs: Schema, sampler: Sampler) -> Iterator[Parting]:
    """Every way in which the receiver's keywords at this place may refuse a value of the sender's."""
    known = types_of(ours)
    yield from _types(ours, theirs, known, sampler)
    yield from _choices(ours, theirs, known, sampler)
    kinds = known or frozenset()
    if kinds & {"number", "integer"}:
        yield from _bounds(ours, theirs, whole="number" not in kinds)
    if "string" in kinds:
        yield from _lengths(ours, theirs, ("minLength", "maxLength"), _text_of, "characters")
        yield from _pattern(ours, theirs, sampler)
    if "array" in kinds:
        yield from _list_lengths(ours, theirs, sampler)
    if "object" in kinds or (known is None and _is_mapping(ours)):
        yield from _required(ours, theirs, sampler)


def _is_mapping(schema: Schema) -> bool:
    return "properties" in schema or "required" in schema


def said(value: Any) -> str:
    """A value in a sentence, as JSON has it."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return f"`{text if len(text) <= _SHOWN else text[: _SHOWN - 1] + '…'}`"


def type_words(types: frozenset[str]) -> str:
    """`text or null`."""
    names = [
        _WORDS[name] for name in _WORDS if name in types and not (name == "integer" and "number" in types)
    ]
    return " or ".join(names)


def _types(ours: Schema, theirs: Schema, known: frozenset[str] | None, sampler: Sampler) -> Iterator[Parting]:
    wanted = types_of({"type": theirs["type"]}) if "type" in theirs else None
    if wanted is None or known is None:
        return
    for kind in sorted(known - wanted):
        if kind == "integer" and "number" in wanted:
            continue
        try:
            value = sampler.sample({**ours, "type": kind}, of_type=kind)
        except NoSampleError:
            continue
        allowed = "type" if "type" in ours else "enum" if "enum" in ours else "const"
        what = "a number with a fraction" if (kind, "integer" in wanted) == ("number", True) else _WORDS[kind]
        yield Parting(
            "type", allowed, f"may be {what}, and has to be {type_words(wanted)}", value, strict=True
        )


def _choices(
    ours: Schema, theirs: Schema, known: frozenset[str] | None, sampler: Sampler
) -> Iterator[Parting]:
    keyword = "const" if "const" in theirs else "enum"
    accepted = [theirs["const"]] if "const" in theirs else theirs.get("enum")
    if accepted is None:
        return
    listed = " or ".join(said(value) for value in accepted[:5]) + (" …" if len(accepted) > 5 else "")
    if "const" in ours or "enum" in ours:
        allowed = "const" if "const" in ours else "enum"
        for value in [ours["const"]] if "const" in ours else ours["enum"]:
            if not any(_same(value, other) for other in accepted):
                fact = f"may be {said(value)}, and has to be {listed}"
                yield Parting(keyword, allowed, fact, value, strict=True)
                return
        return
    if known is None:
        return
    for value in _of_types(ours, known, sampler):
        if not any(_same(value, other) for other in accepted):
            words = f"any {type_words(known)}".replace("any a ", "any ").replace("any true", "true")
            fact = f"may be {words}, and has to be {listed}"
            yield Parting(keyword, "type", fact, value, strict=True)
            return


def _of_types(ours: Schema, known: frozenset[str], sampler: Sampler) -> Iterator[Any]:
    for kind in sorted(known):
        try:
            yield sampler.sample({**ours, "type": kind}, of_type=kind)
        except NoSampleError:
            continue
        if kind == "boolean":
            yield False
        if kind == "string":
            yield _text_of(ours, max(1, int(ours.get("minLength", 0))) + 7)
        if kind in ("integer", "number"):
            yield from (n for n in (7, -7, 1234567) if in_bounds(ours, n))


def _same(one: Any, other: Any) -> bool:
    """JSON Schema's equality: 1 and 1.0 are the same, 1 and true are not."""
    return bool(one == other) and isinstance(one, bool) is isinstance(other, bool)


def _bounds(ours: Schema, theirs: Schema, *, whole: bool) -> Iterator[Parting]:
    for keyword, words in (
        ("minimum", "{} or more"), ("exclusiveMinimum", "more than {}"),
        ("maximum", "{} or less"), ("exclusiveMaximum", "less than {}"),
    ):  # fmt: skip
        bound = theirs.get(keyword)
        if not is_number(bound):
            continue
        step = -1 if "inimum" in keyword else 1
        own = [ours[key] for key in (keyword, *_SIBLING[keyword]) if is_number(ours.get(key))]
        tried = [*own, bound, bound + step, bound + step / 2, bound + 1000 * step]
        for value in tried:
            if whole and value != int(value):
                continue
            value = int(value) if value == int(value) else value
            if in_bounds(ours, value) and not in_bounds(theirs, value):
                fact = f"may be {value}, and has to be {words.format(bound)}"
                yield Parting(keyword, keyword, fact, value, strict=False)
                break
    unit = theirs.get("multipleOf")
    if is_number(unit) and unit > 0 and ours.get("multipleOf") != unit:
        for value in _steps(ours, whole=whole):
            if value % unit:
                fact = f"may be {value}, and has to be a multiple of {unit}"
                yield Parting("multipleOf", "multipleOf", fact, value, strict=False)
                break


_SIBLING: Final = {
    "minimum": ("exclusiveMinimum",), "exclusiveMinimum": ("minimum",),
    "maximum": ("exclusiveMaximum",), "exclusiveMaximum": ("maximum",),
}  # fmt: skip


def _steps(ours: Schema, *, whole: bool) -> Iterator[int | float]:
    try:
        yield number(ours, whole=whole)
    except NoSampleError:
        return
    own = ours.get("multipleOf")
    unit = own if is_number(own) else 1 if whole else 0.5
    yield from (unit * n for n in (1, 3, 7) if in_bounds(ours, unit * n))


def _text_of(schema: Schema, length: int) -> str | None:
    """Some text of that length; with a pattern nothing comes to mind."""
    return None if "pattern" in schema or length > _LONGEST else "a" * length


def _lengths(
    ours: Schema, theirs: Schema, keywords: tuple[str, str], make: Any, unit: str
) -> Iterator[Parting]:
    low, high = keywords
    least, most = int(ours.get(low, 0)), ours.get(high)
    if low in theirs and least < theirs[low]:
        value = make(ours, least)
        if value is not None:
            fact = f"may have {least} {unit}, and has to have {theirs[low]} or more"
            yield Parting(low, low, fact, value, strict=False)
    if high in theirs and (most is None or most > theirs[high]):
        value = make(ours, max(least, int(theirs[high]) + 1))
        if value is not None:
            bound = f"up to {most}" if most is not None else f"more than {theirs[high]}"
            fact = f"may have {bound} {unit}, and has to have {theirs[high]} or less"
            yield Parting(high, high, fact, value, strict=False)


def _pattern(ours: Schema, theirs: Schema, sampler: Sampler) -> Iterator[Parting]:
    wanted = theirs.get("pattern")
    if not isinstance(wanted, str) or ours.get("pattern") == wanted:
        return
    least = int(ours.get("minLength", 0))
    texts = list(ours["enum"]) if "enum" in ours else [_text_of(ours, least + n) for n in (0, 1, 3)]
    with contextlib.suppress(NoSampleError):
        texts.append(sampler.sample({**ours, "type": "string"}, of_type="string"))
    for text in texts:
        if isinstance(text, str) and not re.search(wanted, text):
            fact = f"may be {said(text)}, and has to match `{wanted}`"
            yield Parting("pattern", "pattern" if "pattern" in ours else "type", fact, text, strict=False)
            return


def _list_lengths(ours: Schema, theirs: Schema, sampler: Sampler) -> Iterator[Parting]:
    def make(schema: Schema, length: int) -> list[Any] | None:
        if length > _LONGEST:
            return None
        try:
            value = sampler.sample({**schema, "type": "array", "minItems": length}, of_type="array")
        except NoSampleError:
            return None
        return value if isinstance(value, list) and len(value) == length else None

    yield from _lengths(ours, theirs, ("minItems", "maxItems"), make, "items")
    if theirs.get("uniqueItems") is True and ours.get("uniqueItems") is not True:
        value = make(ours, max(2, int(ours.get("minItems", 0))))
        if value:
            fact = "may hold an item twice, and has to hold each once"
            yield Parting("uniqueItems", "uniqueItems", fact, [value[0]] * len(value), strict=False)


def _required(ours: Schema, theirs: Schema, sampler: Sampler) -> Iterator[Parting]:
    own = ours.get("required") or ()
    for name in theirs.get("required") or ():
        if name in own:
            continue
        try:
            value = sampler.mapping(ours, theirs, without=name)
        except NoSampleError:
            continue
        value.pop(name, None)
        fact = f"need not have the key `{name}`, which is required"
        yield Parting("required", "required", fact, value, strict=True)


__all__ = ["Parting", "of_values", "said", "type_of", "type_words"]
