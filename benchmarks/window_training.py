"""How long shotgun training waits for its windows: the share of an epoch, with the preset's network.

Windows are drawn and made while the network trains (`benchmarks.window_feeding` times that alone); asked is a share
below 10 %. Two epochs of 2,048 windows of real song, the second is printed; on a GPU where there is one.

``python -m benchmarks.window_training [PREFETCHED ...]``
"""

from __future__ import annotations

import json
import logging
import sys
import tempfile
from pathlib import Path

from benchmarks.window_feeding import CASES, write_wavs
from subsong.datasets.windows.building import build_windows
from subsong.datasets.windows.reading import WindowReading
from subsong.recipes import run as recipes
from subsong.sources.spectrograms import get_window_preset


def measure(store: Path, root: Path, num_prefetched: int) -> dict[str, float]:
    """Return what the run's clock says of its second epoch."""
    overrides = {
        "data.path": str(store),
        "data.num_held_out": 64,
        "training.num_epochs": 2,
        "training.figure_epochs": None,
        "training.num_prefetched": num_prefetched,
        "training.watch.collapse": False,
        "evaluation.num_importance_samples": 0,
    }
    run = recipes.train("shotgun-vae", overrides=overrides, root=root)
    lines = [json.loads(line) for line in run.folder.timings_path.read_text().splitlines()]
    return next(line for line in lines if line["event"] == "epoch" and line["epoch"] == 1)


def main() -> None:
    logging.disable(logging.INFO)
    for name, case in CASES.items():
        with tempfile.TemporaryDirectory() as scratch:
            root = Path(scratch)
            (root / "wavs").mkdir()
            write_wavs(case, root / "wavs")
            spectrogram = get_window_preset(case.preset)
            reading = WindowReading(regions="recordings", spectrogram=spectrogram)
            build_windows(root / "wavs", root / "store", reading)
            for num_prefetched in [int(text) for text in sys.argv[1:]] or [0, 2]:
                times = measure(root / "store", root / f"runs{num_prefetched}", num_prefetched)
                print(
                    f"{name}, {num_prefetched} batches fetched ahead: {times['examples_per_s']:.0f} windows/s, "
                    f"{times['wait_share']:.1%} of the time waiting for data (asked: below 10 %)"
                )


if __name__ == "__main__":
    main()
