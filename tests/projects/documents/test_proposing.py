from __future__ import annotations

from subsong.projects.documents.annotation import Annotation
from subsong.projects.documents.document import Document
from subsong.projects.documents.proposing import choose_proposals


def segment(onset_s: float, offset_s: float, label: str = "a", channel: int | None = None, id: int = 9) -> Annotation:
    return Annotation(id, channel, onset_s, offset_s, None, None, label, 0.5, "run", "proposed")


def document(
    *accepted: Annotation, rejected: tuple[Annotation, ...] = (), reviewed: tuple[tuple[float, float], ...] = ()
) -> Document:
    return Document(
        "song.wav",
        {one.id: one._replace(state="accepted") for one in accepted},
        reviewed,
        rejected={one.id: one._replace(state="rejected") for one in rejected},
        next_id=50,
    )


def is_shown(proposal: Annotation, there: Document, is_asked: bool = False) -> bool:
    return choose_proposals(there, [proposal], is_asked) == [proposal]


def test_a_segment_of_which_half_is_annotated_is_shown_and_one_of_which_more_is_not() -> None:
    there = document(segment(0.0, 1.0, id=1))
    assert is_shown(segment(0.5, 1.5), there)
    assert not is_shown(segment(0.4, 1.4), there)


def test_two_annotations_may_cover_a_segment_together() -> None:
    assert not is_shown(segment(0.0, 1.0), document(segment(0.0, 0.3, id=1), segment(0.5, 0.9, id=2)))


def test_annotations_of_another_channel_cover_nothing() -> None:
    there = document(segment(0.0, 1.0, channel=0, id=1))
    assert is_shown(segment(0.0, 1.0, channel=1), there)
    assert not is_shown(segment(0.0, 1.0, channel=None), there)


def test_an_event_near_another_is_no_news_and_one_in_a_segment_is() -> None:
    there = document(segment(1.0, 1.0, id=1), segment(2.0, 3.0, id=2))
    assert not is_shown(segment(1.004, 1.004), there)
    assert is_shown(segment(1.006, 1.006), there)
    assert is_shown(segment(2.5, 2.5), there)


def test_what_was_rejected_does_not_come_back_a_little_moved() -> None:
    there = document(rejected=(segment(1.0, 2.0, id=1),))
    assert not is_shown(segment(0.996, 2.006), there)
    assert is_shown(segment(1.0, 2.02), there)
    assert is_shown(segment(1.0, 2.0, label="b"), there)


def test_nothing_is_proposed_where_everything_was_looked_at_unless_somebody_asks() -> None:
    there = document(reviewed=((1.0, 3.0),))
    assert not is_shown(segment(1.0, 2.0), there)
    assert is_shown(segment(2.5, 3.5), there)
    assert is_shown(segment(1.0, 2.0), there, is_asked=True)
    done = Document("song.wav", is_done=True)
    assert not is_shown(segment(1.0, 2.0), done)
    assert is_shown(segment(1.0, 2.0), done, is_asked=True)


def test_the_order_of_proposals_stays() -> None:
    found = [segment(3.0, 3.0, id=1), segment(1.0, 2.0, id=2), segment(0.5, 0.6, id=3)]
    assert choose_proposals(document(), found) == found
