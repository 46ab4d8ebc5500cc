"""jsonschema's errors in the user's words: one finding per cause, at the key or the value that is to change.

Where a value may have several shapes (`anyOf`), only the shape it comes nearest to is spoken of.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from orchestrator.diagnostics import Diagnostic, Fix, Severity
from orchestrator.source import KEY, Broken, Document
from orchestrator.source.replacing import plain
from orchestrator.spec.codes import (
    MISSING_KEY,
    NOT_A_CHOICE,
    OUT_OF_RANGE,
    PROBE_KIND,
    PROGRAM,
    REPEATED,
    UNKNOWN_KEY,
    VERSION,
    WRONG_FORM,
    WRONG_TYPE,
)
from orchestrator.spec.fixes import other_choice, other_type, renamed_key, with_unit
from orchestrator.spec.guesses import nearest_choice, nearest_key, option_remedy
from orchestrator.spec.repair import Change, Repair
from orchestrator.spec.words import (
    TYPE_WORDS,
    alternatives,
    choice_remedy,
    form_remedy,
    json_type,
    label,
    listing,
    shown,
    type_remedy,
    type_words,
    unknown_key_remedy,
    where_it_is_a_key,
)
from orchestrator.vocabulary import JsonValue, Path


@dataclass(frozen=True, slots=True)
class Problem:
    """One of jsonschema's errors, as far as it is spoken of."""

    keyword: str
    """The schema's keyword that refused."""
    rule: Any
    """What the keyword says."""
    instance: Any
    """The value that was refused."""
    schema: dict[str, Any]
    """The part of the schema that the keyword stands in."""
    path: Path
    """Where the value stands, from where the error above this one is."""
    about_name: bool
    """The value is a key of the mapping at `path`."""
    branch: int | None
    """In an `anyOf`: which of its parts this is about."""
    missing: str
    """For `required`: the key that is not there."""
    inner: tuple[Problem, ...]
    """For `anyOf`: what its parts say."""


def _problem(error: Any) -> Problem:
    """Take over what is needed of a jsonschema.ValidationError."""
    where = list(error.schema_path)
    missing = ""
    if error.validator == "required":  # one error per key, named in the message only
        missing = next(key for key in error.validator_value if f"{key!r} is a required" in error.message)
    return Problem(
        keyword=error.validator,
        rule=error.validator_value,
        instance=error.instance,
        schema=error.schema,
        path=tuple(error.path),
        about_name=where[-2:-1] == ["propertyNames"],
        branch=where[0] if where and isinstance(where[0], int) else None,
        missing=missing,
        inner=tuple(_problem(inner) for inner in error.context or ()),
    )


@dataclass(frozen=True, slots=True)
class Refusal:
    """One finding, and what was probably meant."""

    diagnostic: Diagnostic
    repair: Repair


def explain(document: Document, schema: dict[str, Any]) -> list[Refusal]:
    """Every finding about a document that the compiled validator refused."""
    from jsonschema import Draft7Validator  # 70 ms that a valid file does not spend

    explainer = _Explainer(document, schema)
    for error in Draft7Validator(schema).iter_errors(document.data):
        explainer.tell(_problem(error), ())
    return explainer.refusals


_AIMS: Final = {"hooks": "is to be started", "faults": "goes wrong"}
"""What the items of a list say exactly one of."""


class _Explainer:
    def __init__(self, document: Document, schema: dict[str, Any]) -> None:
        self._document = document
        self._schema = schema
        self.refusals: list[Refusal] = []

    def _label(self, path: Path) -> str:
        return label(path) if path else f"the {self._schema['title'].removeprefix('a ').removeprefix('an ')}"

    def tell(self, error: Problem, base: Path) -> None:
        """Add the findings of one error. `base`: the path that the error's own path starts from."""
        path: Path = (*base, *error.path)
        if isinstance(error.instance, Broken):
            return
        tell = getattr(self, f"_{error.keyword}", self._other)
        tell(error, path)

    def _add(
        self,
        code: str,
        message: str,
        path: Path,
        remedy: str | None,
        *,
        at_key: bool = False,
        repair: Repair | None = None,
        fix: Fix | None = None,
    ) -> None:
        """Add a finding. Unless `repair` says otherwise, what it is about may be left out."""
        place = self._document.place((*path, KEY) if at_key else path)
        finding = Diagnostic(
            code=code, severity=Severity.ERROR, message=message, span=place, help=remedy, path=path, fix=fix
        )
        self.refusals.append(Refusal(finding, repair or Repair(Change.REMOVE, path)))

    # One method per keyword of the schema, by jsonschema's names for them.

    def _additionalProperties(self, error: Problem, path: Path) -> None:  # noqa: N802
        known = error.schema.get("properties", {})
        owner = error.schema.get("title", "this mapping")
        owner = self._label(path) if owner == "a mapping" and path else owner
        for key in error.instance:
            if key not in known and not key.startswith("x-"):
                self._unknown_key(key, error.instance, list(known), owner, path)

    def _unknown_key(
        self, key: str, mapping: dict[str, object], known: list[str], owner: str, path: Path
    ) -> None:
        elsewhere = where_it_is_a_key(key, self._schema)
        option = option_remedy(key, mapping[key], known) if owner in _HAVE_OPTIONS and not elsewhere else None
        guess = nearest_key(key, known, strict=bool(elsewhere or option))
        remedy = option or unknown_key_remedy(key, known, owner, elsewhere)
        remedy = f"did you mean `{guess}`?" if guess else remedy
        repair = Repair(Change.RENAME, (*path, key), guess) if guess else None
        message = f"`{key}` is no key of {owner}"
        path = (*path, key)
        fix = None if guess in mapping else renamed_key(self._document, path, guess, known)
        self._add(UNKNOWN_KEY, message, path, remedy, at_key=True, repair=repair, fix=fix)

    def _is_misspelt(self, error: Problem, keys: list[str]) -> bool:
        """Whether one of the missing keys stands there under a wrong name: that has its own finding."""
        known = list(error.schema.get("properties", {}))
        unknown = [k for k in error.instance if k not in known and not k.startswith("x-")]
        strict = [(k, bool(where_it_is_a_key(k, self._schema))) for k in unknown]
        return any(nearest_key(k, known, strict=s) in keys for k, s in strict)

    def _required(self, error: Problem, path: Path) -> None:
        key = error.missing
        if self._is_misspelt(error, [key]):
            return
        remedy = f"write `{key}: {shown_example(error.schema, key)}`"
        repair = Repair(Change.REPLACE, (key,), _ASSUMED[key]) if not path and key in _ASSUMED else None
        self._add(
            MISSING_KEY, f"{self._label(path)} has no `{key}`", path, remedy, at_key=True, repair=repair
        )

    def _type(self, error: Problem, path: Path) -> None:
        wanted = _wanted(error.schema)
        if isinstance(error.instance, dict | list) and not error.instance:
            found = f"an empty {'mapping' if isinstance(error.instance, dict) else 'list'}"
        else:
            found = type_words(error.instance)
        if error.instance is None:
            message, at_key = f"{self._label(path)} has no value", True
            remedy: str | None = f"write {wanted} behind it, or remove it"
        else:
            message, at_key = f"{self._label(path)} must be {wanted}, not {found}", False
            remedy = type_remedy(error.instance, error.schema)
        fix = other_type(self._document, path, error.instance, error.schema)
        self._add(WRONG_TYPE, message, path, remedy, at_key=at_key, repair=_cast(error, path), fix=fix)

    def _enum(self, error: Problem, path: Path) -> None:
        allowed: list[str] = error.rule
        if not isinstance(error.instance, str):
            return  # `type` stands beside every enum of ours, and has spoken
        message = f"{shown(error.instance)} is not one of the values of {self._label(path)}"
        guess = nearest_choice(error.instance, allowed)
        repair = Repair(Change.REPLACE, path, guess) if guess else None
        fix = other_choice(self._document, path, error.instance, guess, allowed)
        self._add(NOT_A_CHOICE, message, path, choice_remedy(guess, allowed), repair=repair, fix=fix)

    def _const(self, error: Problem, path: Path) -> None:
        if path == ("version",):
            if error.instance is None or error.instance == "1":
                self._version_of_other_type(error, path)
                return
            message = f"{shown(error.instance)} is no version of this language that is known here"
            self._add(VERSION, message, path, "write `version: 1`", repair=Repair(Change.REPLACE, path, 1))
            return
        wanted = shown(error.rule)
        self._add(
            NOT_A_CHOICE, f"{self._label(path)} can only be {wanted}", path, f"write {wanted}, or remove it"
        )

    def _version_of_other_type(self, error: Problem, path: Path) -> None:
        empty = error.instance is None
        message = "`version` has no value" if empty else "`version` must be a whole number, not text"
        remedy = "write `version: 1`" if empty else "remove the quotes: 1"
        repair = Repair(Change.REPLACE, path, 1)
        fix = None if empty else plain(self._document, path, "1", safe=True)
        self._add(WRONG_TYPE, message, path, remedy, at_key=empty, repair=repair, fix=fix)

    def _pattern(self, error: Problem, path: Path) -> None:
        wanted = error.schema.get("title", "text of another form")
        remedy = form_remedy(error.instance, error.schema)
        if error.about_name:
            message = f"{shown(error.instance)} can't be {wanted}"
            path = (*path, error.instance)
            self._add(WRONG_FORM, message, path, remedy, at_key=True, repair=Repair(Change.KEEP, path))
        else:
            message = f"{self._label(path)} must be {wanted}, not {shown(error.instance)}"
            keep = Repair(Change.KEEP, path) if path[-1] in ("name", "run", "process", "type") else None
            fix = with_unit(self._document, path, error.schema) if "duration" in wanted else None
            self._add(WRONG_FORM, message, path, remedy, repair=keep, fix=fix)

    def _minimum(self, error: Problem, path: Path) -> None:
        self._range(error, path)

    def _maximum(self, error: Problem, path: Path) -> None:
        self._range(error, path)

    def _range(self, error: Problem, path: Path) -> None:
        if error.schema.get("type") == "integer" and json_type(error.instance) != "integer":
            return  # `type` has spoken
        least, most = error.schema.get("minimum"), error.schema.get("maximum")
        bounds = f"from {least} to {most}" if least is not None and most is not None else f"{least} or more"
        message = f"{self._label(path)} is {shown(error.instance)[1:-1]}; it must be {bounds}"
        self._add(OUT_OF_RANGE, message, path, f"write {_wanted(error.schema)} {bounds}")

    def _minLength(self, error: Problem, path: Path) -> None:  # noqa: N802
        self._add(
            OUT_OF_RANGE,
            f"{self._label(path)} is empty",
            path,
            f"write {_wanted(error.schema)}, or remove it",
        )

    def _minItems(self, error: Problem, path: Path) -> None:  # noqa: N802
        self._add(
            OUT_OF_RANGE,
            f"{self._label(path)} is an empty list",
            path,
            "write at least one item, or remove it",
        )

    def _uniqueItems(self, error: Problem, path: Path) -> None:  # noqa: N802
        seen: set[str] = set()
        for index, item in enumerate(error.instance):
            if isinstance(item, str) and item in seen:
                message = f"{shown(item)} stands twice in this list"
                where: Path = (*path, index)
                self._add(REPEATED, message, where, "remove one of them", repair=Repair(Change.KEEP, where))
            elif isinstance(item, str):
                seen.add(item)

    def _oneOf(self, error: Problem, path: Path) -> None:  # noqa: N802
        """All of ours say: exactly one of these keys."""
        if not isinstance(error.instance, dict):
            return  # its type is wrong, and `type` has spoken
        keys = [branch["required"][0] for branch in error.rule]
        given = [key for key in keys if key in error.instance]
        code = PROGRAM if "run" in keys else PROBE_KIND
        what = self._label(path)
        if given:
            message = f"{what} has {listing(given, 'and')}; only one of them can be"
            self._add(
                code,
                message,
                (*path, given[1]),
                f"remove all but one of {listing(given, 'and')}",
                at_key=True,
            )
        elif self._is_misspelt(error, keys):
            return
        elif code == PROGRAM:
            message = f"{what} does not say what it runs"
            repair = Repair(Change.REPLACE, (*path, "run"), "unknown:unknown")
            self._add(code, message, path, _PROGRAM_REMEDY, at_key=True, repair=repair)
        else:
            remedy = f"write one of {listing(keys, 'or')}"
            aim = _AIMS.get(str(path[0]) if path else "", "is asked")
            self._add(code, f"{what} does not say what {aim}", path, remedy, at_key=True)

    def _anyOf(self, error: Problem, path: Path) -> None:  # noqa: N802
        branches: list[dict[str, Any]] = error.rule
        nearest = _nearest_branch(error.instance, branches)
        if nearest is None:
            wanted = alternatives(branches)
            remedy = type_remedy(error.instance, error.schema)
            message = f"{self._label(path)} must be {wanted}, not {type_words(error.instance)}"
            if error.instance is None:
                message = f"{self._label(path)} has no value"
                remedy = remedy or f"write {wanted} behind it, or remove it"
            self._add(WRONG_TYPE, message, path, remedy, at_key=error.instance is None)
            return
        for inner in _errors_of_branch(error, nearest):
            self.tell(inner, path)

    def _allOf(self, error: Problem, path: Path) -> None:  # noqa: N802
        for inner in error.inner:
            self.tell(inner, path)

    def _other(self, error: Problem, path: Path) -> None:
        self._add(WRONG_FORM, f"{self._label(path)} breaks the rule `{error.keyword}`", path, None)


_HAVE_OPTIONS = ("a socket", "a node", "defaults")
"""Titles of mappings in which people write options of libzmq directly."""

_ASSUMED: dict[str, JsonValue] = {"version": 1, "name": "topology"}
"""What a topology without them is taken to say, for the sake of the rest."""

_PROGRAM_REMEDY = (
    "write `run: module:name` (Python), `command: [program, argument]` (anything else) or `use: NAME` (stock)"
)


def shown_example(schema: dict[str, Any], key: str) -> str:
    """An example of a key's value, for a remedy."""
    known = schema.get("properties", {}).get(key, {})
    examples = known.get("examples") or [known.get("default", "…")]
    return str(examples[0])


def _wanted(schema: dict[str, Any]) -> str:
    title: str | None = schema.get("title")
    if title and _names_itself(title):
        return title
    kinds = schema.get("type", "something else")
    return " or ".join(TYPE_WORDS[kind] for kind in ([kinds] if isinstance(kinds, str) else kinds))


def _names_itself(title: str) -> bool:
    """Whether a title is a noun phrase that fits into a sentence: `a duration`, `text`, `module:name`."""
    return title.split(" ")[0] in ("a", "an", "text", "true", "parameters") or title.startswith("`")


def _cast(error: Problem, path: Path) -> Repair | None:
    """A scalar of the wrong type that reads like one of the right type."""
    kinds = error.schema.get("type", ())
    value = error.instance
    if isinstance(value, str) and "integer" in kinds and value.isascii() and value.isdigit():
        return Repair(Change.REPLACE, path, int(value))
    if "string" in kinds and isinstance(value, int | float) and "pattern" not in error.schema:
        return Repair(Change.REPLACE, path, str(value))
    return None


def _nearest_branch(instance: object, branches: list[dict[str, Any]]) -> int | None:
    kind = json_type(instance)
    for index, branch in enumerate(branches):
        kinds = branch.get("type", ())
        kinds = (kinds,) if isinstance(kinds, str) else kinds
        if kind in kinds or (kind == "integer" and "number" in kinds):
            return index
    return None


def _errors_of_branch(error: Problem, index: int) -> Iterator[Problem]:
    for inner in error.inner:
        if inner.branch == index:
            yield inner
