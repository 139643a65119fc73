"""The command line's surface is frozen: a new flag is a decision, made here."""

from __future__ import annotations

from subsong.cli.main import app

FLAGS = {
    "": {"--debug"},
    "config init": {"recipe", "--out", "-o", "--full"},
    "config schema": {"recipe"},
    "config show": {"configs", "--data", "--set"},
    "demo": {"--data", "--root"},
    "doctor": set(),
    "embed": {
        "model",
        "data",
        "--out",
        "-o",
        "--covariance",
        "--windows",
        "--hop",
        "--batch-size",
        "--device",
        "--trust",
    },
    "evaluate": {
        "path",
        "--data",
        "--out",
        "--samples",
        "--trust",
        "--against",
        "--recordings",
        "--tolerance",
        "--iou",
        "--labels",
        "--within",
        "--common",
        "--seed",
        "--overwrite",
    },
    "explore": {"embeddings", "--out", "-o", "--by", "--seed", "--overwrite"},
    "export": {"model", "--out", "-o", "--trust"},
    "inspect": {"data", "--set", "--out", "-o"},
    "listen": {
        "model",
        "source",
        "--format",
        "--rate",
        "--channels",
        "--channel",
        "--realtime",
        "--lines",
        "--max-latency",
        "--block",
        "--out",
        "-o",
        "--device",
        "--trust",
    },
    "map": {"model", "data", "--out", "-o", "--kind", "--onto", "--recordings", "--colour-by", "--seed"},
    "near lists": {"model", "data", "--among", "--top", "--out", "-o"},
    "near species": {"model", "species", "--top"},
    "predict": {
        "model",
        "data",
        "--out",
        "-o",
        "--beside",
        "--format",
        "--existing",
        "--jobs",
        "-j",
        "--channel",
        "--threshold",
        "--event-threshold",
        "--min-duration",
        "--fill-gap",
        "--event-spacing",
        "--set",
        "--species",
        "--given",
        "--top",
        "--include-shown",
        "--missed",
        "--batch-size",
        "--device",
        "--trust",
    },
    "prepare motifs": {"source", "--out", "-o", "--motif", "--preset", "-p", "--set", "--overwrite", "--workers"},
    "prepare song": {"source", "--out", "-o", "--within", "--set", "--overwrite", "--workers"},
    "prepare syllables": {"source", "--out", "-o", "--preset", "-p", "--set", "--overwrite", "--workers"},
    "prepare windows": {"source", "--out", "-o", "--preset", "-p", "--set", "--overwrite", "--workers"},
    "prepare checklists": {"source", "--out", "-o", "--set", "--overwrite"},
    "report": {"run", "--trust"},
    "runs follow": {"run"},
    "runs list": {"root"},
    "runs resume": {"run", "--set", "--background"},
    "runs stop": {"run", "--kill", "--timeout"},
    "sample": {"model", "--out", "-o", "--num", "--seed", "--trust"},
    "segment": {"source", "--out", "-o", "--preset", "--set", "--overwrite"},
    "train": {
        "configs",
        "--data",
        "--set",
        "--name",
        "-n",
        "--root",
        "--from",
        "--resume",
        "--background",
        "--script",
        "--overwrite",
    },
    "trajectories": {
        "model",
        "data",
        "--out",
        "-o",
        "--by",
        "--kind",
        "--hop",
        "--centre",
        "--max-windows",
        "--seed",
        "--device",
        "--overwrite",
    },
    "suggest": {
        "model",
        "source",
        "--stretch",
        "--total",
        "--format",
        "--cut",
        "--out",
        "-o",
        "--device",
        "--trust",
    },
    "tune": {"model", "data", "--metric", "--tolerance", "--iou", "--device", "--trust"},
    "video": {
        "model",
        "recording",
        "--out",
        "-o",
        "--map",
        "--background",
        "--kind",
        "--colour-by",
        "--start",
        "--stop",
        "--slow-down",
        "--shift",
        "--fps",
        "--height",
        "--title",
        "--seed",
    },
    "warp": {"store", "--set", "--search", "--anchors"},
}


def collect(command: object, path: tuple[str, ...] = ()) -> dict[str, set[str]]:
    """Return command -> its flags (options by their spellings, arguments by name)."""
    found: dict[str, set[str]] = {}
    children = getattr(command, "commands", {})
    if not children or not path:
        found[" ".join(path)] = {
            spelling
            for parameter in command.params  # type: ignore[attr-defined]
            for spelling in parameter.opts
            if spelling != "--help"
        }
    for name, child in children.items():
        found |= collect(child, (*path, name))
    return found


def test_no_flag_was_added_or_lost() -> None:
    import typer

    assert collect(typer.main.get_command(app)) == FLAGS
