"""Whether one JSON Schema accepts whatever another one allows: what a receiver makes of a sender's messages.

That question has no answer in general, and none is given in general. Both schemas are walked side by side;
wherever they may part, a value is made up that the sender's schema should accept and the receiver's should
not, and jsonschema has the last word on both. What is reported has an example that proves it; what is not
reported may still not fit.

What the sender's schema does not speak of is taken to fit: it may be silent about a key's type, and keys that
it does not name are taken not to be sent, though JSON Schema would allow them.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from orchestrator.spec.keywords import NOTHING, Schema, resolve
from orchestrator.spec.parting import Parting, of_values
from orchestrator.spec.samples import NoSampleError, Sampler, alternatives, types_of
from orchestrator.vocabulary import JsonValue, Path

_MAX_DEPTH: Final = 12
_MAX_STEPS: Final = 3000
_MAX_TRIED: Final = 200
"""How many made-up values are shown to jsonschema."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that the sender may send and the receiver refuses."""

    where: Path
    """Where in the message."""
    fact: str
    """What may be there and what has to be, as half a sentence: `may be null, and has to be a number`."""
    sender: Path
    """The place in the sender's schema that allows it."""
    receiver: Path
    """The keyword in the receiver's schema that refuses it."""
    example: JsonValue
    """A whole message that the one accepts and the other refuses."""
    strict: bool
    """About keys, types and choices; else about ranges, lengths and forms."""


def gaps(sender: JsonValue, receiver: JsonValue, *, limit: int = 10) -> tuple[Gap, ...]:
    """Where the receiver's schema refuses what the sender's allows, each place and keyword once.

    Both are to be free of faults. Loads jsonschema only where they may part.
    """
    found: dict[tuple[Path, Path], Gap] = {}
    judge: _Judge | None = None
    for number, candidate in enumerate(_Walk(sender, receiver).candidates()):
        if number >= _MAX_TRIED or len(found) >= limit:
            break
        key = (candidate.where, candidate.receiver)
        if key in found:
            continue
        judge = judge or _Judge(sender, receiver)
        if judge.confirms(candidate):
            found[key] = candidate
    return tuple(found.values())


class _Judge:
    """jsonschema's word on a made-up message."""

    def __init__(self, sender: JsonValue, receiver: JsonValue) -> None:
        from jsonschema.validators import Draft202012Validator, validator_for

        def validator(schema: Any) -> Any:
            return validator_for(schema, default=Draft202012Validator)(schema)

        self._sender, self._receiver = validator(sender), validator(receiver)

    def confirms(self, candidate: Gap) -> bool:
        """Whether the sender's schema accepts the example, and the receiver's refuses it for that place."""
        import referencing.exceptions

        try:
            if next(self._sender.iter_errors(candidate.example), None) is not None:
                return False
            paths = [tuple(error.absolute_path) for error in self._receiver.iter_errors(candidate.example)]
        except (referencing.exceptions.Unresolvable, re.error, RecursionError, TypeError, ValueError):
            return False  # a schema on the network, or one that jsonschema itself stumbles over
        return any(path == candidate.where[: len(path)] for path in paths)


@dataclass(frozen=True, slots=True)
class _Side:
    """A part of a schema, and where it stands."""

    schema: Any
    path: Path

    def at(self, *path: str | int) -> _Side:
        """A part of this part."""
        inner: Any = self.schema
        for key in path:
            inner = inner[key]
        return _Side(inner, (*self.path, *path))


class _Walk:
    """Both schemas side by side. Each step yields the gaps there may be, with examples for this place."""

    def __init__(self, sender: JsonValue, receiver: JsonValue) -> None:
        self._sender, self._receiver = sender, receiver
        self._sampler = Sampler(sender, receiver)
        self._steps = 0
        self._open: set[tuple[Path, Path]] = set()
        """Pairs of places that are being compared: a schema that refers to itself comes back to them."""

    def candidates(self) -> Iterator[Gap]:
        return self._compare(_Side(self._sender, ()), _Side(self._receiver, ()), 0)

    def _compare(self, ours: _Side, theirs: _Side, depth: int) -> Iterator[Gap]:
        """`ours` is the sender's, `theirs` the receiver's."""
        self._steps += 1
        if depth > _MAX_DEPTH or self._steps > _MAX_STEPS:
            return
        ours, theirs = _followed(self._sender, ours), _followed(self._receiver, theirs)
        pair = (ours.path, theirs.path)
        if pair in self._open:
            return
        self._open.add(pair)
        yield from self._parts(ours, theirs, depth)
        self._open.discard(pair)

    def _parts(self, ours: _Side, theirs: _Side, depth: int) -> Iterator[Gap]:
        if ours.schema == theirs.schema or not isinstance(ours.schema, Mapping) or not ours.schema:
            return  # the same, or it says nothing (or that nothing is ever sent)
        if theirs.schema is False:
            yield from self._made(ours, theirs, "may be there, and nothing is accepted")
        if not isinstance(theirs.schema, Mapping):
            return
        for choice in alternatives(self._sender, ours.schema):
            side = ours if choice is ours.schema else _Side(choice, ours.path)
            yield from self._receivers(side, theirs, depth)

    def _receivers(self, ours: _Side, theirs: _Side, depth: int) -> Iterator[Gap]:
        """One alternative of the sender's against the receiver's, and against all parts of that."""
        yield from self._plain(ours, theirs, depth)
        for index in range(len(theirs.schema.get("allOf", ()))):
            yield from self._compare(ours, theirs.at("allOf", index), depth + 1)
        for keyword in ("anyOf", "oneOf"):
            choices = theirs.schema.get(keyword, ())
            refused = (*theirs.path, keyword)
            for index in range(len(choices)):
                for gap in self._compare(ours, theirs.at(keyword, index), depth + 1):
                    alone = len(choices) == 1
                    yield gap if alone else replace(gap, fact=_none_of(gap.fact), receiver=refused)

    def _plain(self, ours: _Side, theirs: _Side, depth: int) -> Iterator[Gap]:
        for parting in of_values(ours.schema, theirs.schema, self._sampler):
            yield _gap(parting, ours, theirs)
        kinds = types_of(ours.schema) or _implied(ours.schema)
        if "object" in kinds:
            yield from self._keys(ours, theirs, depth)
        if "array" in kinds:
            yield from self._items(ours, theirs, depth)

    def _made(self, ours: _Side, theirs: _Side, fact: str) -> Iterator[Gap]:
        try:
            value = self._sampler.sample(ours.schema)
        except NoSampleError:
            return
        yield Gap((), fact, ours.path, theirs.path, value, strict=True)

    # ------------------------------------------------------------------ mappings

    def _keys(self, ours: _Side, theirs: _Side, depth: int) -> Iterator[Gap]:
        """The values behind keys that the sender names, and those that the receiver must not get."""
        named = ours.schema.get("properties") or NOTHING
        wanted = theirs.schema.get("properties") or NOTHING
        for name in named:
            ours_there = ours.at("properties", name)
            if name in wanted:
                yield from self._below(ours, theirs, name, ours_there, theirs.at("properties", name), depth)
            else:
                yield from self._other_key(ours, theirs, name, ours_there, depth)
        if isinstance(ours.schema.get("additionalProperties"), Mapping):
            more = ours.at("additionalProperties")
            name = next(key for key in _made_up_keys() if key not in named and key not in wanted)
            yield from self._other_key(ours, theirs, name, more, depth)

    def _other_key(
        self, ours: _Side, theirs: _Side, name: str, ours_there: _Side, depth: int
    ) -> Iterator[Gap]:
        """A key that the receiver does not name: it may refuse all such, or have a schema for them."""
        for pattern in theirs.schema.get("patternProperties") or ():
            if re.search(pattern, name):
                there = theirs.at("patternProperties", pattern)
                yield from self._below(ours, theirs, name, ours_there, there, depth)
                return
        if "additionalProperties" not in theirs.schema:
            return
        there = theirs.at("additionalProperties")
        if there.schema is False:
            fact = f"may have the key `{name}`, and no such key is accepted"
            yield from self._embedded(ours, theirs, name, self._made(ours_there, there, fact), lift=True)
        else:
            yield from self._below(ours, theirs, name, ours_there, there, depth)

    def _below(
        self, ours: _Side, theirs: _Side, name: str, inner: _Side, there: _Side, depth: int
    ) -> Iterator[Gap]:
        return self._embedded(ours, theirs, name, self._compare(inner, there, depth + 1))

    def _embedded(
        self, ours: _Side, theirs: _Side, name: str, found: Iterator[Gap], *, lift: bool = False
    ) -> Iterator[Gap]:
        """Gaps of a key's value as gaps of the mapping. `lift`: they are about the mapping itself."""
        for gap in found:
            try:
                whole = self._sampler.mapping(ours.schema, theirs.schema, without=name)
            except NoSampleError:
                return
            where = gap.where if lift else (name, *gap.where)
            yield replace(gap, where=where, example={**whole, name: gap.example})

    # ------------------------------------------------------------------ lists

    def _items(self, ours: _Side, theirs: _Side, depth: int) -> Iterator[Gap]:
        if not isinstance(ours.schema.get("items"), Mapping) or "prefixItems" in ours.schema:
            return
        if not isinstance(theirs.schema.get("items"), Mapping | bool) or "prefixItems" in theirs.schema:
            return
        count = max(1, int(ours.schema.get("minItems", 0)))
        if count > _MAX_TRIED:
            return
        for gap in self._compare(ours.at("items"), theirs.at("items"), depth + 1):
            yield replace(gap, where=(0, *gap.where), example=[gap.example] * count)


def _followed(root: Any, side: _Side) -> _Side:
    """The side behind its references; it then stands where they lead."""
    for _ in range(8):
        if not isinstance(side.schema, Mapping) or not isinstance(side.schema.get("$ref"), str):
            return side
        found = resolve(root, side.schema["$ref"])
        if found is None:
            return _Side(NOTHING, side.path)
        side = _Side(found[1], found[0])
    return _Side(NOTHING, side.path)


def _implied(schema: Schema) -> frozenset[str]:
    """The types a schema without `type` is probably about."""
    about = {"properties": "object", "required": "object", "additionalProperties": "object", "items": "array"}
    return frozenset(kind for keyword, kind in about.items() if keyword in schema)


def _none_of(fact: str) -> str:
    return fact if fact.endswith(_NO_OTHER) else f"{fact}{_NO_OTHER}"


_NO_OTHER: Final = " (nor does it fit another alternative)"


def _gap(parting: Parting, ours: _Side, theirs: _Side) -> Gap:
    return Gap(
        (),
        parting.fact,
        (*ours.path, parting.allowed_by) if parting.allowed_by in ours.schema else ours.path,
        (*theirs.path, parting.keyword),
        parting.example,
        strict=parting.strict,
    )


def _made_up_keys() -> Iterator[str]:
    yield "key"
    yield from (f"key{number}" for number in itertools.count(1))
