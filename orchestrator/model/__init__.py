"""Topology, Node, Socket, Link: frozen values, each with its place in the user's file. Knows no YAML, no schema."""

from __future__ import annotations

from orchestrator.model.types import *  # noqa: F403
