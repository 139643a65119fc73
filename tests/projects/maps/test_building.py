"""Maps in folders: of syllables, windows, checklists and pictures, whole or not at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.inference.sliding import make_colony
from tests.projects.made_project import make_project

from subsong.core.errors import SubsongError
from subsong.core.files import read_json, write_json
from subsong.inference.projection import load_projection
from subsong.projects.maps import layout
from subsong.projects.maps.building import MapOptions, build_map, find_project
from subsong.projects.maps.folder import IMAGES_NAME, MAP_NAME, PROJECTION_DIR, MapFolder, load_map
from subsong.projects.project import Project

from .made_models import Made, make_digits, make_lists, make_poses, make_syllables

PCA = MapOptions(kind="pca")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return make_project(tmp_path_factory.mktemp("project"), annotated=2)


@pytest.fixture(scope="module")
def syllables(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Made:
    return make_syllables(project.recordings_dir, tmp_path_factory.mktemp("syllables"))


@pytest.fixture(scope="module")
def syllable_map(project: Project, syllables: Made) -> MapFolder:
    return build_map(project, *syllables, project.maps_dir / "all", PCA)


def get_kinds(made: MapFolder) -> dict[str, str]:
    return {column.name: column.kind for column in made.description.columns}


def test_a_map_of_syllables_says_where_each_sound_is_and_whose(syllable_map: MapFolder, project: Project) -> None:
    items, described = syllable_map.items, syllable_map.description
    assert described.kind == "syllables"
    assert described.noun == "syllable"
    assert described.has_sound
    assert items.columns[:8] == ["x", "y", "recording", "channel", "onset_s", "offset_s", "label", "bird"]
    assert items["x"].dtype == items["y"].dtype == pl.Float32
    truth = pl.read_csv(project.recordings_dir / "segments.csv")
    assert items["recording"].to_list() == truth["audio_file"].to_list()
    assert items["onset_s"].to_list() == pytest.approx(truth["onset_s"].to_list())
    assert set(items["bird"]) == {"bird1", "bird2"}
    assert get_kinds(syllable_map) | {"bird": "category", "onset_s": "number"} == get_kinds(syllable_map)


def test_a_map_is_what_was_built_when_it_is_opened_again(syllable_map: MapFolder) -> None:
    again = load_map(syllable_map.path)
    assert again.description == syllable_map.description
    assert again.items.equals(syllable_map.items)
    assert np.array_equal(again.images, syllable_map.images)
    described = read_json(syllable_map.path / MAP_NAME)
    assert described["format"] == "subsong-map-1"
    assert described["image"] == {"file": "images.npy", "height": 16, "width": 16, "channels": 1}


def test_pictures_are_upright(syllable_map: MapFolder, syllables: Made) -> None:
    stored = np.load(next(syllables.data.glob("x-*.npy")))
    assert syllable_map.images is not None
    assert np.array_equal(syllable_map.images[0], (stored[0][::-1].astype(np.float32) * 255).round().astype(np.uint8))


def test_high_pictures_shrink(project: Project, syllables: Made, tmp_path: Path) -> None:
    made = build_map(project, *syllables, tmp_path / "map", PCA._replace(image_height=8))
    assert made.images is not None
    assert made.images.shape == (len(made.items), 8, 8)


def test_new_sounds_can_be_placed_on_a_map(syllable_map: MapFolder, syllables: Made, tmp_path: Path) -> None:
    projection = load_projection(syllable_map.path / PROJECTION_DIR)
    assert projection.coordinates == pytest.approx(syllable_map.items.select("x", "y").to_numpy(), abs=1e-4)
    onto = build_map(None, *syllables, tmp_path / "map", MapOptions(onto=syllable_map.path / PROJECTION_DIR))
    assert onto.items.select("x", "y").to_numpy() == pytest.approx(projection.coordinates, abs=1e-4)


def test_further_columns_replace_those_of_their_name_and_colour_the_map(
    project: Project, syllables: Made, syllable_map: MapFolder, tmp_path: Path
) -> None:
    num = len(syllable_map.items)
    more = pl.DataFrame({"cluster": ["bird1:A"] * num, "label": ["new"] * num})
    made = build_map(project, *syllables, tmp_path / "map", PCA, more)
    assert made.description.colour_by == "cluster"
    assert set(made.items["label"]) == {"new"}


def test_a_layout_that_was_kept_is_drawn_as_it_is(syllables: Made, syllable_map: MapFolder, tmp_path: Path) -> None:
    codes = np.random.default_rng(0).normal(size=(len(syllable_map.items), 3))
    layout.save_layout(layout.lay_out(codes, "sound", "pca", None, 0), tmp_path / "layout")
    kept = layout.load_layout(tmp_path / "layout")
    made = build_map(None, *syllables, tmp_path / "map", layout=kept)
    assert made.items.select("x", "y").to_numpy() == pytest.approx(kept.coordinates_N2)
    assert made.description.subtitle == kept.said == f"Principal components of {len(codes)} sounds"
    np.save(tmp_path / "layout" / "places.npy", kept.coordinates_N2[:2])
    with pytest.raises(SubsongError, match="the layout 2 rows"):
        build_map(None, *syllables, tmp_path / "map", layout=layout.load_layout(tmp_path / "layout"))
    (tmp_path / "layout" / "places.npy").write_bytes(b"torn")
    with pytest.raises(SubsongError, match="the layout is damaged"):
        layout.load_layout(tmp_path / "layout")


@pytest.mark.parametrize(
    ("options", "rows", "said"),
    [(PCA._replace(colour_by="labell"), None, "did you mean 'label'"), (PCA, 2, "the further columns 2 rows")],
)
def test_columns_that_do_not_fit_are_named_and_nothing_is_written(
    syllables: Made, tmp_path: Path, options: MapOptions, rows: int | None, said: str
) -> None:
    more = None if rows is None else pl.DataFrame({"cluster": ["A"] * rows})
    with pytest.raises(SubsongError, match=said):
        build_map(None, *syllables, tmp_path / "map", options, more)
    assert list(tmp_path.iterdir()) == []


def test_nothing_but_a_map_is_replaced(syllables: Made, tmp_path: Path) -> None:
    (tmp_path / "map").mkdir()
    (tmp_path / "map" / "thesis.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(SubsongError, match="something else than a map"):
        build_map(None, *syllables, tmp_path / "map", PCA)
    assert (tmp_path / "map" / "thesis.txt").read_text(encoding="utf-8") == "mine"


def test_without_a_project_the_bird_is_the_individual_and_a_store_is_silent(syllables: Made, tmp_path: Path) -> None:
    made = build_map(None, *syllables, tmp_path / "map", PCA)
    assert set(made.items["bird"]) == {"bird1", "bird2"}
    assert not made.description.has_sound


def test_recordings_of_a_part_of_a_project_have_their_names_in_it(
    project: Project, syllables: Made, tmp_path: Path
) -> None:
    day = project.recordings_dir / "bird1"
    for file in sorted(day.rglob("*.wav"))[:1]:
        file.with_suffix(".csv").write_text("onset_s,offset_s,label\n0.3,0.35,a\n0.4,0.45,b\n", encoding="utf-8")
    made = build_map(project, syllables.model, day, tmp_path / "map", PCA)
    for file in day.rglob("*.csv"):
        file.unlink()
    assert set(made.items["recording"]) == {"bird1/day01/bird1_day01_song001.wav"}
    assert set(made.items["bird"]) == {"bird1"}
    assert made.description.has_sound


def test_a_map_of_windows_holds_trajectories(tmp_path: Path) -> None:
    colony = make_colony(tmp_path, num_songs=2)
    made = build_map(None, colony.model, colony.windows, tmp_path / "map", PCA._replace(recordings=colony.songs))
    assert made.description.kind == "windows"
    assert made.description.path_column == "trajectory"
    assert made.description.has_sound
    steps = made.items.select(pl.col("onset_s").diff().over("trajectory")).to_series().drop_nulls()
    assert steps.min() == pytest.approx(0.02, abs=0.005)
    assert (
        made.items.group_by("trajectory").agg(pl.col("recording").n_unique())["recording"].to_list()
        == [1] * made.items["trajectory"].n_unique()
    )


def test_a_map_of_checklists_names_the_species_of_each_list(tmp_path: Path) -> None:
    made = build_map(None, *make_lists(tmp_path), tmp_path / "map", PCA)
    assert made.description.kind == "checklists"
    assert made.description.noun == "list"
    assert made.images is None
    assert not made.description.has_sound
    counted = [0 if not names else names.count(", ") + 1 for names in made.items["species"]]
    assert counted == made.items["num_species"].to_list()
    assert "label" not in made.items.columns


def test_a_map_of_pictures_shows_them_as_they_are(tmp_path: Path) -> None:
    from PIL import Image

    digits = make_digits(tmp_path)
    made = build_map(None, *digits, tmp_path / "map", PCA)
    first = np.asarray(Image.open(digits.data / "00.png"))
    assert made.description.kind == "pictures"
    assert made.images is not None
    assert np.array_equal(made.images[0], first)


def test_a_map_of_posed_figures_shows_each_in_its_colours(tmp_path: Path) -> None:
    figures = make_poses(tmp_path)
    made = build_map(None, *figures, tmp_path / "map", PCA)
    assert made.description.kind == "pictures"
    assert made.description.colour_by == "identity"
    assert made.description.image is not None
    assert made.description.image.channels == 3
    assert made.images is not None
    assert made.images.shape == (12, 16, 16, 3)


def test_of_very_many_points_a_sample_is_laid_out_and_the_map_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(layout, "MAX_LAID_OUT", 8)
    latents = np.random.default_rng(0).normal(size=(20, 3))
    made = layout.lay_out(latents, "list", "tsne", None, 0)
    assert made.coordinates_N2.shape == (20, 2)
    assert len(made.projection.latents) == 8
    assert "a random sample of 8 of 20 lists" in made.said


def test_a_model_without_a_code_is_refused(syllables: Made, tmp_path: Path) -> None:
    with pytest.raises(SubsongError, match="model"):
        build_map(None, tmp_path, syllables.data, tmp_path / "map")


def test_the_project_of_a_map_is_found_by_where_it_lies(project: Project, tmp_path: Path) -> None:
    found = find_project(project.maps_dir / "new")
    assert found is not None
    assert found.path == project.path
    assert find_project(tmp_path / "new") is None


@pytest.mark.parametrize("damage", ["format", "picture", "rows"])
def test_a_damaged_map_is_refused_with_its_name(syllable_map: MapFolder, tmp_path: Path, damage: str) -> None:
    import shutil

    path = tmp_path / "map"
    shutil.copytree(syllable_map.path, path)
    described = read_json(path / MAP_NAME)
    if damage == "format":
        write_json(path / MAP_NAME, {**described, "format": "subsong-map-9"})
    elif damage == "rows":
        write_json(path / MAP_NAME, {**described, "num_items": 3})
    else:
        (path / IMAGES_NAME).write_bytes(b"no picture")
    with pytest.raises(SubsongError, match=str(path)):
        load_map(path)


def test_a_folder_that_is_no_map_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SubsongError, match="is no map"):
        load_map(tmp_path)
