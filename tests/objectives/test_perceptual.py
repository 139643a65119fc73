"""Perceptual and style loss: gradients through every tap, substitutes that say so, weights of a file."""

from __future__ import annotations

import logging

import pytest
import torch
from pydantic import ValidationError

from subsong.core.errors import SubsongError
from subsong.models.fixed_features import PyramidFeatures
from subsong.models.vgg import Vgg19Features
from subsong.objectives import features
from subsong.objectives.gram import GramTerm, compute_gram
from subsong.objectives.perceptual import PerceptualTerm

from .pictures import compute, compute_gradient, draw_pictures

TERMS = (PerceptualTerm, GramTerm)


@pytest.fixture(scope="module")
def weights_path(tmp_path_factory):
    torch.manual_seed(0)
    network = Vgg19Features()
    for value in network.parameters():
        if value.ndim == 4:
            torch.nn.init.kaiming_normal_(value)
    path = tmp_path_factory.mktemp("weights") / "vgg19.pth"
    torch.save(network.state_dict(), path)
    return path


@pytest.fixture(params=["pyramid", "random", "vgg19"])
def source(request, weights_path):
    """Settings of each kind of features."""
    return {"weights": weights_path} if request.param == "vgg19" else {"substitute": request.param}


def only(position):
    return tuple(float(number == position) for number in range(6))


@pytest.mark.parametrize("term_class", TERMS)
@pytest.mark.parametrize("position", range(6))
def test_every_tap_by_itself_sends_a_gradient_to_the_picture(source, term_class, position):
    first, second = draw_pictures(2, 3, 32, 32), draw_pictures(2, 3, 32, 32, seed=1)
    gradient = compute_gradient(term_class(feature_weights=only(position), **source), first, second)
    # 32 x 32 pixels have all five scales; the pyramid's coarsest sees what is left after four halvings.
    assert (gradient.abs() > 0).float().mean() > 0.5


def test_the_loss_is_the_weighted_sum_of_its_taps(source):
    first, second = draw_pictures(2), draw_pictures(2, seed=1)
    weights = (0.5, 1.0, 0.0, 2.0, 0.25, 3.0)
    parts = [compute(PerceptualTerm(feature_weights=only(n), **source), first, second) for n in range(6)]
    total = sum(weight * part for weight, part in zip(weights, parts, strict=True))
    assert compute(PerceptualTerm(feature_weights=weights, **source), first, second) == pytest.approx(total, rel=1e-5)
    assert parts[0].tolist() == pytest.approx((first - second).abs().mean(dim=(1, 2, 3)).tolist())


def test_a_tap_is_the_mean_difference_of_its_maps():
    first, second = draw_pictures(1), draw_pictures(1, seed=1)
    by_hand = (PyramidFeatures()(first)[2] - PyramidFeatures()(second)[2]).abs().mean()
    assert compute(PerceptualTerm(feature_weights=only(3)), first, second).item() == pytest.approx(by_hand.item())


def test_taps_that_a_small_picture_lacks_leave_the_others_their_weights(source):
    first, second = draw_pictures(2, 3, 4, 4), draw_pictures(2, 3, 4, 4, seed=1)
    three = (1.0, 1.0, 1.0, 0.0, 0.0, 0.0)
    parts = [compute(PerceptualTerm(feature_weights=only(n), **source), first, second) for n in range(6)]
    assert parts[5].tolist() == [0, 0]
    assert compute(PerceptualTerm(**source), first, second) == pytest.approx(sum(parts), rel=1e-5)
    assert compute(PerceptualTerm(feature_weights=three, **source), first, second) == pytest.approx(sum(parts[:3]))


def test_the_range_of_the_pictures_is_a_setting(source):
    first, second = draw_pictures(1), draw_pictures(1, seed=1)
    halved = PerceptualTerm(value_range=(0.0, 1.0), **source)
    expected = compute(PerceptualTerm(**source), first, second)
    assert compute(halved, (first + 1) / 2, (second + 1) / 2) == pytest.approx(expected, rel=1e-4)


def test_the_gram_matrix_of_two_maps_worked_out_by_hand():
    maps = torch.tensor([[[[1.0, 2.0]], [[3.0, -1.0]]]])
    assert compute_gram(maps).tolist() == [[[5 / 8, 1 / 8], [1 / 8, 10 / 8]]]


def test_the_style_does_not_mind_where_in_the_picture_something_is():
    picture = draw_pictures(1)
    shuffled = picture.flatten(2)[..., torch.randperm(256, generator=torch.Generator().manual_seed(0))]
    term = GramTerm(feature_weights=only(0))
    assert compute(term, shuffled.reshape(picture.shape), picture).item() == pytest.approx(0, abs=1e-6)
    assert compute(term, picture * 0.5, picture).item() > 0.001


def test_a_validation_first_does_not_spoil_training(source):
    features._build_substitute.cache_clear()
    features._load_vgg19.cache_clear()
    first, second = draw_pictures(1), draw_pictures(1, seed=1)
    with torch.inference_mode():
        compute(PerceptualTerm(**source), first, second)
    assert compute_gradient(PerceptualTerm(**source), first, second).abs().max() > 0


@pytest.mark.parametrize("term_class", TERMS)
def test_a_substitute_says_so_once_and_on_the_card(caplog, term_class):
    features._warn_once.cache_clear()
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            term_class().build()
    kind = term_class().kind
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "multi-scale pyramid, no VGG19 weights were given" in caplog.text
    assert term_class().describe() == f"{kind}: multi-scale pyramid, no VGG19 weights were given"
    assert "random" in term_class(substitute="random").describe()


def test_given_weights_are_named_by_their_file_and_hash_and_warn_of_nothing(caplog, weights_path):
    with caplog.at_level(logging.WARNING):
        PerceptualTerm(weights=weights_path).build()
    described = PerceptualTerm(weights=weights_path).describe()
    assert not caplog.records
    assert described.startswith("perceptual: VGG19, weights vgg19.pth (SHA-256 ")
    assert str(weights_path.parent) not in described


def test_both_terms_share_one_network(weights_path):
    features._load_vgg19.cache_clear()
    for term_class in TERMS:
        compute(term_class(weights=weights_path), draw_pictures(1), draw_pictures(1))
    assert features._load_vgg19.cache_info().misses == 1


def test_a_file_of_another_network_is_refused_when_the_term_is_built(tmp_path):
    torch.save({"features.0.weight": torch.zeros(64, 3, 3, 3)}, tmp_path / "other.pth")
    with pytest.raises(SubsongError, match=r"other\.pth holds no VGG19: it has no weights 'features\.0\.bias'"):
        PerceptualTerm(weights=tmp_path / "other.pth").build()


@pytest.mark.parametrize("term_class", TERMS)
def test_vunet_s_name_of_the_feature_weights_is_read(term_class):
    read = term_class.model_validate({"vgg_feat_weights": [1, 0, 0, 2, 0, 0]})
    assert read.feature_weights == (1, 0, 0, 2, 0, 0)
    assert term_class.model_validate(read.model_dump(mode="json")) == read


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"feature_weights": [1, 1]}, "feature_weights needs 6 numbers"),
        ({"feature_weights": [0] * 6}, "not all 0"),
        ({"feature_weights": [1] * 6, "vgg_feat_weights": [1] * 6}, "the same, not both"),
        ({"value_range": [1, -1]}, "smallest value first"),
    ],
)
def test_settings_that_mean_nothing_are_refused(settings, sentence):
    with pytest.raises(ValidationError, match=sentence):
        PerceptualTerm.model_validate(settings)
