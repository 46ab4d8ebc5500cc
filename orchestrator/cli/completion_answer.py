"""`orchestrator __complete SHELL -- WORD…`: what the last word can become. The scripts of `completion` ask.

Prints one line per answer: a mark, the text, a tab, what it means. The marks: `=` a whole word, `+` a word
that goes on, `/` the shell's own completion of files, with its kind as the text and what stands before the
path as the meaning. Prints nothing else, and never fails: who presses a key wants no traceback.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from orchestrator.cli.completion_kinds import taken_by
from orchestrator.cli.completion_walk import Place, place
from orchestrator.cli.completion_words import Answer, Candidate, Files, Words
from orchestrator.cli.verbs import VERBS, module_of, parser_of

QUOTED: Final = frozenset({"bash", "fish"})
"""Shells that hand words over as they were typed, with their quotes; zsh takes them off itself."""
_MEANING: Final = 100
"""Letters of a meaning."""


def answer(words: Sequence[str]) -> int:
    """Print the answers for `SHELL -- WORD…`. Always 0."""
    try:
        lines = "".join(_line(one) for one in _answers(words))
    except Exception:  # noqa: BLE001 - a broken file or a fault of ours: nothing to propose, not a word of it
        return 0
    sys.stdout.buffer.write(lines.encode("utf-8", "surrogateescape"))
    return 0


def _answers(words: Sequence[str]) -> Iterator[Answer]:
    shell, _, *line = words
    if shell in QUOTED:
        line = [unquoted(word) for word in line]
    *before, current = line or [""]
    for one in dict.fromkeys(complete(before, current)):
        if _printable(one):
            yield one


def complete(before: Sequence[str], current: str) -> Iterator[Answer]:
    """What `current` can become after the words `before`, the program's own name left out of them."""
    if not before:
        yield from _first(VERBS, current)
        return
    verb, *rest = before
    if verb not in VERBS:
        return
    parser = parser_of(verb, module_of(verb))
    here = place(parser, rest, current)
    yield from _of_place(here, parser, Words(rest), current)


def _first(verbs: Mapping[str, str], current: str) -> Iterator[Answer]:
    options = {"--help": "the verbs, and an example", "--version": "the version"}
    for word, means in {**verbs, **(options if current.startswith("-") else {})}.items():
        if word.startswith(current):
            yield Candidate(word, means)


def _of_place(here: Place, parser: argparse.ArgumentParser, words: Words, current: str) -> Iterator[Answer]:
    value, asked = current.removeprefix(here.lead), current.startswith("-")
    for action in here.values_of:
        yield from words.fitting(taken_by(action), value, here.lead)
    if asked or not here.values_of:
        yield from _options(here, parser, current)


def _options(here: Place, parser: argparse.ArgumentParser, current: str) -> Iterator[Answer]:
    formatter = parser._get_formatter()
    for action in here.options:
        means = action.help
        if means and means != argparse.SUPPRESS:
            means = " ".join(formatter._expand_help(action).split())
        for text in action.option_strings:
            if text.startswith(current) and (current or text.startswith("--")):
                yield Candidate(text, "" if means in (None, argparse.SUPPRESS) else str(means))


def _printable(one: Answer) -> bool:
    """A name with a line feed or a terminal's control sequence in it is not for a prompt."""
    return isinstance(one, Files) or one.text.isprintable()


def _line(one: Answer) -> str:
    if isinstance(one, Files):
        return f"/{one.kind}\t{one.lead}\n"
    means = "".join(letter for letter in one.means if letter.isprintable())
    means = means if len(means) <= _MEANING else means[: _MEANING - 1] + "…"
    return f"{'=' if one.is_whole else '+'}{one.text}\t{means}\n"


def unquoted(word: str) -> str:
    """A word as the shell will hand it over, though its quote may still be open. Expands and runs nothing."""
    plain, quote, at = [], "", 0
    while at < len(word):
        letter = word[at]
        if letter == "\\" and quote != "'" and (not quote or word[at + 1 : at + 2] in ('"', "\\", "$", "`")):
            at += 1
            plain.append(word[at : at + 1])
        elif letter == quote:
            quote = ""
        elif not quote and letter in "'\"":
            quote = letter
        else:
            plain.append(letter)
        at += 1
    return "".join(plain)
