"""All routes of the pages Make dataset, Train, Watch and Predict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from subsong.studio.context import StudioContext
from subsong.studio.work.bench import Bench
from subsong.studio.work.dataset_routes import build_dataset_routes
from subsong.studio.work.predict_routes import build_predict_routes
from subsong.studio.work.result_routes import build_result_routes
from subsong.studio.work.run_routes import build_run_routes
from subsong.studio.work.schema_routes import build_schema_routes
from subsong.studio.work.watch_routes import build_watch_routes

if TYPE_CHECKING:
    from starlette.routing import BaseRoute


def build_routes(context: StudioContext) -> list[BaseRoute]:
    """Return the routes of this part."""
    bench = Bench()
    return [
        *build_schema_routes(context, bench),
        *build_dataset_routes(context, bench),
        *build_run_routes(context, bench),
        *build_result_routes(context),
        *build_watch_routes(context),
        *build_predict_routes(context, bench),
    ]
