"""Docker compose files: what a service becomes, and what is left out."""

from __future__ import annotations

import pytest

from orchestrator.app.check import Checked, check_file
from orchestrator.importing.compose import read_compose
from orchestrator.importing.draft import Draft, NodeDraft
from orchestrator.importing.emit import count_open, emit
from orchestrator.importing.errors import SourceError
from orchestrator.importing.telling import told
from orchestrator.model.types import ForeignProgram


def draft_of(text: str, **others: str) -> Draft:
    """The draft of a file; `others`: files beside it, `.yml` left off, `__` for a slash."""
    files = {f"{name.replace('__', '/')}.yml": other for name, other in others.items()}

    def read(path: str) -> tuple[str, str] | None:
        return (path, files[path]) if path in files else None

    return read_compose(text, "compose.yaml", "shop", other=read)


def service(body: str, **others: str) -> NodeDraft:
    lines = "".join(f"    {line}\n" for line in body.strip("\n").split("\n"))
    return draft_of(f"services:\n  s:\n{lines}", **others).nodes[0]


def checked(draft: Draft, **environ: str) -> Checked:
    return check_file("shop.yaml", text=emit(draft), environ=environ)


REAL = {
    "anchors and fields of extensions": """
x-logging: &logging {driver: json-file, options: {max-size: "200k"}}
x-worker: &worker
  build: {context: ., target: worker}
  restart: on-failure:5
  environment: &env {BROKER: "tcp://broker:5555", LEVEL: "${LEVEL:-info}"}
  logging: *logging
services:
  broker:
    image: acme/broker
    command: broker --front 5555 --back 5556
    ports: ["5555:5555", "127.0.0.1:5556:5556/tcp", "9000-9010:9000-9010", "53:53/udp"]
    healthcheck: {test: "nc -z localhost 5555", interval: 5s, retries: 10}
  fast:
    <<: *worker
    command: worker --fast
    depends_on: {broker: {condition: service_healthy}}
    environment: {<<: *env, SPEED: 10}
  slow:
    <<: [*worker]
    command: [worker, --slow]
    depends_on: [broker]
    scale: 3
""",
    "a web shop with a database": """
name: Shop_1
version: "3.8"
services:
  db:
    image: postgres:15
    command: postgres -c max_connections=200
    environment: [POSTGRES_PASSWORD=secret, PGDATA=/var/lib/postgresql/data, TZ]
    volumes: [db:/var/lib/postgresql/data]
    healthcheck: {test: [CMD-SHELL, "pg_isready -U postgres"], timeout: 3s, start_period: 20s}
  migrate:
    build: .
    entrypoint: [python, manage.py]
    command: [migrate]
    depends_on: {db: {condition: service_healthy, restart: true}}
  web:
    build: .
    command: gunicorn --bind 0.0.0.0:8000 "shop.wsgi:application"
    env_file: [.env, {path: ./local.env, required: false}]
    depends_on: {migrate: {condition: service_completed_successfully}}
    expose: ["8000"]
    labels: ["traefik.enable=true", "traefik.http.routers.web.rule=Host(`shop.example`)"]
    stop_grace_period: 1m30s
    stop_signal: SIGQUIT
    deploy:
      mode: replicated
      replicas: 2
      resources: {limits: {cpus: "0.5", memory: 512M}, reservations: {memory: 128M}}
      restart_policy: {condition: on-failure, delay: 5s, max_attempts: 3, window: 120s}
    ulimits: {nofile: {soft: 20000, hard: 40000}, nproc: 65535}
  debug:
    image: busybox
    command: sleep infinity
    profiles: [debug, ops]
    network_mode: service:web
volumes: {db: {}}
""",
    "dollars": r"""
services:
  a:
    image: x
    command: ["sh", "-c", "echo $$HOME $$$$ ${A} $B ${C-c} ${D:-${E:-e}}"]
    environment: {PRICE: "$$5", URL: "http://${HOST:-localhost}:${PORT:-80}/"}
""",
}


@pytest.mark.parametrize("text", REAL.values(), ids=REAL)
def test_real_files_become_topologies_without_errors(text: str) -> None:
    draft = draft_of(text)
    assert count_open(draft) in (0, 1)
    found = checked(draft)
    assert [f.message for f in found.findings if str(f.severity) == "error"] == []
    assert found.topology is not None


def test_anchors_are_merged_before_anything_is_read() -> None:
    nodes = {node.name: node for node in draft_of(REAL["anchors and fields of extensions"]).nodes}
    assert nodes["fast"].env == {"BROKER": "tcp://broker:5555", "LEVEL": "${LEVEL:-info}", "SPEED": "10"}
    assert nodes["slow"].env == {"BROKER": "tcp://broker:5555", "LEVEL": "${LEVEL:-info}"}
    assert nodes["slow"].replicas == 3
    assert nodes["slow"].restart == {"policy": "on-failure", "max_restarts": 5}
    assert nodes["fast"].depends_on == {"broker": "healthy"}


def test_what_others_wait_to_complete_is_a_task() -> None:
    nodes = {node.name: node for node in draft_of(REAL["a web shop with a database"]).nodes}
    assert nodes["migrate"].kind == "task"
    assert nodes["web"].kind is None
    assert nodes["web"].depends_on == {"migrate": "completed"}


def test_the_name_is_the_projects_or_the_directorys() -> None:
    assert draft_of(REAL["a web shop with a database"]).name == "shop-1"
    assert draft_of("services: {a: {command: x}}").name == "shop"
    assert draft_of("name: ${P}\nservices: {a: {command: x}}").name == "shop"


@pytest.mark.parametrize(
    ("body", "command"),
    [
        ("command: run -a 'b c' \"d\"", ("run", "-a", "b c", "d")),
        ("command: [run, 1, true]", ("run", "1", "true")),
        ("entrypoint: /e.sh\ncommand: [x]", ("/e.sh", "x")),
        ("entrypoint: [a, b]", ("a", "b")),
        ("command: run ${A:?must be set} ${B:-two words}", ("run", "${A:?must be set}", "${B:-two words}")),
        ('command: run "${A:-\'}" x', ("run", "${A:-'}", "x")),
        ("command: echo $$A '$$B'", ("echo", "$A", "$B")),
        ("image: x", None),
        ("command: []", None),
        ("command:", None),
    ],
)
def test_commands(body: str, command: tuple[str, ...] | None) -> None:
    assert service(body).command == command


@pytest.mark.parametrize(
    "body",
    ["environment: {A: 1, B: '', C: true, D: 1.50, E: 1.0}", "environment: [A=1, B=, C=true, D=1.5, E=1]"],
)
def test_the_environment_is_a_mapping_or_a_list(body: str) -> None:
    assert service(body).env == {"A": "1", "B": "", "C": "true", "D": "1.5", "E": "1"}


@pytest.mark.parametrize("body", ["environment: {A: , B: x}", "environment: [A, B=x]"])
def test_a_variable_without_a_value_is_passed_on(body: str) -> None:
    node = service(body)
    assert node.env == {"B": "x"}
    assert node.about["env"][0].startswith("A: passed on")


@pytest.mark.parametrize(
    ("written", "here"),
    [
        ("no", {"policy": "never"}),
        ("'no'", {"policy": "never"}),
        ("false", {"policy": "never"}),
        ("always", {"policy": "always"}),
        ("unless-stopped", {"policy": "always"}),
        ("on-failure", {"policy": "on-failure"}),
        ("on-failure:3", {"policy": "on-failure", "max_restarts": 3}),
        ("${R:-always}", {}),
    ],
)
def test_restart_policies(written: str, here: dict[str, object]) -> None:
    assert service(f"restart: {written}").restart == here


def test_a_deployed_restart_policy_wins() -> None:
    body = "restart: always\ndeploy: {restart_policy: {condition: none}}"
    assert service(body).restart == {"policy": "never"}


@pytest.mark.parametrize(
    ("test", "words"),
    [
        ("curl -f localhost", ["sh", "-c", "curl -f localhost"]),
        ("[CMD, curl, -f, localhost]", ["curl", "-f", "localhost"]),
        ("[CMD-SHELL, 'a || b']", ["sh", "-c", "a || b"]),
        ("[NONE]", None),
    ],
)
def test_health_checks(test: str, words: list[str] | None) -> None:
    health = service(f"healthcheck: {{test: {test}, interval: 1m}}").health
    expected = {} if words is None else {"exec": words, "interval": "1m", "timeout": "30s"}
    assert health == expected


def test_a_health_check_that_is_switched_off_is_none() -> None:
    assert service("healthcheck: {disable: true}").health == {}


@pytest.mark.parametrize(
    ("written", "here"), [("1m30s", "90s"), ("500ms", "500ms"), ("2h", "2h"), ("0", "0s"), ("1.5s", "1500ms")]
)
def test_durations(written: str, here: str) -> None:
    assert service(f"stop_grace_period: {written}").stop == {"grace": here}


@pytest.mark.parametrize(
    ("written", "here"),
    [("512m", "512MiB"), ("1g", "1GiB"), ("2GB", "2GiB"), ("1048576", "1MiB"), ("1.5g", "1536MiB")],
)
def test_memory_is_counted_by_1024(written: str, here: str) -> None:
    assert service(f"mem_limit: {written}").resources == {"memory": here}
    assert service(f"deploy: {{resources: {{limits: {{memory: {written}}}}}}}").resources == {"memory": here}


@pytest.mark.parametrize(("written", "here"), [("INT", "SIGINT"), ("2", "SIGINT"), ("SIGUSR1", "SIGUSR1")])
def test_stop_signals(written: str, here: str) -> None:
    assert service(f"stop_signal: {written}").stop == {"signal": here}


def test_a_signal_without_a_name_here_is_left_out() -> None:
    node = service("stop_signal: SIGRTMIN+3")
    assert [left.name for left in node.left] == ["stop_signal"]


def test_a_directory_that_is_mounted_is_found_on_this_machine() -> None:
    assert service("volumes: ['./src:/app:ro']\nworking_dir: /app/web").cwd == "src/web"
    assert service("volumes: [{type: bind, source: ./src, target: /app}]\nworking_dir: /app").cwd == "src"
    assert service("volumes: ['cache:/app']\nworking_dir: /app").cwd == "/app"


def test_no_replicas_means_a_profile_of_its_own() -> None:
    assert service("deploy: {replicas: 0}").profiles == ("none",)


def test_links_are_dependencies() -> None:
    found = draft_of("services: {a: {command: x, links: ['b:bb']}, b: {command: y}}")
    assert found.nodes[0].depends_on == {"b": "started"}


def test_names_that_no_node_can_have_are_changed_everywhere() -> None:
    text = "services: {a.b: {command: x, depends_on: [c d]}, c d: {command: y}, a-b: {command: z}}"
    nodes = draft_of(text).nodes
    assert [node.name for node in nodes] == ["a-b", "c-d", "a-b-2"]
    assert nodes[0].depends_on == {"c-d": "started"}
    assert nodes[0].notes[0] == "`a.b` in the source."


class TestExtends:
    def test_mappings_join_and_lists_follow_and_commands_are_replaced(self) -> None:
        text = """
services:
  base:
    command: base
    environment: [A=1, B=2]
    env_file: a.env
    labels: {x: "1"}
    depends_on: [db]
    healthcheck: {test: [CMD, x], interval: 5s}
  s:
    extends: {service: base}
    command: [own]
    environment: {B: 3}
    env_file: [b.env]
    labels: [y=2]
    depends_on: {base: {condition: service_healthy}}
    healthcheck: {timeout: 1s}
  db: {command: db}
"""
        node = draft_of(text).nodes[1]
        assert node.command == ("own",)
        assert node.env == {"A": "1", "B": "3"}
        assert node.env_file == ("a.env", "b.env")
        assert node.labels == {"x": "1", "y": "2"}
        assert node.depends_on == {"db": "started", "base": "healthy"}
        assert node.health == {"exec": ["x"], "interval": "5s", "timeout": "1s"}

    def test_paths_of_another_file_are_seen_from_this_one(self) -> None:
        node = service(
            "extends: {file: a/base.yml, service: q}\nworking_dir: /d/e",
            a__base="services: {q: {extends: {file: b/c.yml, service: r}, env_file: q.env}}",
            a__b__c="services: {r: {env_file: [r.env, /abs.env], volumes: ['./data:/d', 'x:/y']}}",
        )
        assert node.env_file == ("./a/b/r.env", "/abs.env", "./a/q.env")
        assert node.cwd == "a/b/data/e"

    def test_a_file_that_is_not_there_leaves_a_note(self) -> None:
        node = service("extends: {file: gone.yml, service: q}\ncommand: x")
        assert "can't be read here" in node.notes[0]
        assert [left.name for left in node.left] == ["extends"]

    @pytest.mark.parametrize(
        ("body", "message"),
        [
            ("extends: s", "compose.yaml:3:14: `s` extends itself"),
            ("extends: t", "compose.yaml:3:14: `t`, which this extends, is no service"),
            ("extends: {}", "compose.yaml:3:14: ``, which this extends, is no service"),
        ],
    )
    def test_errors(self, body: str, message: str) -> None:
        with pytest.raises(SourceError) as error:
            service(body)
        assert error.value.message == message


class TestInclude:
    def test_services_of_other_files_join(self) -> None:
        draft = draft_of(
            "include: [a/one.yml]\nservices: {s: {command: x, depends_on: [one, two]}}",
            a__one="include: [{path: two.yml}]\nservices: {one: {command: y, env_file: o.env}}",
            a__two="services: {two: {command: z, extends: {file: three.yml, service: t}}}",
            a__three="services: {t: {env_file: t.env}}",
        )
        assert [node.name for node in draft.nodes] == ["s", "one", "two"]
        assert draft.nodes[1].env_file == ("./a/o.env",)
        assert draft.nodes[2].env_file == ("./a/t.env",)
        assert [str(one) for one in told(draft, "compose.yaml")] == []

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("include: [gone.yml]", "`gone.yml` can't be read, which this includes"),
            ("include: [me.yml]", "`me.yml` includes itself"),
            ("include: [{path: [a.yml, b.yml]}]", "2 files are to be one here"),
            ("include: [s.yml]", "`s`, which this includes, is a service already"),
            ("include: 5", "`5` can't be read, which this includes"),
        ],
    )
    def test_errors(self, text: str, message: str) -> None:
        with pytest.raises(SourceError) as error:
            draft_of(
                f"{text}\nservices: {{s: {{command: x}}}}",
                me="include: me.yml\nservices: {a: {command: x}}",
                s="services: {s: {command: x}}",
            )
        assert error.value.message.endswith(message)


def test_what_is_left_out_is_told_by_place() -> None:
    text = """services:
  a:
    image: x
    command: y
    networks:
      - n
    deploy:
      placement: {constraints: [node.role==manager]}
    comand: typo
networks: {n: }
x-mine: {a: 1}
"""
    assert [str(one) for one in told(draft_of(text), "compose.yaml")] == [
        "compose.yaml:3: a: `image` is left out: nodes are programs of this machine, not images",
        "compose.yaml:5: a: `networks` is left out: nodes share the network of this machine",
        "compose.yaml:8: a: `deploy.placement` is left out: one machine runs all replicas alike",
        "compose.yaml:9: a: `comand` is left out: the topology language has no word for it",
        "compose.yaml:10: `networks` is left out: nodes share the network of this machine",
    ]


def test_everything_left_out_stands_in_a_comment() -> None:
    text = emit(draft_of(REAL["a web shop with a database"]))
    for word in ("network_mode: service:web", "traefik", "cpus: ", "nproc: 65535", "required: false"):
        assert word in text


def test_a_host_that_is_a_service_is_pointed_at() -> None:
    text = (
        "services: {feed: {command: x}, s: {command: y tcp://feed:5556, environment: {U: 'http://u@feed/'}}}"
    )
    node = draft_of(text).nodes[1]
    assert node.hints == ("It names feed as a host, which is 127.0.0.1 here.",)
    assert node.sketch[1:] == (
        "  to-feed-5556: {type: …, connect: tcp://127.0.0.1:5556} # feed:5556 in the source",
    )
    assert [str(one) for one in told(draft_of(text), "f")] == [
        "compose.yaml:1: s: It names feed as a host, which is 127.0.0.1 here."
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "compose.yaml:1:1: this is no compose file"),
        ("- a", "compose.yaml:1:1: this is no compose file"),
        ("volumes: {}", "compose.yaml:1: no service is described here"),
        ("services: [a]", "compose.yaml:1:11: `services` is no mapping"),
        ("services: {a: 5}", "compose.yaml:1:15: the service `a` is no mapping"),
        ("services:\n  a:\n  command: x\n b: 1", "compose.yaml:4:2: "),
        ("services: {a: {restart: sometimes}}", "there is no restart policy `sometimes`"),
        ("services: {a: {depends_on: [b]}}", "compose.yaml:1:29: `a` depends on `b`, which is no service"),
        ("services: {a: {depends_on: {a: {condition: x}}}}", "there is no condition `x`"),
        ("services: {a: {stop_grace_period: soon}}", "the stop_grace_period `soon` is no duration"),
        ("services: {a: {mem_limit: lots}}", "the memory limit `lots` is no size"),
        ("services: {a: {scale: -1}}", "`-1` is no number of replicas"),
        ('services: {a: {command: "x \'y"}}', "`command` can't be split: No closing quotation"),
        ("services: {a: {command: [[x]]}}", "`command` holds what is no text"),
        ("services: {a: {environment: {A: [x]}}}", "`environment` holds what is no text"),
        ("services: {a: {environment: ['a b=c']}}", "`a b` can't be a variable's name"),
        ("services: {a: {healthcheck: {test: [RUN, x]}}}", "this is no test"),
        ("services: {a: {healthcheck: {test: x, retries: few}}}", "retries `few` is no whole number"),
        ("services: {a: {env_file: [{required: true}]}}", "`env_file` names no path"),
    ],
)
def test_what_docker_compose_refuses_is_refused_with_its_place(text: str, message: str) -> None:
    with pytest.raises(SourceError) as error:
        draft_of(text)
    assert message in error.value.message
    assert error.value.message.startswith("compose.yaml:")
    assert error.value.remedy


def test_the_first_version_of_the_format_is_named() -> None:
    with pytest.raises(SourceError) as error:
        draft_of("web:\n  image: x\n")
    assert "first version" in (error.value.remedy or "")


VARIABLES: dict[str, tuple[str, str | None]] = {
    "$A": ("${A:-}", None),
    "${A}": ("${A:-}", None),
    "${A:-b}": ("${A:-b}", None),
    "${A-b}": ("${A-b}", None),
    "${A:?b}": ("${A:?b}", None),
    "$$A": ("$A", None),
    "$${A}": ("$${A}", None),
    "a$": ("a$", None),
    "$1": ("$1", None),
    "${A:+b}": ("${A:+b}", "`${A:+b}` has no counterpart"),
    "${A": ("$${A", "`${A` is no variable"),
    "$$$A": ("$${A:-}", "a `$` in front of a variable can't be written"),
}


@pytest.mark.parametrize("written", VARIABLES)
def test_variables_are_those_of_topologies(written: str) -> None:
    text, problem = VARIABLES[written]
    node = service(f"command: [x, '{written}']")
    assert node.command == ("x", text)
    assert (node.problems == ()) == (problem is None)
    assert problem is None or node.problems[0].startswith(problem)


def test_dollars_mean_here_what_they_mean_to_docker_compose() -> None:
    topology = checked(draft_of(REAL["dollars"]), A="1", B="2").topology
    assert topology is not None
    program = topology.nodes["a"].program
    assert isinstance(program, ForeignProgram)
    assert program.argv[2] == "echo $HOME $$ 1 2 c e"
    assert topology.nodes["a"].env == {"PRICE": "$5", "URL": "http://localhost:80/"}


def test_texts_that_no_person_writes_take_no_time_and_no_stack() -> None:
    nested = "${A:-" * 3000 + "}" * 3000
    many = "${" * 50_000
    node = service(f"command: ['{'$' * 100_000}', '{nested}', '{many}', '{'$$' * 50_000}']")
    assert any("nested more than 20 deep" in problem for problem in node.problems)
    assert max(map(len, node.problems)) < 200
    for text in (nested, many, "$" * 100_001):
        assert service(f"command: {text}").command


def test_a_command_that_is_too_long_to_be_started_is_refused() -> None:
    with pytest.raises(SourceError) as error:
        service(f"command: {'x' * 200_000}")
    assert "it has 200,000 characters, and a program takes 131,072" in error.value.message
    assert error.value.remedy == "put it into a script, and name that"
