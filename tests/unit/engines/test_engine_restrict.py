"""What a process sets of its own limits, tried in children of this one."""

from __future__ import annotations

import json
import os
import resource
from collections.abc import Callable
from typing import Any

import pytest

from orchestrator.engines import restrict
from orchestrator.engines.restrict import Limits, RefusedError

NOBODY = 65534
needs_affinity = pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="no affinity here")
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


def in_child(work: Callable[[], Any]) -> Any:
    """What `work` gives in a forked child; a refusal is its text."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            try:
                result = work()
            except RefusedError as error:
                result = f"refused: {error}"
            os.write(writing, json.dumps(result).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        text = stream.read()
    os.waitpid(pid, 0)
    return json.loads(text)


def applied(limits: Limits, look: Callable[[], Any] = lambda: None, *, nobody: bool = False) -> Any:
    def work() -> Any:
        if nobody:
            os.setuid(NOBODY)
        restrict.apply(limits)
        return look()

    return in_child(work)


@needs_affinity
class TestProcessors:
    def test_bound(self) -> None:
        one = min(restrict.usable_cpus())
        assert applied(Limits(cpus=(one,)), lambda: sorted(os.sched_getaffinity(0))) == [one]

    def test_usable_ones_are_those_of_the_machine_not_of_now(self) -> None:
        every = sorted(restrict.usable_cpus())

        def look() -> Any:
            os.sched_setaffinity(0, {every[0]})
            return sorted(restrict.usable_cpus()), sorted(os.sched_getaffinity(0))

        assert in_child(look) == [every, [every[0]]]

    def test_those_that_are_not_here_are_named(self) -> None:
        one = min(restrict.usable_cpus())
        assert applied(Limits(cpus=(one, 4000))) == (
            "refused: `resources.cpus`: processor 4000 is not here, or may not be used"
        )
        assert "processors 4000, 4001 are not" in applied(Limits(cpus=(4000, 4001)))


class TestNice:
    def test_raised(self) -> None:
        assert (
            applied(Limits(nice=11), lambda: os.getpriority(os.PRIO_PROCESS, 0), nobody=os.geteuid() == 0)
            == 11
        )

    @needs_root
    def test_lowered_without_the_right(self) -> None:
        own = os.getpriority(os.PRIO_PROCESS, 0)
        assert applied(Limits(nice=own - 5), nobody=True) == (
            f"refused: `resources.nice`: {own - 5} is less than the orchestrator's own {own}, "
            "which takes the right to (CAP_SYS_NICE)"
        )

    @needs_root
    def test_asked_beforehand(self) -> None:
        own = os.getpriority(os.PRIO_PROCESS, 0)

        def look() -> Any:
            os.setuid(NOBODY)
            return [restrict.may_have_nice(own + d) for d in (1, 0, -1)]

        assert in_child(look) == [True, True, False]

    @needs_root
    def test_a_raised_ceiling_is_a_right(self) -> None:
        if not restrict._is_capable(restrict._CAP_SYS_RESOURCE):
            pytest.skip("no ceiling can be raised here")
        own = os.getpriority(os.PRIO_PROCESS, 0)

        def look() -> Any:
            resource.setrlimit(resource.RLIMIT_NICE, (20 - own + 3, 20 - own + 3))
            os.setuid(NOBODY)
            restrict.apply(Limits(nice=own - 3))
            return [os.getpriority(os.PRIO_PROCESS, 0) - own, restrict.may_have_nice(own - 4)]

        assert in_child(look) == [-3, False]


class TestOpenFiles:
    def test_both_limits(self) -> None:
        assert applied(Limits(nofile=100), lambda: resource.getrlimit(resource.RLIMIT_NOFILE)) == [100, 100]

    @needs_root
    def test_more_than_the_hard_limit(self) -> None:
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard == resource.RLIM_INFINITY:
            pytest.skip("no hard limit here")
        told = f"refused: `resources.nofile`: {hard + 1} open files are more than the hard limit of {hard} allows"
        assert applied(Limits(nofile=hard + 1), nobody=True) == told
        assert in_child(lambda: (os.setuid(NOBODY), restrict.may_have_nofile(hard + 1))[1]) is False
        assert in_child(lambda: (os.setuid(NOBODY), restrict.may_have_nofile(hard))[1]) is True


class TestAddressSpace:
    def test_set(self) -> None:
        size = restrict.address_space() + (256 << 20)
        assert applied(Limits(address_space=size), lambda: resource.getrlimit(resource.RLIMIT_AS)) == [
            size,
            size,
        ]

    @pytest.mark.skipif(not restrict.address_space(), reason="the address space is not told here")
    def test_less_than_it_has_is_refused(self) -> None:
        assert "1 MiB of address space are too few" in applied(Limits(address_space=1 << 20))


def test_a_group_that_cannot_be_joined_is_told(tmp_path: Any) -> None:
    assert "control group cannot be joined: No such file" in applied(Limits(group=f"{tmp_path}/cgroup.procs"))


def test_a_group_is_joined(tmp_path: Any) -> None:
    file = tmp_path / "cgroup.procs"
    file.touch()
    applied(Limits(group=str(file)))
    assert file.read_text() == "0"
