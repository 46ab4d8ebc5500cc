"""Write the pages that are made from the code: `python docs/generate.py`.

`docs/rules/` comes from the rules' docstrings, the second half of `docs/reference/language.md` from the
schema.
The tests compare what is there with what this would write.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from orchestrator.rules.catalogue import MODULES, Rule, load, page
from orchestrator.spec.schema import load_schema

DOCS: Final = Path(__file__).parent
MARK: Final = "<!-- what follows is made from schemas/topology.schema.json by docs/generate.py -->"
Schema = Mapping[str, Any]

SECTIONS: Final = (
    ("The file", ""),
    ("`messages.NAME`", "definitions/message"),
    ("`compression`", "definitions/message/properties/compression/anyOf/1"),
    ("`endpoints.NAME`", "definitions/endpoint"),
    ("`defaults`", "properties/defaults"),
    ("`supervision`", "definitions/supervision"),
    ("`hooks`", "definitions/hook"),
    ("`logs`", "definitions/logs"),
    ("`security`", "definitions/security"),
    ("`security.curve`", "definitions/security/properties/curve"),
    ("`security.plain`", "definitions/security/properties/plain"),
    ("`nodes.NAME`", "definitions/node"),
    ("`nodes.NAME.sockets.NAME`", "definitions/socket"),
    ("`wait_for`", "definitions/socket/properties/wait_for/anyOf/2"),
    ("`retry`", "definitions/retry"),
    ("`breaker`", "definitions/breaker"),
    ("`batch`", "definitions/batch"),
    ("`security` of a socket", "definitions/socket/properties/security/anyOf/2"),
    ("`limits`", "definitions/limits"),
    ("`depends_on.NODE`", "definitions/depends_on/anyOf/1/additionalProperties/anyOf/1"),
    ("`ready` and `done`", "definitions/node/properties/ready/anyOf/1"),
    ("`health`", "definitions/node/properties/health/anyOf/1"),
    ("`zmq`, a probe", "definitions/node/properties/ready/anyOf/1/properties/zmq"),
    ("`peers`, a probe", "definitions/node/properties/ready/anyOf/1/properties/peers"),
    ("`heartbeat`", "definitions/heartbeat"),
    ("`restart`", "definitions/restart/anyOf/1"),
    ("`backoff`", "definitions/backoff"),
    ("`stop`", "definitions/stop"),
    ("`resources`", "definitions/resources"),
)
"""Heading -> where its keys stand in the schema."""

BLOCKS: Final = {
    "0": "Reading and schema",
    "1": "Sockets and patterns",
    "2": "Flow",
    "3": "Endpoints and transports",
    "4": "Messages and codecs",
    "5": "Security",
    "6": "Supervision",
    "9": "Hygiene",
}


def pages() -> dict[Path, str]:
    """Every generated page, by its path below `docs/`."""
    rules = [load(module) for module in MODULES]
    made = {Path("rules") / f"{rule.code}.md": _rule_page(rule) for rule in rules}
    made[Path("rules/README.md")] = _rule_index(rules)
    language = Path("reference/language.md")
    head = (DOCS / language).read_text(encoding="utf-8").partition(MARK)[0]
    made[language] = f"{head}{MARK}\n\n{_language(load_schema())}"
    return made


def _rule_page(rule: Rule) -> str:
    text = page(rule.code)
    assert text is not None
    return f"{text}\n---\n\n[All rules](README.md)\n"


def _rule_index(rules: list[Rule]) -> str:
    lines = [
        "# Rules",
        "",
        "What `orchestrator validate` finds. `orchestrator explain CODE` prints the same pages offline.",
        "Codes never change their meaning. An error stands in the way of `up`; a warning does not.",
    ]
    for digit, title in BLOCKS.items():
        block = [rule for rule in rules if rule.code[3] == digit]
        if block:
            lines += ["", f"## {title}", "", "| code | name | | finds |", "| --- | --- | --- | --- |"]
        for rule in sorted(block, key=lambda rule: rule.code):
            finds = rule.summary.replace("|", "\\|")
            lines.append(f"| [{rule.code}]({rule.code}.md) | {rule.name} | {rule.severity} | {finds} |")
    return "\n".join(lines) + "\n"


def _language(schema: Schema) -> str:
    return "\n".join(line for heading, pointer in SECTIONS for line in _section(schema, heading, pointer))


def _section(schema: Schema, heading: str, pointer: str) -> Iterator[str]:
    part: Any = schema
    for word in filter(None, pointer.split("/")):
        part = part[int(word)] if isinstance(part, list) else part[word]
    yield f"## {heading}\n"
    yield f"{part['description']}\n"
    yield from _examples("", part.get("examples", ()))
    for key, value in part["properties"].items():
        yield from _key(schema, key, value, required=key in part.get("required", ()))


def _key(schema: Schema, key: str, value: Schema, *, required: bool) -> Iterator[str]:
    whole = _resolved(schema, value)
    facts = [f"*{whole.get('title', 'text')}*"] if whole.get("title") != key else []
    facts += ["required"] if required else []
    facts += _limits(whole)
    if "default" in whole:
        facts.append(f"default {_code(whole['default'])}")
    yield f"### `{key}`\n"
    if facts:
        yield f"{', '.join(facts)}\n"
    yield f"{whole['description']}\n"
    choices = _choices(whole)
    if choices:
        yield f"One of {', '.join(f'`{choice}`' for choice in choices)}.\n"
    yield from _examples(key, whole.get("examples", ()))


def _resolved(schema: Schema, value: Schema) -> dict[str, Any]:
    """A key's schema with what it refers to; its own words come first."""
    whole: dict[str, Any] = {}
    for reference in (value, *value.get("allOf", ())):
        if "$ref" in reference:
            whole |= schema["definitions"][reference["$ref"].rpartition("/")[2]]
    if "additionalProperties" in value and isinstance(value["additionalProperties"], Mapping):
        whole.setdefault("title", "a mapping by name")
    return whole | {key: text for key, text in value.items() if key not in ("$ref", "allOf")}


def _choices(whole: Schema) -> list[str]:
    found = list(whole.get("enum", ()))
    for form in whole.get("anyOf", ()):
        found += form.get("enum", ())
    return [str(choice) for choice in dict.fromkeys(found)] if len(found) > 1 else []


def _limits(whole: Schema) -> list[str]:
    low, high = whole.get("minimum"), whole.get("maximum")
    if low is not None and high is not None:
        return [f"from {low} to {high}"]
    return [f"{low} or more"] if low is not None else []


def _examples(key: str, examples: Any) -> Iterator[str]:
    lines = [f"{key}: {flow(example)}" if key else flow(example) for example in examples]
    if lines:
        yield "```yaml\n" + "\n# or\n".join(lines) + "\n```\n"


def _code(value: Any) -> str:
    return "none" if value is None else f"`{flow(value)}`"


_PLAIN: Final = re.compile(r"[A-Za-z_./][A-Za-z0-9_./:*@-]*(?<!:)")
_WORDS: Final = {"true", "false", "null"}


def flow(value: Any) -> str:
    """A value as YAML in one line, as a person would write it."""
    match value:
        case Mapping():
            return "{" + ", ".join(f"{flow(k)}: {flow(v)}" for k, v in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(flow, value)) + "]"
        case str() if _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
            return value
        case str() if re.fullmatch(r"[0-9.]+(ms|s|m|h|d)", value):
            return value
        case _:
            return json.dumps(value, ensure_ascii=False)


def main() -> None:
    """Write every page that differs, and remove rule pages whose rule is gone."""
    made = pages()
    for path, text in made.items():
        target = DOCS / path
        if not target.exists() or target.read_text(encoding="utf-8") != text:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
            sys.stdout.write(f"wrote {path}\n")
    for page_file in (DOCS / "rules").glob("*.md"):
        if page_file.relative_to(DOCS) not in made:
            page_file.unlink()
            sys.stdout.write(f"removed {page_file.relative_to(DOCS)}\n")


if __name__ == "__main__":
    main()
