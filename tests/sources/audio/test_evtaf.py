"""EvTAF recordings and the .rec files they cannot do without."""

from __future__ import annotations

import numpy as np
import pytest

from subsong.core.errors import SubsongError
from subsong.sources.audio import read_audio, read_audio_info
from subsong.sources.audio.evtaf import read_evtaf_header

from .sounds import make_integers, write_cbin


def test_big_endian_interleaved_samples_are_read(tmp_path):
    values_TC = make_integers(500, 2)
    path = write_cbin(tmp_path / "bird.138.cbin", values_TC)
    assert read_audio_info(path) == (path, 32_000, 2, 500, "int16", 32768.0)
    np.testing.assert_array_equal(read_audio(path, 1).samples, values_TC[:, 1] / np.float32(32768))


def test_a_real_header_is_read(real_data):
    paths = sorted((real_data / "bengalese_finch_sober" / "raw_evtaf_sample").glob("*.rec"))
    assert read_evtaf_header(paths[0]) == (32_000, 2, 482_631)


def test_a_missing_header_is_named(tmp_path):
    path = write_cbin(tmp_path / "a.cbin", make_integers(500, 2))
    path.with_suffix(".rec").unlink()
    with pytest.raises(SubsongError, match=r"a\.cbin cannot be read without a\.rec"):
        read_audio(path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"Samples": 499}, r"a\.cbin has 2000 bytes, but a\.rec says 2 channels of 499 samples, which are 1996 bytes"),
        ({"Chans": 3}, "which are 3000 bytes"),
        ({"Chans": None}, r"a\.rec has no line 'Chans = \.\.\.'"),
        ({"ADFREQ": "fast"}, "says ADFREQ = fast: expected a whole number above 0"),
        ({"Chans": 0}, "says Chans = 0"),
    ],
)
def test_a_header_that_contradicts_the_file_is_an_error(tmp_path, changes, message):
    path = write_cbin(tmp_path / "a.cbin", make_integers(500, 2), **changes)
    with pytest.raises(SubsongError, match=message):
        read_audio(path)


def test_a_recording_cut_short_is_an_error(tmp_path):
    path = write_cbin(tmp_path / "a.cbin", make_integers(500, 2))
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(SubsongError, match="copy both files again"):
        read_audio(path)
