"""What a step was made from is remembered, and what it made is looked after."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.projects.steps.made_steps import Bench

from subsong.core.files import read_json
from subsong.projects.steps.cache import list_inputs
from subsong.projects.steps.doing import choose_steps, explain_steps


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_a_step_is_done_once(bench: Bench) -> None:
    assert bench.do(bench.step("one")) == {"one": "done"}
    assert bench.do(bench.step("one")) == {"one": "kept"}


@pytest.mark.parametrize(
    "changed", [{"files": {"wav": "2"}}, {"settings": {"depth": {"of": 2}}}], ids=["a file", "a setting"]
)
def test_a_changed_input_is_named_and_does_the_step_again(bench: Bench, changed: dict[str, dict[str, str]]) -> None:
    bench.do(bench.step("one", files={"wav": "1"}, settings={"depth": {"of": 1}}))
    again = bench.step("one", **{"files": {"wav": "1"}, "settings": {"depth": {"of": 1}}, **changed})
    (result,) = bench.do_all(again)
    assert (result.status, result.reasons) == (
        "done",
        ("wav: 1 -> 2",) if "files" in changed else ("depth.of: 1 -> 2",),
    )


def test_a_changed_output_goes_on_to_the_steps_that_need_it_and_no_others(bench: Bench) -> None:
    def plan(wav: str) -> tuple:
        return (bench.step("left", files={"wav": wav}), bench.step("right"), bench.step("both", ["left", "right"]))

    bench.do(*plan("1"))
    bench.texts["left"] = "another"
    assert bench.do(*plan("2")) == {"left": "done", "right": "kept", "both": "done"}


def test_an_output_that_comes_out_as_it_was_stops_the_spreading(bench: Bench) -> None:
    bench.do(bench.step("one", files={"wav": "1"}), bench.step("two", ["one"]))
    assert bench.do(bench.step("one", files={"wav": "2"}), bench.step("two", ["one"])) == {"one": "done", "two": "kept"}


@pytest.mark.parametrize("harm", ["removed", "changed"])
def test_a_harmed_output_is_made_again(bench: Bench, harm: str) -> None:
    bench.do(bench.step("one"))
    path = bench.root / "steps/one/made.txt"
    if harm == "removed":
        path.unlink()
    else:
        path.write_text("other")
    (result,) = bench.do_all(bench.step("one"))
    assert result.status == "done"
    assert "steps/one/made.txt" in result.reasons[0]
    assert path.read_text() == "one"


def test_a_damaged_record_is_made_again(bench: Bench) -> None:
    bench.do(bench.step("one"))
    (bench.root / "steps/one/step.json").write_text('{"format": "of tomorrow"')
    assert bench.do(bench.step("one")) == {"one": "done"}


def test_what_a_step_made_before_stays_until_the_new_is_whole(bench: Bench) -> None:
    bench.do(bench.step("one", files={"wav": "1"}))
    bench.broken.add("one")
    assert bench.do(bench.step("one", files={"wav": "2"})) == {"one": "failed"}
    assert (bench.root / "steps/one/made.txt").read_text() == "one"
    assert bench.do(bench.step("one", files={"wav": "1"})) == {"one": "kept"}


def test_an_interrupted_step_finds_what_it_had_unless_its_inputs_have_changed(bench: Bench) -> None:
    cache, step = bench.open(), bench.step("one/bird", files={"wav": "1"})
    begun = cache.begin(step.name, list_inputs(step, {}))
    (begun.folder / "half").touch()
    assert (cache.begin(step.name, list_inputs(step, {})).folder / "half").exists()
    other = bench.step("one/bird", files={"wav": "2"})
    assert not (cache.begin(other.name, list_inputs(other, {})).folder / "half").exists()


def test_what_needs_a_failed_step_is_left_out_and_the_rest_is_done(bench: Bench) -> None:
    bench.broken.add("left")
    results = bench.do_all(bench.step("left"), bench.step("right"), bench.step("both", ["left", "right"]))
    assert [result.status for result in results] == ["failed", "done", "left out"]
    assert results[0].reasons == ("left is broken: mend it",)
    assert results[2].reasons == ("it needs left",)


def test_a_lenient_step_does_without_one_bird_but_not_without_all(bench: Bench) -> None:
    plan = [bench.step("find/a"), bench.step("find/b"), bench.step("join", ["find/a", "find/b"], is_lenient=True)]
    bench.broken.add("find/a")
    assert bench.do(*plan)["join"] == "done"
    bench.broken.clear()
    assert bench.do(*plan) == {"find/a": "done", "find/b": "kept", "join": "done"}
    bench.broken |= {"find/a", "find/b"}
    bench.root.joinpath("steps/find/a/step.json").unlink()
    bench.root.joinpath("steps/find/b/step.json").unlink()
    assert bench.do(*plan)["join"] == "left out"


def test_a_lenient_step_needs_what_is_of_all_birds(bench: Bench) -> None:
    bench.broken.add("map")
    plan = [bench.step("map"), bench.step("find/a"), bench.step("join", ["map", "find/a"], is_lenient=True)]
    assert bench.do(*plan)["join"] == "left out"


def test_an_explanation_does_nothing_and_says_what_would_be_done(bench: Bench) -> None:
    plan = [bench.step("one"), bench.step("two", ["one"])]
    said = {result.name: (result.status, result.reasons) for result in explain_steps(plan, bench.open())}
    assert said == {"one": ("done", ("not done before",)), "two": ("done", ("after one",))}
    assert not (bench.root / "steps").exists()
    bench.do(*plan)
    assert {result.status for result in explain_steps(plan, bench.open())} == {"kept"}


def test_a_chosen_step_brings_what_it_needs(bench: Bench) -> None:
    plan = [bench.step("a/x"), bench.step("a/y"), bench.step("b/x", ["a/x"]), bench.step("c", ["b/x", "a/y"])]
    assert [step.name for step in choose_steps(plan, ["b"])] == ["a/x", "b/x"]
    assert [step.name for step in choose_steps(plan, ["a/y"])] == ["a/y"]


def test_what_was_made_does_not_depend_on_where_it_lies(bench: Bench, tmp_path: Path) -> None:
    bench.do(bench.step("one"))
    moved = Bench(tmp_path / "elsewhere")
    moved.root.mkdir()
    (bench.root / "steps").rename(moved.root / "steps")
    assert moved.do(moved.step("one")) == {"one": "kept"}
    assert list(read_json(moved.root / "steps/one/step.json")["files"]) == ["steps/one/made.txt"]
