"""How well ``pose-vunet`` draws known and new characters in pictures never seen, beside two methods that learn nothing.

Trains the preset on the sprites of ``pose_sprites_lpc`` (``SUBSONG_DATA``), 64 x 64 pixels, and prints the table of its
final evaluation, the time of the training, and what was asked.

``python -m benchmarks.pose_quality [KEY=VALUE ...]``  (settings of the run, such as training.num_epochs=5)
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

from subsong.inference.evaluate_poses import SCORES_NAME
from subsong.recipes import run as recipes

DATA = Path(os.environ.get("SUBSONG_DATA", "../shared/data")) / "pose_sprites_lpc" / "rendered.npz"
ASKED = {"ssim_known": 0.90, "identity_known": 0.80}
MINUTES = 45


def main() -> None:
    overrides = sys.argv[1:]
    with tempfile.TemporaryDirectory() as root:
        start = time.perf_counter()
        run = recipes.train("pose-vunet", DATA, overrides, root=root)
        minutes = (time.perf_counter() - start) / 60
        results = recipes.evaluate(run.path)
        assert results is not None
        print((run.folder.evaluation_dir / "final" / SCORES_NAME).read_text())
        for name, metric in results.metrics.items():
            asked = f"  (asked at least {ASKED[name]})" if name in ASKED else ""
            baselines = ", ".join(f"{label} {value:.4g}" for label, value in metric.baselines.items())
            print(f"{name}: {metric.value:.4g}{asked}{'; ' + baselines if baselines else ''}")
        print(f"trained for {minutes:.1f} minutes (asked at most {MINUTES})")


if __name__ == "__main__":
    main()
