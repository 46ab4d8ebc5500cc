"""Whether a socket option exists, fits its socket and has a possible value. Knows the table, loads no zmq."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import Final

from orchestrator.transport.option_names import ALIASES, canonical, option_of
from orchestrator.transport.options_table import OPTIONS, SUCCESSORS, Option, ValueKind
from orchestrator.vocabulary import HIDDEN, OptionValue, SocketType

__all__ = [
    "OPTIONS",
    "Option",
    "OptionFault",
    "OptionProblem",
    "applies",
    "canonical",
    "check_option",
    "means_something",
    "option_of",
]


class OptionFault(Enum):
    """What can be wrong with an option."""

    UNKNOWN = "unknown"
    TYPE = "wrong type of value"
    RANGE = "value out of range"
    REFUSED = "refused by this socket type"
    """libzmq answers EINVAL."""
    NO_EFFECT = "without effect on this socket type"
    """libzmq takes it and ignores it."""
    READ_ONLY = "read only"
    DRAFT = "not in a stable libzmq"
    MISSING = "not in the libzmq of the wheels"
    DEPRECATED = "deprecated"


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionProblem:
    """What is wrong with one option of one socket: the reason as half a sentence, and a remedy."""

    option: str
    fault: OptionFault
    reason: str
    remedy: str | None = None


def applies(name: str, socket_type: SocketType) -> bool:
    """Whether an option means anything for a type; options of `defaults` are set on those types only."""
    option = OPTIONS.get(canonical(name))
    return option is not None and socket_type in option.applies_to


def means_something(name: str, socket_type: SocketType) -> bool:
    """`applies`, and True for names that are no options at all, so that somebody finds them."""
    return canonical(name) not in OPTIONS or applies(name, socket_type)


def check_option(name: str, value: OptionValue, socket_type: SocketType | None) -> OptionProblem | None:
    """The first thing that is wrong with an option, or None.

    `socket_type` None leaves out whether the option fits its socket (for the options of `defaults`). A name
    that starts with `x-` is the user's own.
    """
    if name.startswith("x-"):
        return None
    option = OPTIONS.get(canonical(name))
    if option is None:
        return _unknown(name)
    return (
        _unavailable(name, option)
        or (_misplaced(name, option, socket_type) if socket_type is not None else None)
        or _wrong_value(name, option, value)
        or _deprecated(name, option)
    )


def _unknown(name: str) -> OptionProblem:
    lower = canonical(name.lower().removeprefix("zmq_").replace("-", "_"))
    remedy = SUCCESSORS.get(lower)
    if remedy is None:
        import difflib  # only for a name that is wrong

        near = difflib.get_close_matches(lower, (*OPTIONS, *ALIASES), n=1, cutoff=0.6)
        remedy = (
            f"did you mean `{near[0]}`?" if near else "names are those of zmq_setsockopt(3), in lower case"
        )
    return OptionProblem(
        option=name, fault=OptionFault.UNKNOWN, reason="is no socket option of libzmq", remedy=remedy
    )


def _unavailable(name: str, option: Option) -> OptionProblem | None:
    if not option.settable:
        return OptionProblem(
            option=name, fault=OptionFault.READ_ONLY, reason="can only be read", remedy="take it out"
        )
    if option.draft:
        return OptionProblem(
            option=name,
            fault=OptionFault.DRAFT,
            reason="is a draft of libzmq's: a stable build does not have it",
            remedy="take it out, or build libzmq and pyzmq with drafts",
        )
    if not option.built_in:
        return OptionProblem(
            option=name,
            fault=OptionFault.MISSING,
            reason="needs a libzmq that is built with it; the one in pyzmq's wheels is not",
            remedy="take it out, or build libzmq and pyzmq yourself",
        )
    return None


def _misplaced(name: str, option: Option, socket_type: SocketType) -> OptionProblem | None:
    if socket_type in option.applies_to:
        return None
    takers = _listing(option)
    if socket_type not in option.accepted:
        return OptionProblem(
            option=name,
            fault=OptionFault.REFUSED,
            reason=f"is refused by {socket_type} (EINVAL); {takers}",
            remedy="take it out"
            if not option.applies_to
            else f"take it out, or use it on {takers.split()[-1]}",
        )
    return OptionProblem(
        option=name,
        fault=OptionFault.NO_EFFECT,
        reason=f"has no effect on {socket_type}; {takers}",
        remedy="take it out",
    )


def _listing(option: Option) -> str:
    names = [t.value for t in SocketType if t in option.applies_to]
    if not names:
        return "it is for draft socket types"
    return f"it is for {', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else f"it is for {names[0]}"


def _wrong_value(name: str, option: Option, value: OptionValue) -> OptionProblem | None:
    match option.kind:
        case ValueKind.BOOL:
            return _wrong_bool(name, value)
        case ValueKind.INT:
            return _wrong_int(name, option, value)
        case _:
            return _wrong_text(name, option, value)


def _wrong_bool(name: str, value: OptionValue) -> OptionProblem | None:
    if isinstance(value, bool) or value in (0, 1):
        return None
    if isinstance(value, int):
        return _problem(
            name, OptionFault.RANGE, f"is a switch, and {value} is neither 0 nor 1", "write true or false"
        )
    return _problem(
        name, OptionFault.TYPE, f"is a switch, and `{value}` is {_kind_of(value)}", "write true or false"
    )


def _wrong_int(name: str, option: Option, value: OptionValue) -> OptionProblem | None:
    unit = f" ({option.unit})" if option.unit else ""
    if isinstance(value, bool) or not isinstance(value, int):
        return _problem(
            name,
            OptionFault.TYPE,
            f"takes a whole number{unit}, and `{_shown(value)}` is {_kind_of(value)}",
            _as_number(option, value),
        )
    assert option.low is not None and option.high is not None
    if option.low <= value <= option.high:
        return None
    return _problem(name, OptionFault.RANGE, f"can't be {value}", f"it may be {_range(option)}{unit}")


def _range(option: Option) -> str:
    """`0 or more` where the end is no more than the size of the number."""
    if option.high in (2**31 - 1, 2**63 - 1, 2**64 - 1):
        return f"{option.low} or more"
    return f"{option.low} to {option.high}"


def _wrong_text(name: str, option: Option, value: OptionValue) -> OptionProblem | None:
    if not isinstance(value, str):
        return _problem(
            name,
            OptionFault.TYPE,
            f"takes text, and `{_shown(value)}` is {_kind_of(value)}",
            "put it in quotes",
        )
    if option.low is not None and option.high is not None and "${{" not in value:
        size = len(value.encode())
        if not option.low <= size <= option.high:
            return _problem(
                name,
                OptionFault.RANGE,
                f"has {size} bytes",
                f"it may have {option.low} to {option.high}",
            )
    if option.name == "routing_id" and value.startswith("\0"):
        return _problem(
            name,
            OptionFault.RANGE,
            "starts with a zero byte; such ids are libzmq's own",
            "start it with another byte",
        )
    is_key = option.name in ("curve_publickey", "curve_secretkey", "curve_serverkey")
    if is_key and len(value) not in (32, 40) and value != HIDDEN:
        return _problem(
            name,
            OptionFault.RANGE,
            f"has {len(value)} characters; a key has 40 in Z85 form",
            "make one with `zmq.curve_keypair()`",
        )
    return None


def _deprecated(name: str, option: Option) -> OptionProblem | None:
    if not option.deprecated:
        return None
    return _problem(name, OptionFault.DEPRECATED, "is deprecated in libzmq", SUCCESSORS.get(option.name))


_SCALED: Final = re.compile(r"\s*([\d.]+)\s*([A-Za-z]*)\s*")
_FACTORS: Final = {
    "ms": {"": 1, "ms": 1, "s": 1000, "m": 60_000, "min": 60_000, "h": 3_600_000},
    "bytes": {
        "": 1,
        "B": 1,
        "KiB": 1024,
        "MiB": 1024**2,
        "GiB": 1024**3,
        "kB": 1000,
        "KB": 1000,
        "MB": 10**6,
    },
}


def _as_number(option: Option, value: OptionValue) -> str:
    """`100ms` and `1MB` in the option's own unit."""
    if isinstance(value, str) and (found := _SCALED.fullmatch(value)):
        factor = _FACTORS.get(option.unit or "", {"": 1}).get(found[2])
        if factor is not None and found[1].count(".") < 2 and found[1] != ".":
            return f"write {round(float(found[1]) * factor)}"
    return "write it without a fraction" if isinstance(value, float) else f"it may be {_range(option)}"


def _shown(value: OptionValue) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _kind_of(value: OptionValue) -> str:
    if isinstance(value, bool):
        return "a truth value"
    if isinstance(value, str):
        return "text"
    return "a number" if isinstance(value, int) else "a number with a fraction"


def _problem(name: str, fault: OptionFault, reason: str, remedy: str | None) -> OptionProblem:
    return OptionProblem(option=name, fault=fault, reason=reason, remedy=remedy)
