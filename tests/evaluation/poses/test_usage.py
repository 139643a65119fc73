"""What each latent scale is used for, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from subsong.evaluation.poses.usage import compute_active_shares, sum_scales


def test_the_divergence_of_a_scale_is_the_sum_over_its_dimensions():
    kl_NL = np.arange(10, dtype=np.float32).reshape(2, 5)
    coarse, fine = sum_scales(kl_NL, (2, 3))
    assert coarse.tolist() == [1, 11]
    assert fine.tolist() == [9, 24]


def test_a_dimension_counts_when_its_mean_varies_by_more_than_a_hundredth():
    spread = np.sqrt([0.009, 0.011, 0.5, 0.0])
    mean_NL = np.array([[-1.0], [1.0]]) * spread + 7
    assert compute_active_shares(mean_NL, (2, 2)) == pytest.approx([0.5, 0.5])
    assert compute_active_shares(mean_NL[:1], (2, 2)) == [0, 0]
