"""``subsong prepare song``: annotated recordings, ready for a network that annotates."""

from __future__ import annotations

import json
from pathlib import Path

import typer

from subsong.cli.prepare import prepare
from subsong.cli.stopping import stopping_says


@prepare.command("song")
def prepare_song(
    source: Path = typer.Argument(
        ..., help="A folder of recordings with annotations, one recording, or DAS's NAME.npy."
    ),
    out: Path = typer.Option("song", "--out", "-o", help="Folder of the dataset."),
    overrides: list[str] | None = typer.Option(
        None, "--set", metavar="KEY=VALUE", help="One setting: --set split_by=individual, --set ignore=[noise]."
    ),
    within: list[str] = typer.Option(
        [],
        "--within",
        metavar="LABEL|FILE",
        help="Where annotations are complete, if not everywhere: a label of them (* for any), or a file.",
    ),
    overwrite: bool = typer.Option(False, "--overwrite", help="Replace the dataset that is there."),
    num_workers: int | None = typer.Option(None, "--workers", min=1, help="Parts at a time; changes no number."),
) -> None:
    """Turn annotated recordings into a dataset for networks that annotate: sound, intervals, and splits.

    Annotations of any format are read, segments and events (labels none of whose annotations has a duration). Labels
    are renamed, chosen and ignored with rename.OLD=NEW, labels=[a,b], ignore=[c]. Training, validation and test never
    share a recording, a session or an individual where there are enough (split_by=auto, individual, session, day,
    recording or another column of files.csv); else, or with split_by=time, every recording is cut into pieces with
    split_gap_s between them. test_by=individual tests on others, and divides the rest by time. fractions says how much
    each gets. Where only stretches were annotated, --within names the labels that mark these, or that mark that
    nothing is there: what lies elsewhere is not taught as nothing. The dataset holds no targets: event_width_s and
    gap_s can be changed when training. Interrupted, the same command goes on.

    Examples:

    - subsong prepare song recordings/ --out song
    - subsong prepare song flies/ --out song --set split_by=time --set event_width_s=0.002
    - subsong prepare song flies/ --out song --set labels=[pulse] --within ambient --within not_pulse
    - subsong prepare song old.npy --out song
    """
    from subsong.cli.progress import show_stages
    from subsong.interop.das.reading import is_das_dataset, prepare_das
    from subsong.recipes.preparing_song import describe_prepared_song
    from subsong.recipes.preparing_song import prepare_song as prepare_store

    prepare_it = prepare_das if is_das_dataset(source) else prepare_store
    with (
        stopping_says("stopped: what was done is kept, the same command goes on from there"),
        show_stages() as progress,
    ):
        settings = [*(overrides or []), *([f"within={json.dumps(within)}"] if within else [])]
        prepared = prepare_it(source, out, settings, overwrite, progress, num_workers)
    for line in describe_prepared_song(prepared):
        typer.echo(line)
    typer.echo(f"then: subsong inspect {out}")
