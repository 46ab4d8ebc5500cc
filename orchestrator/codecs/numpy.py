"""NumPy arrays, as the bytes of a `.npy` file: other languages have readers for it.

Source: NumPy, "A simple file format for NumPy arrays" (`numpy.lib.format`), versions 1.0, 2.0 and 3.0.
Arrays of Python objects are refused both ways: they would travel as a pickle.
"""

from __future__ import annotations

import ast
import math
from typing import Any, Final

import numpy as np

from orchestrator.codecs.base import DecodeError, EncodeError, Payload, brief, first_line, kind, preview
from orchestrator.vocabulary import CodecName

_MAGIC: Final = b"\x93NUMPY"
_LENGTH_BYTES: Final = {(1, 0): 2, (2, 0): 4, (3, 0): 4}
"""Version -> bytes of the header's length. In 3.0 the header is UTF-8, before that Latin-1."""
_KEYS: Final = {"descr", "fortran_order", "shape"}
_MAX_HEADER: Final = 10_000
"""As numpy.lib.format has it: a larger literal may crash Python's parser."""
_REMEMBERED: Final = 64
"""Headers that are remembered. A link carries few: reading one costs ten times the rest."""

_Form = tuple[Any, tuple[int, ...], bool]
"""dtype, shape, whether the first index runs fastest."""


class NumpyCodec:
    """Arrays both ways. What arrives lies in the payload and cannot be written to: `array.copy()` can."""

    name: str = CodecName.NUMPY
    zero_copy = True

    def __init__(self) -> None:
        self._written: dict[_Form, bytes] = {}
        self._read: dict[bytes, _Form] = {}

    def encode_parts(self, obj: Any) -> list[Payload]:
        if isinstance(obj, np.generic):
            obj = np.asarray(obj)
        if not isinstance(obj, np.ndarray):
            raise EncodeError(f"cannot send {kind(obj)} as a NumPy array: give a numpy.ndarray")
        if obj.dtype.hasobject:
            raise EncodeError(f"cannot send an array of {obj.dtype}: Python objects would need a pickle")
        fortran = bool(obj.flags.f_contiguous and not obj.flags.c_contiguous)
        array = obj.T if fortran else np.ascontiguousarray(obj)
        header = self._header((obj.dtype, obj.shape, fortran))
        # As bytes, because the buffer protocol knows no dates and no structures with gaps.
        return [header, array.reshape(-1).view(np.uint8).data] if array.nbytes else [header]

    def encode(self, obj: Any) -> bytes:
        return b"".join(self.encode_parts(obj))

    def decode(self, payload: Payload) -> Any:
        try:
            start = _header_end(payload)
            dtype, shape, fortran = self._form(bytes(payload[:start]))
            count = math.prod(shape)
            size, there = count * dtype.itemsize, len(payload) - start
            if size != there:
                raise ValueError(f"{count} of {dtype} take {size} bytes, and there are {there}")
            array = np.frombuffer(payload, dtype, count, start) if count else np.empty(0, dtype)
            array = array.reshape(shape, order="F" if fortran else "C")
        except (ValueError, TypeError, OverflowError, MemoryError) as error:
            raise DecodeError(f"not a NumPy array: {preview(payload)} ({first_line(error)})") from error
        array.flags.writeable = False  # the payload may lie in memory that others read as well
        return array

    def encode_nothing(self) -> bytes:
        return self.encode(np.empty(0, np.uint8))

    def _header(self, form: _Form) -> bytes:
        header = self._written.get(form)
        if header is None:
            if len(self._written) >= _REMEMBERED:
                self._written.clear()
            header = self._written[form] = _write_header(*form)
        return header

    def _form(self, header: bytes) -> _Form:
        form = self._read.get(header)
        if form is None:
            if len(self._read) >= _REMEMBERED:
                self._read.clear()
            form = self._read[header] = _read_header(header)
        return form


def _write_header(dtype: Any, shape: tuple[int, ...], fortran: bool) -> bytes:
    """As numpy.lib.format writes it: the data begins at a multiple of 64 bytes."""
    from numpy.lib.format import dtype_to_descr

    fields = {"descr": dtype_to_descr(dtype), "fortran_order": fortran, "shape": tuple(map(int, shape))}
    text = "{" + "".join(f"{key!r}: {value!r}, " for key, value in fields.items()) + "}"
    version, length = ((1, 0), 2) if text.isascii() and len(text) < 65_000 else ((3, 0), 4)
    body = text.encode()
    if len(body) > _MAX_HEADER:
        raise EncodeError(f"the array's dtype takes {len(body)} bytes, and {_MAX_HEADER} fit")
    front = len(_MAGIC) + 2 + length
    body += b" " * (-(front + len(body) + 1) % 64) + b"\n"
    return _MAGIC + bytes(version) + len(body).to_bytes(length, "little") + body


def _header_end(payload: Payload) -> int:
    """Where the data begins. Raises ValueError."""
    if bytes(payload[:6]) != _MAGIC:
        raise ValueError("it does not begin as a .npy file does")
    length = _LENGTH_BYTES.get(tuple(payload[6:8]))  # type: ignore[arg-type]
    if length is None:
        raise ValueError("a version of .npy that is not known")
    size = int.from_bytes(payload[8 : 8 + length], "little")
    if size > _MAX_HEADER + 64 or 8 + length + size > len(payload):
        raise ValueError(f"its header says that it has {size} bytes")
    return 8 + length + size


def _read_header(header: bytes) -> _Form:
    """Raises ValueError, TypeError, OverflowError, MemoryError: what Python's parser and NumPy raise."""
    from numpy.lib.format import descr_to_dtype

    length = _LENGTH_BYTES[header[6], header[7]]
    try:
        found = ast.literal_eval(str(header[8 + length :], "utf-8" if header[6] == 3 else "latin-1").strip())
    except (SyntaxError, RecursionError) as error:
        raise ValueError(f"its header is no dictionary: {first_line(error)}") from error
    if not isinstance(found, dict) or found.keys() != _KEYS:
        raise ValueError(f"its header is {brief(found)}")
    shape, fortran = found["shape"], found["fortran_order"]
    if not isinstance(shape, tuple) or not all(type(n) is int and n >= 0 for n in shape):
        raise ValueError(f"its shape is {brief(shape)}")
    if not isinstance(fortran, bool):
        raise ValueError(f"its fortran_order is {brief(fortran)}")
    try:
        dtype = descr_to_dtype(found["descr"])
    except (SyntaxError, KeyError, IndexError, AttributeError, RecursionError) as error:
        raise ValueError(f"its dtype is {brief(found['descr'])}") from error
    if dtype.hasobject:
        raise ValueError("it holds Python objects")
    return dtype, shape, fortran
