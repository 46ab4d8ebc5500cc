"""Help of a verb with many arguments, so that it still fits a screen: one line each, no headings."""

from __future__ import annotations

import argparse


class BriefFormatter(argparse.RawDescriptionHelpFormatter):
    """`-o, --output FORMAT=FILE` in place of naming the value twice; `--help` itself is left out."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=29, width=80)

    def add_argument(self, action: argparse.Action) -> None:
        """Take an argument into the help."""
        if action.dest != "help":
            super().add_argument(action)

    def _format_action_invocation(self, action: argparse.Action) -> str:
        if not action.option_strings or action.nargs == 0:
            return super()._format_action_invocation(action)
        value = self._format_args(action, self._get_default_metavar_for_optional(action))
        return f"{', '.join(action.option_strings)} {value}"


def brief(parser: argparse.ArgumentParser, takes: str = "FILE …") -> argparse._ArgumentGroup:
    """Make the parser's help brief; what is added to the group that is returned is what it shows."""
    parser.formatter_class = BriefFormatter
    parser.usage = f"%(prog)s [OPTION …] {takes}"
    return parser.add_argument_group()
