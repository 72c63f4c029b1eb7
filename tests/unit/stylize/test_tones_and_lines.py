"""The painter's tools on pictures whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from stylize_service.domain import lines, paper, tones


def test_a_dark_line_gets_ink_and_flat_paper_none() -> None:
    lightness = np.full((128, 128), 80, np.float32)
    lightness[:, 62:65] = 20
    response = lines.line_response(lightness, lines.edge_flow(lightness))
    drawn = lines.ink(response, 256)
    assert drawn.shape == (256, 256)
    assert drawn[20:-20, 126].min() > 0.9
    assert drawn[:, :100].max() == 0
    flat = np.full((64, 64), 55, np.float32)
    assert lines.ink(lines.line_response(flat, lines.edge_flow(flat)), 64).max() == 0


def test_a_broken_line_is_joined_along_its_direction() -> None:
    lightness = np.full((128, 128), 80, np.float32)
    lightness[60:63] = 20
    lightness[60:63, 50:54] = 80
    flow = lines.edge_flow(lightness)
    along = lines.line_response(lightness, flow, length=6.0)[61, 52]
    short = lines.line_response(lightness, flow, length=0.7)[61, 52]
    assert along < short - 2


def test_specks_are_dropped_and_lines_kept() -> None:
    response = np.full((64, 64), 1.0, np.float32)
    response[10:12, 10:12] = -8
    response[40, 5:60] = -8
    cleaned = lines.without_specks(response)
    assert cleaned[9:13, 9:13].min() >= 0.3
    assert cleaned[40, 6:59].max() == -8


def test_flow_points_across_an_edge() -> None:
    y, x = np.mgrid[0:96, 0:96].astype(np.float32)
    for angle in (0.0, 0.6, 1.4, 2.5):
        wave = 50 + 30 * np.tanh((np.cos(angle) * (x - 48) + np.sin(angle) * (y - 48)) / 3)
        flow = lines.edge_flow(wave.astype(np.float32))
        dot = np.cos(angle) * flow.across_x[48, 48] + np.sin(angle) * flow.across_y[48, 48]
        assert abs(dot) > 0.99
        assert flow.coherence[48, 48] > 0.95


def test_steps_are_monotone_and_fill_the_range() -> None:
    ramp = np.linspace(0, 99.99, 2000, dtype=np.float32)[None]
    stepped = tones.step_lightness(ramp, 5, 4.0)
    assert np.all(np.diff(stepped) >= -1e-3)
    assert stepped.min() == pytest.approx(0, abs=0.2)
    assert stepped.max() == pytest.approx(100, abs=0.2)
    # Most of the picture sits near the middle of five steps.
    centres = np.abs((stepped[0] % 20) - 10)
    slopes = np.diff(stepped[0])
    assert np.percentile(slopes, 90) > 3 * np.percentile(slopes, 10)
    assert centres.max() <= 10


def test_enrich_raises_chroma_to_a_ceiling_and_keeps_lightness() -> None:
    lab = np.array([[[50, 10, 0], [50, 0, 60], [30, 0, 0]]], np.float32)
    rich = tones.enrich(lab, 1.5, 70)
    assert rich[0, 0, 1] == pytest.approx(15, abs=0.1)
    assert rich[0, 1, 2] == pytest.approx(70, abs=0.1)
    assert np.array_equal(rich[..., 0], lab[..., 0])


def test_brush_dabs_keep_an_edge_and_remove_noise() -> None:
    rng = np.random.default_rng(1)
    picture = np.full((64, 64, 3), 60, np.int64)
    picture[:, 32:] = 190
    noisy = np.clip(picture + rng.normal(0, 12, picture.shape), 0, 255).astype(np.uint8)
    dabs = tones.brush_dabs(noisy, 4).astype(int)
    assert dabs[8:-8, 8:28].std() < 0.5 * noisy[8:-8, 8:28].std()
    assert dabs[32, 34, 0] - dabs[32, 29, 0] > 110
    assert np.abs(dabs[:3] - picture[:3]).mean() < 10


def test_a_palette_is_reproducible_and_holds_the_colours() -> None:
    lab = np.zeros((40, 40, 3), np.float32)
    lab[:20], lab[20:] = (20, 10, 10), (80, -10, 20)
    everywhere = np.ones((40, 40), bool)
    first, second = (tones.palette_of(lab, everywhere, 2, seed=5) for _ in range(2))
    assert np.array_equal(first, second)
    assert sorted(first[:, 0].round().tolist()) == [20, 80]


def test_noise_is_the_same_at_every_size_and_differs_by_seed() -> None:
    small, large = paper.noise(128, 0.05, 3), paper.noise(512, 0.05, 3)
    assert np.corrcoef(small.ravel(), large[2::4, 2::4].ravel())[0, 1] > 0.97
    assert abs(np.corrcoef(small.ravel(), paper.noise(128, 0.05, 4).ravel())[0, 1]) < 0.3


def test_an_outline_does_not_close_along_the_border_of_the_picture() -> None:
    matte = np.zeros((128, 128), np.float32)
    matte[40:, 40:90] = 1
    rim = paper.outline(matte, 6, 256)
    assert rim[-1, 40] == 0
    assert rim[-1, 72] > 0.99
    assert rim[150, 76] > 0.99
    edge = paper.contour(matte, 2, 256)
    assert edge[-1, 130] == 0
    assert edge[150, 82] > 0.9
    assert edge[150, 130] == 0


def test_blend_lays_one_over_the_other() -> None:
    opacity = np.array([[0, 0.5, 1, 2]], np.float32)
    below = np.full((1, 4, 3), 100, np.uint8)
    above = np.full((1, 4, 3), 200, np.uint8)
    assert tones.blend(below, above, opacity)[0, :, 0].tolist() == [100, 150, 200, 200]


def test_lab_and_rgb_are_inverse() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8)
    back = tones.to_rgb(tones.to_lab(picture))
    assert np.abs(back.astype(int) - picture).max() <= 1
