"""``subsong predict``: the options, and which kind of model takes them."""

from __future__ import annotations

from pathlib import Path

import typer

from subsong.cli.app import app


@app.command()
def predict(
    model: Path = typer.Argument(..., metavar="MODEL|RUN", help="A portable model folder, or a run folder."),
    data: list[Path] | None = typer.Argument(
        None,
        help="Recordings and folders of them; a store, eBird file or table of checklists; or pictures with keypoints.",
    ),
    out: str | None = typer.Option(
        None,
        "--out",
        "-o",
        help="A table (.csv, .parquet), or for recordings a folder of one file each; without it the answer is printed. "
        "Pictures: a folder, or .npz.",
    ),
    beside: bool = typer.Option(False, "--beside", help="Recordings: write one file each, beside the recording."),
    file_format: str | None = typer.Option(
        None,
        "--format",
        help="Of one file each: csv, audacity, raven, textgrid, not-mat, das, ava, whisperseg or songexplorer.",
    ),
    existing: str = typer.Option(
        "skip",
        "--existing",
        help="Recordings annotated before: skip, overwrite, or merge (keep theirs, add what is found beside them).",
    ),
    jobs: int = typer.Option(1, "--jobs", "-j", min=1, help="Recordings at a time, each in a process of its own."),
    channel: int | None = typer.Option(None, "--channel", min=0, help="Annotate this channel alone, from 0."),
    threshold: float | None = typer.Option(
        None, "--threshold", help="Least probability of segments, in place of the model's two thresholds."
    ),
    event_threshold: float | None = typer.Option(None, "--event-threshold", help="Least probability of events."),
    min_duration_s: float | None = typer.Option(None, "--min-duration", help="Shorter segments are dropped, in s."),
    fill_gap_s: float | None = typer.Option(None, "--fill-gap", help="Shorter gaps are filled, in s."),
    event_spacing_s: float | None = typer.Option(None, "--event-spacing", help="Least time between events, in s."),
    overrides: list[str] | None = typer.Option(
        None, "--set", metavar="KEY=VALUE", help="Any setting of the decoding: --set low_threshold=0.4."
    ),
    species: list[str] | None = typer.Option(
        None,
        "--species",
        metavar="NAMES",
        help="One list by hand: scientific or common names, divided by commas; again for a name that holds a comma.",
    ),
    given: list[str] | None = typer.Option(
        None, "--given", metavar="NAME=VALUE", help="A covariate, for all lists: --given duration_min=60."
    ),
    num_top: int = typer.Option(20, "--top", min=0, help="Species per list, most probable first; 0: all."),
    include_shown: bool = typer.Option(False, "--include-shown", help="Also species that are on the list already."),
    missed: float = typer.Option(
        0.2, "--missed", min=0.01, max=1.0, help="Share of the species that is still missing from the lists."
    ),
    batch_size: int = typer.Option(500, "--batch-size", min=1, help="Lists at a time; changes no number."),
    device: str = typer.Option("auto", "--device", help="auto, cpu, cuda or mps."),
    trust: bool = typer.Option(False, "--trust", help="Import a user's own model class, which executes its file."),
) -> None:
    """Annotate recordings (song-segmenter), complete checklists (checklist-vae), or redraw pictures (pose-vunet).

    Recordings: files and folders at any depth, of any format and rate, every channel by itself, or all together by a
    model that looks at them so. The answer is one table (recording, channel, onset_s, offset_s, label, score,
    annotator), sorted, or one file a recording in any format we write. Stopped, the same command goes on where it was.
    A recording that cannot be read is named and left out; the exit code then is 2.

    Checklists: what else is likely to be there, with probabilities.

    Columns are matched by name; species that the model does not know are named and left out, species that the data
    have no column for count as unknown. Empty cells are unknown too. A probability is that of being there although it
    is not on the list, when a share (--missed) of what is there was missed. A name that holds a comma is given by an
    option of its own: --species "Gull, Herring" --species "Corvus splendens".

    Pictures with keypoints: what the model makes of each from its own appearance and pose, one PNG each and a table of
    how near it comes, or values (.npz). Pictures in other poses: subsong transfer.

    Examples:

    - subsong predict runs/finch recordings/ --out found.csv --jobs 4
    - subsong predict runs/finch recordings/ --beside --format textgrid --existing merge
    - subsong predict runs/kerala lists.csv --out completions.parquet
    - subsong predict runs/kerala --species "Corvus splendens, Acridotheres tristis" --given duration_min=60
    - subsong predict runs/figures figures.npz --out redrawn
    """
    from subsong.cli.posing import predict_poses
    from subsong.cli.predicting_lists import predict_lists, read_value
    from subsong.cli.predicting_recordings import Destination, predict_recordings
    from subsong.core.errors import SubsongError
    from subsong.inference.load import load_model
    from subsong.inference.poses import TrainedVunet
    from subsong.inference.segmenter import TrainedSegmenter
    from subsong.recipes.base import PredictOptions

    values = {
        "event_threshold": event_threshold,
        "min_duration_s": min_duration_s,
        "fill_gap_s": fill_gap_s,
        "event_spacing_s": event_spacing_s,
        "low_threshold": threshold,
        "high_threshold": threshold,
    }
    decoding = [f"{name}={value}" for name, value in values.items() if value is not None] + (overrides or [])
    trained = load_model(model, device, trust)
    given_values = dict(read_value(text) for text in given or [])
    options = PredictOptions(num_top or None, include_shown, missed, given_values, batch_size)
    asks_for_lists = species or options._replace(batch_size=500) != PredictOptions()
    if asks_for_lists and isinstance(trained, TrainedSegmenter | TrainedVunet):
        raise SubsongError("--species, --given, --top, --include-shown and --missed are for lists: leave them out")
    if isinstance(trained, TrainedSegmenter):
        destination = Destination(out, beside, file_format, existing, jobs, device, trust)
        predict_recordings(model, trained, data or [], destination, decoding, channel)
        return
    if decoding or beside or file_format or channel is not None or jobs != 1 or existing != "skip":
        raise SubsongError(
            "thresholds, --set, --beside, --format, --existing, --jobs and --channel are for recordings: leave them out"
        )
    if isinstance(trained, TrainedVunet):
        predict_poses(trained, data or [], out, batch_size)
        return
    if len(data or []) > 1:
        raise SubsongError("lists come from one file or folder: give one")
    predict_lists(trained, data[0] if data else None, species, None if out is None else Path(out), options)
