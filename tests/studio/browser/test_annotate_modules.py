"""Modules of the annotate page that draw nothing: views, tiles, hits, keys, edits that meet another document."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page
from tests.studio.browser.conftest import Studio


@pytest.fixture(scope="module")
def modules(page: Page, studio: Studio) -> Page:
    """Return a page on which modules can be imported."""
    page.goto(f"{studio.url}/icon.svg")
    return page


def run(modules: Page, name: str, program: str, value: Any = None) -> Any:
    """Return what a program says that has the module as ``m`` and a value as ``v``."""
    return modules.evaluate(
        f"async v => {{ const m = await import('/static/js/annotate/{name}.js'); {program} }}", value
    )


def test_zooming_keeps_what_is_under_the_pointer_where_it_is(modules: Page) -> None:
    program = """
    const bounds = { duration_s: 100, nyquist_hz: 16000 };
    const view = { start_s: 20, span_s: 10, low_hz: 0, high_hz: 16000 };
    const zoomed = m.zoomTime(view, bounds, 0.3, 23);
    return [m.timeToX(view, 800, 23), m.timeToX(zoomed, 800, 23), zoomed.span_s];
    """
    before, after, span_s = run(modules, "viewport", program)
    assert after == pytest.approx(before)
    assert span_s == pytest.approx(3)


def test_panning_stops_at_both_ends(modules: Page) -> None:
    program = """
    const bounds = { duration_s: 100, nyquist_hz: 16000 };
    const view = { start_s: 20, span_s: 10, low_hz: 0, high_hz: 16000 };
    return [-1000, 1000].map((by_s) => m.panTime(view, bounds, by_s).start_s);
    """
    assert run(modules, "viewport", program) == [0, 90]


@pytest.mark.parametrize("span_s", [0.01, 1.0, 60.0, 21_600.0])
def test_the_visible_tiles_cover_the_view_in_columns_of_about_a_pixel(modules: Page, span_s: float) -> None:
    program = """
    const plan = m.planTiles({ start_s: 0, span_s: v }, 21600, 900).filter((tile) => tile.visible);
    return [m.tileSpan(plan[0].level), plan.map((tile) => tile.index).sort((a, b) => a - b)];
    """
    tile_s, indices = run(modules, "tiles", program, span_s)
    assert indices == list(range(len(indices)))
    assert (len(indices) - 1) * tile_s < span_s <= len(indices) * tile_s
    column_px = tile_s / 512 / (span_s / 900)
    assert 0.7 <= column_px <= 1.401


def test_of_two_neighbours_the_selected_one_is_held_at_their_common_edge(modules: Page) -> None:
    program = """
    const one = (id, left, right) => ({ id, left, right, top: 0, bottom: 100, isEvent: false, isBox: false });
    const both = [one(1, 0, 50), one(2, 50, 100)];
    return [new Set(), new Set([1]), new Set([2])].map((selected) => m.findHit(both, 51, 20, selected));
    """
    free, first, second = run(modules, "hits", program)
    assert free == {"id": 2, "part": "onset"}
    assert first == {"id": 1, "part": "offset"}
    assert second == {"id": 2, "part": "onset"}


def test_labels_keep_their_own_letter_where_it_is_free_and_else_get_digits(modules: Page) -> None:
    program = "return [...m.assignKeys(['a', 'b', 'trill', '2'])];"
    assert run(modules, "labels", program) == [["b", "b"], ["2", "2"], ["a", "1"], ["trill", "3"]]


def test_contrast_does_not_follow_silence_beyond_the_end(modules: Page) -> None:
    program = """
    const grey = new Uint8Array(7000).map((_, at) => (at < 3500 ? 0 : 100));
    return m.fitContrast([grey]).floor_db;
    """
    assert run(modules, "contrast", program) == pytest.approx(-120 * (1 - 100 / 255), abs=1)


REFIT = """
const document = { annotations: new Map(v.known.map((one) => [one.id, { channel: null, state: "accepted", ...one }])) };
const nameNew = (edit, at) => (edit.annotations ?? []).map((_, number) => -10 * (at + 1) - number);
const items = v.edits.map((edit, at) => ({ kind: "edit", edit, newIds: nameNew(edit, at) }));
const { items: left, ids, numLost } = m.refit(items, document);
return { left: left.map((item) => item.edit), ids: [...ids], numLost };
"""


def refit(modules: Page, known: list[dict[str, Any]], edits: list[dict[str, Any]]) -> dict[str, Any]:
    return run(modules, "pending", REFIT, {"known": known, "edits": edits})


def test_what_was_added_already_is_not_added_again_and_later_edits_mean_it(modules: Page) -> None:
    values = {"onset_s": 1.0, "offset_s": 2.0, "label": "a"}
    edits = [{"op": "add", "annotations": [values]}, {"op": "change", "ids": [-10], "values": {"label": "b"}}]
    met = refit(modules, [{"id": 7, **values}], edits)
    assert met == {"left": [edits[1]], "ids": [[-10, 7]], "numLost": 0}


def test_what_was_added_here_keeps_its_name_on_the_page_and_has_the_servers_name_there(modules: Page) -> None:
    program = """
    const names = new m.Names();
    names.learn(new Map([[-1, 7]]));
    const change = names.readChange({ changed: [{ id: 7, label: "a" }, { id: 8, label: "b" }], removed: [7, 9] });
    const item = { kind: "edit", edit: { op: "delete", ids: [-1, 8, -2] }, newIds: [] };
    return [change.changed.map((one) => one.id), change.removed, names.forServer(item).edit.ids];
    """
    assert run(modules, "names", program) == [[-1, 8], [-1, 9], [7, 8, -2]]


def test_an_edit_of_what_is_gone_is_lost_and_one_of_what_will_be_added_is_kept(modules: Page) -> None:
    add = {"op": "add", "annotations": [{"onset_s": 1.0, "offset_s": 2.0, "label": "a"}]}
    edits = [{"op": "delete", "ids": [3]}, add, {"op": "delete", "ids": [-20]}, {"op": "done", "value": True}]
    met = refit(modules, [], edits)
    assert met["left"] == edits[1:]
    assert met["numLost"] == 1


def test_a_provisional_tile_is_shown_and_fetched_again_after_a_while_until_it_is_final(modules: Page) -> None:
    program = """
    const shown = [];
    await new Promise((done) => {
      const [first, last] = [{ name: "provisional", again_s: 0.01 }, { name: "final", again_s: null }];
      const load = async () => (shown.length < 2 ? first : last);
      setTimeout(done, 5000);
      const onTile = () => {
        const { name } = store.get("a");
        if (store.loading.size > 0) shown.push(name);
        store.want([{ key: "a" }]);
        if (name === "final") done();
      };
      const store = new m.TileStore(load, { capacity: 2, onTile });
      store.want([{ key: "a" }]);
    });
    return shown;
    """
    assert run(modules, "tile_store", program) == ["provisional", "provisional", "final"]


QUEUE = """
const { applyEdit } = await import("/static/js/annotate/document.js");
const base = { revision: 3, annotations: new Map(), reviewed: [], is_done: false };
const queue = new m.Queue();
const add = (label) => {
  const [edit, newIds] = [{ op: "add", annotations: [{ onset_s: 1, offset_s: 2, label }] }, [-label.charCodeAt(0)]];
  queue.add({ kind: "edit", edit, newIds });
};
const send = () => { queue.items[0].isTried = true; };
const shown = (on = base) => [...queue.applyTo(on).annotations.values()].map((one) => one.label).join("");
const waiting = () => queue.items.map((item) => (item.kind === "edit" ? item.edit.annotations[0].label : item.kind));
"""


def test_what_was_not_sent_is_undone_and_done_again_without_the_server(modules: Page) -> None:
    program = """
    add("a"); add("b"); add("c");
    queue.undo(); queue.undo();
    const undone = [shown(), waiting()];
    queue.redo();
    const again = [shown(), waiting()];
    add("d");
    return [undone, again, shown(), queue.canRedo];
    """
    found = run(modules, "queue", QUEUE + program)
    assert found == [["a", ["a"]], ["ab", ["a", "b"]], "abd", False]


def test_what_was_undone_while_it_was_sent_is_taken_back_by_the_server_and_not_seen_meanwhile(modules: Page) -> None:
    program = """
    add("a"); send(); add("b");
    queue.undo(); queue.undo();
    const undone = [shown(), queue.numWaiting, queue.canUndo];
    const confirmed = applyEdit(base, queue.items[0].edit, [7]);
    queue.confirmFirst(base);
    const meanwhile = [shown(confirmed), waiting()];
    queue.redo(); queue.redo();
    return [undone, meanwhile, shown(confirmed), waiting()];
    """
    found = run(modules, "queue", QUEUE + program)
    assert found == [["", 0, False], ["", ["undo"]], "ab", ["b"]]


def test_what_the_server_has_is_undone_there_and_done_again_there_before_what_was_not_sent(modules: Page) -> None:
    program = """
    add("b"); queue.undo(); queue.undo(); send();
    queue.redo(); queue.redo();
    return waiting();
    """
    assert run(modules, "queue", QUEUE + program) == ["undo", "redo", "b"]


TAKE_BACK = """
const item = { kind: "edit", edit: v.edit, newIds: v.edit.op === "add" ? [-1] : [], isTried: true, isUndone: true };
const known = v.known.map((one) => [one.id, { channel: null, state: "accepted", ...one }]);
const document = { revision: v.revision, annotations: new Map(known), reviewed: [], is_done: false };
return m.refit([item], document, 3).items.map((one) => (one.kind === "edit" ? one.edit : one.kind));
"""
ADDED = {"onset_s": 1.0, "offset_s": 2.0, "label": "a"}


@pytest.mark.parametrize(
    ("revision", "known", "edit", "left"),
    [
        (3, [], {"op": "add", "annotations": [ADDED]}, []),
        (4, [{"id": 7, **ADDED}], {"op": "add", "annotations": [ADDED]}, ["undo"]),
        (5, [{"id": 7, **ADDED}], {"op": "add", "annotations": [ADDED]}, [{"op": "delete", "ids": [7]}]),
        (4, [{"id": 7, **ADDED}], {"op": "change", "ids": [7], "values": {"label": "a"}}, ["undo"]),
        (4, [{"id": 7, **ADDED}], {"op": "change", "ids": [7], "values": {"label": "b"}}, []),
    ],
    ids=["was not made", "was made", "was made, and more by others", "a change was made", "others made another"],
)
def test_an_undone_edit_whose_answer_was_lost_is_taken_back_only_where_it_was_made(
    modules: Page, revision: int, known: list[dict[str, Any]], edit: dict[str, Any], left: list[Any]
) -> None:
    assert run(modules, "pending", TAKE_BACK, {"revision": revision, "known": known, "edit": edit}) == left
