"""Reading a store of motifs: the frames of its renditions, and the warps that put them on one time."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from subsong.core.errors import SubsongError
from subsong.datasets.manifest import is_store_of, read_manifest_of
from subsong.datasets.motifs.aligning import MotifSong, read_motif_song
from subsong.datasets.motifs.reading import MotifReading
from subsong.datasets.motifs.times import WarpedTimes, compute_template_onset
from subsong.datasets.warps.files import StoredWarp, load_warp
from subsong.datasets.windows.frames import RegionFrames, load_frames

KIND = "motifs"
WARP_NAME = "warp"


class Motifs(NamedTuple):
    """A store of motifs, open for reading.

    Attributes
    ----------
    frames
        The spectrograms of its renditions; ``regions`` has ``motif_onset_s``, ``motif_offset_s`` and ``split``.
    alignment
        Their warps in the order of the regions, the template, and the time base, whose zero is the motif's onset.
    reading
        How they were read; ``warp`` is that of the alignment, also when it was fitted later.
    """

    frames: RegionFrames
    alignment: StoredWarp
    reading: MotifReading

    def read_song(self) -> MotifSong:
        """Return the renditions on their time base, which is what warps are fitted to."""
        return read_motif_song(self.frames, self.reading.kept_margin_s)

    def build_times(self, window_s: float, num_time_bins: int) -> WarpedTimes:
        """Return windows of the template's time, `window_s` long, with `num_time_bins` columns."""
        base, warp = self.alignment.time_base, self.alignment.fitted.warp
        onset_s = compute_template_onset(base, warp)
        return WarpedTimes(self.frames.regions, base, warp, onset_s, window_s, num_time_bins)


def load_motifs(path: str | Path) -> Motifs:
    """Open a store of motifs.

    Raises
    ------
    SubsongError
        When there is none, it is one of something else, or its warp is missing or of other renditions.
    """
    path = Path(path).expanduser()
    manifest = read_manifest_of(path, (KIND,))
    frames, alignment = load_frames(path), load_warp(path / WARP_NAME)
    num_warps = len(alignment.fitted.objective_N)
    if num_warps != len(frames):
        raise SubsongError(
            f"{path / WARP_NAME} holds {num_warps} warps, the dataset {len(frames)} renditions: align them again with "
            f"'subsong warp {path}'"
        )
    parameters = {name: value for name, value in manifest.parameters.items() if name in MotifReading.model_fields}
    reading = MotifReading.model_validate({**parameters, "warp": alignment.config})
    return Motifs(frames, alignment, reading)


def is_motif_store(path: str | Path) -> bool:
    """Whether the folder `path` is a store of motifs."""
    return is_store_of(path, KIND)
