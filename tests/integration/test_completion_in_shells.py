"""The scripts of `orchestrator completion` in the real shells, with the keys that a user presses.

bash and zsh run on a terminal: a line is typed, TAB is pressed, then a key that writes the line to a file. fish tells
its candidates by `complete -C`.
"""

from __future__ import annotations

import contextlib
import os
import pty
import select
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.cli.completion import script

pytestmark = [pytest.mark.integration, pytest.mark.skipif(sys.platform == "win32", reason="needs a terminal")]

BASH_COMPLETION = Path("/usr/share/bash-completion/bash_completion")
TOPOLOGY = """\
version: "1"
name: market
nodes:
  feed: {run: a:b, profiles: [live, "odd $one", "$(touch oh)"]}
  strategy:
    run: a:b
    replicas: 2
    labels: {host: "paris (2)"}
"""
ODD = "a$b 'c.yaml"

needs_zsh = pytest.mark.skipif(shutil.which("zsh") is None, reason="zsh is not installed")
needs_fish = pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not installed")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A directory with topologies; `.bin` in it has the command, `.home` is the home of the shells."""
    for name in (".bin", ".home", "sub", "work"):
        (tmp_path / name).mkdir()
    work = tmp_path / "work"
    (work / "sub").mkdir()
    for name in ("topology.yaml", "my top.yml", ODD, "sub/below.yaml"):
        (work / name).write_text(TOPOLOGY)
    (work / "market.yaml").write_text("nodes:\n  broken: {\n  feed-2: {}\n")
    (work / "notes.txt").write_text("")
    (tmp_path / ".home" / "homely.yaml").write_text(TOPOLOGY)
    command = tmp_path / ".bin" / "orchestrator"
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m orchestrator "$@"\n')
    command.chmod(0o755)
    return tmp_path


def environment(place: Path) -> dict[str, str]:
    kept = {
        key: value for key, value in os.environ.items() if key in ("LANG", "LC_ALL", "PYTHONPATH", "TMPDIR")
    }
    return kept | {
        "HOME": str(place / ".home"),
        "ZDOTDIR": str(place / ".home"),
        "PATH": f"{place / '.bin'}:{os.environ['PATH']}",
        "TERM": "dumb",
        "INPUTRC": "/dev/null",
        "COLUMNS": "200",
        "LC_ALL": "C.UTF-8",
    }


# ---------------------------------------------------------------- a shell on a terminal


class Terminal:
    """An interactive shell. Its line is told by the key Ctrl-X p, which its start-up file binds."""

    def __init__(self, place: Path, *command: str) -> None:
        self._told = place / "line"
        self.shown = ""
        self._pid, self._terminal = pty.fork()
        if self._pid == 0:
            os.chdir(place / "work")
            os.execvpe(command[0], list(command), environment(place))
        self.wait_for("READY> ")

    def wait_for(self, text: str) -> None:
        """Read what the shell shows until `text` is in it."""
        end = time.monotonic() + 30
        while text not in self.shown:
            assert time.monotonic() < end, f"no {text!r} in {self.shown!r}"
            self._read()

    def complete(self, line: str, *, tabs: int = 1) -> str:
        """What the line is after TAB."""
        self._told.unlink(missing_ok=True)
        self._write(line + "\t" * tabs + "\x18p")
        end = time.monotonic() + 30
        while not self._told.exists():
            assert time.monotonic() < end, self.shown
            self._read()
        text = self._told.read_text()
        self._write("\x15")
        return text

    def end(self) -> None:
        with contextlib.suppress(OSError):
            os.close(self._terminal)
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)

    def _write(self, text: str) -> None:
        os.write(self._terminal, text.encode())

    def _read(self) -> None:
        if select.select([self._terminal], [], [], 0.05)[0]:
            self.shown += os.read(self._terminal, 65536).decode("utf-8", "replace")


def start_bash(place: Path, *before: str) -> Terminal:
    rc = place / ".home" / "rc.bash"
    rc.write_text(
        "\n".join(
            [
                *before,
                'eval "$(orchestrator completion bash)"',
                f'tell() {{ printf %s "$READLINE_LINE" >{place}/told && mv {place}/told {place}/line; }}',
                "bind -x '\"\\C-xp\": tell'",
                "bind 'set bell-style none'",
                "bind 'set completion-query-items 0'",
                "bind 'set page-completions off'",
                "PS1='READY> '",
            ]
        )
    )
    return Terminal(place, "bash", "--noprofile", "--rcfile", str(rc), "-i")


def start_zsh(place: Path) -> Terminal:
    (place / ".home" / ".zshrc").write_text(
        "\n".join(
            [
                "autoload -Uz compinit; compinit -u -D",
                'eval "$(orchestrator completion zsh)"',
                f"tell() {{ print -rn -- $BUFFER >{place}/told && mv {place}/told {place}/line }}",
                "zle -N tell; bindkey '^Xp' tell; bindkey '^U' kill-whole-line",
                # zsh's own TAB would run what stands in `$(…)` before it asks anybody
                "bindkey '^I' complete-word; setopt no_beep no_auto_menu; LISTMAX=1000; PS1='READY> '",
            ]
        )
    )
    return Terminal(place, "zsh", "-d", "-i")


@pytest.fixture(params=["bash", "bash with bash-completion", pytest.param("zsh", marks=needs_zsh)])
def shell(request: pytest.FixtureRequest, place: Path) -> Iterator[Terminal]:
    if request.param == "zsh":
        terminal = start_zsh(place)
    elif request.param == "bash":
        terminal = start_bash(place)
    elif BASH_COMPLETION.exists():
        terminal = start_bash(place, f". {BASH_COMPLETION}")
    else:
        pytest.skip("bash-completion is not installed")
    try:
        yield terminal
    finally:
        terminal.end()


LINES = [
    ("orchestrator rend", "orchestrator render "),
    ("orchestrator render --the", "orchestrator render --theme "),
    ("orchestrator render --theme d", "orchestrator render --theme dark "),
    ("orchestrator render --theme=d", "orchestrator render --theme=dark "),
    ("orchestrator validate -o sari", "orchestrator validate -o sarif="),
    ("orchestrator validate --output=sarif=no", "orchestrator validate --output=sarif=notes.txt "),
    ("orchestrator render --group lab", "orchestrator render --group label:"),
    ("orchestrator render --group label:h", "orchestrator render --group label:host "),
    ("orchestrator explain incompatible-t", "orchestrator explain incompatible-types "),
    ("orchestrator validate --select ZMQ102,ZMQ101", "orchestrator validate --select ZMQ102,ZMQ101 "),
    ("orchestrator up top", "orchestrator up topology.yaml "),
    ("orchestrator init s", "orchestrator init sub/"),
    ("orchestrator up sub/b", "orchestrator up sub/below.yaml "),
    ("orchestrator up ~/home", "orchestrator up ~/homely.yaml "),
    ("orchestrator up note", "orchestrator up notes.txt "),
    ("orchestrator up my", "orchestrator up my\\ top.yml "),
    ('orchestrator up "my', 'orchestrator up "my top.yml" '),
    ("orchestrator up a", "orchestrator up a\\$b\\ \\'c.yaml "),
    ("orchestrator render --focus f", "orchestrator render --focus feed "),
    ("orchestrator render my\\ top.yml --hide=str", "orchestrator render my\\ top.yml --hide=strategy "),
    ('orchestrator render "my top.yml" --focus f', 'orchestrator render "my top.yml" --focus feed '),
    ("orchestrator render market.yaml --focus feed-", "orchestrator render market.yaml --focus feed-2 "),
    ("orchestrator up topology.yaml --profile od", "orchestrator up topology.yaml --profile odd\\ \\$one "),
    (
        "orchestrator up topology.yaml --profile \\$",
        "orchestrator up topology.yaml --profile \\$\\(touch\\ oh\\) ",
    ),
    ("orchestrator render --collapse p", "orchestrator render --collapse paris\\ \\(2\\) "),
    ("true; A=1 orchestrator rend", "true; A=1 orchestrator render "),
    ("echo | orchestrator render --theme=l", "echo | orchestrator render --theme=light "),
    ("orchestrator render $(touch oh)", "orchestrator render $(touch oh)"),
]


def test_lines_on_a_terminal(shell: Terminal, place: Path) -> None:
    came = {line: shell.complete(line) for line, _ in LINES}
    assert came == dict(LINES)
    assert not (place / "work" / "oh").exists()
    assert "not found" not in shell.shown
    assert "Traceback" not in shell.shown


def test_several_candidates_are_listed(shell: Terminal) -> None:
    assert shell.complete("orchestrator render --theme ", tabs=2) == "orchestrator render --theme "
    shell.wait_for("dark")
    shell.wait_for("light")


@needs_zsh
def test_zsh_tells_what_candidates_mean(place: Path) -> None:
    terminal = start_zsh(place)
    try:
        terminal.complete("orchestrator e")
        terminal.complete("orchestrator ")
        terminal.wait_for("-- check topology files and report every finding")
        terminal.complete("orchestrator render --f")
        terminal.wait_for("-- this node and what is near")
    finally:
        terminal.end()


@needs_zsh
def test_zsh_loads_it_from_a_file_of_fpath(place: Path) -> None:
    functions = place / ".home" / "functions"
    functions.mkdir()
    (functions / "_orchestrator").write_text(script("zsh"))
    (place / ".home" / ".zshrc").write_text(
        f"fpath=({functions} $fpath); autoload -Uz compinit; compinit -u -D\n"
        f"tell() {{ print -rn -- $BUFFER >{place}/told && mv {place}/told {place}/line }}\n"
        "zle -N tell; bindkey '^Xp' tell; bindkey '^U' kill-whole-line; PS1='READY> '\n"
    )
    terminal = Terminal(place, "zsh", "-d", "-i")
    try:
        assert terminal.complete("orchestrator rend") == "orchestrator render "
        assert terminal.complete("orchestrator schem") == "orchestrator schema "
    finally:
        terminal.end()


# ---------------------------------------------------------------- bash, by its function


def bash_replies(place: Path, line: str, words: list[str], *, breaks: str | None = None) -> list[str]:
    """COMPREPLY for a line, whose words are cut as bash cuts them."""
    program = (
        'source /dev/stdin\nCOMP_LINE=$1 COMP_POINT=${#1}; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))\n'
        '_orchestrator orchestrator "" ""; printf "%s\\n" ${COMPREPLY[@]+"${COMPREPLY[@]}"}'
    )
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-uc", program, "bash", line, *words],
        input=script("bash"),
        cwd=place / "work",
        env=environment(place) | ({} if breaks is None else {"COMP_WORDBREAKS": breaks}),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stderr == ""
    return [reply for reply in done.stdout.split("\n") if reply]


def test_the_function_of_bash(place: Path) -> None:
    render = ["orchestrator", "render"]
    assert bash_replies(place, "orchestrator render --th", [*render, "--th"]) == ["--theme"]
    assert bash_replies(place, "orchestrator render --theme=", [*render, "--theme", "="]) == [
        "auto",
        "light",
        "dark",
    ]
    assert bash_replies(place, "orchestrator render --theme=l", [*render, "--theme", "=", "l"]) == ["light"]
    # where the user has taken `=` out of COMP_WORDBREAKS
    assert bash_replies(place, "orchestrator render --theme=l", [*render, "--theme=l"]) == ["--theme=light"]
    # a blank before `=` makes it a word of its own
    assert bash_replies(place, "orchestrator render --theme =", [*render, "--theme", "="]) == []
    assert bash_replies(place, "orchestrator render --depth ", [*render, "--depth", ""]) == []


def test_bash_without_the_program_says_nothing(place: Path) -> None:
    (place / ".bin" / "orchestrator").write_text("#!/bin/sh\necho oh >&2; exit 1\n")
    assert bash_replies(place, "orchestrator ren", ["orchestrator", "ren"]) == []


# ---------------------------------------------------------------- fish


def fish_candidates(place: Path, *lines: str) -> list[list[str]]:
    """What fish would show for each line: `candidate`, or `candidate<TAB>meaning`."""
    program = "orchestrator completion fish | source\n" + "".join(
        f"complete -C {shlex.quote(line)}; echo ---\n" for line in lines
    )
    done = subprocess.run(
        ["fish", "--no-config", "/dev/stdin"],
        input=program.replace("'\"'\"'", "\\'"),
        cwd=place / "work",
        env=environment(place)
        | {"XDG_CONFIG_HOME": str(place / ".home"), "XDG_DATA_HOME": str(place / ".home")},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert done.stderr == ""
    return [part.splitlines() for part in done.stdout.split("---\n")[:-1]]


FISH = {
    "orchestrator rend": ["render\tdraw a topology"],
    "orchestrator render --theme d": ["dark"],
    "orchestrator render --theme=d": ["--theme=dark"],
    "orchestrator render --dep": ["--depth\thow near (default: 1 link)"],
    "orchestrator validate -o sari": ["sarif=\tSARIF 2.1.0, for code scanning"],
    "orchestrator validate --output=sarif=no": ["--output=sarif=notes.txt"],
    "orchestrator up top": ["topology.yaml"],
    "orchestrator up note": ["notes.txt"],
    "orchestrator up a": [ODD],
    'orchestrator up "my': ["my top.yml"],
    "orchestrator up ~/home": ["~/homely.yaml"],
    "orchestrator init s": ["sub/"],
    "orchestrator render --focus ": ["feed\tnode", "strategy\tnode, 2 replicas"],
    'orchestrator render "my top.yml" --focus f': ["feed\tnode"],
    "orchestrator render my\\ top.yml --focus f": ["feed\tnode"],
    "orchestrator render market.yaml --focus feed-": ["feed-2\tnode"],
    "orchestrator up topology.yaml --profile od": ["odd $one"],
    "A=1 orchestrator rend": ["render\tdraw a topology"],
    "echo | orchestrator rend": ["render\tdraw a topology"],
    "orchestrator render (touch oh)": [],
}


@needs_fish
def test_lines_in_fish(place: Path) -> None:
    assert dict(zip(FISH, fish_candidates(place, *FISH), strict=True)) == FISH
    assert not (place / "work" / "oh").exists()


# ---------------------------------------------------------------- time


def test_an_answer_comes_before_anybody_notices(place: Path) -> None:
    """In 100 ms, which people take for at once; on a slow machine in four times what loading the parsers takes."""

    def seconds(*command: str) -> float:
        times = []
        for _ in range(5):
            begin = time.perf_counter()
            subprocess.run([sys.executable, *command], cwd=place / "work", check=True, capture_output=True)
            times.append(time.perf_counter() - begin)
        return min(times)

    bare = seconds("-c", "import argparse, yaml")
    options = seconds("-m", "orchestrator", "__complete", "zsh", "--", "render", "--")
    names = seconds("-m", "orchestrator", "__complete", "zsh", "--", "render", "--focus", "")
    assert options < max(0.1, 4 * bare)
    assert names < max(0.1, 4 * bare)
