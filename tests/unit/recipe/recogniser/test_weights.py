import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from common.errors import EngineUnavailable
from recipe_service.engines.recogniser import Recogniser
from recipe_service.engines.recogniser_graph import HEADS, WEIGHT_STEPS, value_names
from recipe_service.engines.recogniser_scores import evidence
from recipe_service.engines.recogniser_weights import Facts, Weights, load_weights, save_weights
from recipe_service.training.net import RecogniserNet, folded, normalise, pool
from recipe_service.training.ranges import ranges_of

FACTS = Facts(fine=("a", "b", "c"), coarse=("x", "y"), parents=(0, 0, 1), sides=(64,))


def random_net() -> RecogniserNet:
    torch.manual_seed(3)
    net = RecogniserNet(3, 2).eval()
    for module in net.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.weight, 0.5, 1.0)
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 2.0)
    return net


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "recogniser.npz"
    save_weights(path, Weights(folded(random_net()), FACTS))
    return path


def test_the_run_time_computes_what_was_trained() -> None:
    net = random_net()
    picture = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    with torch.inference_mode():
        fine, coarse = net.places(normalise(torch.from_numpy(picture[None]).float() / 255))
    maps = Recogniser(Weights(folded(net), FACTS)).maps([picture])[0]
    np.testing.assert_allclose(maps.fine[0], fine[0].permute(2, 0, 1), atol=1e-4)
    np.testing.assert_allclose(maps.coarse[0], coarse[0].permute(2, 0, 1), atol=1e-4)
    np.testing.assert_allclose(evidence(maps), pool(coarse)[0], atol=1e-4)


def ranged(arrays: dict[str, np.ndarray]) -> Weights:
    plain = Weights(arrays, FACTS)
    noise = np.random.default_rng(4).integers(0, 255, (3, 64, 64, 3), dtype=np.uint8)
    return Weights(arrays, replace(FACTS, ranges=ranges_of(plain, noise)))


def test_eight_bits_see_nearly_what_was_trained() -> None:
    exact, rounded = Weights(folded(random_net()), FACTS), ranged(folded(random_net()))
    picture = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    wanted, seen = (Recogniser(one).maps([picture])[0].fine[0] for one in (exact, rounded))
    assert not np.array_equal(seen, wanted)  # it does compute in eight bits
    assert np.abs(seen - wanted).max() < 0.1 * (wanted.max() - wanted.min())


def test_no_sum_of_two_products_leaves_sixteen_bits() -> None:
    # 255 * 64 * 2 fits, 255 * 127 * 2 does not: processors without VNNI cut it off there
    for name, array in folded(random_net()).items():
        if name.endswith(".weight") and name.split(".")[0] not in HEADS:
            steps = np.abs(array).max(axis=(1, 2, 3), keepdims=True) / WEIGHT_STEPS
            assert np.abs(np.rint(array / steps)).max() * 255 * 2 <= np.iinfo(np.int16).max


def test_every_value_has_a_range_in_which_nought_is() -> None:
    ranges = ranged(folded(random_net())).facts.ranges
    assert ranges is not None
    assert list(ranges) == value_names()
    for name, (least, most) in ranges.items():
        assert least <= 0 <= most
        assert least == 0 or not name.endswith("relu")


def test_ranges_are_kept_in_the_file(tmp_path: Path) -> None:
    weights = ranged(folded(random_net()))
    save_weights(tmp_path / "w.npz", weights)
    kept = load_weights(tmp_path / "w.npz").facts.ranges
    assert kept is not None
    assert {name: tuple(pair) for name, pair in kept.items()} == weights.facts.ranges


@pytest.mark.parametrize(
    "change", [None, "none", 3.0, [0], [0, 1, 2], [1, 2], [-2, -1], [0, float("inf")]]
)
def test_ranges_that_are_none_are_refused(tmp_path: Path, change: object) -> None:
    weights = ranged(folded(random_net()))
    assert weights.facts.ranges is not None
    ranges: Any = {**weights.facts.ranges, "stem.1.out.relu": change}
    if change is None:
        del ranges["stem.1.out.relu"]
    save_weights(tmp_path / "w.npz", Weights(weights.arrays, replace(FACTS, ranges=ranges)))
    with pytest.raises(EngineUnavailable, match="no range of each value"):
        load_weights(tmp_path / "w.npz")


def test_half_precision_hardly_moves_a_weight(file: Path) -> None:
    before = folded(random_net())
    after = load_weights(file)
    assert after.facts == FACTS
    for name, array in before.items():
        np.testing.assert_allclose(after.arrays[name], array, rtol=1e-3, atol=1e-4)


def test_a_missing_file_is_an_unavailable_engine(tmp_path: Path) -> None:
    with pytest.raises(EngineUnavailable, match=r"nothing\.npz are not there"):
        load_weights(tmp_path / "nothing.npz")


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04 cut"])
def test_a_file_that_is_no_archive_says_so(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.npz"
    path.write_bytes(content)
    with pytest.raises(EngineUnavailable, match=r"bad\.npz is not a recogniser's weights"):
        load_weights(path)


def test_a_file_cut_short_says_so(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-4000])
    with pytest.raises(EngineUnavailable, match="is not a recogniser's weights"):
        load_weights(file)


def test_a_missing_layer_is_named(tmp_path: Path) -> None:
    arrays = folded(random_net())
    del arrays["coarse.bias"]
    save_weights(tmp_path / "w.npz", Weights(arrays, FACTS))
    with pytest.raises(EngineUnavailable, match=r"coarse\.bias"):
        load_weights(tmp_path / "w.npz")


def test_names_that_do_not_fit_the_heads_are_refused(tmp_path: Path) -> None:
    facts = Facts(fine=("a",), coarse=("x", "y"), parents=(0,), sides=(64,))
    save_weights(tmp_path / "w.npz", Weights(folded(random_net()), facts))
    with pytest.raises(EngineUnavailable, match="do not fit"):
        load_weights(tmp_path / "w.npz")


def test_numbers_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    arrays = folded(random_net())
    arrays["0.0.first.bias"][0] = np.nan
    save_weights(tmp_path / "w.npz", Weights(arrays, FACTS))
    with pytest.raises(EngineUnavailable, match="not finite"):
        load_weights(tmp_path / "w.npz")


@pytest.mark.parametrize("facts", [[], {"format": 99}, {"format": 1, "colour": "red"}])
def test_other_facts_are_refused(file: Path, facts: object) -> None:
    with np.load(file) as old:
        arrays = {name: old[name] for name in old.files if name != "facts"}
    np.savez(file, facts=np.array(json.dumps(facts)), **arrays)
    with pytest.raises(EngineUnavailable, match="other f"):
        load_weights(file)


def test_a_pickle_is_never_opened(tmp_path: Path) -> None:
    np.savez(tmp_path / "w.npz", facts=np.array([{"a": 1}], dtype=object))
    with pytest.raises(EngineUnavailable, match="is not a recogniser's weights"):
        load_weights(tmp_path / "w.npz")
