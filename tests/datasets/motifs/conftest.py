"""One bird's songs of known motifs and warps, made once; and a store of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import pytest

from subsong.datasets.motifs.building import PreparedMotifs, build_motifs
from subsong.datasets.motifs.reading import MotifReading
from subsong.datasets.store_writing import WritingOptions
from subsong.synthesis.song import SongOptions, write_songs

SMALL: dict[str, Any] = {"num_freq_bins": 48, "frequency_axis": "mel"}
PIECEWISE = {"kind": "piecewise", "num_knots": 3, "num_iterations": 6}


class KnownMotifs(NamedTuple):
    """A folder of songs, the labels of their motif, and the truth of each rendition of it."""

    path: Path
    motif: str
    renditions: pl.DataFrame


def read(motif: str | None, **settings: Any) -> MotifReading:
    return MotifReading.model_validate({"motif": motif, "spectrogram": SMALL, **settings})


@pytest.fixture(scope="session")
def known(tmp_path_factory: pytest.TempPathFactory) -> KnownMotifs:
    folder = tmp_path_factory.mktemp("motif_songs")
    options = SongOptions(
        num_birds=1, num_days=1, num_songs=10, motif_fidelity=1.0, warp="piecewise", shift_spread_s=0.01,
        reverberation_s=0.0, directed_share=0.5,
    )  # fmt: skip
    renditions = write_songs(folder, options, seed=1).renditions.filter(phrase="motif")
    return KnownMotifs(folder, renditions["labels"][0], renditions)


@pytest.fixture(scope="session")
def prepared(known: KnownMotifs, tmp_path_factory: pytest.TempPathFactory) -> PreparedMotifs:
    reading = read(known.motif, warp=PIECEWISE)
    return build_motifs(known.path, tmp_path_factory.mktemp("store") / "motifs", reading, WritingOptions(num_workers=1))
