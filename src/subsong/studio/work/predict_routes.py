"""Routes of predictions: models that annotate, what a prediction would be, starting one, and those there are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from subsong.core.config import ConfigBase
from subsong.core.errors import SubsongError
from subsong.projects.recordings import Recording
from subsong.studio.answers import answer_json, read_body
from subsong.studio.context import StudioContext
from subsong.studio.errors import NotFoundError
from subsong.studio.jobs.store import Job
from subsong.studio.work.bench import Bench
from subsong.studio.work.commands import write_command
from subsong.studio.work.forms import Problem, check_form
from subsong.studio.work.predictions import Prediction, Predictions, describe_prediction
from subsong.studio.work.runs import describe_runs, find_model
from subsong.studio.work.schema_routes import judge

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

_ANNOTATES = "song-segmenter"


class PredictBody(ConfigBase):
    """A prediction to be made."""

    run: str = Field("", description="Run of the project, or the path of a run or model folder.")
    which: Literal["all", "open"] = Field("open", description="All recordings, or those that are not done.")
    birds: tuple[str, ...] = Field((), description="Only of these birds; empty: of all.")
    folder: str | None = Field(None, description="Recordings elsewhere; null: those of the project.")
    values: dict[str, str] = Field({}, description="Settings of the decoding that were changed.")


def build_predict_routes(context: StudioContext, bench: Bench) -> list[BaseRoute]:
    """Return the routes of predictions."""
    from starlette.routing import Route

    predictions = Predictions(context)

    def list_all(request: Request) -> Response:
        predictions.take_over()
        models = [run for run in describe_runs(context.project.runs_dir) if _can_annotate(run)]
        shown = [
            describe_prediction(one, _find_job(context, one), predictions.find_found(one))
            for one in predictions.list_all()
        ]
        return answer_json({"models": models, "predictions": shown})

    def check(request: Request) -> Response:
        body = read_body(request, PredictBody)
        problems, model, folder = _find_places(context, body)
        if model is not None:
            problems += bench.call(check_form, "predict", body.values, str(model))
        arguments = predictions.describe_command(model or Path("RUN"), folder, body.values)
        num_recordings = len(_choose(context, body)) if folder is None else None
        return answer_json({**judge(problems, write_command(arguments)), "num_recordings": num_recordings})

    def start(request: Request) -> Response:
        body = read_body(request, PredictBody)
        problems, model, folder = _find_places(context, body)
        if problems or model is None:
            raise SubsongError(problems[0].message)
        if folder is not None:
            return answer_json(predictions.start_elsewhere(model, folder, body.values))
        chosen = _choose(context, body)
        if not chosen:
            raise SubsongError("no recording is left to annotate: all of those chosen are done")
        return answer_json(predictions.start(model, chosen, body.values))

    return [
        Route("/api/predict", list_all),
        Route("/api/predict", start, methods=["POST"]),
        Route("/api/predict/check", check, methods=["POST"]),
    ]


def _can_annotate(run: dict[str, object]) -> bool:
    return run["recipe"] == _ANNOTATES and bool(run["has_model"])


def _find_places(context: StudioContext, body: PredictBody) -> tuple[list[Problem], Path | None, Path | None]:
    """Return what is wrong, the model, and the folder of recordings elsewhere."""
    problems, model = [], None
    try:
        model = find_model(context, body.run)
    except SubsongError as error:
        problems.append(Problem("run", str(error) if body.run else "choose a model that annotates"))
    folder = None if body.folder is None else Path(body.folder).expanduser()
    if folder is not None and not folder.exists():
        problems.append(Problem("folder", f"{body.folder or 'nothing'} does not exist: expected recordings"))
    return problems, model, folder


def _choose(context: StudioContext, body: PredictBody) -> list[Recording]:
    chosen = [one for one in context.recordings().values() if not body.birds or one.bird in body.birds]
    if body.which == "all":
        return chosen
    return [one for one in chosen if not context.documents.load(one.name).is_done]


def _find_job(context: StudioContext, prediction: Prediction) -> Job | None:
    try:
        return context.jobs.read(prediction.job)
    except NotFoundError:
        return None
