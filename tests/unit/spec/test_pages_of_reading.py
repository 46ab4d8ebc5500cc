"""Every finding of the reading floors has a page whose samples are true."""

from __future__ import annotations

from importlib import import_module

import pytest

import orchestrator.model.codes
import orchestrator.source.codes
import orchestrator.spec.codes
from orchestrator.model.load import load
from orchestrator.rules.catalogue import Rule
from orchestrator.rules.catalogue import load as load_rule
from orchestrator.rules.reading import READING

RULES = [load_rule(module) for module in READING]
SAMPLED = [rule for rule in RULES if rule.samples("Bad")]


def declared_codes() -> set[str]:
    modules = (orchestrator.source.codes, orchestrator.spec.codes, orchestrator.model.codes)
    return {
        value
        for module in modules
        for name, value in vars(import_module(module.__name__)).items()
        if name.isupper() and isinstance(value, str)
    }


def test_every_code_has_its_page_and_every_page_its_code() -> None:
    assert [rule.code for rule in RULES] == sorted(declared_codes())


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_a_page_has_all_its_headings(rule: Rule) -> None:
    assert rule.summary.endswith(".")
    for heading in ("Why", "Bad", "Good", "Source"):
        assert rule.section(heading), heading


@pytest.mark.parametrize("rule", SAMPLED, ids=lambda rule: rule.code)
def test_the_bad_sample_has_exactly_this_finding_and_the_good_one_none(rule: Rule) -> None:
    for sample in rule.samples("Bad"):
        assert [d.code for d in load("t.yaml", text=sample, environ={}).diagnostics] == [rule.code]
    for sample in rule.samples("Good"):
        assert load("t.yaml", text=sample, environ={}).diagnostics == ()


def test_nearly_all_pages_have_samples_that_run() -> None:
    assert len(SAMPLED) >= len(RULES) - 7
