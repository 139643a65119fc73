"""The evaluation of a VUNet: what is stored, what the numbers are, and that they come out again without the model."""

from __future__ import annotations

import shutil

import numpy as np
import polars as pl
import pytest
import torch
from tests.posed_pictures import NUM_IDENTITIES, NUM_POSES, build_poses, build_tiny

from subsong.core.errors import SubsongError
from subsong.evaluation.pictures import compute_ssim
from subsong.evaluation.store import load_evaluation, open_writer
from subsong.inference.evaluate_poses import SCORES_NAME, evaluate_poses, rescore_poses
from subsong.inference.pose_pass import draw_others
from subsong.inference.results import RESULTS_NAME, read_results
from subsong.inference.scoring import EvaluationOptions

ROWS = np.arange(NUM_IDENTITIES * NUM_POSES)
IS_TRAIN = (ROWS // NUM_POSES < 4) & (ROWS % NUM_POSES < 3)
"""Three poses of the four known identities; scored are the two other poses of these, and all of the new ones."""


def evaluate(folder, seed=0, same_stickmen=False, **options):
    data, train = build_poses(ROWS[~IS_TRAIN], same_stickmen), build_poses(ROWS[IS_TRAIN], same_stickmen)
    results = evaluate_poses(build_tiny(), data, folder, EvaluationOptions("test", seed, **options), train)
    return results, load_evaluation(folder), data


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory):
    return evaluate(tmp_path_factory.mktemp("evaluated") / "final")


@pytest.fixture(scope="module")
def results(evaluated):
    return evaluated[0]


@pytest.fixture(scope="module")
def store(evaluated):
    return evaluated[1]


def test_pictures_and_codes_of_every_example_are_stored_as_they_are(evaluated):
    _, store, data = evaluated
    batch = data.fetch(np.arange(len(data)))
    assert np.array_equal(store.output("target"), batch.target)
    assert np.array_equal(store.output("appearance"), batch.input["appearance"])
    assert np.array_equal(store.output("stickman"), batch.input["stickman"])
    model = build_tiny()
    assert store.output("reconstruction") == pytest.approx(model.reconstruct(data), abs=1e-4)
    partners = data.items["appearance_row"].to_numpy()
    assert store.output("latent_mean") == pytest.approx(model.embed(data.images_NCHW[partners]), abs=1e-4)
    assert {store.output(name).dtype for name in store.output_names} == {np.dtype("float32")}


def test_losses_are_those_at_the_means_in_nats(evaluated):
    _, store, data = evaluated
    with torch.inference_mode():
        batch = data.fetch(np.arange(len(data)))
        output = build_tiny().module(batch)
        kl_B = output.posterior.compute_kl().sum(dim=1)
        loss_B = kl_B - output.likelihood.log_prob(batch.target)
    assert store.losses["kl"].to_numpy() == pytest.approx(kl_B.numpy(), rel=1e-4)
    assert store.losses["loss"].to_numpy() == pytest.approx(loss_B.numpy(), rel=1e-4)
    of_scales = store.losses["kl_scale_0"] + store.losses["kl_scale_1"]
    assert of_scales.to_numpy() == pytest.approx(store.losses["kl"].to_numpy())


def test_scores_stand_beside_those_of_the_copied_appearance_and_the_mean_of_the_pose(evaluated):
    results, store, data = evaluated
    is_known = data.items["is_known"].to_numpy()
    target, partners = store.output("target"), data.items["appearance_row"].to_numpy()
    made = {"model": store.output("reconstruction"), "appearance copied": target[partners]}
    made["pose mean"] = store.output("pose_mean")
    for scope, is_in in (("known", is_known), ("new", ~is_known)):
        metric = results.metrics[f"ssim_{scope}"]
        expected = {
            name: compute_ssim((target[is_in] + 1) / 2, (of[is_in] + 1) / 2).mean() for name, of in made.items()
        }
        assert metric.value == pytest.approx(expected.pop("model"), abs=1e-6)
        assert metric.baselines == pytest.approx(expected, abs=1e-6)
        assert metric.interval[0] <= metric.value <= metric.interval[1]


def test_the_transfer_takes_the_pose_of_another_identity(evaluated):
    results, store, data = evaluated
    other_N = draw_others(data.items, seed=0)
    has_other = other_N >= 0
    stickman = data.fetch(other_N[has_other]).input["stickman"].numpy()
    appearance = data.fetch(np.flatnonzero(has_other)).input["appearance"].numpy()
    transfer = np.array(store.output("transfer"))
    assert transfer[has_other] == pytest.approx(build_tiny().transfer(appearance, stickman), abs=1e-4)
    assert not np.array_equal(transfer[has_other], store.output("reconstruction")[has_other])
    assert np.isnan(transfer[~has_other]).all()
    assert {"transfer_ssim_known", "transfer_identity_new"} <= set(results.metrics)


def test_a_pose_that_identities_share_is_not_decoded_twice(tmp_path):
    _, store, _ = evaluate(tmp_path / "final", same_stickmen=True)
    has_other = np.isfinite(store.output("transfer")).all(axis=(1, 2, 3))
    assert np.array_equal(store.output("transfer")[has_other], store.output("reconstruction")[has_other])


def test_others_show_the_same_pose_of_another_identity():
    items = pl.DataFrame({"identity": ["a", "b", "a", None, "c"], "pose": ["p", "p", "q", "p", None]})
    assert draw_others(items, 0).tolist() == [1, 0, -1, -1, -1]
    many = build_poses().items
    other = many[draw_others(many, 1)]
    assert other["pose"].equals(many["pose"])
    assert (other["identity"] != many["identity"]).all()
    assert not np.array_equal(draw_others(many, 1), draw_others(many, 2))


def test_identities_are_asked_among_those_of_their_own_kind(results):
    """Four known identities have true pictures in every pose, in training or here; two new ones have."""
    assert results.metrics["identity_known"].baselines["chance"] == pytest.approx(1 / 4)
    assert results.metrics["identity_new"].baselines["chance"] == pytest.approx(1 / 2)
    assert 0 <= results.metrics["identity_known"].value <= 1


def test_the_use_of_each_scale_is_told(evaluated):
    results, store, data = evaluated
    is_known = data.items["is_known"].to_numpy()
    lost = (store.losses["ssim"] - store.losses["ssim_without_scale_0"]).to_numpy()
    assert results.metrics["ssim_lost_scale_0_known"].value == pytest.approx(lost[is_known].mean())
    assert results.metrics["kl_scale_1_new"].value == pytest.approx(
        store.losses["kl_scale_1"].to_numpy()[~is_known].mean()
    )
    variance = np.array(store.output("latent_mean"))[is_known].var(axis=0)
    coarse = build_tiny().scale_dims[0]
    assert results.metrics["active_scale_0_known"].value == pytest.approx((variance[:coarse] > 0.01).mean())
    assert len(results.kl_per_dimension) == len(results.active) == build_tiny().latent_dim
    assert sum(results.kl_per_dimension) == pytest.approx(store.losses["kl"].mean())


def test_a_scale_whose_code_is_the_priors_mean_already_loses_nothing(tmp_path):
    data, model = build_poses(), build_tiny()
    for head in (model.module.posterior, model.module.bottleneck):
        for parameter in head.parameters():
            parameter.data.zero_()
    results = evaluate_poses(model, data, tmp_path / "final", EvaluationOptions("test"))
    assert results.metrics["kl_known"].value == 0
    assert results.metrics["ssim_lost_scale_0_known"].value == 0


def test_the_table_and_the_results_are_read_back(evaluated):
    results, store, _ = evaluated
    assert read_results(store.path / RESULTS_NAME).values() == pytest.approx(results.values(), nan_ok=True)
    table = pl.read_csv(store.path / SCORES_NAME)
    assert set(table["scope"]) == {"known", "new"}
    assert set(table["method"]) == {"model", "transfer", "appearance copied", "pose mean", "chance"}
    row = table.filter(scope="known", metric="ssim", method="model").row(0, named=True)
    assert (row["num_pictures"], row["num_identities"]) == (8, 4)
    assert row["sd"] == pytest.approx(store.losses["ssim"].filter(store.losses["item_is_known"]).std(ddof=0))


def test_scores_come_out_again_without_the_model(store):
    first = pl.read_csv(store.path / SCORES_NAME)
    again = rescore_poses(store.path)
    both = again.join(first, on=["scope", "metric", "method"], suffix="_first", nulls_equal=True)
    assert len(both) == len(again) == 2 * 4 * 4
    for column in ("mean", "sd", "low", "high", "num_pictures"):
        assert both[column].to_numpy() == pytest.approx(both[f"{column}_first"].to_numpy(), abs=1e-6, nan_ok=True)


def test_a_score_on_stored_pictures_that_were_changed_changes(store, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(store.path, copy)
    reconstruction = np.load(copy / "outputs" / "reconstruction.npy")
    np.save(copy / "outputs" / "reconstruction.npy", np.zeros_like(reconstruction))
    changed = rescore_poses(copy).filter(metric="l1", method="model", scope="new")["mean"][0]
    target = (np.array(store.output("target")) + 1) / 2
    is_new = ~store.losses["item_is_known"].to_numpy()
    assert changed == pytest.approx(np.abs(target[is_new] - 0.5).mean())


def test_the_batch_size_changes_no_number(results, tmp_path):
    other = evaluate(tmp_path / "other", batch_size=7)[0]
    assert other.values() == pytest.approx(results.values(), abs=1e-4, rel=1e-4, nan_ok=True)


def test_the_same_seed_gives_the_same_store_bit_for_bit(store, tmp_path):
    evaluate(tmp_path / "again")
    for path in sorted(store.path.rglob("*.*")):
        assert (tmp_path / "again" / path.relative_to(store.path)).read_bytes() == path.read_bytes(), path.name


def test_without_training_pictures_there_is_no_mean_of_a_pose(tmp_path):
    data = build_poses(ROWS[20:])
    results = evaluate_poses(build_tiny(), data, tmp_path / "final", EvaluationOptions("other"))
    assert set(results.metrics["ssim_new"].baselines) == {"appearance copied"}
    assert "ssim_known" not in results.metrics
    assert "pose_mean" not in load_evaluation(tmp_path / "final").output_names


def test_pictures_without_named_poses_have_neither_transfer_nor_identity(tmp_path):
    data = build_poses(names=False)
    results = evaluate_poses(build_tiny(), data, tmp_path / "final", EvaluationOptions("other"), data)
    assert not [name for name in results.metrics if "transfer" in name or "identity" in name]
    assert rescore_poses(tmp_path / "final")["method"].unique().sort().to_list() == [
        "appearance copied",
        "model",
        "pose mean",
    ]


def test_an_empty_split_and_a_store_of_something_else_are_refused(tmp_path):
    with pytest.raises(SubsongError, match="the test split is empty"):
        evaluate_poses(build_tiny(), build_poses([]), tmp_path / "final", EvaluationOptions("test"))
    with open_writer(tmp_path / "other", 1, {"seed": 0}) as writer:
        writer.add(np.arange(1), {"loss": np.zeros(1)}, {"target": np.zeros((1, 2))})
        writer.close()
    with pytest.raises(SubsongError, match="no evaluation of pictures of poses: it has no output 'reconstruction'"):
        rescore_poses(tmp_path / "other")
