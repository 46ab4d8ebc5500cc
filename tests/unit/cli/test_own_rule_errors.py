"""Rules and policies that can't be used: exit code 2, the place, what to do; never a traceback, never silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.app.inputs import expand
from orchestrator.app.policy import Overrides, Policies
from orchestrator.app.validate import check_all, files_read
from orchestrator.cli import main
from orchestrator.errors import ExitCode
from orchestrator.model.load import load
from orchestrator.rules.own import Severity, finding, rule
from orchestrator.rules.own.applying import apply

Capture = pytest.CaptureFixture[str]

SHOP = "version: 1\nname: shop\nnodes:\n  feed:\n    command: ./feed\n    labels: {a: b}\n"
IMPORT = "from orchestrator.rules.own import finding, rule\n"
HEAD = f'{IMPORT}@rule("A1", "a title")\n'


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    (tmp_path / "shop.yaml").write_text(SHOP)
    return tmp_path


def refused(capsys: Capture, *words: str) -> str:
    assert main(["validate", "shop.yaml", *words]) == ExitCode.USAGE
    told = capsys.readouterr()
    assert told.out == ""
    assert "Traceback" not in told.err
    return told.err


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("x = 1\n", "error: r.py declares no rule\nhelp: a rule is declared with @rule("),
        ("def f(:\n", "error: r.py:1:7: this is no Python: invalid syntax\n"),
        ("x = '\0'\n", "error: r.py: this is no Python: "),
        ("\n1/0\n", "error: r.py:2: these rules can't be loaded: ZeroDivisionError: division by zero\n"),
        ("import sys\nsys.exit(3)\n", "error: r.py:2: these rules can't be loaded: SystemExit: 3\n"),
        ("import no_such\n", "error: r.py:1: these rules can't be loaded: ModuleNotFoundError: "),
        (
            f"{IMPORT}@rule\ndef f(t): pass\n",
            'r.py:2: these rules can\'t be loaded: TypeError: write @rule("ACME001"',
        ),
        (
            f'{IMPORT}@rule("ZMQ1", "a")\ndef f(t): pass\n',
            "r.py:2: these rules can't be loaded: ValueError: ZMQ1: ZMQ… is",
        ),
        (f'{IMPORT}@rule("zmq1", "a")\ndef f(t): pass\n', "ValueError: zmq1: ZMQ… is the orchestrator's own"),
        (f'{IMPORT}@rule("1A", "a")\ndef f(t): pass\n', "ValueError: '1A' is no code: write capital letters"),
        (f'{IMPORT}@rule("A1", "")\ndef f(t): pass\n', "TypeError: A1: the title says"),
        (f'{IMPORT}@rule("A1", "a", severity="bad")\ndef f(t): pass\n', "there is no severity 'bad'"),
        (f'{IMPORT}@rule("A1", "a", name="A B")\ndef f(t): pass\n', "'A B' is no name"),
        (
            f'{IMPORT}@rule("A1", "a", name="slow-joiner")\ndef f(t): pass\n',
            "the name slow-joiner is taken by ZMQ131",
        ),
        (f"{HEAD}async def f(t): pass\n", "A1: a rule is no `async def`"),
        (f"{HEAD}def f(t): pass\n", "error: r.py:2: the rule A1 returned None\nhelp: a rule yields findings"),
        (f"{HEAD}def f(t): return finding(t, 'a')\n", "the rule A1 returned a finding that is in no list"),
        (f"{HEAD}def f(t): return 'abc'\n", "the rule A1 returned a value of type str"),
        (f"{HEAD}def f(t): yield 'abc'\n", "the rule A1 yielded a value of type str"),
        (f"{HEAD}def f(): yield 1\n", "r.py:2: the rule A1 raised TypeError: f() takes 0"),
        (
            f"{HEAD}def f(t):\n    t.nodes['feed'].labels['no']\n    yield\n",
            "error: r.py:4: the rule A1 raised KeyError: 'no', on shop.yaml\n"
            "help: mend the rule, or go without it: --ignore A1\n",
        ),
        (
            f"{HEAD}def f(t):\n    yield finding(3, 'a')\n",
            "r.py:4: the rule A1 raised TypeError: a finding is about",
        ),
        (
            f"{HEAD}def f(t):\n    yield finding(t, ' ')\n",
            "r.py:4: the rule A1 raised TypeError: a finding needs a",
        ),
        (f"{HEAD}def f(t):\n    yield finding(t, 'a', related=[('b', 3)])\n", "TypeError: `related` takes"),
        (f"{HEAD}def f(t):\n    raise SystemExit\n", "r.py:4: the rule A1 raised SystemExit, on"),
        (f"{HEAD}def f(t):\n    raise ValueError('a\\n  b')\n", "raised ValueError: a b, on"),
        (
            f"{HEAD}def f(t): return []\n@rule('A1', 'again')\ndef g(t): return []\n",
            "error: r.py:4: the code A1 is taken by the rule at r.py:2\nhelp: give one",
        ),
    ],
)
def test_rules_in_python(code: str, told: str, project: Path, capsys: Capture) -> None:
    (project / "r.py").write_text(code)
    assert told in refused(capsys, "--rules", "r.py")


POLICY = "- {code: A1, select: nodes, assert: 'true', message: m}\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", ["error[ZMQ006]: `p.yaml` is empty"]),
        ("a: 1\n", ["holds a mapping, not a list of policies", "--> p.yaml:1:1"]),
        ("- [\n", ["error[ZMQ003]", "--> p.yaml:1:4"]),
        ("[]\n", ["is an empty list"]),
        ("- 3\n", ["policy 1 must be a policy, not a whole number"]),
        (
            "- {code: A1}\n",
            ["policy 1 has no `select`", "policy 1 has no `assert`", "policy 1 has no `message`"],
        ),
        (
            POLICY.replace("A1", "ZMQ1"),
            ["`code` of policy 1 must be a code of your own", "not `ZMQ1`", "p.yaml:1:10"],
        ),
        (POLICY.replace("nodes", "node"), ["error[ZMQ033]", "did you mean `nodes`?", "--> p.yaml:1:22"]),
        (POLICY.replace("assert", "asert"), ["`asert` is no key of a policy", "did you mean `assert`?"]),
        (POLICY.replace("'true'", "3"), ["`assert` of policy 1 must be an expression", "put it in quotes"]),
        (POLICY * 2, ["two policies have the code A1", "--> p.yaml:2:10", "::: p.yaml:1:10"]),
        (
            POLICY.replace("true", "node.restart.polcy")
            + POLICY.replace("A1", "A2").replace(" m}", " '{nod.x}'}"),
            [
                "`node.restart` has no `polcy`",
                "p.yaml:1:51",
                "did you mean `policy`",
                "--> p.yaml:2:",
                "no `nod`",
            ],
        ),
        (
            "- code: A1\n  select: nodes\n  assert: >-\n    node.kind ==\n      node.knd\n  message: é {node.nme}\n",
            ["--> p.yaml:5:12", "--> p.yaml:6:20", "has no `nme`"],
        ),
    ],
)
def test_policies(text: str, told: list[str], project: Path, capsys: Capture) -> None:
    (project / "p.yaml").write_text(text)
    said = refused(capsys, "--policy", "p.yaml")
    assert said.startswith("error: the policies `p.yaml` can't be used\n\nerror[")
    assert [word for word in told if word not in said] == []


def test_one_code_in_two_files(project: Path, capsys: Capture) -> None:
    (project / "p.yaml").write_text(POLICY)
    (project / "r.py").write_text(f"{HEAD}def f(t): return []\n")
    told = "error: p.yaml:1: the code A1 is taken by the rule at r.py:2\n"
    assert told in refused(capsys, "--rules", "r.py", "--policy", "p.yaml")


@pytest.mark.parametrize("flag", ["--rules", "--policy"])
def test_files_that_are_none(flag: str, project: Path, capsys: Capture) -> None:
    assert "error: there is no file of" in refused(capsys, flag, "missing")
    assert "error: `.` is a directory" in refused(capsys, flag, ".")
    (project / "bytes").write_bytes(b"\xff\xfe\0")
    assert "bytes" in refused(capsys, flag, "bytes")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('rules = ["missing.py"]', "orchestrator.toml:1:11: there is no file `missing.py`"),
        ('policies = ["missing.yaml"]', "orchestrator.toml:1:14: there is no file `missing.yaml`"),
        ('rules = "r.py"', "orchestrator.toml:1:1: `rules` must be a list of files"),
        ("policies = [1]", "orchestrator.toml:1:1: `policies` must be a list of files"),
        ('policy = ["p.yaml"]', "did you mean `policies`?"),
    ],
)
def test_settings_tell_the_place(line: str, told: str, project: Path, capsys: Capture) -> None:
    (project / "orchestrator.toml").write_text(f"{line}\n")
    assert told in refused(capsys)


def test_a_rule_that_is_ignored_is_not_called(project: Path, capsys: Capture) -> None:
    (project / "r.py").write_text(f"{HEAD}def f(t): 1/0\n")
    assert main(["validate", "shop.yaml", "--rules", "r.py", "--ignore", "A1"]) == ExitCode.OK
    assert "no findings" in capsys.readouterr().out


def test_two_functions_with_one_name_are_two_rules(project: Path, capsys: Capture) -> None:
    both = "".join(f'@rule("A{n}", "a")\ndef f(t): yield finding(t, "no {n}")\n' for n in (1, 2))
    (project / "r.py").write_text(IMPORT + both)
    main(["validate", "shop.yaml", "--rules", "r.py", "-f", "concise", "-q"])
    assert capsys.readouterr().out.count("shop.yaml:2:7: warning: no ") == 2


def test_a_file_that_has_changed_is_run_again(project: Path, capsys: Capture) -> None:
    for text in ("first", "second time"):
        (project / "r.py").write_text(f'{HEAD}def f(t): yield finding(t, "{text}")\n')
        main(["validate", "shop.yaml", "--rules", "r.py", "-q"])
        assert text in capsys.readouterr().out


def test_a_watch_looks_at_rules_and_policies(project: Path) -> None:
    (project / "orchestrator.toml").write_text('policies = ["p.yaml"]\n')
    (project / "p.yaml").write_text(POLICY.replace("A1", "A2"))
    (project / "r.py").write_text(f"{HEAD}def f(t): return []\n")
    policies, inputs = Policies(Overrides(rules=("r.py",))), expand(["shop.yaml"])
    outcome = check_all(inputs, policies, stdin_name="-", read_stdin=str)
    names = {Path(file).name for file in files_read(outcome, inputs, policies)}
    assert {"r.py", "p.yaml", "orchestrator.toml"} <= names


def test_findings_point_where_they_are_told_to() -> None:
    topology = load("shop.yaml", text=SHOP, environ={}).topology
    assert topology is not None
    feed = topology.nodes["feed"]

    @rule("A1", "a title", severity=Severity.NOTE)
    def pointing(_: object) -> list[object]:
        return [
            finding(feed, "itself"),
            finding(feed, "value", key=("labels", "a")),
            finding(feed, "not there", key="replicas"),
            finding(topology.place("nodes", "feed", "command"), "span"),
            finding(topology, "all", remedy="mend it", related=[("here", feed)]),
        ]

    found = list(apply(pointing, topology))
    assert [(f.message, f.span.line, f.span.column, f.path) for f in found] == [
        ("itself", 4, 3, ("nodes", "feed")),
        ("value", 6, 17, ("nodes", "feed", "labels", "a")),
        ("not there", 4, 3, ("nodes", "feed", "replicas")),
        ("span", 5, 14, ()),
        ("all", 2, 7, ()),
    ]
    assert {f.severity for f in found} == {Severity.NOTE}
    assert (found[-1].help, found[-1].related[0].span) == ("mend it", feed.span)
    assert pointing(topology)[0].message == "itself"
