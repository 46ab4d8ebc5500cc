"""The fingerprint of a JSON Schema, computed in JavaScript by the words of docs/reference/codecs.md alone."""

from __future__ import annotations

import json
import math
import random
import shutil
import struct
import subprocess
from typing import Any

import pytest

from orchestrator.codecs import make_codec
from orchestrator.codecs.fingerprint import fingerprint

PROGRAM = """
const {createHash} = require("crypto");
const NOTES = new Set(["title", "description", "examples", "$comment", "default", "$id", "$schema", "deprecated",
  "readOnly", "writeOnly"]);
const NAMED = new Set(["properties", "patternProperties", "definitions", "$defs", "dependencies", "dependentSchemas",
  "dependentRequired"]);
const isMap = v => v !== null && typeof v === "object" && !Array.isArray(v);
const canonical = v => Array.isArray(v) ? "[" + v.map(canonical).join(",") + "]"
  : isMap(v) ? "{" + Object.keys(v).sort().map(k => JSON.stringify(k) + ":" + canonical(v[k])).join(",") + "}"
  : JSON.stringify(v);
function judging(v) {
  if (Array.isArray(v)) return v.map(judging);
  if (!isMap(v)) return v;
  const out = Object.create(null);
  for (const [key, value] of Object.entries(v)) {
    if (NAMED.has(key) && isMap(value))
      out[key] = Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, judging(inner)]));
    else if (["required", "type", "enum"].includes(key) && Array.isArray(value))
      out[key] = value.map(canonical).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))).map(JSON.parse);
    else if (key === "const" || key === "enum") out[key] = value;
    else if (!NOTES.has(key)) out[key] = judging(value);
  }
  return out;
}
const told = JSON.parse(require("fs").readFileSync(0, "utf8")).map(([codec, type, schema]) => {
  const digest = createHash("sha256").update([codec, type, canonical(judging(schema))].join("\\n")).digest();
  return digest.readBigUInt64LE(0).toString();
});
console.log(JSON.stringify(told));
"""

WORDS = [
    "type",
    "title",
    "enum",
    "const",
    "properties",
    "required",
    "items",
    "$defs",
    "default",
    "ż",
    "😀",
    "ﬀ",
    "10",
]


def value(dice: random.Random, depth: int) -> Any:
    """Some JSON, with the words that make a difference, and numbers of every size."""
    kind = dice.randrange(8 if depth else 6)
    if kind < 2:
        return dice.choice([None, True, False, *WORDS, "", "a\nb\u2028\x7f"])
    if kind == 2:
        return dice.randint(-(2**53), 2**53) >> dice.randrange(54)
    if kind == 3:
        return round(dice.uniform(-10, 10), dice.randrange(17)) * 10.0 ** dice.randint(-30, 30)
    if kind == 4:
        found: float = struct.unpack("<d", dice.randbytes(8))[0]
        return found if math.isfinite(found) else 0.5
    if kind == 5:
        return dice.choice([0, -0.0, 1.0, 1e21, 1e-6, 1e-7, 2**53, 5e-324, 2**60])
    if kind == 6:
        return [value(dice, depth - 1) for _ in range(dice.randrange(5))]
    return {word: value(dice, depth - 1) for word in dice.sample(WORDS, dice.randrange(5))}


@pytest.mark.real
@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_javascript_computes_the_same() -> None:
    dice = random.Random(5)
    schemas = [{word: value(dice, 3) for word in dice.sample(WORDS, 4)} for _ in range(3000)]
    asked = json.dumps([["json", "Tick", schema] for schema in schemas])
    done = subprocess.run(["node", "-e", PROGRAM], input=asked, capture_output=True, text=True, check=True)
    codec = make_codec("json")
    theirs = json.loads(done.stdout)
    assert [
        s for s, number in zip(schemas, theirs, strict=True) if str(fingerprint(codec, s, "Tick")) != number
    ] == []
