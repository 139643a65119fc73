"""Entry point: runs a verb and turns errors into one sentence and an exit code.

Exit codes: 0 done; 1 a fault of ours (a traceback is shown); 2 something the user can mend; 128 + n stopped by signal
number n.
"""

from __future__ import annotations

import sys

from subsong.cli import (  # noqa: F401  verbs register
    config,
    demo,
    doctor,
    edflow,
    embed,
    evaluate,
    explore,
    export,
    import_files,
    inspect,
    listen,
    map,
    near,
    predict,
    prepare,
    prepare_motifs,
    prepare_poses,
    prepare_song,
    report,
    runs,
    sample,
    segment,
    studio,
    suggest,
    train,
    trajectories,
    transfer,
    tune,
    video,
    warp,
)
from subsong.cli import run as _run  # noqa: F401
from subsong.cli.app import Flags, app
from subsong.core.errors import Interrupted, SubsongError


def main() -> None:
    """Run the command line."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code."""
    try:
        app(args=arguments, prog_name="subsong")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    except Interrupted as stop:
        _say(str(stop))
        return 128 + stop.signal_number
    except SubsongError as error:
        if Flags.debug:
            raise
        _say(f"Error: {error}")
        return 2
    except KeyboardInterrupt:
        _say("Stopped at once; go on from the last checkpoint with --resume.")
        return 130
    return 0


def _say(text: str) -> None:
    print(text, file=sys.stderr)
