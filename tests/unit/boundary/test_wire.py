"""The format of the line: honest values cross unchanged, what cannot cross is refused in words, lies are WireErrors."""

from __future__ import annotations

import contextlib
import gc
import itertools
import math
import socket
import struct
import time as clock
from collections import OrderedDict, namedtuple
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, Flag, IntEnum
from fractions import Fraction
from typing import Any

import msgpack
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.boundary import kinds, tensors, wire
from autograder.boundary.channel import Channel
from autograder.boundary.decoding import decode
from autograder.boundary.encoding import encode


def no_export(value: object) -> msgpack.ExtType:
    raise TypeError(f"unexpected {value!r}")


def no_adopt(kind: int, number: int, name: str) -> object:
    if kind in (wire.MEMBER, wire.FRAME):
        return None
    raise AssertionError("unexpected reference")


def crossed(value: object) -> object:
    """What `value` is on the other side."""
    frame = bytearray(b"".join(encode([7, value], no_export)))
    control, blob = struct.unpack_from("<II", frame)
    assert len(frame) == 8 + control + blob
    return decode(frame[8:], control, no_adopt)[1]


def received(control: bytes, blob: bytes = b"") -> object:
    """What a frame with this body decodes to."""
    return decode(bytearray(control + blob), len(control), no_adopt)


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        0,
        -(2**63),
        2**64 - 1,
        2**64,
        -(2**200),
        10**400,
        1.5,
        -0.0,
        math.inf,
        1 + 2j,
        "",
        "größe \N{GREEK SMALL LETTER ALPHA}",
        b"",
        b"\x00\xff" * 5000,
        [],
        (),
        {},
        [1, (2, [3.0, None]), {"a": [True], 5: "x", (1, "b"): 2, None: 0, 1.5: 1}],
        list(range(50_000)),
        [0.5] * 50_000,
    ],
    ids=lambda value: repr(value)[:30],
)
def test_plain_values_cross_unchanged(value: object) -> None:
    """Value and type are the same on both sides."""
    there = crossed(value)
    assert there == value
    assert type(there) is type(value)


def test_negative_zero_keeps_its_sign_and_nan_stays_nan() -> None:
    """Floats cross by their bits."""
    assert math.copysign(1, crossed(-0.0)) == -1
    assert math.isnan(crossed(math.nan))


DTYPES = [getattr(torch, name) for name, _ in tensors.DTYPES]


def test_tensors_of_every_dtype_and_shape_cross() -> None:
    """dtype, shape and every element are kept, also without axes or elements."""
    for dtype, shape in itertools.product(DTYPES, [(), (0,), (3,), (2, 0, 4), (2, 3, 4)]):
        tensor = torch.arange(math.prod(shape)).reshape(shape).to(dtype)
        there = crossed(tensor)
        same = there.dtype is dtype and there.shape == tensor.shape and torch.equal(there, tensor)
        assert same, f"{dtype} of shape {shape} arrived as {there.dtype} of shape {tuple(there.shape)}"


@pytest.mark.parametrize("name", ["f2", "f4", "f8", ">f4", ">i8", "i1", "u2", "u4", "u8", "b1", "c8", "c16", "q", "l"])
def test_arrays_of_every_dtype_cross(name: str) -> None:
    """Arrays arrive as arrays, in the machine's byte order, and may be written to."""
    array = np.arange(6).reshape(2, 3).astype(name)
    there = crossed(array)
    assert isinstance(there, np.ndarray) and there.dtype == array.dtype.newbyteorder("=")
    assert np.array_equal(there, array)
    there[:] = 0


@pytest.mark.parametrize(
    "tensor",
    [
        torch.ones(()).expand(1),
        torch.ones(1).expand(5),
        torch.arange(6).reshape(2, 3).t(),
        torch.arange(10)[::3],
        torch.tensor([1 + 2j]).conj(),
        torch.tensor([1 + 2j]).conj().imag,
        torch.ones(3, requires_grad=True),
        torch.nn.Parameter(torch.ones(2)),
    ],
    ids=[
        "expanded 0-d",
        "expanded",
        "transposed",
        "strided",
        "conjugate",
        "negated view",
        "requires_grad",
        "Parameter",
    ],
)
def test_unusual_tensors_arrive_as_ordinary_ones(tensor: torch.Tensor) -> None:
    """Views, conjugates and parameters arrive as plain tensors with the same numbers."""
    there = crossed(tensor)
    assert type(there) is torch.Tensor and not there.requires_grad
    assert torch.equal(there, tensor.detach().resolve_conj().resolve_neg())


def test_inference_tensors_arrive_as_ordinary_ones() -> None:
    """What a function under inference_mode returned can be used freely."""
    with torch.inference_mode():
        tensor = torch.ones(3)
    crossed(tensor).add_(1)


def test_reversed_arrays_and_wide_floats_cross() -> None:
    """Negative strides are resolved; a long double becomes a double."""
    assert crossed(np.arange(4.0)[::-1]).tolist() == [3, 2, 1, 0]
    assert crossed(np.ones(2, dtype=np.longdouble)).dtype == np.float64


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (np.float32(1.5), 1.5),
        (np.float64(1.5), 1.5),
        (np.longdouble(1.5), 1.5),
        (np.int8(-3), -3),
        (np.uint64(2**64 - 1), 2**64 - 1),
        (np.bool_(True), True),
        (np.complex64(1j), 1j),
        (np.str_("x"), "x"),
        (type("Word", (str,), {"__str__": lambda self: "other"})("x"), "x"),
        (IntEnum("Colour", ["RED"]).RED, 1),
        (type("Steps", (int,), {"__pos__": lambda self: 99})(3), 3),
        (type("Volts", (float,), {"__pos__": lambda self: 99.0})(1.5), 1.5),
        (type("Turn", (complex,), {"imag": "x"})(2 + 1j), 2 + 1j),
        (namedtuple("Pair", "a b")(1, 2), (1, 2)),
        (OrderedDict(a=1), {"a": 1}),
        (torch.Size([2, 3]), (2, 3)),
        (range(3), [0, 1, 2]),
        (bytearray(b"x"), b"x"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_relatives_of_plain_types_arrive_plain(value: object, plain: object) -> None:
    """numpy's scalars and subclasses of plain types arrive as the plain type."""
    there = crossed(value)
    assert there == plain and type(there) is type(plain)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({(n,) for n in range(1_025)}, "a set of more"),
        (Decimal("1e20000"), "digits"),
        (np.zeros(1, dtype=[("a", "f4")]), "for each field"),
        (np.zeros(1, dtype=[("a", "f4")])[0], "for each field"),
        ([0] * 100_001, "use a tensor"),
        (dict.fromkeys(range(5000)), "too large"),
        ({frozenset(): 1}, "dict key"),
        ({2**70: 1}, "dict key"),
        (1 << 5000, "too large"),
        ("x" * (2 << 20), "too much"),
        (torch.zeros(1).expand(10**12), "too large"),
        (torch.zeros(2, device="meta"), "ordinary"),
        (torch.zeros(2, 2).to_sparse(), "ordinary"),
        (torch.zeros(2).to(torch.float8_e4m3fn), "use float32"),
        (torch.zeros([1] * 17), "axes"),
        ([torch.zeros(1)] * 10_001, "tensors"),
    ],
    ids=lambda value: repr(value[:20] if isinstance(value, list | str) else value)[:30],
)
@pytest.mark.filterwarnings("ignore:Sparse")
def test_what_cannot_cross_is_refused_in_words(value: object, words: str) -> None:
    """A refusal is a TypeError that says what to use instead."""
    with pytest.raises(wire.Refused, match=words):
        crossed(value)


def test_a_list_that_holds_itself_is_refused() -> None:
    """Depth is bounded."""
    own: list[object] = []
    own.append(own)
    with pytest.raises(wire.Refused, match="deep"):
        crossed(own)


def test_lone_surrogates_do_not_cross() -> None:
    """They could be written to no file."""
    assert crossed("a\ud800b") == "a?b"


def test_too_much_besides_tensors_is_refused_where_it_is_sent() -> None:
    """A megabyte of numbers and texts; tensors have their own, larger limit."""
    with pytest.raises(wire.Refused, match="too much to send at once"):
        encode([0, ["x" * 50] * 30_000], no_export)


def test_decoding_leaves_garbage_collection_as_it_was() -> None:
    """It rests while a frame is decoded, and starts again only if it was running."""
    frame = bytearray(b"".join(encode([1, 2], no_export)))
    for before in (gc.enable, gc.disable):
        before()
        running = gc.isenabled()
        decode(frame[8:], struct.unpack_from("<I", frame)[0], no_adopt)
        assert gc.isenabled() is running
    gc.enable()


def test_every_text_passes_through_the_receivers_filter() -> None:
    """Keys, items and names, at any depth."""
    seen: list[str] = []

    def note(text: str) -> str:
        seen.append(text)
        return text.upper()

    message: list[object] = [1, "a", ["b", {"c": ("d",)}], object()]
    frame = bytearray(b"".join(encode(message, lambda value: wire.reference(7, 5, "e"))))
    control = struct.unpack_from("<I", frame)[0]
    message = decode(frame[8:], control, lambda kind, number, name: (kind, number, name), note)
    assert message == [1, "A", ["B", {"C": ("D",)}], (7, 5, "E")]
    assert sorted(seen) == ["a", "b", "c", "d", "e"]


TENSOR, ARRAY, BYTES = 1, 2, 3


def tensor(code: int, shape: tuple[int, ...], size: int, kind: int = TENSOR) -> msgpack.ExtType:
    return msgpack.ExtType(kind, struct.pack(f"<BB{len(shape)}QI", code, len(shape), *shape, size))


@pytest.mark.parametrize(
    ("message", "blob"),
    [
        (5, b""),
        ([0], b""),
        ([0, "x"], b""),
        ([3, 1], b""),
        ([0, 1, {"a": 1}], b""),
        ([0, 1, [9, 1]], b""),
        ([0, 1, [2, 1]], b""),
        ([0, 1, [2, [0], 1]], b""),
        ([0, 1, []], b""),
        ([0, 1, msgpack.Timestamp(0)], b""),
        ([0, 1, msgpack.ExtType(99, b"")], b""),
        ([0, 1, msgpack.ExtType(BYTES, b"")], b""),
        ([0, 1, msgpack.ExtType(BYTES, struct.pack("<I", 9))], b"short"),
        ([0, 1], b"left over"),
        ([0, 1, tensor(0, (2,), 8)], b"1234567"),
        ([0, 1, tensor(0, (2,), 4)], b"1234"),
        ([0, 1, tensor(99, (1,), 4)], b"1234"),
        ([0, 1, tensor(0, (0, 1 << 62), 0)], b""),
        ([0, 1, tensor(0, (1,) * 17, 4)], b"1234"),
        ([0, 1, tensor(3, (1,), 2, kind=ARRAY)], b"12"),
    ],
    ids=str,
)
def test_a_malformed_frame_is_a_wire_error(message: object, blob: bytes) -> None:
    """Nothing but WireError comes out of the decoder, whatever goes in."""
    with pytest.raises(wire.WireError):
        received(msgpack.packb(message), blob)


def test_random_bytes_are_wire_errors_or_messages() -> None:
    """Ten thousand random bodies, and honest ones with a byte changed, raise nothing else."""
    rng = np.random.default_rng(0)
    honest = b"".join(encode([1, [torch.ones(2, 3), {"a": (1, 2.0, "x", 10**30)}]], no_export))
    control = struct.unpack_from("<I", honest)[0]
    for case in range(10_000):
        body = bytearray(honest[8:])
        if case % 2:
            body[rng.integers(len(body))] = rng.integers(256)
        else:
            body[:control] = rng.bytes(control)
        with contextlib.suppress(wire.WireError):
            decode(body, control, lambda kind, number, name: None)


def test_a_bool_tensor_holds_nothing_but_true_and_false() -> None:
    """A byte of 2 would be a bool that is neither, and fool a comparison of bytes."""
    there = received(msgpack.packb([0, 1, tensor(12, (3,), 3)]), b"\x02\xff\x00")[1]
    assert there.view(torch.uint8).tolist() == [1, 1, 0]


def pair() -> tuple[Channel, Channel]:
    ours, theirs = socket.socketpair()
    return tuple(Channel(end, export=no_export, adopt=no_adopt) for end in (ours, theirs))  # type: ignore[return-value]


def test_a_message_of_many_pieces_arrives_whole() -> None:
    """More of them than the kernel takes at once, and more bytes than the line holds; empty ones among them."""
    here, there = pair()
    tensors = [torch.full((number % 300,), float(number)) for number in range(3000)]
    with ThreadPoolExecutor(1) as pool:
        sent = pool.submit(here.send, [1, tensors])
        arrived = there.receive(clock.monotonic() + 60)[1]
        assert sent.result() == there.received + wire.HEADER.size
    here.close()
    there.close()
    assert all(torch.equal(one, other) for one, other in zip(arrived, tensors, strict=True))


def test_a_channel_carries_messages_both_ways() -> None:
    """Whole messages arrive, in order."""
    here, there = pair()
    here.send([1, "x"])
    here.send([2, torch.ones(2)])
    assert there.receive() == [1, "x"]
    assert there.receive()[1].tolist() == [1, 1]
    there.close()
    with pytest.raises(wire.PeerGone):
        here.receive()
    here.close()


def test_a_silent_or_deaf_peer_runs_into_the_deadline() -> None:
    """Neither receiving nor sending waits past it."""
    here, there = pair()
    with pytest.raises(wire.DeadlinePassed):
        here.receive(clock.monotonic() + 0.02)
    with pytest.raises(wire.DeadlinePassed):
        here.send([1, torch.zeros(5_000_000)], clock.monotonic() + 0.05)
    here.close()
    there.close()


def test_an_oversized_frame_is_refused_before_it_is_read() -> None:
    """The announced size alone is enough."""
    ours, theirs = socket.socketpair()
    here = Channel(ours, export=no_export, adopt=no_adopt)
    theirs.send(struct.pack("<II", 2 << 20, 0))
    with pytest.raises(wire.WireError, match="limit"):
        here.receive(clock.monotonic() + 1)
    here.close()
    theirs.close()


class Colour(Enum):
    """Its class stays on its own side."""

    RED = 1


KINDS: list[Any] = [
    set(), {1, "a", None, 1.5}, frozenset({(1, "b"), frozenset({2})}), [{1}, {"k": {2}}], {Fraction(1, 3), b"x", 2j},
    set(range(9_592)), Fraction(1, 3), Fraction(-7), Decimal("0.10"), Decimal("-1E+6"), Decimal("Infinity"),
    date(2024, 2, 29), time(12, 30, 1, 5), datetime(2024, 2, 29, 1, 2, 3, 4), datetime(2024, 1, 1, tzinfo=UTC),
    timedelta(days=-3, microseconds=7), int, ValueError, KeyError, np.float32, torch.float32, np.dtype("f8"),
    np.dtype("<M8[ns]"), np.datetime64("2020-01-01"), np.timedelta64(3, "s"), Fraction,
]  # fmt: skip


@pytest.mark.parametrize("value", KINDS, ids=range(len(KINDS)))  # the order in a set is another in each process
def test_other_kinds_cross_unchanged(value: object) -> None:
    """Value and type are the same on both sides."""
    there = crossed(value)
    assert there == value and type(there) is type(value)


def test_a_member_of_an_enum_crosses_by_name() -> None:
    """It equals the member of that name, and the other side's own member where there is one."""
    there = crossed(Colour.RED)
    assert there == Colour.RED and there == crossed(there) and hash(there) == hash(crossed(there))
    assert there != 1 and repr(there) == "Colour.RED"
    frame = bytearray(b"".join(encode([7, Colour.RED], no_export)))
    found = decode(frame[8:], struct.unpack_from("<I", frame)[0], lambda kind, number, name: (kind, name))
    assert found[1] == (wire.MEMBER, "Colour.RED")


def test_arrays_of_other_kinds_cross() -> None:
    """Texts, bytes, moments, objects and masks, with their shapes."""
    for array in (
        np.array([["a", "größe"], ["", "x"]]),
        np.array([b"ab", b"c"]),
        np.array(["2020-01-01", "NaT"], dtype="M8[D]"),
        np.array(["2020-01-01"], dtype=">M8[ns]"),
        np.array([[1, 2]], dtype="m8[s]"),
        np.array([None, "x", 1.5], dtype=object),
        np.empty((0, 2), dtype=object),
    ):
        there: Any = crossed(array)
        assert there.shape == array.shape and there.dtype.kind == array.dtype.kind
        assert there.astype(str).tolist() == array.astype(str).tolist()
    masked: Any = crossed(np.ma.MaskedArray([1.0, 2.0], mask=[True, False]))
    assert np.ma.getmaskarray(masked).tolist() == [True, False] and masked.data.tolist() == [1, 2]


def test_what_has_no_parts_stays_behind() -> None:
    """A class of one's own, a nameless flag, a record dtype."""
    flags = Flag("Flags", ["A", "B"])
    for value in (Colour, flags(0), np.dtype([("a", "f4")]), object()):
        with pytest.raises(TypeError, match="unexpected"):
            crossed(value)


def kind(number: int, *parts: object) -> list[object]:
    return [0, 1, [wire.KIND, number, *parts]]


@pytest.mark.parametrize(
    "message",
    [
        [0, 1, [wire.KIND]],
        [0, 1, [wire.KIND, "x"]],
        kind(99),
        kind(kinds.SET, [wire.LIST, 1]),
        kind(kinds.SET, *[[wire.TUPLE, n] for n in range(1_100)]),
        kind(kinds.FRACTION, 1, 0),
        kind(kinds.FRACTION, 1.5, 1),
        kind(kinds.DECIMAL, "1e99999999"),
        kind(kinds.DECIMAL, "sNaN"),
        kind(kinds.DECIMAL, "x" * 3_000),
        kind(kinds.DATE, "no date"),
        kind(kinds.DATE, 5),
        kind(kinds.DURATION, 1, 2.5, 3),
        kind(kinds.DURATION, 10**10, 0, 0),
        kind(kinds.ENUM, "A"),
        kind(kinds.CLASS, "os.system"),
        kind(kinds.CLASS, "SystemExit"),
        kind(kinds.DTYPE, "O8"),
        kind(kinds.TEXTS, [wire.LIST, 2], False, [wire.LIST, "a"]),
        kind(kinds.TEXTS, [wire.LIST, 2], False, [wire.LIST, 1, 2]),
        kind(kinds.TEXTS, [wire.LIST, 300], False, [wire.LIST, "x" * 500_000, *["y"] * 299]),
        kind(kinds.MOMENTS, "<M8[ns]", [wire.LIST, 1], False),
        kind(kinds.MOMENTS, "<f8", [wire.LIST, 1], False),
        kind(kinds.OBJECTS, [wire.LIST, 1 << 40], [wire.LIST]),
        kind(kinds.OBJECTS, [wire.LIST, 1], 5),
        kind(kinds.MASKED, 1, 2),
        kind(kinds.SERIES, [wire.LIST], 1, 1),
        kind(kinds.FRAME, 1, 2, 3),
    ],
    ids=lambda message: repr(message)[:60],
)
def test_a_lie_about_a_kind_is_a_wire_error(message: object) -> None:
    """Names are looked up in our own tables, sizes are bounded, and whatever is raised is the sender's fault."""
    with pytest.raises(wire.WireError):
        received(msgpack.packb(message))


_LEAVES = (
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text(max_size=8)
    | st.fractions() | st.decimals(allow_nan=False, min_value=-10**6, max_value=10**6) | st.dates() | st.datetimes()
    | st.timedeltas() | st.binary(max_size=4)
)  # fmt: skip
_VALUES = st.recursive(
    _LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.sets(st.integers() | st.text(max_size=3), max_size=4)
        | st.frozensets(st.fractions(), max_size=3)
        | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(_VALUES)
def test_any_value_of_these_kinds_crosses_unchanged(value: object) -> None:
    """Whatever hypothesis puts together."""
    there = crossed(value)
    assert there == value and type(there) is type(value)


_RAW = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.text(max_size=12),
    lambda inner: (
        st.tuples(st.integers(0, 4), st.lists(inner, max_size=5)).map(lambda pair: [pair[0], *pair[1]])
        | st.tuples(st.just(wire.KIND), st.integers(0, 19), st.lists(inner, max_size=4)).map(
            lambda triple: [triple[0], triple[1], *triple[2]]
        )
    ),
    max_leaves=20,
)


@settings(max_examples=500, deadline=None)
@given(_RAW)
def test_any_tree_of_kinds_is_a_message_or_a_wire_error(tree: object) -> None:
    """Nothing but WireError comes out of the decoder, whatever the parts are."""
    body = msgpack.packb([0, 1, tree])
    with contextlib.suppress(wire.WireError):
        decode(bytearray(body), len(body), lambda kind, number, name: None)
