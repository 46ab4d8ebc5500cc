"""The explicit list of rules, and their pages.

A rule's module is imported when it is asked for, not before.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Final

from orchestrator.rules.reading import READING

if TYPE_CHECKING:
    from orchestrator.diagnostics import Diagnostic, Severity
    from orchestrator.rules.context import RuleContext

    Check = Callable[[RuleContext], Iterator[Diagnostic]]

CHECKS: Final[tuple[str, ...]] = (
    "zmq101_incompatible_types",
    "zmq102_stream_peer",
    "zmq103_pair_peers",
    "zmq104_sub_without_subscription",
    "zmq105_subscribe_on_wrong_type",
    "zmq106_topics_on_wrong_type",
    "zmq107_socket_without_address",
    "zmq108_one_of_many_replicas",
    "zmq109_replicas_of_a_fixed_program",
    "zmq110_unknown_option",
    "zmq111_option_type",
    "zmq112_option_range",
    "zmq113_option_refused",
    "zmq114_option_without_effect",
    "zmq115_option_read_only",
    "zmq116_option_not_available",
    "zmq117_option_deprecated",
    "zmq118_relaxed_without_correlate",
    "zmq119_conflate_topics",
    "zmq120_duplicate_identity",
    "zmq121_router_knows_nobody",
    "zmq122_heartbeat_options",
    "zmq130_topic_not_published",
    "zmq131_slow_joiner",
    "zmq132_first_worker_takes_all",
    "zmq133_queue_drops",
    "zmq134_request_without_timeout",
    "zmq135_one_way_request",
    "zmq136_link_to_itself",
    "zmq140_unknown_stock_node",
    "zmq141_stock_sockets",
    "zmq142_stock_params",
    "zmq201_request_circle",
    "zmq202_lonely_node",
    "zmq203_dead_end",
    "zmq204_starved_socket",
    "zmq301_endpoint_syntax",
    "zmq302_unknown_transport",
    "zmq303_port_range",
    "zmq304_connect_wildcard",
    "zmq305_connect_any_address",
    "zmq306_two_binders",
    "zmq307_bind_hostname",
    "zmq308_bind_localhost",
    "zmq310_nobody_binds",
    "zmq311_both_connect",
    "zmq312_inproc_across_processes",
    "zmq313_ipc_path_too_long",
    "zmq314_ipc_relative",
    "zmq315_transport_not_available",
    "zmq316_transport_and_type",
    "zmq317_ipv6_off",
    "zmq318_duplicate_connect",
    "zmq401_codec_differs",
    "zmq402_message_differs",
    "zmq601_dependency_circle",
    "zmq602_never_completed",
    "zmq603_liveness_outlasts_restarts",
    "zmq604_stall_shorter_than_beat",
    "zmq605_no_grace",
    "zmq606_task_always_restarted",
    "zmq607_probe_of_other_transport",
    "zmq608_waits_for_those_who_wait",
    "zmq609_probe_cannot_ask",
)
"""The modules of the rules that `run` applies, in the order of their codes."""

MODULES: Final[tuple[str, ...]] = (*READING, *CHECKS)

_SAMPLE: Final = re.compile(r"^```yaml\n(.*?)^```", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule as the catalogue knows it."""

    code: str
    name: str
    severity: Severity
    docstring: str
    check: Check | None
    """None for findings of the reading floors, which have a page only."""

    @property
    def summary(self) -> str:
        """The docstring's first line."""
        return self.docstring.partition("\n")[0].strip()

    def section(self, heading: str) -> str:
        """The text under `## heading`; empty where the page has no such heading."""
        found = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", self.docstring, re.M | re.S)
        return found.group(1).strip() if found else ""

    def samples(self, heading: str) -> tuple[str, ...]:
        """The YAML samples under `## heading` (`Bad` or `Good`)."""
        return tuple(_SAMPLE.findall(self.section(heading) + "\n"))


def codes() -> tuple[str, ...]:
    """Every code that has a page, in order."""
    return tuple(sorted(_code_of(module) for module in MODULES))


def rule_of(code: str) -> Rule | None:
    """The rule behind a code such as `ZMQ101` (case and the prefix do not matter), or None."""
    wanted = code.strip().upper()
    if wanted.isdigit():
        wanted = f"ZMQ{wanted:>03}"
    for module in MODULES:
        if _code_of(module) == wanted:
            return load(module)
    return None


def load(module: str) -> Rule:
    """Import one rule module by its short name."""
    loaded = import_module(f"orchestrator.rules.{module}")
    return Rule(
        code=loaded.CODE,
        name=loaded.NAME,
        severity=loaded.SEVERITY,
        docstring=loaded.__doc__ or "",
        check=getattr(loaded, "check", None),
    )


def page(code: str) -> str | None:
    """The rule's documentation page as Markdown, or None for a code that no rule has."""
    rule = rule_of(code)
    if rule is None:
        return None
    return f"# {rule.code}: {rule.name}\n\n*{rule.severity.value}*\n\n{rule.docstring.strip()}\n"


def _code_of(module: str) -> str:
    return module.partition("_")[0].upper()
