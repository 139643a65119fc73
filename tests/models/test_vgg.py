"""VGG19 as a fixed measure of pictures: its layers, its gradients and files of weights that are another network's."""

from __future__ import annotations

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from subsong.core.errors import SubsongError
from subsong.models.vgg import Vgg19Features, load_vgg19

CONVOLUTIONS = (0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30)


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    network = Vgg19Features()
    for value in network.parameters():
        if value.ndim == 4:
            nn.init.kaiming_normal_(value)
    return network


@pytest.fixture
def pictures():
    return torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(1)) * 2 - 1


def test_the_layers_are_torchvision_s_up_to_the_last_tap(network):
    assert list(network.state_dict()) == [f"features.{n}.{part}" for n in CONVOLUTIONS for part in ("weight", "bias")]
    # The 20,024,384 of all sixteen convolutions, less the two beyond relu5_2 of 512 x 512 x 9 + 512 each.
    assert sum(value.numel() for value in network.parameters()) == 20_024_384 - 2 * (512 * 512 * 9 + 512)


def test_the_five_taps_are_halved_and_follow_a_relu(network, pictures):
    taps = network(pictures)
    assert [tuple(tap.shape[1:]) for tap in taps] == [
        (64, 32, 32),
        (128, 16, 16),
        (256, 8, 8),
        (512, 4, 4),
        (512, 2, 2),
    ]
    assert all((tap >= 0).all() and (tap == 0).any() for tap in taps)


def test_the_first_tap_is_worked_out_from_imagenet_s_mean_and_deviation(network, pictures):
    mean, deviation = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    maps = ((pictures * 0.5 + 0.5).movedim(1, -1) - mean) / deviation
    for position in (0, 2):
        maps = network.features[position](maps.movedim(-1, 1)).relu().movedim(1, -1)
    assert torch.allclose(network(pictures)[0], maps.movedim(-1, 1), atol=1e-4)


@pytest.mark.parametrize(("size", "num_taps"), [(32, 5), (16, 5), (15, 4), (8, 4), (2, 2), (1, 1)])
def test_taps_that_would_be_empty_are_left_out(network, size, num_taps):
    assert len(network(torch.zeros(1, 3, size, 24))) == num_taps


@pytest.mark.parametrize("tap", range(5))
def test_every_tap_sends_a_gradient_to_the_picture_and_none_to_the_weights(network, pictures, tap):
    # Also beyond [-1, 1], where a clamp would stop it.
    pictures = (3 * pictures).requires_grad_()
    network(pictures)[tap].sum().backward()
    assert (pictures.grad.abs() > 0).float().mean() > 0.9
    assert not any(value.requires_grad or value.grad is not None for value in network.parameters())


def test_grey_is_shown_to_all_three_channels(network, pictures):
    grey = pictures[:, :1]
    assert torch.equal(network(grey)[4], network(grey.expand(-1, 3, -1, -1))[4])
    with pytest.raises(SubsongError, match="VGG19 sees pictures of 3 channels or 1, but these have 2"):
        network(pictures[:, :2])


@pytest.fixture(scope="module")
def weights(network):
    """As torchvision's file has them: with layers and a classifier that are not used here."""
    beyond = {"features.32.weight": torch.zeros(1), "classifier.0.weight": torch.zeros(1)}
    return {**network.state_dict(), **beyond}


@pytest.mark.parametrize(("name", "save"), [("vgg19.pth", torch.save), ("vgg19.safetensors", save_file)])
def test_weights_come_from_a_file(tmp_path, network, weights, pictures, name, save):
    save(weights, tmp_path / name)
    assert torch.equal(load_vgg19(tmp_path / name)(pictures)[4], network(pictures)[4])


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"features.5.weight": None}, r"it has no weights 'features\.5\.weight'; name torchvision's vgg19"),
        # VGG16 has three convolutions where VGG19 has four; with batch norm the second one is elsewhere.
        ({"features.19.weight": torch.zeros(512, 512, 3, 3)}, r"'features\.19\.weight' has shape \(512, 512, 3, 3\)"),
        ({"features.2.weight": torch.zeros(64)}, r"'features\.2\.weight' has shape \(64,\), expected \(64, 64, 3, 3\)"),
    ],
)
def test_the_first_weights_of_another_network_are_named(tmp_path, weights, change, sentence):
    # Shapes are all that is looked at before the sentence; so the file is small.
    shapes = {name: torch.zeros(()).expand(value.shape) for name, value in weights.items()}
    changed = {name: value for name, value in {**shapes, **change}.items() if value is not None}
    torch.save(changed, tmp_path / "other.pth")
    with pytest.raises(SubsongError, match=sentence):
        load_vgg19(tmp_path / "other.pth")


@pytest.mark.parametrize("name", ["none.pth", "text.pth", "text.safetensors", "list.pth", "module.pth"])
def test_what_is_no_file_of_weights_is_refused_in_one_sentence(tmp_path, name):
    (tmp_path / "text.pth").write_text("not weights")
    (tmp_path / "text.safetensors").write_text("not weights")
    torch.save([1, 2], tmp_path / "list.pth")
    torch.save(nn.Linear(1, 1), tmp_path / "module.pth")
    with pytest.raises(SubsongError, match=f"{name} (is no file|cannot be read|holds a list)") as error:
        load_vgg19(tmp_path / name)
    assert len(str(error.value).splitlines()) == 1
