"""The report of a project: one page without a network, figures and tables beside it."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.projects.made_project import make_project

from subsong.core.files import write_json
from subsong.projects.maps.folder import MapColumn, MapDescription, MapImage
from subsong.projects.project import Project, open_project
from subsong.projects.recordings import Recording, list_recordings
from subsong.projects.results import figures
from subsong.projects.results.report import ProjectResults, write_project_report
from subsong.sources.annotations.table import build_annotations


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return make_project(tmp_path_factory.mktemp("project"), name="<b>Colony</b>")


@pytest.fixture(scope="module")
def truth(project: Project) -> pl.DataFrame:
    table = pl.read_csv(project.path / "truth" / "segments.csv")
    columns = {name: table[name] for name in ("onset_s", "offset_s", "label")}
    return build_annotations(recording=table["audio_file"], **columns)


@pytest.fixture(scope="module")
def recordings(project: Project) -> list[Recording]:
    return list_recordings(project)


@pytest.fixture(scope="module")
def results(project: Project, truth: pl.DataFrame, recordings: list[Recording]) -> ProjectResults:
    """Return what a project found that knows all: the true segments, and types that are the true ones."""
    is_first = pl.col("recording").str.contains("song001")
    embedding = truth.with_columns(bird=pl.col("recording").str.slice(0, 5)).with_columns(
        cluster=pl.format("{}:{}", "bird", "label"), x=pl.col("onset_s"), y=pl.col("offset_s")
    )
    first = [one.name for one in recordings if "song001" in one.name]
    return ProjectResults(
        truth.filter(is_first),
        truth.filter(~is_first).with_columns(score=pl.lit(0.7)),
        annotated=first,
        embedding=embedding.drop("annotator", "score"),
        map_path=write_map(project.maps_dir / "syllables", len(truth)),
        left_out={recordings[1].name: "it is <silent>"},
        truth=truth,
    )


def write_map(path: Path, num_items: int) -> Path:
    """Write a map of pictures without anything else."""
    path.mkdir(parents=True)
    images = np.random.default_rng(0).integers(0, 255, (num_items, 8, 8)).astype(np.uint8)
    np.save(path / "images.npy", images)
    pl.DataFrame({"x": [0.0] * num_items, "y": 0.0, "label": "a"}).write_parquet(path / "items.parquet")
    described = MapDescription(
        kind="syllables",
        title="",
        noun="syllable",
        num_items=num_items,
        columns=(MapColumn(name="label", kind="category"),),
        image=MapImage(height=8, width=8, channels=1),
    )
    write_json(path / "map.json", described.model_dump(mode="json"))
    return path


@pytest.fixture(scope="module")
def page(project: Project, recordings: list[Recording], results: ProjectResults) -> str:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(figures, "MAX_BIRDS", 1)
        return write_project_report(project, recordings, results).read_text(encoding="utf-8")


def test_of_too_many_birds_the_first_are_drawn_and_the_page_says_so(page: str) -> None:
    assert "Figures are of the first 1 of 2 birds" in page
    assert ">bird2</h2>" not in page


def test_the_page_is_in_the_project_and_fetches_and_runs_nothing(page: str, project: Project) -> None:
    assert project.report_path.is_file()
    assert "<script" not in page
    assert not re.search(r"(src|href)=\"(?!#|data:)", page)


def test_names_of_people_are_text(page: str) -> None:
    assert "&lt;b&gt;Colony&lt;/b&gt;" in page
    assert "it is &lt;silent&gt;" in page
    assert "<silent>" not in page


@pytest.mark.parametrize(
    "heading",
    [
        "What to do next",
        "Birds",
        "Against the truth",
        "Types",
        "All birds",
        "bird1",
        "What was left out",
        "Files",
    ],
)
def test_each_part_has_a_heading(page: str, heading: str) -> None:
    assert f">{heading}</h2>" in page


def test_scores_stand_at_the_top_and_say_how_good_it_is(page: str) -> None:
    first = page[: page.index(">What to do next</h2>")]
    for name in ("F1 at 10 ms", "types and truth"):
        key = first[first.index(f"<dt>{name}</dt>") :]
        assert ">1.000<" in key[:120]


def test_the_next_commands_can_be_copied(page: str, project: Project) -> None:
    assert f"<code>subsong studio {project.path}</code>" in page
    assert f"<code>subsong run {project.path}</code>" in page


def test_every_figure_is_kept_as_png_and_pdf_and_every_table_as_csv(page: str, project: Project) -> None:
    names = {file.stem for file in project.figures_dir.glob("*.png")}
    assert names == {file.stem for file in project.figures_dir.glob("*.pdf")}
    assert {"map_birds", "bird1_types", "bird1_transitions", "bird1_durations", "bird1_map_types"} <= names
    assert page.count("<figure") == len(names)
    tables = {file.stem for file in (project.path / "tables").glob("*.csv")}
    assert tables == {"recordings", "birds", "types", "transitions", "scores", "cluster_scores"}


def test_a_project_in_which_nothing_was_found_yet_has_a_report_too(
    tmp_path: Path, truth: pl.DataFrame, recordings: list[Recording]
) -> None:
    (tmp_path / "project.yaml").write_text(f"recordings: {recordings[0].path.parents[2]}\n", encoding="utf-8")
    empty = open_project(tmp_path)
    results = ProjectResults(truth.head(0), truth.head(0), warnings=("nothing was found",))
    page = write_project_report(empty, recordings, results).read_text(encoding="utf-8")
    assert "Nobody annotated bird1" in page
    assert "nothing was found" in page
    assert "<figure" not in page


def test_a_recording_that_is_gone_costs_its_picture_alone(
    tmp_path: Path, truth: pl.DataFrame, recordings: list[Recording]
) -> None:
    gone = [one._replace(path=tmp_path / one.name) for one in recordings]
    (tmp_path / "project.yaml").write_text(f"recordings: {recordings[0].path.parents[2]}\n", encoding="utf-8")
    empty = open_project(tmp_path)
    page = write_project_report(empty, gone, ProjectResults(truth, truth.head(0))).read_text(encoding="utf-8")
    assert "0.0 minutes" in page
