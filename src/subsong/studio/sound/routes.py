"""Addresses of the sound of a project."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

from subsong.core.errors import SubsongError
from subsong.sources.audio import AudioInfo
from subsong.sources.audio.truncation import describe_truncation
from subsong.studio.answers import answer_json, read_query
from subsong.studio.sound.answering import answer_kept, answer_provisional, answer_wav
from subsong.studio.sound.bands import Band
from subsong.studio.sound.cache import BytesCache
from subsong.studio.sound.clips import ClipLook, draw_clip
from subsong.studio.sound.columns import choose_window
from subsong.studio.sound.frames import sees_all
from subsong.studio.sound.grid import NUM_COLUMNS, find_hop_s, lay_tile
from subsong.studio.sound.peak_building import PeakBuilder
from subsong.studio.sound.peak_tiles import Stretch, draw_extremes, draw_peaks
from subsong.studio.sound.playback import Manner, PlayedSound
from subsong.studio.sound.png import encode_png
from subsong.studio.sound.queries import AudioQuery, BandQuery, ClipQuery, InfoQuery, TileQuery, WaveformQuery
from subsong.studio.sound.sounds import OpenSounds, Sound
from subsong.studio.sound.tiles import compute_tile
from subsong.studio.sound.waveform import compute_waveform, reads_all

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from subsong.studio.context import StudioContext

_MOST_KEPT_BYTES = 64 << 20
_MOST_CLIP_S = 60.0


def build_routes(context: StudioContext) -> list[BaseRoute]:
    """Return the routes under ``/api/sound``."""
    from starlette.routing import Route

    part = SoundRoutes(context)
    handlers = {name: getattr(part, name) for name in ("info", "tile", "waveform", "audio", "clip")}
    return [Route(f"/api/sound/{name}", handler) for name, handler in handlers.items()]


class SoundRoutes:
    """Handlers of the requests for sound, and what they share: open recordings and answers given before.

    Parameters
    ----------
    context
        The project.
    """

    def __init__(self, context: StudioContext) -> None:
        self._context = context
        self._sounds = OpenSounds(context.project.studio_dir / "decoded")
        self._kept = BytesCache(_MOST_KEPT_BYTES)
        self._calm = context.calm
        self._builder = PeakBuilder(context.project.studio_dir / "peaks", self._calm)
        # As many pictures at a time as there are cores: more would only take memory.
        self._turns = threading.BoundedSemaphore(max(2, os.cpu_count() or 1))

    def info(self, request: Request) -> Response:
        """Answer what a recording says of itself."""
        query = read_query(request, InfoQuery)
        recording = self._context.find_recording(query.recording)
        sound = self._sounds.get(recording.path)
        return answer_json(
            {
                "name": recording.name,
                "duration_s": sound.info.duration_s,
                "sample_rate_hz": sound.info.sample_rate_hz,
                "num_channels": sound.info.num_channels,
                "num_samples": sound.info.num_samples,
                "version": sound.version,
                "problem": _describe_problem(sound.info),
            }
        )

    def tile(self, request: Request) -> Response:
        """Answer a tile of the spectrogram, a grey PNG."""
        query = read_query(request, TileQuery)
        sound = self._find_sound(query.recording)
        band = _read_band(query, sound.info)
        read = sound.take_channel(query.channel)

        def make() -> bytes:
            return encode_png(compute_tile(read, sound.info, (query.level, query.index), band, query.window_ms))

        def make_of_peaks(stretch: Stretch, window: int) -> bytes:
            return encode_png(draw_peaks(stretch, sound.info, band, window))

        grid = lay_tile(sound.info, query.level, query.index)
        window = choose_window(sound.info.sample_rate_hz, band.high_hz, grid.hop, query.window_ms)
        if sees_all(grid, window):
            return self._answer(request, sound, query, "image/png", make)
        return self._answer_from_afar(request, sound, query, "image/png", make, make_of_peaks)

    def waveform(self, request: Request) -> Response:
        """Answer a tile of the waveform, little-endian float32."""
        query = read_query(request, WaveformQuery)
        sound = self._find_sound(query.recording)
        read = sound.take_channel(query.channel)

        def make() -> bytes:
            return compute_waveform(read, sound.info, (query.level, query.index)).astype("<f4").tobytes()

        def make_of_peaks(stretch: Stretch, _: int) -> bytes:
            return draw_extremes(stretch).astype("<f4").tobytes()

        if reads_all(lay_tile(sound.info, query.level, query.index)):
            return self._answer(request, sound, query, "application/octet-stream", make)
        return self._answer_from_afar(request, sound, query, "application/octet-stream", make, make_of_peaks)

    def clip(self, request: Request) -> Response:
        """Answer a small coloured spectrogram."""
        query = read_query(request, ClipQuery)
        sound = self._find_sound(query.recording)
        start_s, stop_s = _read_stretch(query, sound.info)
        look = ClipLook(query.width, _read_band(query, sound.info), query.colours, query.floor_db, query.ceiling_db)
        read = sound.take_channel(query.channel)

        def make() -> bytes:
            return draw_clip(read, sound.info, start_s, stop_s, look)

        return self._answer(request, sound, query, "image/png", make)

    def audio(self, request: Request) -> Response:
        """Answer a stretch of sound as a wav file, or the part of it that the browser asks for."""
        query = read_query(request, AudioQuery)
        sound = self._find_sound(query.recording)
        manner = Manner(query.speed, query.shift_hz)
        read = sound.take_channel(query.channel)
        played = PlayedSound(read, sound.info, query.start_s, query.stop_s, manner)
        sound.wait_for(query.stop_s)
        return answer_wav(request, sound.version, played)

    def _find_sound(self, name: str) -> Sound:
        return self._sounds.get(self._context.find_recording(name).path)

    def _answer(
        self,
        request: Request,
        sound: Sound,
        query: WaveformQuery | ClipQuery,
        media_type: str,
        make: Callable[[], bytes],
    ) -> Response:
        """Answer with bytes from memory, or made when it is their turn."""
        return answer_kept(request, sound.version, media_type, lambda: self._make(sound, query, make))

    def _answer_from_afar(
        self,
        request: Request,
        sound: Sound,
        query: WaveformQuery,
        media_type: str,
        make: Callable[[], bytes],
        make_of_peaks: Callable[[Stretch, int], bytes],
    ) -> Response:
        """Answer with a picture of all that is beneath it; until that is there, with one of samples here and there."""
        peaks = self._builder.find(sound, query.channel)
        stretch = Stretch(peaks, (query.level, query.index))
        if stretch.is_ready:
            return self._answer(request, sound, query, media_type, lambda: make_of_peaks(stretch, peaks.plan.window))
        content = self._make(sound, query, make, is_provisional=True)
        wait_s = self._builder.tell_wait_s(sound, query.channel, peaks)
        return answer_provisional(content, media_type, peaks.num_ready / peaks.plan.num_columns, wait_s)

    def _make(
        self, sound: Sound, query: WaveformQuery | ClipQuery, make: Callable[[], bytes], is_provisional: bool = False
    ) -> bytes:
        def make_in_turn() -> bytes:
            sound.wait_for(_find_stop_s(query))
            with self._turns:
                return make()

        key = sound.info.path, sound.version, type(query), query.model_copy(update={"v": ""}), is_provisional
        with self._calm.serving():
            return self._kept.get(key, make_in_turn)


def _find_stop_s(query: WaveformQuery | ClipQuery) -> float:
    """Return up to where a picture needs the recording."""
    if isinstance(query, ClipQuery):
        return query.offset_s + query.margin_s
    return (query.index + 1) * NUM_COLUMNS * find_hop_s(query.level)


def _read_band(query: BandQuery, info: AudioInfo) -> Band:
    high_hz = info.sample_rate_hz / 2 if query.high_hz is None else query.high_hz
    if query.low_hz >= high_hz:
        raise SubsongError(f"low_hz is {query.low_hz:g} and high_hz {high_hz:g}: expected low_hz below high_hz")
    return Band(query.low_hz, high_hz, query.height)


def _read_stretch(query: ClipQuery, info: AudioInfo) -> tuple[float, float]:
    if query.offset_s < query.onset_s:
        raise SubsongError(f"onset_s is {query.onset_s:g} and offset_s {query.offset_s:g}: expected the onset first")
    if query.onset_s >= info.duration_s:
        raise SubsongError(
            f"{info.path.name} has no sound at {query.onset_s:g} s: it is {info.duration_s:g} s long; the annotation "
            "belongs to another recording"
        )
    start_s, stop_s = query.onset_s - query.margin_s, query.offset_s + query.margin_s
    if stop_s - start_s > _MOST_CLIP_S:
        raise SubsongError(f"asked for a picture of {stop_s - start_s:g} s: expected at most {_MOST_CLIP_S:g} s")
    return start_s, stop_s


def _describe_problem(info: AudioInfo) -> str | None:
    """Return what is wrong with a recording that can be opened all the same."""
    if info.num_samples == 0:
        return "it holds no samples, only a header"
    missing = describe_truncation(info.path)
    return None if missing is None else f"{missing}: it is cut short; copy it again"
