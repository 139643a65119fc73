"""Quality of digits-vae on MNIST: ten epochs as in the guide, negative ELBO of the test pictures, nats per picture.

Published for this network: 105-106. Needs MNIST in SUBSONG_DATA (default ../shared/data). About a minute.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from subsong.recipes import run as recipes


def main() -> None:
    data = Path(os.environ.get("SUBSONG_DATA", "../shared/data")) / "mnist"
    if not data.is_dir():
        sys.exit(f"no MNIST at {data}: set SUBSONG_DATA")
    with tempfile.TemporaryDirectory() as root:
        run = recipes.train("digits-vae", data, {"training.figure_epochs": None}, root=root)
        metrics = recipes.evaluate(run.path).metrics
    for name in ("negative_elbo", "importance_weighted", "cross_entropy", "ssim", "neighbour_accuracy"):
        metric = metrics[name]
        beside = "".join(f"; {baseline} {value:.4g}" for baseline, value in metric.baselines.items())
        print(f"{name.replace('_', ' ')}: {metric.value:.4g} {metric.unit}{beside}")
    print(f"negative ELBO / published 105.5: {metrics['negative_elbo'].value / 105.5:.3f}")


if __name__ == "__main__":
    main()
