"""Routes of predictions: models that annotate, what a prediction would be, starting one, and those there are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field

from subsong.core.errors import SubsongError
from subsong.studio.answers import answer_json, read_body
from subsong.studio.context import StudioContext
from subsong.studio.errors import NotFoundError
from subsong.studio.jobs.store import Job
from subsong.studio.work.bench import Bench
from subsong.studio.work.choosing import RecordingChoice, choose_recordings
from subsong.studio.work.commands import build_predict_arguments, write_command
from subsong.studio.work.forms import Problem, check_form
from subsong.studio.work.predictions import Prediction, Predictions, describe_prediction
from subsong.studio.work.runs import describe_runs, find_model
from subsong.studio.work.schema_routes import judge

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

_ANNOTATES = "song-segmenter"
_OUT = Path("annotations")


class PredictBody(RecordingChoice):
    """A prediction to be made."""

    run: str = Field("", description="Run of the project, or the path of a run or model folder.")
    values: dict[str, str] = Field({}, description="Settings of the decoding that were changed.")


def build_predict_routes(context: StudioContext, bench: Bench) -> list[BaseRoute]:
    """Return the routes of predictions."""
    from starlette.routing import Route

    predictions = Predictions(context)

    def list_all(request: Request) -> Response:
        predictions.take_over()
        models = [run for run in describe_runs(context.project.runs_dir) if _can_annotate(run)]
        shown = [describe_prediction(one, _find_job(context, one)) for one in predictions.list_all()]
        return answer_json({"models": models, "predictions": shown})

    def check(request: Request) -> Response:
        body = read_body(request, PredictBody)
        problems, model = _find_model(context, body)
        chosen = choose_recordings(context, body)
        if model is not None:
            problems += bench.call(check_form, "predict", body.values, str(model))
        arguments = predictions.describe_command(model or Path("RUN"), body.values)
        if chosen.elsewhere is not None:
            # What the studio does not reach, a person may annotate from the command line all the same.
            arguments = build_predict_arguments(model or Path("RUN"), [chosen.elsewhere], _OUT, body.values)
        answer = judge([*problems, *chosen.problems], write_command(arguments))
        return answer_json({**answer, "num_recordings": len(chosen.recordings)})

    def start(request: Request) -> Response:
        body = read_body(request, PredictBody)
        problems, model = _find_model(context, body)
        chosen = choose_recordings(context, body)
        problems += chosen.problems
        if problems or model is None:
            raise SubsongError(problems[0].message)
        return answer_json(predictions.start(model, chosen.recordings, body.values))

    return [
        Route("/api/predict", list_all),
        Route("/api/predict", start, methods=["POST"]),
        Route("/api/predict/check", check, methods=["POST"]),
    ]


def _can_annotate(run: dict[str, object]) -> bool:
    return run["recipe"] == _ANNOTATES and bool(run["has_model"])


def _find_model(context: StudioContext, body: PredictBody) -> tuple[list[Problem], Path | None]:
    """Return what is wrong with the model, and where it is."""
    try:
        return [], find_model(context, body.run)
    except SubsongError as error:
        return [Problem("run", str(error) if body.run else "choose a model that annotates")], None


def _find_job(context: StudioContext, prediction: Prediction) -> Job | None:
    try:
        return context.jobs.read(prediction.job)
    except NotFoundError:
        return None
