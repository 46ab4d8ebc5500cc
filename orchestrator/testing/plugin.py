"""The pytest plugin: the fixture `orchestrator_up`. pytest loads this module wherever the package is
installed, in every run, so it imports nothing but pytest until the fixture is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from orchestrator.app.api import Topology
    from orchestrator.testing.system import SystemUnderTest

_WATCH = "orchestrator-watch"


@pytest.fixture
def orchestrator_up(request: pytest.FixtureRequest) -> Iterator[Callable[..., SystemUnderTest]]:
    """`orchestrator_up("topology.yaml")` brings a topology up on free addresses and waits until it is ready.

    The file is looked for beside the test file, then in each directory above it. Takes the arguments of
    `orchestrator.testing.running`. Everything ends with the test, which fails when a node has died.
    """
    from orchestrator.errors import OrchestratorError
    from orchestrator.testing.block import running

    manager = request.config.pluginmanager
    if not manager.has_plugin(_WATCH):
        manager.register(_Watch(), _WATCH)
    systems = request.node.stash.setdefault(_SYSTEMS, [])
    with ExitStack() as stack:

        def up(topology: Topology | str | Path, **how: Any) -> SystemUnderTest:
            found = _found(topology, request) if isinstance(topology, str | Path) else topology
            try:
                system = stack.enter_context(running(found, **how))
            except OrchestratorError as error:
                pytest.fail(_told(error), pytrace=False)
            systems.append(system)
            return system

        try:
            yield up
        finally:
            request.node.stash[_SYSTEMS] = []


_SYSTEMS: pytest.StashKey[list[SystemUnderTest]] = pytest.StashKey()


class _Watch:
    """Registered with the first topology of a session: tests without one never meet it."""

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Iterator[None]:
        """A test that passed has failed all the same when a node died meanwhile."""
        try:
            yield
        except BaseException:
            for system in item.stash.get(_SYSTEMS, []):
                system.verdict()  # told by its story, in the report of this very failure
            raise
        died = [told for system in item.stash.get(_SYSTEMS, []) if (told := system.verdict())]
        if died:
            pytest.fail("\n".join(died), pytrace=False)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """What the nodes did and wrote goes with the report of a failure."""
        report = yield
        if call.when == "call" and report.failed:
            for system in item.stash.get(_SYSTEMS, []):
                report.sections.append((f"topology {system.name}", system.story()))
        return report


def _found(file: str | Path, request: pytest.FixtureRequest) -> Path:
    """The file beside the test, or in the nearest directory above it; as it is where there is none."""
    for directory in request.path.parents:
        if (directory / file).is_file():
            return directory / file
    return Path(file)


def _told(error: Any) -> str:
    return error.message if error.remedy is None else f"{error.message}\nhelp: {error.remedy}"
