"""The whole way from a photo to a portrait, on the public-domain astronaut."""

from __future__ import annotations

import struct
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from common.contracts.figurine import PortraitRequest
from common.errors import BadParameter, FaceCutOff, NoFace, NoSuchSubject
from common.vision.png import encode_png
from stylize_service.domain.cel import BACKDROPS
from stylize_service.domain.pixel import CELLS, COLOURS
from stylize_service.domain.portrait import pose_sitter
from stylize_service.domain.styles import STYLES
from stylize_service.engines.builtin import BuiltinEngine
from tests.portraits import astronaut

if TYPE_CHECKING:
    from common.vision.faces import FaceModels

NAMES = tuple(STYLES)
SIZE = 384


@pytest.fixture(scope="module")
def engine(face_models: FaceModels) -> BuiltinEngine:
    return BuiltinEngine(face_models)


@pytest.fixture(scope="module")
def portraits(engine: BuiltinEngine) -> dict[str, np.ndarray]:
    return {name: engine.portrait(astronaut(), name, size=SIZE) for name in NAMES}


@pytest.fixture(scope="module")
def matte(face_models: FaceModels) -> np.ndarray:
    search = face_models.find_faces(astronaut())
    sitter = pose_sitter(search.image, search.faces[0], face_models.person_mask)
    return cv2.resize(sitter.matte, (SIZE, SIZE))


def dark_share(picture: np.ndarray, where: np.ndarray) -> float:
    return float((picture[where].max(1) < 85).mean())


def test_the_default_is_a_style_and_every_style_describes_itself() -> None:
    assert PortraitRequest().style in STYLES
    for name, style in STYLES.items():
        assert style.name == name
        assert style.title
        assert style.description.endswith(".")
        assert "\n" not in style.description


@pytest.mark.parametrize("name", NAMES)
def test_same_photo_same_parameters_same_bytes(engine: BuiltinEngine, name: str) -> None:
    first = encode_png(engine.portrait(astronaut(), name, size=256, seed=3))
    assert encode_png(engine.portrait(astronaut(), name, size=256, seed=3)) == first
    assert encode_png(engine.portrait(astronaut(), name, size=256, seed=4)) != first


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [128, 500, 1024])
def test_every_style_keeps_the_size(engine: BuiltinEngine, name: str, size: int) -> None:
    picture = engine.portrait(astronaut(), name, size=size)
    assert picture.shape == (size, size, 3)
    assert picture.dtype == np.uint8


@pytest.mark.parametrize("name", [name for name in NAMES if name != "pixel"])
def test_the_size_does_not_change_the_picture(engine: BuiltinEngine, name: str) -> None:
    small, large = (engine.portrait(astronaut(), name, size=size) for size in (256, 1024))
    shrunk = cv2.resize(large, (256, 256), interpolation=cv2.INTER_AREA)
    small, shrunk = (cv2.GaussianBlur(p, (0, 0), 3).astype(int) for p in (small, shrunk))
    assert np.abs(small - shrunk).mean() < 5


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("light", [0.5, 0.2])
def test_a_dark_photo_gives_the_same_portrait(
    engine: BuiltinEngine, portraits: dict[str, np.ndarray], name: str, light: float
) -> None:
    dark = (((astronaut() / 255.0) ** 2.2 * light) ** (1 / 2.2) * 255).astype(np.uint8)
    found = engine.portrait(dark, name, size=SIZE).astype(int)
    assert np.abs(found - portraits[name]).mean() < 9
    assert abs(found.mean() - portraits[name].mean()) < 5


def test_a_turned_photo_gives_the_same_bytes(
    engine: BuiltinEngine, portraits: dict[str, np.ndarray]
) -> None:
    turned = np.ascontiguousarray(np.rot90(astronaut()))
    assert np.array_equal(engine.portrait(turned, "cel", size=SIZE), portraits["cel"])


def test_behind_the_sitter_the_cel_is_two_flat_colours(
    portraits: dict[str, np.ndarray], matte: np.ndarray
) -> None:
    far = cv2.dilate(matte, np.ones((61, 61), np.uint8)) < 0.01
    colours, counts = np.unique(portraits["cel"][far], axis=0, return_counts=True)
    main = {tuple(int(v) for v in colours[i]) for i in counts.argsort()[-2:]}
    assert main in [set(pair) for pair in BACKDROPS]
    assert counts[counts.argsort()[-2:]].sum() > 0.9 * far.sum()


@pytest.mark.parametrize("name", NAMES)
def test_nothing_of_the_old_background_is_left(
    engine: BuiltinEngine, portraits: dict[str, np.ndarray], matte: np.ndarray, name: str
) -> None:
    image = astronaut()
    image[20:150, 330:] = (0, 160, 0)  # a green wall beside the head
    image[:60, :110] = (200, 0, 200)
    changed = engine.portrait(image, name, size=SIZE).astype(int)
    far = cv2.dilate(matte, np.ones((41, 41), np.uint8)) < 0.01
    if name in {"cel", "watercolor", "pop", "pixel"}:  # pencil and oil shade by the silhouette
        assert np.abs(changed - portraits[name])[far].mean() < 4
    green = (changed[..., 1] > changed[..., 0] + 60) & (changed[..., 1] > changed[..., 2] + 60)
    assert green.mean() < 0.002


def test_a_logo_beside_the_head_does_not_get_through(
    face_models: FaceModels, matte: np.ndarray
) -> None:
    image = astronaut()
    cv2.putText(image, "KON", (282, 90), cv2.FONT_HERSHEY_SIMPLEX, 1.6, (250, 200, 20), 14)
    cv2.rectangle(image, (96, 60), (140, 110), (214, 160, 130), -1)
    search = face_models.find_faces(image)
    sitter = pose_sitter(search.image, search.faces[0], face_models.person_mask)
    found = cv2.resize(sitter.matte, (SIZE, SIZE))
    far = cv2.dilate(matte, np.ones((25, 25), np.uint8)) < 0.01
    assert found[far].max() < 0.05
    assert np.abs(found - matte).mean() < 0.02


def test_beyond_the_photo_there_is_backdrop_not_streaks(engine: BuiltinEngine) -> None:
    close = np.ascontiguousarray(astronaut()[58:200, 165:290])
    picture = engine.portrait(close, "cel", size=SIZE)
    back = {pair[0] for pair in BACKDROPS}
    border = picture[: SIZE // 2, : SIZE // 10].reshape(-1, 3)
    share = max(float((border == colour).all(1).mean()) for colour in back)
    assert share > 0.5
    assert len(np.unique(border, axis=0)) < 80


def test_the_sitter_runs_off_the_bottom(
    portraits: dict[str, np.ndarray], matte: np.ndarray
) -> None:
    assert matte[-1].mean() > 0.5
    inner = cv2.erode(matte, np.ones((15, 15), np.uint8), borderValue=1)[-1] > 0.99
    white = (portraits["cel"][-1][inner] > 245).all(1).mean()
    assert white < 0.05


def test_each_style_has_its_own_amount_of_ink_and_colour(
    portraits: dict[str, np.ndarray], matte: np.ndarray
) -> None:
    chroma = {name: np.ptp(p.astype(int), axis=2) for name, p in portraits.items()}
    person = matte > 0.9
    assert 0.1 < dark_share(portraits["cel"], person) < 0.4
    assert chroma["pencil"].mean() < 14
    assert 0.03 < dark_share(portraits["pencil"], np.ones_like(person)) < 0.35
    assert chroma["pop"].mean() > 90
    assert chroma["cel"][person].mean() > 40
    corners = [portraits["watercolor"][y, x] for y in (3, -4) for x in (3, -4)]
    assert np.min(corners) > 230
    assert portraits["oil"][:20, :20].mean() < 130
    assert portraits["oil"][:60, :60].std() > 3


def test_pixel_art_has_square_pixels_and_a_small_palette(engine: BuiltinEngine) -> None:
    picture = engine.portrait(astronaut(), "pixel", size=CELLS * 4)
    cells = picture[::4, ::4]
    assert np.array_equal(np.repeat(np.repeat(cells, 4, 0), 4, 1), picture)
    assert len(np.unique(cells.reshape(-1, 3), axis=0)) <= COLOURS + 5


def test_the_second_face_can_be_asked_for(engine: BuiltinEngine) -> None:
    image = np.full((512, 900, 3), 200, np.uint8)
    image[:, :512] = astronaut()
    blue = cv2.resize(astronaut(), None, fx=0.75, fy=0.75)
    image[:384, 512:896] = blue[:, :, ::-1] // 2 + blue // 2
    first, second = (engine.portrait(image, "cel", subject=i, size=256) for i in ("0", "1"))
    assert np.abs(first.astype(int) - second).mean() > 5
    with pytest.raises(NoSuchSubject):
        engine.portrait(image, "cel", subject="2", size=256)


def test_wrong_parameters_are_named_before_any_work() -> None:
    engine = BuiltinEngine(None)  # type: ignore[arg-type]
    with pytest.raises(BadParameter) as caught:
        engine.portrait(astronaut(), "cubism")
    assert "cubism" in caught.value.detail
    assert all(name in caught.value.detail for name in NAMES)
    for wrong in ({"size": 127}, {"size": 2049}, {"seed": -1}, {"seed": 2**31}):
        with pytest.raises(BadParameter, match=str(next(iter(wrong.values())))):
            engine.portrait(astronaut(), "cel", **wrong)


def test_photos_without_a_usable_face_are_refused(engine: BuiltinEngine) -> None:
    with pytest.raises(NoFace):
        engine.portrait(np.full((300, 300, 3), 90, np.uint8), "cel")
    with pytest.raises(FaceCutOff):
        engine.portrait(np.ascontiguousarray(astronaut()[:, 205:]), "cel")


def test_threads_may_share_the_engine(
    engine: BuiltinEngine, portraits: dict[str, np.ndarray]
) -> None:
    with ThreadPoolExecutor(3) as pool:
        names = ["cel", "oil", "pixel"] * 2
        found = list(pool.map(lambda n: engine.portrait(astronaut(), n, size=SIZE), names))
    for name, picture in zip(names, found, strict=True):
        assert np.array_equal(picture, portraits[name]), name


def test_the_png_holds_the_picture_and_nothing_else(portraits: dict[str, np.ndarray]) -> None:
    data = encode_png(portraits["oil"])
    back = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)
    assert np.array_equal(back, portraits["oil"])
    chunks, at = set(), 8
    while at < len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        chunks.add(kind)
        at += 12 + length
    assert chunks == {b"IHDR", b"IDAT", b"IEND"}
