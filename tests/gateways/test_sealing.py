"""A sealed record opens unaltered, under its Redis key and purpose, and not otherwise."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.errors import SealBroken
from bot.gateways.sealing import KeyRing

OLD, NEW, OTHER = (KeyRing.new_key() for _ in range(3))
RING = KeyRing.parse(OLD)

texts = st.text(max_size=60)


@given(plaintext=st.binary(max_size=2000), key=texts, purpose=texts)
def test_a_sealed_record_opens(plaintext: bytes, key: str, purpose: str) -> None:
    sealed = RING.seal(plaintext, key=key, purpose=purpose)
    assert RING.open(sealed, key=key, purpose=purpose) == plaintext
    assert len(sealed) == len(plaintext) + 34
    assert sealed[:2] == b"v1"
    assert sealed[2:6].hex() == OLD[:8]


@given(plaintext=st.binary(max_size=100), data=st.data())
def test_a_flipped_bit_anywhere_is_detected(plaintext: bytes, data: st.DataObject) -> None:
    sealed = bytearray(RING.seal(plaintext, key="k", purpose="p"))
    sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(SealBroken):
        RING.open(bytes(sealed), key="k", purpose="p")


@given(data=st.data())
def test_a_truncated_or_extended_record_does_not_open(data: st.DataObject) -> None:
    sealed = RING.seal(b"plain", key="k", purpose="p")
    cut = sealed[: data.draw(st.integers(0, len(sealed) - 1))]
    longer = sealed + data.draw(st.binary(min_size=1, max_size=9))
    for broken in (cut, longer):
        with pytest.raises(SealBroken):
            RING.open(broken, key="k", purpose="p")


@given(places=st.lists(st.tuples(texts, texts), min_size=2, max_size=2, unique=True))
def test_a_record_opens_only_with_its_key_and_purpose(places: list[tuple[str, str]]) -> None:
    (key, purpose), (other_key, other_purpose) = places
    sealed = RING.seal(b"plain", key=key, purpose=purpose)
    with pytest.raises(SealBroken):
        RING.open(sealed, key=other_key, purpose=other_purpose)


def test_key_and_purpose_are_not_merely_joined() -> None:
    sealed = RING.seal(b"plain", key="ab", purpose="c")
    with pytest.raises(SealBroken):
        RING.open(sealed, key="a", purpose="bc")


@given(garbage=st.binary(max_size=80))
def test_garbage_does_not_open(garbage: bytes) -> None:
    for sealed in (garbage, b"v1" + bytes.fromhex(OLD[:8]) + garbage):
        with pytest.raises(SealBroken):
            RING.open(sealed, key="k", purpose="p")


def test_no_two_seals_are_the_same() -> None:
    assert len({RING.seal(b"same", key="k", purpose="p") for _ in range(100)}) == 100


def test_another_master_key_with_the_same_id_does_not_open() -> None:
    sealed = RING.seal(b"plain", key="k", purpose="p")
    for ring in (KeyRing.parse(OTHER), KeyRing.parse(OLD[:8] + OTHER[8:])):
        with pytest.raises(SealBroken):
            ring.open(sealed, key="k", purpose="p")


def test_the_first_key_seals_and_all_open() -> None:
    sealed = RING.seal(b"plain", key="k", purpose="p")
    rotated = KeyRing.parse(f"{NEW},{OLD}")
    assert rotated.open(sealed, key="k", purpose="p") == b"plain"
    assert not rotated.current(sealed)
    again = rotated.seal(b"plain", key="k", purpose="p")
    assert rotated.current(again)
    assert KeyRing.parse(NEW).open(again, key="k", purpose="p") == b"plain"


@pytest.mark.parametrize(
    "text", ["{a},{b}", " {a} , {b}\n", "{a}\n{b}\n", "{a},\n{b},", "\n {a}\t{b}="]
)
def test_a_ring_may_be_written_with_blanks_and_line_breaks(text: str) -> None:
    ring = KeyRing.parse(text.format(a=NEW, b=OLD))
    assert repr(ring) == f"KeyRing({NEW[:8]}, {OLD[:8]})"


def test_blanks_around_the_colon_are_ignored() -> None:
    assert repr(KeyRing.parse(OLD.replace(":", " : "))) == f"KeyRing({OLD[:8]})"


@pytest.mark.parametrize(
    "text",
    [
        "",
        " , ",
        OLD[9:],
        OLD[:-1],
        OLD + "A",
        OLD.replace(":", ""),
        "zz" + OLD[2:],
        OLD[1:],
        f"{OLD},{OLD}",
        f"{OLD},{NEW[:-2]}",
        f"{OLD[:9]}{base64.b64encode(bytes([255] * 32)).decode()}",
    ],
    ids=range(11),
)
def test_a_malformed_ring_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(ValueError, match="key") as caught:
        KeyRing.parse(text)
    assert OLD[9:20] not in repr(caught.value)
    assert caught.value.__cause__ is None
