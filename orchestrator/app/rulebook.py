"""Every rule by code and name, without importing one of them."""

from __future__ import annotations

from functools import cache
from typing import Final

from orchestrator.diagnostics import Diagnostic, Severity

_READING: Final = "ZMQ0"


@cache
def known() -> dict[str, str]:
    """code -> name, in the order of the catalogue. The names of the files say both."""
    from orchestrator.rules.catalogue import MODULES

    rules = (module.partition("_") for module in MODULES)
    return {code.upper(): name.replace("_", "-") for code, _, name in rules}


def looks_ours(word: str) -> bool:
    """Whether a word has the form of a code of ours, or of its beginning."""
    return word.strip().upper().startswith("ZMQ") or word.strip().isdecimal()


def looks_own(word: str) -> bool:
    """Whether a word has the form of a code of a rule of the user's."""
    letters = word.strip().rstrip("0123456789")
    return not looks_ours(word) and letters.isalpha() and letters != word.strip()


def is_fixed(finding: Diagnostic) -> bool:
    """Whether a finding stands whatever anybody selects, ignores or overrides: an error of reading.

    Without it mended there is no topology to speak of.
    """
    return finding.severity is Severity.ERROR and finding.code.startswith(_READING)


def is_fixed_code(code: str) -> bool:
    """Whether every finding with this code is one that stands."""
    if not code.startswith(_READING):
        return False
    from orchestrator.rules.catalogue import rule_of

    rule = rule_of(code)
    return rule is not None and rule.severity is Severity.ERROR
