"""Routes of one run as it trains: its metrics, a stream of what is new, and its figures."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field

from subsong.core.config import ConfigBase
from subsong.core.errors import SubsongError
from subsong.studio.answers import answer_json, read_query
from subsong.studio.context import StudioContext
from subsong.studio.errors import NotFoundError
from subsong.studio.work.runs import find_run
from subsong.studio.work.watching import RunReader, list_figures
from subsong.training.run_folder import RunFolder

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

_POLL_S, _BEAT_S = 0.5, 10.0
_BEAT = b": beat\n\n"


class MetricsQuery(ConfigBase):
    """From where on metrics are read."""

    since: int = Field(0, ge=0, description="Bytes that are known already.")


class FigureQuery(ConfigBase):
    """Which figure."""

    file: str = Field(description="Name of the file in the run's folder of figures.")
    at: float | None = Field(None, description="When it was drawn, by which a browser knows it from an older one.")


class RunStream:
    """What is new in a run, as server-sent events: ``metrics``, ``standing``, ``figures``, and in the end ``end``.

    Parameters
    ----------
    run
        The run folder.
    """

    def __init__(self, run: RunFolder) -> None:
        self._run, self._reader = run, RunReader(run)
        self._told: dict[str, bytes] = {}
        self.is_over = False

    def read(self) -> list[bytes]:
        """Return the events since the last call."""
        events = list(self._read_metrics())
        try:
            standing = self._reader.read_standing()
        except SubsongError as error:
            # A file that is being written; if it is damaged, the page says so and goes on.
            return [*events, *self._tell("problem", {"message": str(error)})]
        events += self._tell("standing", standing)
        if standing.is_over:
            # What the process wrote between the two looks.
            events += self._read_metrics()
        events += self._tell("figures", {"figures": list_figures(self._run.figure_dir)})
        if standing.is_over:
            events += self._tell("standing", self._reader.read_standing())
            events += self._tell("end", {"state": standing.state})
            self.is_over = True
        return events

    def _read_metrics(self) -> Iterator[bytes]:
        records, is_anew = self._reader.read_metrics()
        if records or is_anew:
            yield _write_event("metrics", {"records": records, "is_anew": is_anew})

    def _tell(self, event: str, value: Any) -> Iterator[bytes]:
        """Yield an event that says something else than the one before it of its name."""
        text = _write_event(event, value)
        if self._told.get(event) != text:
            self._told[event] = text
            yield text


def build_watch_routes(context: StudioContext) -> list[BaseRoute]:
    """Return the routes of one run."""
    from starlette.responses import FileResponse, StreamingResponse
    from starlette.routing import Route

    def find(request: Request) -> RunFolder:
        return find_run(context.project.runs_dir, request.path_params["name"])

    def show_metrics(request: Request) -> Response:
        run, query = find(request), read_query(request, MetricsQuery)
        reader = RunReader(run, query.since)
        records, is_anew = reader.read_metrics()
        return answer_json({"records": records, "is_anew": is_anew, "offset": reader.offset})

    def stream(request: Request) -> Response:
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(
            _stream(request, RunStream(find(request))), headers=headers, media_type="text/event-stream"
        )

    def show_figures(request: Request) -> Response:
        return answer_json({"figures": list_figures(find(request).figure_dir)})

    def show_figure(request: Request) -> Response:
        folder, query = find(request).figure_dir, read_query(request, FigureQuery)
        if query.file not in {figure.file for figure in list_figures(folder)}:
            raise NotFoundError(f"the run has no figure {query.file!r}")
        return FileResponse(folder / query.file)

    def show_plotly(request: Request) -> Response:
        return FileResponse(_find_plotly(), headers={"Cache-Control": "max-age=604800"}, media_type="text/javascript")

    return [
        Route("/api/runs/{name}/metrics", show_metrics),
        Route("/api/runs/{name}/stream", stream),
        Route("/api/runs/{name}/figures", show_figures),
        Route("/api/runs/{name}/figure", show_figure),
        Route("/vendor/plotly.min.js", show_plotly),
    ]


async def _stream(request: Request, stream: RunStream) -> AsyncIterator[bytes]:
    import anyio

    last = time.monotonic()
    while not stream.is_over and not await request.is_disconnected():
        events = await anyio.to_thread.run_sync(stream.read)
        if events:
            yield b"".join(events)
        elif time.monotonic() - last > _BEAT_S:
            yield _BEAT
        else:
            await anyio.sleep(_POLL_S)
            continue
        last = time.monotonic()


def _write_event(event: str, value: Any) -> bytes:
    return b"event: " + event.encode() + b"\ndata: " + bytes(answer_json(value).body) + b"\n\n"


def _find_plotly() -> Path:
    """Return the script inside the installed plotly, which is found without importing it."""
    spec = importlib.util.find_spec("plotly")
    folders = list(spec.submodule_search_locations or ()) if spec else []
    path = Path(folders[0]) / "package_data" / "plotly.min.js" if folders else Path()
    if not path.is_file():
        raise NotFoundError("curves are drawn by plotly, which is not installed: pip install 'subsong[studio]'")
    return path
