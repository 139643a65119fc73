"""What an import costs, each time in a fresh process."""

import subprocess
import sys
import time

WITHOUT_TORCHMETRICS = "import sys; sys.modules['torchmetrics'] = None; import lightning_fabric"
STATEMENTS = {
    "torch": "import torch",
    "torch and its first optimizer": "import torch; torch.optim.Adam([torch.zeros(1)])",
    "lightning_fabric, no torchmetrics installed": WITHOUT_TORCHMETRICS,
    "the same and a first optimizer": f"{WITHOUT_TORCHMETRICS}; import torch; torch.optim.Adam([torch.zeros(1)])",
    "lightning_fabric, torchmetrics installed": "import lightning_fabric",
    "lightning": "import lightning.pytorch",
}


def measure(num_rounds: int) -> dict[str, float]:
    """Give the seconds of each statement, Python's own start included: the shortest of the interleaved rounds."""
    seconds = dict.fromkeys(STATEMENTS, float("inf"))
    for _ in range(num_rounds):
        for name, statement in STATEMENTS.items():
            seconds[name] = min(seconds[name], time_statement(statement))
    return seconds


def time_statement(statement: str) -> float:
    """Run a statement in a fresh process and give the seconds it took."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-W", "ignore", "-c", statement], check=True, capture_output=True)
    return time.perf_counter() - start
