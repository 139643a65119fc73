"""AVA's spectrograms and checkpoints become stores and models of ours, and stores become AVA's files again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from subsong.core.errors import SubsongError
from subsong.datasets.syllables.dataset import load_syllables, read_reading
from subsong.inference.load import load_model
from subsong.inference.syllables import TrainedSyllableVae
from subsong.interop.ava.hdf5 import read_specs, write_columns
from subsong.interop.ava.models import VAE
from subsong.interop.ava.models.importing import import_ava_checkpoint
from subsong.interop.ava.preprocessing.preprocess import process_sylls
from subsong.interop.ava.stores import export_specs, import_specs
from subsong.recipes.prepare import prepare_syllables

from .files import COUNTS, make_specs
from .songs import FINCH, write_songs

SMALL = {**FINCH, "max_dur": 0.5, "num_freq_bins": 16, "num_time_bins": 16, "sylls_per_file": 2}


def write_parameters(folder: Path, changes: dict[str, Any] | None = None) -> Path:
    path = folder / "p.json"
    path.write_text(json.dumps({**FINCH, "max_dur": 0.5, **(changes or {})}))
    return path


def test_imported_spectrograms_are_those_prepared_from_the_recordings(tmp_path: Path) -> None:
    audio_dir, segment_dir = write_songs(tmp_path, num=3)
    process_sylls(audio_dir, segment_dir, tmp_path / "specs", SMALL, shuffle=False)
    import_specs(tmp_path / "specs", tmp_path / "store", write_parameters(tmp_path, SMALL))
    theirs, reading = load_syllables(tmp_path / "store"), read_reading(tmp_path / "store")
    values = {f"spectrogram.{name}": value for name, value in reading.spectrogram.model_dump().items()}
    settings = [f"{name}={json.dumps(value)}" for name, value in values.items()]
    prepare_syllables(audio_dir, tmp_path / "ours", "finch", [*settings, f"annotations={segment_dir}"])
    ours = load_syllables(tmp_path / "ours")
    assert [f"audio/{name}" for name in ours.items["source"]] == theirs.items["source"].to_list()
    assert ours.items.select("onset_s", "offset_s", "row").equals(theirs.items.select("onset_s", "offset_s", "row"))
    rows = np.arange(len(ours))
    np.testing.assert_allclose(ours.fetch(rows).input, theirs.fetch(rows).input, atol=2e-3)


def test_a_store_survives_the_way_to_ava_and_back(tmp_path: Path, spec_dirs: list[str]) -> None:
    parameters = write_parameters(tmp_path)
    import_specs(spec_dirs[0], tmp_path / "store", parameters)
    export_specs(tmp_path / "store", tmp_path / "specs")
    import_specs(tmp_path / "specs", tmp_path / "again", parameters)
    first, second = load_syllables(tmp_path / "store"), load_syllables(tmp_path / "again")
    assert len(first) == COUNTS[0] + COUNTS[1]
    assert first.items.equals(second.items)
    rows = np.arange(len(first))
    assert torch.equal(first.fetch(rows).input, second.fetch(rows).input)


def test_files_for_ava_hold_twenty_with_their_times(tmp_path: Path, spec_dirs: list[str]) -> None:
    folder = Path(spec_dirs[0]).parent.parent
    import_specs(folder, tmp_path / "store", write_parameters(tmp_path))
    assert export_specs(tmp_path / "store", tmp_path / "specs").num_files == 2
    content = read_specs(tmp_path / "specs" / "syllables_0000.hdf5")
    assert content.specs.shape == (20, 128, 128)
    assert content.specs.dtype == np.float64
    assert content.onsets is not None
    assert content.onsets[0] == 0.25
    with pytest.raises(SubsongError, match="is there: choose another folder, or overwrite it"):
        export_specs(tmp_path / "store", tmp_path / "specs")
    export_specs(tmp_path / "store", tmp_path / "specs", overwrite=True)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"specs": make_specs(0, 2)}, "does not say when its spectrograms begin"),
        ({"specs": make_specs(0, 2)[:, :64], "onsets": np.arange(2), "offsets": np.arange(2)}, "of 64 x 128"),
        ({"specs": make_specs(0, 2), "onsets": np.arange(2), "offsets": np.arange(3)}, "differ in length"),
        ({"specs": make_specs(0, 2) * 7, "onsets": np.arange(2), "offsets": np.arange(2)}, "expected AVA's, from 0 to"),
    ],
)
def test_files_that_do_not_fit_are_named(tmp_path: Path, columns: dict[str, np.ndarray], message: str) -> None:
    write_columns(tmp_path / "specs" / "a.hdf5", columns)
    with pytest.raises(SubsongError, match=rf"a\.hdf5.*{message}"):
        import_specs(tmp_path / "specs", tmp_path / "store", write_parameters(tmp_path))
    assert not (tmp_path / "store").exists()


def test_a_checkpoint_embeds_as_avas_model_does(tmp_path: Path, spec_dirs: list[str]) -> None:
    theirs = VAE(save_dir=tmp_path, z_dim=8, device_name="cpu")
    theirs.save_state("checkpoint_000.tar")
    parameters = write_parameters(tmp_path, {"model_precision": 20.0})
    import_ava_checkpoint(tmp_path / "checkpoint_000.tar", tmp_path / "model", parameters)
    import_specs(spec_dirs[0], tmp_path / "store", parameters, ["stored_as=float32"])
    model = load_model(tmp_path / "model", "cpu")
    assert isinstance(model, TrainedSyllableVae)
    syllables = model.read_syllables(tmp_path / "store")
    with torch.inference_mode():
        mean_BL, _, _ = theirs.eval().encode(syllables.fetch(np.arange(len(syllables))).input)
    np.testing.assert_allclose(model.embed(syllables), mean_BL.numpy(), atol=1e-5)


def test_a_checkpoint_with_parameters_of_other_pictures_is_refused(tmp_path: Path) -> None:
    parameters = write_parameters(tmp_path, SMALL)
    with pytest.raises(SubsongError, match="AVA's network takes 128 x 128"):
        import_ava_checkpoint(tmp_path / "checkpoint_000.tar", tmp_path / "model", parameters)
