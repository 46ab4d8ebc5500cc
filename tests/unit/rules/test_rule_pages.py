"""Every rule has a whole page, and what its samples show is true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import orchestrator.rules
from orchestrator.diagnostics import Diagnostic
from orchestrator.model.load import load
from orchestrator.rules import codes, page, rule_of, run
from orchestrator.rules.catalogue import MODULES, Rule
from orchestrator.rules.catalogue import load as load_rule
from orchestrator.rules.checks import CHECKS, ON_REQUEST

RULES = [load_rule(module) for module in MODULES]
OURS = [rule for rule in RULES if rule.check is not None]


def findings(sample: str, selected: str = "") -> tuple[Diagnostic, ...]:
    """What is found in a sample; `version` and `name` are left out on the pages.

    `selected` is a rule that is asked for by name.
    """
    loaded = load("sample.yaml", text=f"version: 1\nname: sample\n{sample}", environ={})
    wants = (lambda code: code == selected or code not in ON_REQUEST) if selected else None
    found = run(loaded.meant, wants) if loaded.meant is not None else ()
    return (*loaded.diagnostics, *found)


def found_codes(sample: str, selected: str) -> set[str]:
    return {d.code for d in findings(sample, selected)}


@pytest.fixture(autouse=True)
def files_of_the_samples(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The `.proto` files that a page shows stand where its samples look for them."""
    rule = request.node.callspec.params.get("rule") if hasattr(request.node, "callspec") else None
    monkeypatch.chdir(tmp_path)
    for name, text in re.findall(r"```proto\n// (\S+)\n(.*?)```", rule.docstring if rule else "", re.DOTALL):
        (tmp_path / name).write_text(text, encoding="utf-8")


@pytest.mark.parametrize("rule", OURS, ids=lambda rule: rule.code)
def test_bad_sample_gives_the_code(rule: Rule) -> None:
    samples = rule.samples("Bad")
    assert samples
    for sample in samples:
        assert rule.code in found_codes(sample, rule.code), findings(sample)


@pytest.mark.parametrize("rule", OURS, ids=lambda rule: rule.code)
def test_bad_sample_gives_nothing_else(rule: Rule) -> None:
    for sample in rule.samples("Bad"):
        assert found_codes(sample, rule.code) <= {rule.code}, findings(sample)


@pytest.mark.parametrize("rule", OURS, ids=lambda rule: rule.code)
def test_good_sample_is_clean(rule: Rule) -> None:
    samples = rule.samples("Good")
    assert samples
    for sample in samples:
        assert findings(sample, rule.code) == ()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_page_has_its_headings(rule: Rule) -> None:
    text = page(rule.code)
    assert text is not None
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert headings == ["Why", "Bad", "Good", "Source"]
    assert rule.summary.endswith(".")
    assert all(rule.section(heading) for heading in headings)


@pytest.mark.parametrize("rule", OURS, ids=lambda rule: rule.code)
def test_findings_carry_severity_place_and_remedy(rule: Rule) -> None:
    for sample in rule.samples("Bad"):
        for found in findings(sample, rule.code):
            assert found.help
            assert found.span.line > 2
            assert found.path, "a baseline knows a finding by where its value stands"
            assert not found.message.endswith(".")


def test_every_rule_file_is_in_the_catalogue() -> None:
    directory = Path(orchestrator.rules.__file__).parent
    assert sorted(p.stem for p in directory.glob("zmq*.py")) == sorted(MODULES)


def test_codes_are_unique_and_match_their_files() -> None:
    for module, rule in zip(MODULES, RULES, strict=True):
        assert module.startswith(f"{rule.code.lower()}_")
    assert len(set(codes())) == len(codes()) == len(MODULES)
    assert list(CHECKS) == sorted(CHECKS)


def test_a_code_is_found_however_it_is_written() -> None:
    assert rule_of("zmq101") == rule_of("101") == rule_of(" ZMQ101 ")
    assert rule_of("ZMQ999") is None
    assert page("nonsense") is None


def test_matters_of_taste_are_off_unless_they_are_selected() -> None:
    for code in ON_REQUEST:
        rule = rule_of(code)
        assert rule is not None
        for sample in rule.samples("Bad"):
            assert findings(sample) == ()
            assert found_codes(sample, code) == {code}
