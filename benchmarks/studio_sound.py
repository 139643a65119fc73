"""A recording of hours in the studio: how soon it is there, how smoothly it pans, and what memory that takes.

Makes a recording of 6 hours at 32 kHz (song-like notes in noise, written in blocks), starts the real server,
``subsong studio``, on it, and asks as a browser does. Asked are: the first screen within 2 s, no tile that keeps a
screen waiting, memory that does not grow with what was looked at, and a clip within 150 ms; and how long it takes
until the picture from far away is made of all that is beneath it, what that costs, and how tiles fare meanwhile. Last,
in this process: a tile against nothing but SciPy's FFT of the same frames.

``python -m benchmarks.studio_sound [wav|flac] [HOURS]``
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlparse

import numpy as np
import soundfile
from scipy.fft import rfft

from subsong.studio.sound.bands import Band
from subsong.studio.sound.columns import choose_window
from subsong.studio.sound.frames import plan_frames, read_frames, sees_all
from subsong.studio.sound.grid import NUM_COLUMNS, find_hop_s, lay_tile
from subsong.studio.sound.sounds import OpenSounds
from subsong.studio.sound.tiles import compute_tile

RATE = 32_000
SCREEN_COLUMNS = 1280
LEVELS = (0, 3, 6, 8, 9, 12)
NUM_TILES = 200
# A browser opens as many connections to a host.
NUM_CONNECTIONS = 6


def write_recording(path: Path, hours: float) -> None:
    """Write noise with a note of 50 ms every fifth of a second, a minute at a time."""
    rng = np.random.default_rng(0)
    at_s = np.arange(60 * RATE) / RATE
    note = np.sin(2 * np.pi * 4000 * at_s) * (at_s % 0.2 < 0.05) * 0.2
    minute = ((note + 0.01 * rng.standard_normal(len(at_s))) * 2**15).astype(np.int16)
    with soundfile.SoundFile(path, "w", RATE, 1, "PCM_16") as file:
        for number in range(round(hours * 60)):
            file.write(np.roll(minute, number * 1234))


@contextmanager
def serve(folder: Path) -> Iterator[tuple[str, int, int]]:
    """Start the studio on a folder of recordings; give its host, port and process number."""
    command = [sys.executable, "-m", "subsong", "studio", str(folder), "--port", "0", "--no-browser"]
    started = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | {"COLUMNS": "300"}) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            found = urlparse(next(word for word in line.split() if word.startswith("http")))
            print(f"server started                  {time.perf_counter() - started:6.2f} s")
            yield str(found.hostname), int(found.port or 0), process.pid
        finally:
            process.send_signal(signal.SIGINT)


class Browser:
    """Asks over one connection that stays open."""

    def __init__(self, host: str, port: int) -> None:
        self._connection = http.client.HTTPConnection(host, port, timeout=60)

    def ask(self, what: str, **query: Any) -> bytes:
        self._connection.request("GET", f"/api/sound/{what}?{urlencode(query)}")
        answer = self._connection.getresponse()
        content = answer.read()
        assert answer.status == 200, content
        return content

    def time(self, what: str, **query: Any) -> float:
        start = time.perf_counter()
        self.ask(what, **query)
        return (time.perf_counter() - start) * 1000


def read_processor_s(pid: int) -> float:
    """Return the processor time a process has taken."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def read_memory_mb(pid: int) -> float:
    """Return what the server holds of its own, without the files it maps."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith("RssAnon")) / 1024


def say(what: str, times_ms: list[float]) -> None:
    median, most, worst = np.percentile(times_ms, (50, 95, 100))
    print(f"{what:<30} {median:8.0f} {most:6.0f} {worst:6.0f} ms")


def open_first_screen(host: str, port: int, name: str) -> float:
    """Return the seconds until the whole recording is on the screen: info, then tiles and waveform at once."""
    start = time.perf_counter()
    info = json.loads(Browser(host, port).ask("info", recording=name))
    level = next(n for n in range(30) if SCREEN_COLUMNS * find_hop_s(n) >= info["duration_s"])
    asked = {"recording": name, "level": level, "v": info["version"]}
    indices = range(int(info["duration_s"] // (NUM_COLUMNS * find_hop_s(level))) + 1)
    with ThreadPoolExecutor(NUM_CONNECTIONS) as pool:
        wanted = [(what, index) for what in ("tile", "waveform") for index in indices]
        list(pool.map(lambda one: Browser(host, port).ask(one[0], **asked, index=one[1]), wanted))
    return time.perf_counter() - start


def wait_for_peaks(browser: Browser, name: str, hours: float, pid: int, folder: Path) -> None:
    """Look around while all of the recording is looked through, and print how long and how much that takes."""
    started, before_s = time.perf_counter(), read_processor_s(pid)
    indices = iter(np.random.default_rng(4).permutation(int(hours * 3600 / (NUM_COLUMNS * find_hop_s(3)))).tolist())
    times_ms = []
    while not (found := list(folder.glob("*.peaks"))):
        times_ms += [browser.time("tile", recording=name, level=3, index=next(indices), height=252) for _ in range(3)]
        time.sleep(0.5)
    taken_s = read_processor_s(pid) - before_s - sum(times_ms) / 1000
    say("random tiles, level 3, meanwhile", times_ms)
    print(f"all looked through after        {time.perf_counter() - started:6.1f} s")
    print(f"processor, some                 {taken_s / hours:6.1f} s an hour")
    print(f"kept on the disk                {found[0].stat().st_size / 1e6 / hours:6.1f} MB an hour")


def pan(browser: Browser, name: str, hours: float) -> None:
    """Print how long tiles take at several zooms, at random places and one after the other."""
    rng = np.random.default_rng(1)
    for level in LEVELS:
        num_tiles = max(1, int(hours * 3600 / (NUM_COLUMNS * find_hop_s(level))))
        places = rng.integers(0, num_tiles, NUM_TILES // len(LEVELS)).tolist()
        say(
            f"random tiles, level {level}",
            [browser.time("tile", recording=name, level=level, index=index, height=256) for index in places],
        )
        first = int(rng.integers(0, max(1, num_tiles - len(places))))
        say(
            f"successive tiles, level {level}",
            [
                browser.time("tile", recording=name, level=level, index=first + number, height=250)
                for number in range(len(places))
            ],
        )


def time_clips(browser: Browser, name: str, hours: float) -> None:
    onsets_s = np.random.default_rng(2).uniform(0, hours * 3600 - 1, 100).tolist()
    asked = {"recording": name, "width": 160, "height": 96}
    say("clips", [browser.time("clip", **asked, onset_s=onset_s, offset_s=onset_s + 0.1) for onset_s in onsets_s])


def time_playback(browser: Browser, name: str, hours: float) -> None:
    starts_s = np.random.default_rng(3).uniform(0, hours * 3600 - 11, 20).tolist()
    for title, manner in (("10 s of sound", {}), ("10 s, shifted by 3 kHz", {"shift_hz": 3000})):
        asked = {"recording": name} | manner
        say(title, [browser.time("audio", **asked, start_s=at_s, stop_s=at_s + 10) for at_s in starts_s])


def look_at_much(browser: Browser, name: str, pid: int) -> Iterator[float]:
    """Yield the server's memory after every 500 tiles that were never asked for before."""
    for first in range(0, 2000, 500):
        for index in range(first, first + 500):
            browser.ask("tile", recording=name, level=2, index=index, height=254)
        yield read_memory_mb(pid)


def compare_with_fft(path: Path) -> None:
    """Print how a tile compares with the bare FFT of its frames."""
    sound = OpenSounds(path.parent).get(path)
    read, band = sound.take_channel(0), Band(0, RATE / 2, 256)
    for level in LEVELS:
        grid = lay_tile(sound.info, level, 0)
        window = choose_window(RATE, band.high_hz, grid.hop)
        starts = plan_frames(grid, window, sees_all(grid, window))
        frames = read_frames(read, starts.ravel(), window)
        fft_s, tile_s = [], []
        for _ in range(5):
            start = time.perf_counter()
            rfft(frames)
            middle = time.perf_counter()
            compute_tile(read, sound.info, (level, 0), band)
            fft_s.append(middle - start)
            tile_s.append(time.perf_counter() - middle)
        print(
            f"level {level:<3} {len(frames):6} frames   tile {1000 * min(tile_s):5.0f} ms"
            f"   bare FFT {1000 * min(fft_s):5.1f} ms   ratio {min(tile_s) / min(fft_s):.1f}"
        )


def main() -> None:
    suffix = sys.argv[1] if len(sys.argv) > 1 else "wav"
    hours = float(sys.argv[2]) if len(sys.argv) > 2 else 6.0
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "recordings"
        folder.mkdir()
        path = folder / f"hours.{suffix}"
        write_recording(path, hours)
        print(f"{hours:g} h at {RATE} Hz as {suffix}, {path.stat().st_size / 1e6:,.0f} MB")
        with serve(folder) as (host, port, pid):
            print(f"first screen (asked: 2 s)       {open_first_screen(host, port, path.name):6.2f} s")
            print(f"again                           {open_first_screen(host, port, path.name):6.2f} s")
            before_mb = read_memory_mb(pid)
            print(f"{'':<30}   median   95 %  worst")
            browser = Browser(host, port)
            wait_for_peaks(browser, path.name, hours, pid, folder.with_name("recordings-project") / "studio" / "peaks")
            pan(browser, path.name, hours)
            time_clips(browser, path.name, hours)
            time_playback(browser, path.name, hours)
            memory_mb = [before_mb, read_memory_mb(pid), *look_at_much(browser, path.name, pid)]
            print(f"server's memory: {' -> '.join(f'{one:.0f}' for one in memory_mb)} MB")
        compare_with_fft(path)


if __name__ == "__main__":
    main()
