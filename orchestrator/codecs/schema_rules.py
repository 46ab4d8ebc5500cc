"""JSON Schema, compiled: every keyword becomes a function that says what is wrong with a value.

Sources: JSON Schema 2020-12, Core and Validation; what drafts 4 to 7 have instead is read as they mean it.
`format` is a note, as it is by default in all drafts since 2019. A keyword that is not known here says
nothing; `Compiler.unchecked` has those that would judge.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from orchestrator.codecs.base import brief
from orchestrator.codecs.schema_keywords import KEYWORDS, Fault, Rule, ask, fine, is_count
from orchestrator.codecs.schema_values import resolve

_UNCHECKED: Final = ("unevaluatedItems", "unevaluatedProperties", "$dynamicRef", "$recursiveRef")
_REF_ALONE: Final = ("draft-03", "draft-04", "draft-06", "draft-07")
"""Drafts in which nothing beside a `$ref` counts."""


class Compiler:
    """Makes rules of one schema."""

    def __init__(self, root: Any) -> None:
        self._root = root
        self._named: dict[str, Rule] = {}
        self.unchecked: set[str] = set()
        """Keywords that would judge, and that nobody looks at."""
        draft = str(root.get("$schema", "")) if isinstance(root, Mapping) else ""
        self._ref_alone = any(name in draft for name in _REF_ALONE)

    def compile(self, schema: Any) -> Rule:
        """A rule that tells the first fault of a value. Raises ValueError for what is no schema."""
        if schema is True or schema == {}:
            return fine
        if schema is False:
            return lambda value: ((), f"{brief(value)} stands where nothing may")
        if not isinstance(schema, Mapping):
            raise ValueError(f"{brief(schema)} stands where a schema belongs")
        if "$ref" in schema and self._ref_alone:
            return self._reference(schema["$ref"])
        rules = tuple(self._rules(schema))
        if len(rules) == 1:
            return rules[0]

        def all_of_them(value: Any) -> Fault | None:
            for rule in rules:
                if (fault := rule(value)) is not None:
                    return fault
            return None

        return all_of_them

    def _rules(self, schema: Mapping[str, Any]) -> Iterator[Rule]:
        self.unchecked.update(key for key in _UNCHECKED if key in schema)
        for keyword, make in KEYWORDS.items():
            if keyword in schema:
                yield make(schema[keyword], schema)
        if "$ref" in schema:
            yield self._reference(schema["$ref"])
        if not _ABOUT_OBJECTS.isdisjoint(schema):
            yield self._members(schema)
        if not _ABOUT_ITEMS.isdisjoint(schema):
            yield self._items(schema)
        yield from self._combinations(schema)

    def _reference(self, reference: Any) -> Rule:
        if not isinstance(reference, str) or not (reference == "#" or reference.startswith("#/")):
            self.unchecked.add(f"$ref: {brief(reference)}")
            return fine
        named = self._named
        if reference not in named:
            try:
                found = resolve(self._root, reference)
            except (LookupError, TypeError, ValueError) as error:
                raise ValueError(f"$ref: {reference} leads nowhere") from error
            named[reference] = fine  # while it is being made: it may contain itself
            named[reference] = self.compile(found)
        return lambda value: named[reference](value)

    def _members(self, schema: Mapping[str, Any]) -> Rule:
        known = {name: self.compile(inner) for name, inner in schema.get("properties", {}).items()}
        patterns = [
            (re.compile(pattern).search, self.compile(inner))
            for pattern, inner in schema.get("patternProperties", {}).items()
        ]
        names = self.compile(schema.get("propertyNames", True))
        others = schema.get("additionalProperties", True)
        other = self.compile(others)

        def members(value: Any) -> Fault | None:
            if not isinstance(value, Mapping):
                return None
            for key, item in value.items():
                rules = [known[key]] if key in known else []
                if patterns and isinstance(key, str):
                    rules += [rule for matches, rule in patterns if matches(key)]
                if not rules and others is False:
                    return (), f"has {brief(key)}, which the schema does not know"
                if (fault := names(key)) is not None:
                    return (), f"the name {brief(key)}: {fault[1]}"
                for rule in rules or (other,):
                    if (fault := rule(item)) is not None:
                        return (key if isinstance(key, int) else str(key), *fault[0]), fault[1]
            return None

        return members

    def _items(self, schema: Mapping[str, Any]) -> Rule:
        first, rest = schema.get("prefixItems"), schema.get("items", True)
        if isinstance(rest, list):  # until draft 2019-09
            first, rest = rest, schema.get("additionalItems", True)
        front = [self.compile(inner) for inner in first or ()]
        rule = self.compile(rest)

        def items(value: Any) -> Fault | None:
            if not isinstance(value, (list, tuple)):
                return None
            for index, item in enumerate(value):
                if (fault := (front[index] if index < len(front) else rule)(item)) is not None:
                    return (index, *fault[0]), fault[1]
            return None

        return items

    def _combinations(self, schema: Mapping[str, Any]) -> Iterator[Rule]:
        if "allOf" in schema:
            yield from self._several("allOf", schema)
        if "anyOf" in schema:
            yield _any_of(self._several("anyOf", schema))
        if "oneOf" in schema:
            yield _one_of(self._several("oneOf", schema))
        if "not" in schema:
            yield _never(self.compile(schema["not"]))
        if "if" in schema:
            yield _if(*(self.compile(schema.get(key, True)) for key in ("if", "then", "else")))
        if "contains" in schema:
            least, most = schema.get("minContains", 1), schema.get("maxContains")
            ask(is_count(least) and (most is None or is_count(most)), "minContains", "a number")
            yield _contains(self.compile(schema["contains"]), least, most)
        for keyword in ("dependentRequired", "dependentSchemas", "dependencies"):
            for name, wanted in schema.get(keyword, {}).items():
                inner = {"required": wanted} if isinstance(wanted, list) else wanted
                yield _where_there(name, self.compile(inner))

    def _several(self, keyword: str, schema: Mapping[str, Any]) -> list[Rule]:
        found = schema[keyword]
        ask(isinstance(found, list) and found != [], keyword, "a list of schemas")
        return [self.compile(inner) for inner in found]


_ABOUT_OBJECTS: Final = frozenset(
    {"properties", "patternProperties", "additionalProperties", "propertyNames"}
)
_ABOUT_ITEMS: Final = frozenset({"items", "prefixItems", "additionalItems"})


def _any_of(rules: list[Rule]) -> Rule:
    def any_of(value: Any) -> Fault | None:
        faults = []
        for rule in rules:
            if (fault := rule(value)) is None:
                return None
            faults.append(fault)
        deepest = max(faults, key=lambda fault: len(fault[0]))
        return deepest if deepest[0] else ((), f"{brief(value)} is none of the {len(rules)} things it may be")

    return any_of


def _one_of(rules: list[Rule]) -> Rule:
    any_of = _any_of(rules)

    def one_of(value: Any) -> Fault | None:
        fitting = sum(rule(value) is None for rule in rules)
        if fitting > 1:
            return (), f"{brief(value)} is {fitting} of the things of which it may be one"
        return None if fitting else any_of(value)

    return one_of


def _never(rule: Rule) -> Rule:
    return lambda value: ((), f"{brief(value)} is what it must not be") if rule(value) is None else None


def _if(condition: Rule, then: Rule, otherwise: Rule) -> Rule:
    return lambda value: then(value) if condition(value) is None else otherwise(value)


def _contains(rule: Rule, least: int, most: int | None) -> Rule:
    def contains(value: Any) -> Fault | None:
        if not isinstance(value, (list, tuple)):
            return None
        count = sum(rule(item) is None for item in value)
        if count < least:
            return (), f"{count} of its items are of the kind of which there must be {least}"
        if most is not None and count > most:
            return (), f"{count} of its items are of the kind of which there may be {most}"
        return None

    return contains


def _where_there(name: str, rule: Rule) -> Rule:
    return lambda value: rule(value) if isinstance(value, Mapping) and name in value else None
