"""The loss table in a configuration: a term is named by its kind, as in VUNet's files, and a wrong name is answered."""

from __future__ import annotations

import pytest

from subsong.core.errors import SubsongError
from subsong.objectives.objective import build_objective
from subsong.recipes.configuring import resolve_config

NAMES = ("color_L1", "color_L2", "color_gradient", "KL", "perceptual", "gram", "ssim", "ms_ssim")


def read_losses(*overrides):
    return resolve_config("digits-vae", overrides=overrides)[1].losses


@pytest.mark.parametrize("name", NAMES)
def test_a_term_s_name_is_its_kind(name):
    losses = read_losses(f"losses/{name}/weight=2")
    assert losses[name].kind == name
    assert build_objective({name: losses[name]}, 10).weights(0) == {name: 2.0}


def test_the_ramp_of_the_training_page():
    ramp = "{start_ramp_it: 2000, start_ramp_val: 0, end_ramp_it: 3500, end_ramp_val: 1}"
    objective = build_objective(read_losses(f"losses.KL={ramp}", "losses.color_L1.weight=.5"), 4000)
    assert [objective.weights(step)["KL"] for step in (0, 2000, 2750, 3500, 3999)] == [0, 0, 0.5, 1, 1]
    assert objective.weights(2750)["color_L1"] == 0.5


def test_vunet_s_perceptual_entry_is_read():
    losses = read_losses("losses.perceptual={weight: 1, vgg_feat_weights: [1, 1, 1, 1, 1, 0]}")
    assert losses["perceptual"].feature_weights == (1, 1, 1, 1, 1, 0)


@pytest.mark.parametrize(
    ("override", "sentence"),
    [
        ("losses.colour_L1.weight=2", r"losses\.colour_L1 needs a 'kind'; known are .*; or did you mean 'color_L1'\?"),
        ("losses.perceptal.weight=2", r"losses\.perceptal needs a 'kind'; .*; or did you mean 'perceptual'\?"),
        ("losses.kl.kind=kll", r"losses\.kl has no kind 'kll'; did you mean 'kl'\?"),
        ("losses.perceptual.feature_weights=[1]", "feature_weights needs 6 numbers, .* found"),
        ("losses.perceptual.substitute=pyramids", r"expected one of 'pyramid', 'random'; did you mean 'pyramid'\?"),
    ],
)
def test_a_wrong_name_is_answered_in_one_sentence_with_the_nearest(override, sentence):
    with pytest.raises(SubsongError, match=sentence) as error:
        read_losses(override)
    assert len(str(error.value).splitlines()) == 1
