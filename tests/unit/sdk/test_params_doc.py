"""What a Params dataclass says of itself."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Annotated, Literal

from orchestrator.sdk.forms.params_doc import ParamInfo, describe_params
from orchestrator.sdk.forms.params_schema import params_schema


class Side(enum.Enum):
    BUY = "buy"
    SELL = "sell"


@dataclass
class Base:
    host: str
    """Where the venue
    listens."""


@dataclass
class Params(Base):
    rate: Annotated[float, "messages a second"]
    """Not this one: `Annotated` comes first."""
    count: int = field(default=3, metadata={"description": "how many"})
    mode: Literal["fast", "safe"] = "safe"
    side: Side = Side.BUY
    symbols: list[str] = field(default_factory=lambda: ["A"])
    limit: dict[str, float] | None = None


def test_every_param_in_words() -> None:
    assert describe_params(Params) == [
        ParamInfo(
            name="host", type="str", required=True, default=None, description="Where the venue listens."
        ),
        ParamInfo(name="rate", type="float", required=True, default=None, description="messages a second"),
        ParamInfo(name="count", type="int", required=False, default="3", description="how many"),
        ParamInfo(name="mode", type="'fast' | 'safe'", required=False, default="'safe'", description=""),
        ParamInfo(name="side", type="'buy' | 'sell'", required=False, default="'buy'", description=""),
        ParamInfo(name="symbols", type="list[str]", required=False, default="['A']", description=""),
        ParamInfo(
            name="limit", type="dict[str, float] | None", required=False, default="None", description=""
        ),
    ]


def test_the_schema_has_the_descriptions() -> None:
    properties = params_schema(Params)["properties"]
    assert isinstance(properties, dict)
    told = {name: one["description"] for name, one in properties.items() if "description" in one}  # type: ignore[index,operator]
    assert told == {
        "host": "Where the venue listens.",
        "rate": "messages a second",
        "count": "how many",
    }
