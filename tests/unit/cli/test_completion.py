"""What the words of a command line can become, before any shell has seen it."""

from __future__ import annotations

import argparse
import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from orchestrator.cli import main
from orchestrator.cli.completion import SHELLS, script
from orchestrator.cli.completion_answer import answer, complete, unquoted
from orchestrator.cli.completion_kinds import Joined, Kind, Several, takes
from orchestrator.cli.completion_walk import place
from orchestrator.cli.completion_words import Candidate, Files, Words
from orchestrator.cli.verbs import VERBS, module_of
from orchestrator.projects import places, rundir
from orchestrator.projects.places import state_dir
from orchestrator.projects.remembered import NAME, Remembered
from orchestrator.rules.catalogue import codes

Capture = pytest.CaptureFixture[str]
TOPOLOGY = """\
version: "1"
endpoints:
  exchange: {address: tcp://localhost:1, type: PUB, external: true}
nodes:
  feed: {run: a:b, profiles: [live], process: edge, labels: {host: paris}, sockets: {ticks: {type: PUB}}}
  worker: {run: a:b, replicas: 2}
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "topology.yaml").write_text(TOPOLOGY)
    monkeypatch.chdir(tmp_path)
    # what else runs on this machine offers its names as well
    monkeypatch.setattr(places, "_candidates", lambda _environ: iter((tmp_path / "runs",)))
    return tmp_path


def texts(*line: str) -> list[str]:
    *before, current = line
    return [one.text for one in complete(before, current) if isinstance(one, Candidate)]


def files(*line: str) -> list[Files]:
    *before, current = line
    return [one for one in complete(before, current) if isinstance(one, Files)]


# ---------------------------------------------------------------- verbs and options


def test_the_first_word_is_a_verb() -> None:
    assert texts("") == list(VERBS)
    assert texts("expl") == ["explain"]
    assert texts("--v") == ["--version"]
    assert texts("nonsense", "") == []


@pytest.mark.parametrize("verb", VERBS)
def test_every_option_of_every_verb_completes(verb: str) -> None:
    parser = argparse.ArgumentParser(add_help=False)
    module_of(verb).add_arguments(parser)
    declared = {text for action in parser._actions for text in action.option_strings}
    assert declared <= set(texts(verb, "-"))


@pytest.mark.parametrize("verb", VERBS)
def test_each_argument_of_each_verb_answers(verb: str, here: Path) -> None:
    """Whatever an argument is declared to take can be looked up."""
    parser = argparse.ArgumentParser()
    module_of(verb).add_arguments(parser)
    for action in parser._actions:
        if action.nargs != 0:
            words = [verb, action.option_strings[0], ""] if action.option_strings else [verb, ""]
            list(complete(words[:-1], words[-1]))


def test_an_option_is_not_proposed_again_unless_it_may_be_repeated() -> None:
    offered = texts("render", "t.yaml", "--theme", "dark", "--focus", "feed", "--")
    assert "--theme" not in offered
    assert "--focus" in offered


def test_options_are_proposed_where_nothing_else_fits() -> None:
    assert "--output" in texts("schema", "")
    assert texts("render", "") == []


def test_after_two_dashes_nothing_is_an_option() -> None:
    assert texts("fmt", "--", "-") == []
    assert files("fmt", "--", "-") == [Files(Kind.TOPOLOGY)]


# ---------------------------------------------------------------- values


def test_choices_in_three_spellings() -> None:
    assert texts("render", "--theme", "d") == ["dark"]
    assert texts("render", "--theme=d") == ["--theme=dark"]
    assert texts("graph", "-fg") == ["-fgraphml", "-fgexf"]


def test_nothing_is_proposed_for_a_value_that_can_be_anything() -> None:
    assert texts("render", "--depth", "") == []
    assert files("render", "--depth", "") == []


def test_files() -> None:
    assert files("validate", "a.yaml", "b") == [Files(Kind.TOPOLOGY)]
    assert files("render", "t.yaml", "-o", "") == [Files(Kind.FILE)]
    assert files("render", "--output=x") == [Files(Kind.FILE, "--output=")]
    assert files("init", "") == [Files(Kind.DIRECTORY)]
    assert files("validate", "--output", "sarif=re") == [Files(Kind.FILE, "sarif=")]
    assert files("validate", "--output=sarif=re") == [Files(Kind.FILE, "--output=sarif=")]
    assert files("render", "t.yaml", "x") == []


def test_codes() -> None:
    assert texts("explain", "") == list(codes())
    assert texts("explain", "incompatible-t") == ["incompatible-types"]
    assert texts("validate", "--select", "ZMQ101,ZMQ10")[:1] == ["ZMQ101,ZMQ102"]
    assert texts("validate", "--select=ZMQ102,ZMQ101") == ["--select=ZMQ102,ZMQ101"]
    assert list(complete(["validate", "--severity"], "ZMQ101")) == [
        Candidate("ZMQ101=", "incompatible-types", is_whole=False)
    ]
    assert texts("validate", "--severity", "ZMQ101=e") == ["ZMQ101=error"]


def test_names_of_the_only_topology(here: Path) -> None:
    (here / "topology.yaml").rename(here / "market.yml")
    (here / "other.yaml").write_text("steps:\n  nodes: {}\n")
    assert texts("render", "--focus", "") == ["feed", "worker", "exchange"]
    (here / "second.yaml").write_text(TOPOLOGY)
    assert texts("render", "--focus", "") == []


def test_names_of_the_topology_on_the_line_come_first(here: Path) -> None:
    (here / "b.yaml").write_text("nodes: {elsewhere: {}}")
    assert texts("render", "b.yaml", "--focus", "") == ["elsewhere"]
    assert texts("render", "-o", "new.svg", "--hide", "w") == ["worker"]


def test_kinds_of_names(here: Path) -> None:
    assert texts("up", "topology.yaml", "--profile", "") == ["live"]
    assert texts("render", "--collapse", "") == ["edge", "paris"]
    assert texts("render", "--group", "label:") == ["label:host"]
    assert texts("render", "--hide", "P")[:2] == ["PAIR", "PUB"]
    assert texts("tap", "") == ["feed.ticks"]
    assert [one.text for one in Words([]).fitting((Kind.INSTANCE,), "w") if isinstance(one, Candidate)] == [
        "worker",
        "worker-0",
        "worker-1",
    ]


def test_a_verb_that_does_not_exist_yet(here: Path) -> None:
    """A new verb says `metavar="NODE"`, and that is all."""
    parser = argparse.ArgumentParser()
    parser.add_argument("nodes", nargs="*", metavar="NODE")
    option = parser.add_argument("--since", nargs="?")
    takes(option, "boot", Joined(("at",), ("noon",)), Several(("x", "y")))
    from orchestrator.cli.completion_kinds import taken_by

    [action] = place(parser, ["feed"], "work").values_of
    assert [a.text for a in Words([]).fitting(taken_by(action), "worker-") if isinstance(a, Candidate)] == [
        "worker-0",
        "worker-1",
    ]
    [since] = place(parser, [], "--since=").values_of
    assert [a.text for a in Words([]).fitting(taken_by(since), "") if isinstance(a, Candidate)] == [
        "boot",
        "at=",
        "x",
        "y",
    ]


# ---------------------------------------------------------------- the walk


def parser_with_everything() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("first")
    parser.add_argument("pair", nargs=2)
    parser.add_argument("rest", nargs="*")
    parser.add_argument("-q", action="store_true")
    parser.add_argument("-v", action="count")
    parser.add_argument("-f", "--format")
    parser.add_argument("--two", nargs=2)
    parser.add_argument("--maybe", nargs="?")
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--this", action="store_true")
    group.add_argument("--that", action="store_true")
    return parser


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", ["first"]),
        ("a ", ["pair"]),
        ("a b ", ["pair"]),
        ("a b c ", ["rest"]),
        ("a b c d e ", ["rest"]),
        ("-f ", ["format"]),
        ("-f x ", ["first"]),
        ("-fx ", ["first"]),
        ("-qf ", ["format"]),
        ("-qfx ", ["first"]),
        ("--format=x ", ["first"]),
        ("--format ", ["format"]),
        ("--two a ", ["two"]),
        ("--two a b ", ["first"]),
        ("--maybe ", ["maybe", "first"]),
        ("--maybe x ", ["first"]),
        ("--unknown ", ["first"]),
        ("- ", ["pair"]),
        ("-- -x ", ["pair"]),
        ("--maybe=", ["maybe"]),
        ("--this=", []),
        ("-qfx", ["format"]),
    ],
)
def test_whose_value_comes_next(line: str, expected: list[str]) -> None:
    *before, current = line.split(" ")
    assert [a.dest for a in place(parser_with_everything(), before, current).values_of] == expected


def test_which_options_are_left() -> None:
    def left(*before: str) -> set[str]:
        return {a.dest for a in place(parser_with_everything(), before, "-").options}

    assert left() == {"q", "v", "format", "two", "maybe", "this", "that"}
    assert left("-qv", "--this") == {"v", "format", "two", "maybe"}


def test_subcommands_of_a_verb() -> None:
    parser = argparse.ArgumentParser()
    below = parser.add_subparsers(dest="what")
    below.add_parser("run").add_argument("--hard", action="store_true")
    assert "hard" in {a.dest for a in place(parser, ["run"], "--").options}
    assert [a.dest for a in place(parser, [], "").values_of] == ["what"]


# ---------------------------------------------------------------- the protocol


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("plain", "plain"),
        (r"my\ top.yaml", "my top.yaml"),
        ('"my top', "my top"),
        ("'a\\b", "a\\b"),
        (r'"a\"b\c"d', r'a"b\cd'),
        ("a'b'\"c\"", "abc"),
        ("$(touch x)", "$(touch x)"),
        ("\\", ""),
    ],
)
def test_quotes_of_a_word_that_is_being_typed(typed: str, meant: str) -> None:
    assert unquoted(typed) == meant


def test_lines_of_the_answer(here: Path, capsys: Capture) -> None:
    assert main(["__complete", "bash", "--", "render", "--group", ""]) == 0
    assert capsys.readouterr().out == "=process\t\n=host\t\n=none\t\n+label:\t\n"
    main(["__complete", "zsh", "--", "validate", "-o", "sarif=x"])
    assert capsys.readouterr().out == "/file\tsarif=\n"


def test_control_characters_never_reach_the_prompt(here: Path, capsys: Capture) -> None:
    (here / "topology.yaml").write_text('nodes:\n  "a\\e[31m": {}\n  "b\\nc": {}\n  fine: {}\n')
    main(["__complete", "zsh", "--", "render", "--focus", ""])
    assert capsys.readouterr().out == "=fine\tnode\n"


@pytest.mark.parametrize(
    "words", [[], ["bash"], ["bash", "--"], ["no-shell", "--", "up", "\udcff", ""], ["zsh", "--", "\0", "\0"]]
)
def test_it_never_fails(words: list[str], capsys: Capture) -> None:
    assert answer(words) == 0
    assert capsys.readouterr().err == ""


def test_a_fault_is_not_the_shells_to_see(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    def fault(_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("orchestrator.cli.completion_answer.Words", fault)
    assert answer(["zsh", "--", "render", ""]) == 0
    assert capsys.readouterr() == ("", "")


def test_it_loads_nothing_slow(here: Path) -> None:
    program = (
        "import sys; from orchestrator.cli import main; main(['__complete', 'zsh', '--', *sys.argv[1:]]);"
        "print({'yaml', 'jsonschema', 'networkx', 'zmq', 'graphviz', 'asyncio'} & set(sys.modules), file=sys.stderr)"
    )

    def loaded(*words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", program, *words], capture_output=True, text=True, check=True, timeout=60
        )
        return done.stderr.strip()

    assert loaded("render", "--") == "set()"
    assert loaded("explain", "") == "set()"
    assert loaded("render", "--focus", "") == "{'yaml'}"


@pytest.mark.parametrize("shell", SHELLS)
def test_the_scripts_are_printed_as_they_are(shell: str, capsys: Capture) -> None:
    assert main(["completion", shell]) == 0
    assert capsys.readouterr().out == script(shell)
    assert f"__complete {shell} --" in script(shell)


# ---------------------------------------------------------------- projects


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty directory; `lab` has run from a file in another one."""
    for name in ("file", "here"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path / "here")
    file = tmp_path / "file" / "lab.yaml"
    file.write_text(TOPOLOGY)
    state = state_dir("lab", os.environ)
    state.mkdir(parents=True)
    one = Remembered(project="lab", topology="lab", file=str(file), state_dir=state)
    (state / NAME).write_bytes(one.encode())
    with TemporaryDirectory(prefix="oc", dir="/tmp") as short:  # a longer one would not be used
        monkeypatch.setenv("XDG_RUNTIME_DIR", short)
        yield file


@pytest.mark.usefixtures("elsewhere")
def test_projects_that_have_run_complete_where_that_is_enough() -> None:
    assert texts("logs", "-t", "") == ["lab"]
    assert texts("events", "la") == ["lab"]
    assert texts("down", "") == []


def test_projects_that_run_complete_everywhere_and_so_do_their_nodes(elsewhere: Path) -> None:
    with contextlib.closing(rundir.hold("live", os.environ, topology="live", file=str(elsewhere))):
        assert texts("down", "") == ["live"]
        assert texts("logs", "-t", "") == ["lab", "live"]
        assert texts("restart", "") == ["feed", "worker", "worker-0", "worker-1"]


@pytest.mark.usefixtures("elsewhere")
def test_nodes_of_a_project_that_is_named_complete() -> None:
    assert texts("logs", "-t", "lab", "wo") == ["worker", "worker-0", "worker-1"]
    assert texts("events", "lab", "--node", "f") == ["feed"]
    assert texts("logs", "-t", "nobody", "") == []
