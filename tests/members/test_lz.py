"""Unpacking what LZ-String packed."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.members import lz
from bot.members.lz import ALPHABET, BadPacking, unpack
from tests.standins.vclaim import packed_by_lz

PACKED = {
    "": "Q",
    "a": "IZA",
    "Hello, world": "BIUwNmD2A0AEDukBOYAmQ",
    "aaaaaaaaaa": "IY1o",
    "猫é": "tTOEug",
    "Bu 😀 ya 😀😀": "EIVwBIvBuAB7YJ4IaStIA",
    '{"peserta":{"noKartu":"0001234567890","nama":"CONTOH","statusPeserta":{"kode":"0","keterangan":"AKTIF"}}}': (
        "N4IgDgpgzhBOAuBDEAuUA7A9gaUQgrqiAAykCMATAMwAsArAGwDsAHAJzEgA0I6iAtshQgAwgHkAcgBUxACW4goSePigAFaHCSpQAa0wATCEU49"
        "dEeHEToA5taIBBbFICSAMRABfb0A"
    ),
}
"""What the JavaScript library's `compressToEncodedURIComponent` makes of these texts."""


@pytest.mark.parametrize("text", PACKED)
def test_texts_that_the_library_packed(text: str) -> None:
    assert unpack(PACKED[text]) == text
    assert packed_by_lz(text) == PACKED[text]


@given(st.text())
def test_any_text(text: str) -> None:
    assert unpack(packed_by_lz(text)) == text


def test_a_plus_that_was_read_as_a_blank() -> None:
    packed = packed_by_lz("".join(map(chr, range(1, 300))))
    assert "+" in packed
    assert unpack(packed.replace("+", " ")) == unpack(packed)


@given(st.text(st.sampled_from(ALPHABET), max_size=200))
def test_whatever_comes_is_unpacked_or_refused(packed: str) -> None:
    with suppress(BadPacking):
        unpack(packed)


@pytest.mark.parametrize("packed", ["IZ", "I", "!", "IZA\n", "é", "$$$$", "EIVwBIvBuA"])
def test_what_is_cut_off_or_changed_is_refused(packed: str) -> None:
    with pytest.raises(BadPacking):
        unpack(packed)


def test_a_few_bytes_do_not_become_very_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lz, "LONGEST", 1000)
    assert len(unpack(packed_by_lz("a" * 1000))) == 1000
    with pytest.raises(BadPacking, match="too long"):
        unpack(packed_by_lz("a" * 1100))
