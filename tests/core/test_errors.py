"""Names that were nearly right."""

from __future__ import annotations

import pytest

from subsong.core.errors import Interrupted, SubsongError, did_you_mean


@pytest.mark.parametrize(
    ("word", "known", "hint"),
    [
        ("bacth_size", ["batch_size", "num_epochs"], "did you mean 'batch_size'?"),
        ("zzz", ["b", "a"], "known are a, b"),
        ("", ["a"], "known are a"),
        ("a", [], "none are known"),
        (
            "zzz",
            [f"a{n:02}" for n in range(20)],
            "known are " + ", ".join(f"a{n:02}" for n in range(12)) + " and 8 more",
        ),
        ("adam", iter(["adam", "sgd"]), "did you mean 'adam'?"),
    ],
)
def test_the_nearest_name_is_proposed_or_all_are_listed(word, known, hint):
    assert did_you_mean(word, known) == hint


def test_an_interruption_is_a_user_error_with_its_signal():
    error = Interrupted("stopped", 15)
    assert isinstance(error, SubsongError)
    assert (str(error), error.signal_number) == ("stopped", 15)
