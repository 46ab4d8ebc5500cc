"""Why a key of docker compose stays out of a topology."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from orchestrator.importing.comments import plain
from orchestrator.importing.draft import Left
from orchestrator.source.foreign import Foreign

_IMAGE: Final = "nodes are programs of this machine, not images"
_NETWORK: Final = "nodes share the network of this machine"
_FILES: Final = "nodes see the files of this machine"
_CONTAINER: Final = "nodes run in no container"
_CLUSTER: Final = "one machine runs all replicas alike"
_GROUPS: Final = (
    (_IMAGE, "image build pull_policy platform attach develop provider models credential_spec"),
    (
        _NETWORK,
        "networks network_mode hostname domainname dns dns_opt dns_search extra_hosts external_links links "
        "mac_address",
    ),
    (
        "the program opens its ports itself; those that are ZeroMQ belong in `sockets`",
        "ports expose",
    ),
    (_FILES, "volumes volumes_from tmpfs devices device_cgroup_rules gpus storage_opt read_only"),
    (
        _CONTAINER,
        "container_name init tty stdin_open privileged cap_add cap_drop security_opt userns_mode pid ipc uts "
        "cgroup cgroup_parent shm_size isolation runtime sysctls oom_kill_disable group_add annotations "
        "use_api_socket label_file",
    ),
    ("nodes run as the user who starts the topology", "user"),
    ("`orchestrator up` shows and keeps what nodes write", "logging"),
    (
        "nothing is mounted; say where the file is in the variable or argument that the program reads",
        "secrets configs",
    ),
    (
        "only whole processors can be given to a node, by their numbers: `resources: {cpus: 0-3}`",
        "cpus cpu_count cpu_percent cpu_shares cpu_period cpu_quota cpu_rt_period cpu_rt_runtime",
    ),
    (
        "of memory, a node has one limit: `resources: {memory: …}`",
        "mem_reservation mem_swappiness memswap_limit oom_score_adj",
    ),
    ("of these, a node has a limit for open files alone", "ulimits pids_limit blkio_config"),
    ("hooks of containers have no counterpart", "post_start pre_stop"),
    ("the service it extends could not be read", "extends"),
    (_CLUSTER, "deploy"),
    ("of these, a node has a limit of memory, and whole processors by their numbers", "deploy.resources"),
    ("what a node depends on has to be there", "depends_on"),
    ("a file that is missing is an error here", "env_file"),
    ("what one test may take has no other words here", "healthcheck"),
    ("a topology can't name this signal", "stop_signal"),
)
_WHY: Final[Mapping[str, str]] = {key: why for why, keys in _GROUPS for key in keys.split()}
_TOP: Final[Mapping[str, str]] = {
    "networks": _NETWORK,
    "volumes": _FILES,
    "secrets": _WHY["secrets"],
    "configs": _WHY["configs"],
    "models": _IMAGE,
}
_VARIABLE: Final = "a variable decides, and its words are docker compose's"
_UNKNOWN: Final = "the topology language has no word for it"


def left_of_service(values: Mapping[str, Foreign]) -> tuple[Left, ...]:
    """What could not be taken over of a service. Names may be paths: `deploy`, `env_file ./local.env`."""
    return tuple(_left(name, value, _WHY) for name, value in values.items() if value.data is not None)


def left_of_file(values: Mapping[str, Foreign]) -> tuple[Left, ...]:
    """What stands at the top of a file, beside its services."""
    return tuple(_left(name, value, _TOP) for name, value in values.items() if value.data is not None)


def _left(name: str, value: Foreign, reasons: Mapping[str, str]) -> Left:
    key = name.replace(" ", ".").partition(".")[0]
    why = reasons.get(name) or reasons.get(key) or _UNKNOWN
    if key in ("restart", "stop_signal") or name == "deploy.restart_policy":
        why = _VARIABLE if "$" in str(plain(value)) else why
    return Left(name, value, "" if key.startswith("x-") else why)
