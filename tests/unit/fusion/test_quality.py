"""The photo score falls when a photo gets worse, and says why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from fusion_service.domain.photo.light import relight
from fusion_service.domain.photo.measure import measure
from tests.portraits import astronaut

if TYPE_CHECKING:
    from collections.abc import Callable

    from common.vision.faces import FaceModels
    from fusion_service.domain.attributes import Quality

RGB = npt.NDArray[np.uint8]


def scaled(factor: float) -> RGB:
    flags = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return cv2.resize(astronaut(), None, fx=factor, fy=factor, interpolation=flags)


def blurred(sigma: float) -> RGB:
    return cv2.GaussianBlur(astronaut(), (0, 0), sigma) if sigma else astronaut()


def lit(factor: float) -> RGB:
    return relight(astronaut(), factor, np.ones(3))


def grained(sigma: float) -> RGB:
    grain = np.random.default_rng(3).normal(0, 1, astronaut().shape) * sigma
    return np.clip(astronaut() + grain, 0, 255).astype(np.uint8)


def moved_to_the_border(share: float) -> RGB:
    return np.ascontiguousarray(astronaut()[:, 179 + int(share * 93) :])


@pytest.mark.parametrize(
    ("worsen", "amounts", "worst"),
    [
        (scaled, (1.0, 0.5, 0.3), "size"),
        (blurred, (0.0, 2.0, 3.0), "sharpness"),
        (lit, (1.0, 0.5, 0.25, 0.1), "light"),
        (grained, (0.0, 30.0, 45.0), "noise"),
    ],
)
def test_the_score_falls_as_the_photo_gets_worse(
    face_models: FaceModels, worsen: Callable[[float], RGB], amounts: tuple[float, ...], worst: str
) -> None:
    found: list[Quality] = [measure(face_models, worsen(a)).quality for a in amounts]
    scores = [quality.score for quality in found]
    assert scores == sorted(set(scores), reverse=True)
    assert found[-1].worst == worst


def test_a_good_portrait_is_fine_and_needs_no_advice(face_models: FaceModels) -> None:
    quality = measure(face_models, astronaut()).quality
    assert quality.score > 94
    assert quality.verdict == "ok"
    assert quality.advice == ""
    assert all(0 <= term <= 1 for term in quality.terms.values())


def test_a_poor_photo_gets_advice_about_its_worst_term(face_models: FaceModels) -> None:
    quality = measure(face_models, blurred(3.0)).quality
    assert quality.verdict in {"warn", "retake"}
    assert "sharper" in quality.advice


def test_over_exposure_costs(face_models: FaceModels) -> None:
    burnt = np.clip(astronaut().astype(np.float32) * 1.9, 0, 255).astype(np.uint8)
    quality = measure(face_models, burnt).quality
    assert quality.worst == "light"
    assert quality.score < 80
    assert "less exposure" in quality.advice
    assert "brighter" not in quality.advice


def test_a_dark_photo_is_told_to_be_brighter(face_models: FaceModels) -> None:
    quality = measure(face_models, lit(0.02)).quality
    assert (quality.worst, quality.verdict) == ("light", "warn")
    assert "brighter" in quality.advice


def test_a_face_at_the_border_costs(face_models: FaceModels) -> None:
    whole = measure(face_models, moved_to_the_border(-0.5)).quality
    cut = measure(face_models, moved_to_the_border(0.06)).quality
    assert cut.terms["inside"] < whole.terms["inside"] == 1
    assert cut.score < whole.score
