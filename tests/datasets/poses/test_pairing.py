"""Which picture shows the appearance."""

from __future__ import annotations

import numpy as np
import pytest

from subsong.core.errors import SubsongError
from subsong.datasets.poses.pairing import (
    PairingRule,
    check_pairing,
    draw_partners,
    fix_partners,
    number_identities,
)

from .made_up import make_pictures

ITEMS = make_pictures(5, 4).items
IDENTITY_N = number_identities(ITEMS)
OTHER = PairingRule("other")


def draw(epoch: int, rule: PairingRule = OTHER, seed: int = 0) -> np.ndarray:
    return draw_partners(IDENTITY_N, rule, seed, epoch)


@pytest.mark.parametrize("epoch", range(5))
def test_a_partner_is_another_picture_of_the_same_identity(epoch):
    partner_N = draw(epoch)
    assert np.array_equal(IDENTITY_N[partner_N], IDENTITY_N)
    assert (partner_N != np.arange(len(partner_N))).all()


def test_every_other_picture_of_an_identity_is_drawn_equally_often():
    drawn = np.stack([draw(epoch) for epoch in range(3000)])
    counts = np.bincount(drawn[:, 0], minlength=4)
    assert counts[0] == 0
    assert len(counts) == 4
    # Three cells of 1000 expected; a deviation of five standard deviations.
    assert np.abs(counts[1:] - 1000).max() < 5 * np.sqrt(3000 * 2 / 9)


def test_any_draws_the_picture_itself_as_often_as_others():
    drawn = np.stack([draw(epoch, PairingRule("any")) for epoch in range(2000)])
    counts = np.bincount(drawn[:, 5], minlength=8)[4:]
    assert np.abs(counts - 500).max() < 5 * np.sqrt(2000 * 3 / 16)


def test_same_pairs_every_picture_with_itself():
    assert np.array_equal(draw(3, PairingRule("same")), np.arange(20))
    assert np.array_equal(fix_partners(ITEMS, PairingRule("same"), 0), np.arange(20))


def test_draws_are_a_function_of_seed_and_epoch():
    assert np.array_equal(draw(3), draw(3))
    assert not np.array_equal(draw(3), draw(4))
    assert not np.array_equal(draw(3), draw(3, seed=1))


@pytest.mark.parametrize("pairing", ["other", "any"])
def test_fixed_partners_do_not_depend_on_the_order_of_rows_or_on_other_identities(pairing):
    rule = PairingRule(pairing)
    partner_N = fix_partners(ITEMS, rule, 0)
    order = np.random.default_rng(0).permutation(ITEMS.height)
    assert np.array_equal(order[fix_partners(ITEMS[order], rule, 0)], partner_N[order])
    assert np.array_equal(fix_partners(ITEMS[8:12], rule, 0) + 8, partner_N[8:12])


def test_fixed_partners_follow_the_seed_and_are_of_the_same_identity():
    partner_N = fix_partners(ITEMS, OTHER, 0)
    assert np.array_equal(IDENTITY_N[partner_N], IDENTITY_N)
    assert (partner_N != np.arange(20)).all()
    assert not np.array_equal(partner_N, fix_partners(ITEMS, OTHER, 1))


def test_an_identity_with_one_picture_is_named_with_what_to_do():
    with pytest.raises(SubsongError, match=r"'animal-1' has one picture only in the test part.*data\.on_single=self"):
        check_pairing(ITEMS[:5], OTHER, "test")


@pytest.mark.parametrize("rule", [PairingRule("other", "self"), PairingRule("any"), PairingRule("same")])
def test_an_identity_with_one_picture_may_show_itself_where_that_is_asked_for(rule):
    check_pairing(ITEMS[:5], rule, "test")
    assert fix_partners(ITEMS[:5], rule, 0)[4] == 4
    assert draw_partners(IDENTITY_N[:5], rule, 0, 0)[4] == 4


def test_pictures_of_nobody_known_among_others_are_an_error_that_names_the_first():
    items = ITEMS.with_columns(identity=ITEMS["identity"].replace("animal-2", None))
    with pytest.raises(SubsongError, match=r"4 of 20 pictures of the train part have no identity.*made-up\.npz row 8"):
        check_pairing(items, OTHER, "train")
    check_pairing(items, PairingRule("same"), "train")
