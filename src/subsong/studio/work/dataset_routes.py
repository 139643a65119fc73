"""Routes of datasets: the list, what is in one, and making another."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from subsong.core.config import ConfigBase
from subsong.core.errors import SubsongError
from subsong.studio.answers import answer_json, read_body
from subsong.studio.context import StudioContext
from subsong.studio.work.bench import Bench
from subsong.studio.work.commands import Settings, build_prepare_arguments, write_command
from subsong.studio.work.datasets import choose_new, find_dataset, find_sheet, list_datasets
from subsong.studio.work.forms import Problem, check_form, inspect_dataset
from subsong.studio.work.project_song import SongFolder, name_song_folder, write_song_folder
from subsong.studio.work.schema_routes import judge

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute


class DatasetBody(ConfigBase):
    """A dataset to be made."""

    what: Literal["song", "syllables", "windows", "motifs"] = Field(description="Kind of dataset.")
    name: str = Field("", description="Of its folder.")
    values: dict[str, str] = Field({}, description="Settings that were changed.")
    preset: str | None = Field(None, description="Spectrogram settings to start from; not of song.")
    folder: str | None = Field(None, description="Recordings with annotations; null: those of the project.")
    birds: tuple[str, ...] = Field((), description="Only of these birds of the project; empty: of all.")
    least_score: float | None = Field(None, ge=0, le=1, description="Surer proposals count, too; null: none do.")


def build_dataset_routes(context: StudioContext, bench: Bench) -> list[BaseRoute]:
    """Return the routes of datasets."""
    from starlette.responses import FileResponse
    from starlette.routing import Route

    folder = context.project.datasets_dir

    def list_all(request: Request) -> Response:
        return answer_json({"datasets": list_datasets(folder)})

    def inspect(request: Request) -> Response:
        path = find_dataset(folder, request.path_params["name"])
        return answer_json({"text": bench.call(inspect_dataset, path), "path": path})

    def show_sheet(request: Request) -> Response:
        return FileResponse(find_sheet(find_dataset(folder, request.path_params["name"])))

    def check(request: Request) -> Response:
        body = read_body(request, DatasetBody)
        problems = [
            *_check_places(context, body),
            *bench.call(check_form, f"prepare-{body.what}", body.values, body.preset),
        ]
        song = None if body.folder else name_song_folder(_name_export(context, body), body.what, has_stretches=False)
        return answer_json(judge(problems, write_command(_build_arguments(context, body, song))))

    def make(request: Request) -> Response:
        body = read_body(request, DatasetBody)
        choose_new(folder, body.name)
        song = None
        if body.folder is None:
            export = _name_export(context, body)
            song = write_song_folder(context, export, body.what, body.birds, body.least_score)
        arguments = _build_arguments(context, body, song)
        return answer_json(context.jobs.start("prepare", f"Make the dataset {body.name}", arguments))

    return [
        Route("/api/datasets", list_all),
        Route("/api/datasets", make, methods=["POST"]),
        Route("/api/datasets/check", check, methods=["POST"]),
        Route("/api/datasets/{name}", inspect),
        Route("/api/datasets/{name}/sheet", show_sheet),
    ]


def _check_places(context: StudioContext, body: DatasetBody) -> list[Problem]:
    problems = []
    try:
        choose_new(context.project.datasets_dir, body.name or "unnamed")
    except SubsongError as error:
        problems.append(Problem("name", str(error)))
    if body.folder is not None and not Path(body.folder).expanduser().exists():
        problems.append(
            Problem("folder", f"{body.folder or 'nothing'} does not exist: expected a folder of recordings")
        )
    return problems


def _name_export(context: StudioContext, body: DatasetBody) -> Path:
    return context.project.studio_dir / "song" / (body.name or "NAME")


def _build_arguments(context: StudioContext, body: DatasetBody, song: SongFolder | None) -> list[str]:
    """Return what ``subsong`` is told: settings of the project first, and over them what was typed."""
    own: dict[str, str] = dict(song.settings) if song is not None else {}
    if song is not None and context.project.config.channel is not None:
        own["channel"] = str(context.project.config.channel)
    settings: Settings = {**own, **body.values}
    source = song.recordings if song is not None else Path(body.folder or "").expanduser()
    out = context.project.datasets_dir / (body.name or "NAME")
    preset = None if body.what == "song" else body.preset
    return build_prepare_arguments(body.what, source, out, settings, preset, song.within if song is not None else None)
