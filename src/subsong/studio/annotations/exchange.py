"""Handlers that bring files of other programs in, and take them out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import quote

from subsong.core.errors import SubsongError
from subsong.projects.documents.changes import StaleRevisionError
from subsong.projects.documents.document import Document
from subsong.projects.documents.tables import build_table
from subsong.projects.recordings import Recording
from subsong.recipes.annotation_files import FILE_ENDS, name_files
from subsong.sources.annotations.formats import FORMATS
from subsong.sources.audio import read_audio_info
from subsong.studio.annotations.answers import answer_stale, describe_change
from subsong.studio.annotations.handlers import Handlers
from subsong.studio.annotations.queries import ExportQuery, ImportQuery
from subsong.studio.annotations.reading import read_upload_of
from subsong.studio.annotations.writing import WrittenFile, stream_zip, write_file
from subsong.studio.answers import answer_json, read_query, read_upload

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

WARNINGS_HEADER = "X-Subsong-Warnings"


class ExchangeRoutes(Handlers):
    """Handlers of the requests for files."""

    def formats(self, request: Request) -> Response:
        """Answer which formats are read, and which are written."""
        return answer_json(
            [
                {
                    "name": form.name,
                    "reads": True,
                    "writes": form.write is not None,
                    "suffix": FILE_ENDS.get(form.name, form.suffixes[0]),
                    "expected": form.expected,
                }
                for form in FORMATS
            ]
        )

    def export(self, request: Request) -> Response:
        """Answer one file, or a zip of all."""
        from starlette.responses import Response, StreamingResponse

        query = read_query(request, ExportQuery)
        recordings = self._choose(query)
        names = name_files([one.name for one in recordings], query.format)
        if len(query.recording) == 1:
            (one,) = recordings
            file = self._write(one, names[one.name], query)
            headers = _name_download(PurePosixPath(file.name).name)
            headers[WARNINGS_HEADER] = json.dumps(file.warnings)
            return Response(file.content, headers=headers, media_type="application/octet-stream")
        files = self._write_all(recordings, names, query)
        headers = _name_download(f"{self._context.project.name}-{query.format}.zip")
        return StreamingResponse(stream_zip(files), headers=headers, media_type="application/zip")

    def import_file(self, request: Request) -> Response:
        """Take in a file of one recording."""
        query = read_query(request, ImportQuery)
        recording = self._context.find_recording(query.recording)
        upload = read_upload(request)
        found = read_upload_of(recording, upload, query.format)
        author = query.author or self._context.author
        try:
            change = self._context.documents.take_annotations(
                recording.name, query.base_revision, found.rows, query.mode, author, upload.name
            )
        except StaleRevisionError as error:
            return answer_stale(error)
        said = {"num_read": len(found.rows), "format": found.format, "warnings": found.warnings}
        return answer_json({**describe_change(change), **said})

    def _choose(self, query: ExportQuery) -> list[Recording]:
        """Return the recordings that are asked for, or all of which something is known."""
        if query.recording:
            return [self._context.find_recording(name) for name in dict.fromkeys(query.recording)]
        everything = self._context.recordings().values()
        chosen = [one for one in everything if _says_something(self._context.documents.load(one.name), query)]
        if not chosen:
            raise SubsongError("no recording has annotations that could be written")
        return chosen

    def _write(self, recording: Recording, name: str, query: ExportQuery) -> WrittenFile:
        document = self._context.documents.load(recording.name)
        chosen = document.annotations.values() if query.proposals else document.list_accepted()
        return write_file(name, build_table(recording.name, chosen), query.format, _find_rate(recording))

    def _write_all(
        self, recordings: list[Recording], names: dict[str, str], query: ExportQuery
    ) -> Iterator[WrittenFile | str]:
        for one in recordings:
            try:
                yield self._write(one, names[one.name], query)
            except SubsongError as error:
                yield str(error)


def _says_something(document: Document, query: ExportQuery) -> bool:
    return document.is_done or bool(document.annotations if query.proposals else document.list_accepted())


def _find_rate(recording: Recording) -> int | None:
    """Return the sample rate, for formats that count in samples; they say so themselves where it is not known."""
    try:
        return read_audio_info(recording.path).sample_rate_hz
    except SubsongError:
        return None


def _name_download(name: str) -> dict[str, str]:
    return {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
