"""A hero of nobody's but your own: cape, boots, a star, hands on the hips."""

import math

from fusion_service.domain.shape.assembly import Blend, Grown, Keep, Mirrored
from fusion_service.domain.shape.shapes import Box, Capsule, Drape, Ellipsoid, Plate, Ring, Slab
from fusion_service.domain.templates.mannequin import Limb
from fusion_service.domain.templates.wardrobe import (
    Piece,
    Template,
    beside_suit,
    fixed,
    plinth,
    suit,
)

GOLD = fixed(247, 203, 76)
CAPE = beside_suit((240, 118, 52), (0, 140, 138))  # orange or teal

LEG = Capsule((4.2, -0.3, 23.5), (6.3, -0.2, 8.0), 4.3, 3.1)
FOOT = Ellipsoid((6.7, 2.4, 5.3), (3.6, 6.0, 3.7))
HIPS = Ellipsoid((0, -0.4, 23.5), (7.4, 5.6, 4.4))
TRUNK = Blend(
    Capsule((0, -0.3, 25.5), (0, 0.0, 36.6), 6.5, 7.9, depth=0.82),
    Capsule((-6.2, -0.4, 38.3), (6.2, -0.4, 38.3), 3.9),
    k=3,
)
FIGURE = Blend(Blend(Mirrored(LEG, k=1.0), HIPS, k=2), TRUNK, k=2)
ARM = Limb((9.0, -0.5, 38.2), (15.6, -1.0, 32.2), (11.6, 1.6, 27.0), (3.5, 2.9, 2.6))
FIST = Blend(
    Ellipsoid((9.9, 2.7, 26.0), (2.9, 2.7, 2.5)),
    Capsule((9.6, 4.6, 26.9), (8.0, 5.0, 25.6), 1.05),
    k=0.7,
)
BRIEFS_OUTLINE = ((-9, 26.5), (9, 26.5), (9, 24.6), (2.6, 18.4), (-2.6, 18.4), (-9, 24.6))


def _star(radius: float, height: float) -> tuple[tuple[float, float], ...]:
    """Return a five-pointed star around x = 0, point up."""
    corners = ((radius if i % 2 == 0 else 0.5 * radius, math.pi * i / 5) for i in range(10))
    return tuple((r * math.sin(a), height + r * math.cos(a)) for r, a in corners)


TEMPLATE = Template(
    name="superhero",
    title="Superhero",
    description="Suit in the hue of the photo, cape, boots and gloves, a star on the chest.",
    pieces=(
        plinth(58, 60, 70),
        Piece("suit", suit(), FIGURE),
        Piece(
            "boots",
            CAPE,
            Keep(
                Mirrored(
                    Blend(
                        Blend(Keep(Grown(LEG, 0.45), Slab(top=15.2), k=0.6), FOOT, k=2),
                        Keep(Grown(LEG, 1.1), Slab(13.6, 15.8), k=0.9),
                        k=0.4,
                    )
                ),
                Slab(3.1),
            ),
            voxel=0.45,
        ),
        Piece(
            "briefs",
            CAPE,
            Keep(Grown(FIGURE, 0.45), Plate(BRIEFS_OUTLINE, -9, 9), k=0.6),
            voxel=0.45,
        ),
        Piece(
            "belt",
            GOLD,
            Blend(
                Keep(Grown(FIGURE, 0.9), Slab(25.2, 27.6), k=0.7),
                Box((0, 6.0, 26.4), (2.2, 1.0, 1.8), 0.6),
                k=0.3,
            ),
            voxel=0.4,
        ),
        Piece("sleeves", suit(), Mirrored(ARM.sleeve(1.0))),
        Piece(
            "gloves",
            CAPE,
            Mirrored(
                Blend(
                    ARM.band(0.3, 1.3, 0.4),
                    ARM.band(0.22, 0.5, 1.1),
                    FIST,
                    k=0.7,
                )
            ),
            voxel=0.45,
        ),
        Piece(
            "cape",
            CAPE,
            Drape(42.0, 1.8, (8.4, 15.6), (-6.0, -12.4), thickness=2.6, folds=5),
            voxel=0.5,
        ),
        Piece("cape collar", CAPE, Ring((0, -0.9, 42.2), (6.3, 6.0), 1.8, pitch=0.16)),
        Piece(
            "star",
            GOLD,
            Keep(Grown(TRUNK, 0.85), Plate(_star(4.0, 33.8), 2, 12), k=0.4),
            voxel=0.3,
        ),
    ),
)
