"""Train, validation and test: nothing leaks, no class is forgotten, shares are kept, and the seed decides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
import pytest

from subsong.core.errors import SubsongError
from subsong.datasets.song.reading import SongReading
from subsong.datasets.song.splitting import SongSplits, count_by_split, divide_song

RATE_HZ = 1000


def make_files(durations_s: list[float], **columns: list[str]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "source": [f"{number:03d}.wav" for number in range(len(durations_s))],
            "channel": [0] * len(durations_s),
            "sample_rate_hz": [RATE_HZ] * len(durations_s),
            "num_samples": [round(duration_s * RATE_HZ) for duration_s in durations_s],
            **columns,
        }
    )


def make_annotations(files: pl.DataFrame, labels_of: Mapping[str, str] | str, every_s: float = 0.5) -> pl.DataFrame:
    """Return annotations of 0.2 s, one label after the other of those each recording has."""
    rows = []
    for source, num_samples in files.select("source", "num_samples").iter_rows():
        labels = labels_of if isinstance(labels_of, str) else labels_of[source]
        onsets = np.arange(0.1, num_samples / RATE_HZ - 0.3, every_s)
        rows += [(source, onset, onset + 0.2, labels[number % len(labels)]) for number, onset in enumerate(onsets)]
    return pl.DataFrame(rows, ["source", "onset_s", "offset_s", "label"], orient="row")


def divide(files: pl.DataFrame, annotations: pl.DataFrame, **settings: Any) -> SongSplits:
    return divide_song(files, annotations, SongReading.model_validate(settings))


def measure(parts: pl.DataFrame) -> dict[str, float]:
    sums = parts.group_by("split").agg((pl.col("stop_s") - pl.col("start_s")).sum())
    total = parts.select((pl.col("stop_s") - pl.col("start_s")).sum()).item()
    return {name: duration_s / total for name, duration_s in sums.iter_rows()}


def assert_apart(parts: pl.DataFrame, gap_s: float) -> None:
    for rows in parts.sort("first_sample").partition_by("source", "channel"):
        for stop, first, split, following in zip(
            rows["stop_sample"][:-1], rows["first_sample"][1:], rows["split"][:-1], rows["split"][1:], strict=True
        ):
            assert split != following
            assert first - stop >= round(gap_s * RATE_HZ)


@pytest.mark.parametrize("gap_s", [0.0, 0.1, 0.25])
@pytest.mark.parametrize("durations_s", [[60.0], [5.0, 8.0], [20.0] * 15, [300.0, 4.0, 30.0]])
def test_pieces_of_two_splits_are_a_gap_apart(durations_s, gap_s) -> None:
    files = make_files(durations_s)
    parts = divide(files, make_annotations(files, "ab"), split_by="time", split_gap_s=gap_s).parts
    assert_apart(parts, gap_s)
    assert set(parts["split"]) == {"train", "validation", "test"}
    ends = parts.join(files, on="source").filter(pl.col("stop_sample") > pl.col("num_samples"))
    assert ends.is_empty()


def test_time_is_shared_out_as_asked() -> None:
    files = make_files([100.0] * 12)
    shares = measure(divide(files, make_annotations(files, "abc"), split_by="time", split_gap_s=0).parts)
    assert shares == pytest.approx({"train": 0.6, "validation": 0.2, "test": 0.2}, abs=0.01)


def test_cuts_lie_in_silence_where_it_is_near() -> None:
    files = make_files([50.0])
    annotations = make_annotations(files, "ab")
    parts = divide(files, annotations, split_by="time", split_gap_s=0).parts
    cuts_s = parts["start_s"].to_numpy()[1:]
    onset_s, offset_s = annotations["onset_s"].to_numpy(), annotations["offset_s"].to_numpy()
    inside = (cuts_s[:, None] > onset_s + 1e-3) & (cuts_s[:, None] < offset_s - 1e-3)
    assert len(cuts_s)
    assert not inside.any()


def test_one_to_three_recordings_are_cut_and_it_says_so() -> None:
    for num, words in ((1, "is only 1 recording"), (3, "are only 3 recordings")):
        files = make_files([30.0] * num)
        splits = divide(files, make_annotations(files, "ab"))
        assert words in splits.how
        assert set(splits.parts["split"]) == {"train", "validation", "test"}


def test_the_test_may_be_left_out() -> None:
    files = make_files([10.0] * 8)
    splits = divide(files, make_annotations(files, "ab"), fractions={"train": 0.8, "validation": 0.2})
    assert measure(splits.parts) == pytest.approx({"train": 0.75, "validation": 0.25}, abs=0.13)


def test_groups_are_never_divided() -> None:
    files = make_files([10.0] * 24, individual=[f"bird{number // 4}" for number in range(24)])
    parts = divide(files, make_annotations(files, "ab"), split_by="individual").parts
    found = parts.join(files, on="source").group_by("individual").agg(pl.col("split").n_unique())
    assert found["split"].to_list() == [1] * 6


def test_auto_takes_the_coarsest_groups_that_have_all_classes_everywhere() -> None:
    labels = {f"{number:03d}.wav": "ab" if number < 12 else "cd" for number in range(24)}
    columns = {
        "individual": [f"bird{number // 12}" for number in range(24)],
        "session": [f"day{number // 3}" for number in range(24)],
    }
    files = make_files([10.0] * 24, **columns)
    assert divide(files, make_annotations(files, labels)).how == "by session"
    assert divide(files, make_annotations(files, "ab")).how == "by session"
    many = make_files([10.0] * 24, individual=[f"bird{number // 3}" for number in range(24)])
    assert divide(many, make_annotations(many, "ab")).how == "by individual"


def test_rare_classes_reach_every_split_that_groups_allow() -> None:
    rare = {f"{number:03d}.wav": "abr" if number in (3, 17, 31) else "ab" for number in range(40)}
    files = make_files([10.0] * 40)
    annotations = make_annotations(files, rare)
    for seed in range(5):
        counted = count_by_split(divide(files, annotations, split_by="recording", seed=seed).parts, annotations)
        assert set(counted.filter(pl.col("label") == "r")["split"]) == {"train", "validation", "test"}


def test_classes_are_balanced_better_than_by_chance() -> None:
    rng = np.random.default_rng(0)
    labels = {f"{number:03d}.wav": "".join(rng.choice(list("abcdef"), 3)) for number in range(60)}
    files = make_files(rng.uniform(5, 20, 60).round(1).tolist())
    annotations = make_annotations(files, labels)
    totals = annotations.group_by("label").len().sort("label")["len"].to_numpy()
    counted = count_by_split(divide(files, annotations, split_by="recording").parts, annotations)
    for split, share in (("train", 0.6), ("validation", 0.2), ("test", 0.2)):
        found = counted.filter(pl.col("split") == split).sort("label")["num"].to_numpy() / totals
        np.testing.assert_allclose(found, share, atol=0.04)


def test_equal_seeds_give_equal_splits_and_others_differ() -> None:
    files = make_files([10.0] * 30)
    annotations = make_annotations(files, "ab")
    for split_by in ("recording", "time"):
        first, again, other = (divide(files, annotations, split_by=split_by, seed=seed).parts for seed in (1, 1, 2))
        assert first.equals(again)
        assert not first.equals(other)


def test_the_test_may_be_of_other_individuals_and_the_rest_by_time() -> None:
    files = make_files([20.0] * 12, individual=[f"bird{number // 3}" for number in range(12)])
    parts = divide(files, make_annotations(files, "ab"), test_by="individual").parts
    assert_apart(parts, 0.25)
    test = set(parts.filter(pl.col("split") == "test")["source"])
    assert len(test) == 3
    assert not test & set(parts.filter(pl.col("split") != "test")["source"])
    rest = parts.filter(pl.col("split") != "test")
    assert measure(rest) == pytest.approx({"train": 0.75, "validation": 0.25}, abs=0.05)


def test_a_column_may_say_the_split() -> None:
    files = make_files([5.0] * 4, split=["train", "val", "Test", "train"])
    parts = divide(files, make_annotations(files, "ab"), split_by="split").parts
    assert parts["split"].to_list() == ["train", "validation", "test", "train"]
    with pytest.raises(SubsongError, match=r"000\.wav has the split 'tran'.*train"):
        divide(files.with_columns(split=pl.lit("tran")), make_annotations(files, "ab"), split_by="split")


def test_all_channels_of_a_recording_stay_together() -> None:
    files = make_files([10.0] * 5)
    both = pl.concat([files, files.with_columns(channel=pl.lit(1, pl.Int64))]).sort("source", "channel")
    for split_by in ("time", "recording"):
        parts = divide(both, make_annotations(files, "ab"), split_by=split_by).parts
        assert parts.group_by("source", "first_sample").agg(pl.col("split").n_unique())["split"].unique().to_list() == [
            1
        ]


@pytest.mark.parametrize(("block_s", "num_blocks"), [(10.0, 6), (30.0, 2), (0.001, 30)])
def test_every_split_has_a_piece_in_each_block(block_s: float, num_blocks: int) -> None:
    files = make_files([60.0] * 4)
    annotations = make_annotations(files, "ab")
    parts = divide(files, annotations, split_by="time", split_block_s=block_s, split_gap_s=0.2).parts
    for (_,), rows in parts.group_by(["source"]):
        # Pieces of one split on both sides of a block's end are one.
        assert num_blocks * 2 <= rows.height <= num_blocks * 3
        lengths = rows.group_by("split").agg((pl.col("stop_s") - pl.col("start_s")).sum()).sort("split")["stop_s"]
        assert lengths.sum() == pytest.approx(60 - 0.2 * (rows.height - 1), abs=0.01)


def test_a_class_that_training_cannot_have_is_an_error_that_names_it() -> None:
    files = make_files([10.0] * 3, individual=["x", "y", "z"])
    labels = {"000.wav": "ab", "001.wav": "ac", "002.wav": "ad"}
    with pytest.raises(SubsongError, match=r"none of the \d+ annotations of '[bcd]' \(in 00\d\.wav\) is in training"):
        divide(files, make_annotations(files, labels), split_by="individual")


def test_a_class_that_a_split_lacks_is_a_warning_that_names_it(caplog) -> None:
    labels = {f"{number:03d}.wav": "abq" if number == 5 else "ab" for number in range(20)}
    files = make_files([10.0] * 20)
    splits = divide(files, make_annotations(files, labels), split_by="recording")
    assert len(splits.concerns) == 2
    assert "validation has none of 'q' (6 annotations)" in caplog.text


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"split_by": "individul"}, "individul.*individual"),
        ({"split_by": "individual"}, "2 individuals cannot be divided"),
        ({"split_by": "day"}, r"001\.wav .* has no day"),
    ],
)
def test_what_cannot_be_divided_is_refused(settings, message) -> None:
    files = make_files([10.0] * 4, individual=["x", "x", "y", "y"], day=["1", None, "2", "3"])
    with pytest.raises(SubsongError, match=message):
        divide(files, make_annotations(files, "ab"), **settings)


def test_too_little_sound_for_three_splits_is_refused() -> None:
    files = make_files([0.4])
    with pytest.raises(SubsongError, match="too few or too short"):
        divide(files, make_annotations(files, "a"), split_by="time")
