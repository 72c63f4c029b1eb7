"""Heads with hair, hats and glasses of all kinds: printable, anchored, and in their place."""

from __future__ import annotations

import numpy as np
import pytest

from common.contracts.figurine import Looks
from fusion_service.domain.frame import EYE_LINE_Z
from fusion_service.domain.head.bust import model_bust
from fusion_service.domain.shape.sdf import Grid
from fusion_service.domain.shape.union import Block
from fusion_service.domain.wishes import wish
from tests.unit.fusion.factories import HairKind, figurine_of, make_attributes
from tests.unit.fusion.printability import assert_no_thin_wall, assert_printable
from tests.unit.fusion.sculptures import HIGH, LOW, VOXEL, ball_man, with_extra

WORN: tuple[dict[str, str], ...] = (
    {"glasses": "round", "headwear": "cap", "hair_tied": "ponytail"},
    {"glasses": "square", "headwear": "beanie", "hair_type": "curly"},
    {"glasses": "sunglasses", "headwear": "headscarf"},
    {"hair_type": "curly", "hair_length": "long", "expression": "laugh", "beard": "full"},
    {"hair_type": "wavy", "hair_length": "long", "beard": "goatee"},
    {"hair_type": "wavy", "hair_tied": "bun", "age": "child"},
)


@pytest.mark.parametrize("looks", WORN, ids=str)
def test_whatever_is_worn_is_printable(
    looks: dict[str, str],
) -> None:
    person = wish(make_attributes("long"), Looks.model_validate(looks))
    sculpture = figurine_of(person, "default", 80.0)
    assert_printable(sculpture)
    names = {part.name for part in sculpture.parts}
    worn = {"glasses": "glasses", "headwear": "headwear"}
    assert names >= {part for look, part in worn.items() if look in looks}
    assert ("lenses" in names) == (looks.get("glasses") == "sunglasses")


def test_frames_visor_tail_and_curls_are_no_thinner_than_1_4_millimetres_at_80() -> None:
    looks = {"hair_type": "curly", "hair_tied": "ponytail", "headwear": "cap", "glasses": "square"}
    person = wish(make_attributes("long"), Looks.model_validate(looks))
    # the dents between curls count as lost, though nothing there can break
    assert_no_thin_wall(figurine_of(person, "default", 80.0), lost_share=2e-3)


def test_a_thin_wall_would_be_found() -> None:
    nodes = [np.arange(a, b + VOXEL / 2, VOXEL) for a, b in zip(LOW, HIGH, strict=True)]
    x, y, z = np.meshgrid(*nodes, indexing="ij")
    fin = np.maximum.reduce([np.abs(x) - 0.5, np.abs(y) - 16, np.abs(z - 20) - 12])
    thin = with_extra(ball_man(), fin)
    with pytest.raises(AssertionError):
        assert_no_thin_wall(thin, lost_share=1.5e-3)


def test_worn_parts_are_anchored_in_the_head() -> None:
    looks = Looks.model_validate({"glasses": "sunglasses", "headwear": "cap"})
    head, *worn = model_bust(wish(make_attributes("bald"), looks))
    for feature in worn:
        room = common(head.block, feature.block)
        inside = head.block.field[head.block.grid.place(room)]
        own = feature.block.field[feature.block.grid.place(room)]
        assert inside[own < 0].min() < -0.8, feature.name


def common(one: Block, other: Block) -> Grid:
    """Return the lattice nodes of both."""
    start = np.maximum(one.grid.start, other.grid.start)
    end = np.minimum(
        np.add(one.grid.start, one.grid.shape), np.add(other.grid.start, other.grid.shape)
    )
    a, b, c = (int(v) for v in start)
    i, j, k = (int(v) for v in end - start)
    return Grid((a, b, c), (i, j, k), one.grid.voxel)


@pytest.mark.parametrize("headwear", ["cap", "beanie", "headscarf"])
@pytest.mark.parametrize("hair", ["short", "long", "curly", "bald"])
def test_a_hat_sits_on_any_hair_and_leaves_the_eyes_free(hair: HairKind, headwear: str) -> None:
    person = wish(make_attributes(hair), Looks.model_validate({"headwear": headwear}))
    parts = {feature.name: feature.block for feature in model_bust(person)}
    hat = parts["headwear"]
    eyes, where = hat.grid.window((-9, 8, EYE_LINE_Z - 4.5), (9, 18, EYE_LINE_Z + 4.5))
    assert eyes.shape[0] > 20
    assert (hat.field[where] > 0).all()
    assert ("hair" in parts) == (hair != "bald" and headwear != "headscarf")
    if "hair" in parts:
        room = common(hat, parts["hair"])
        covered = hat.field[hat.grid.place(room)]
        grown = parts["hair"].field[parts["hair"].grid.place(room)]
        above = room.full(room.z > EYE_LINE_Z + 13) > 0
        assert (covered[(grown < 0) & above] < 0).all()  # nothing grows through it


def test_a_bun_stands_over_the_head_and_a_ponytail_behind_it() -> None:
    def extent(tied: str) -> tuple[np.ndarray, np.ndarray]:
        person = wish(make_attributes("long"), Looks.model_validate({"hair_tied": tied}))
        hair = next(f.block for f in model_bust(person) if f.name == "hair")
        inside = hair.grid.origin + np.argwhere(hair.field < 0) * hair.grid.voxel
        return inside.min(0), inside.max(0)

    loose, bun, tail = extent("none"), extent("bun"), extent("ponytail")
    assert bun[1][2] > loose[1][2] + 1.5
    assert bun[0][2] > loose[0][2] + 10
    assert tail[0][1] < loose[0][1] - 2
    assert tail[0][2] < bun[0][2] - 5


def test_the_fringe_falls_away_from_its_parting() -> None:
    left, right = (
        next(f for f in model_bust(make_attributes(hairline=(1.1,) * 9, hair_profile=(1.9,) * 23,
                                                   fringe_side=side)) if f.name == "hair")
        for side in (-1, 1)
    )  # fmt: skip
    assert left.block.field.tobytes() != right.block.field.tobytes()
    mirrored = right.block.field[::-1]
    same = np.corrcoef(left.block.field.ravel(), mirrored.ravel())[0, 1]
    assert same > np.corrcoef(left.block.field.ravel(), right.block.field.ravel())[0, 1]


def test_receding_hair_shows_more_of_the_temples() -> None:
    grown = []
    for receding in (0.0, 0.5, 1.0):
        person = make_attributes(hair_profile=(1.9,) * 23, receding=receding)
        hair = next(f.block for f in model_bust(person) if f.name == "hair")
        _, where = hair.grid.window((6, 4, EYE_LINE_Z + 5), (12, 14, EYE_LINE_Z + 12))
        grown.append(int((hair.field[where] < 0).sum()))
    assert grown[0] > 1.2 * grown[1] > 1.2 * grown[2]
