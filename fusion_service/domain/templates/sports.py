"""On the pitch: a jersey with a number, shorts, sneakers, and the ball at the foot."""

from fusion_service.domain.shape.assembly import Blend, Cut, Grown, Keep, Mirrored
from fusion_service.domain.shape.shapes import Capsule, Ellipsoid, Plate, Ring, Shape, Slab
from fusion_service.domain.templates.mannequin import HIPS, SHOE, TORSO, Limb, soled
from fusion_service.domain.templates.wardrobe import (
    Piece,
    Template,
    beside_shirt,
    darker,
    fixed,
    plinth,
    shirt,
    skin,
)

CONTRAST = beside_shirt((250, 250, 248), (40, 44, 60))  # white, or night blue on a light jersey

HIP_ARM = Limb((7.2, -0.6, 37.8), (14.6, -1.2, 31.4), (10.2, 2.4, 26.8), (3.5, 3.0, 2.3))
FREE_ARM = Limb((-7.2, -0.6, 37.8), (-12.8, 0.2, 31.0), (-15.2, 2.6, 24.6), (3.5, 2.8, 2.2))
ARMS = Blend(
    HIP_ARM.sleeve(1.1),
    FREE_ARM.sleeve(1.1),
    Ellipsoid((8.9, 3.8, 25.8), (2.7, 2.5, 2.2)),
    Ellipsoid((-15.6, 3.4, 22.4), (2.2, 2.7, 2.8)),
    Capsule((-14.4, 5.2, 22.8), (-13.6, 5.8, 20.6), 1.1, 0.95),
    k=0.8,
)
SHIN = Capsule((4.5, -0.3, 16.5), (4.8, -0.3, 8.0), 3.5, 3.1)
THIGH = Capsule((4.3, -0.3, 22.5), (5.2, -0.3, 15.0), 4.6, 5.0)
BALL = Ellipsoid((11.4, 6.9, 8.2), (5.0, 5.0, 5.0))
PATCHES = (  # directions from the middle of the ball, as on an icosahedron
    (0.2, 0.95, 0.25), (0.93, 0.3, 0.2), (0.1, 0.2, 0.97), (-0.75, 0.62, 0.2),
    (0.72, 0.55, -0.42), (-0.3, 0.75, -0.6), (0.85, -0.42, 0.3), (0.1, -0.85, 0.52),
    (0.72, 0.45, 0.53), (-0.55, 0.05, 0.83), (0.55, -0.7, -0.44),
)  # fmt: skip
SPOTS = Blend(
    *(
        Capsule((11.4, 6.9, 8.2), (11.4 + 6 * x, 6.9 + 6 * y, 8.2 + 6 * z), 0.1, 1.75)
        for x, y, z in PATCHES
    )
)
ONE = ((2.2, 36.6), (3.6, 36.6), (5.2, 35.2), (5.2, 33.4), (4.2, 33.9), (4.2, 28.8), (2.2, 28.8))
ZERO = (
    *((0.4, 35.4), (-0.8, 36.6), (-3.6, 36.6), (-4.8, 35.4)),
    *((-4.8, 30.0), (-3.6, 28.8), (-0.8, 28.8), (0.4, 30.0)),
)
HOLE = ((-1.5, 34.7), (-2.9, 34.7), (-2.9, 30.7), (-1.5, 30.7))


def _ten(side: int) -> Shape:
    """Return the number, on the chest (1) or the back (-1); who reads it has +x on the left."""
    one, zero, hole = (
        Plate(tuple((side * x, z) for x, z in outline), *sorted((0, side * 12)))
        for outline in (ONE, ZERO, HOLE)
    )
    return Keep(Grown(TORSO, 0.7), Blend(one, Cut(zero, hole)), k=0.3)


TEMPLATE = Template(
    name="sports",
    title="Sports",
    description="Jersey in the colour of the photo with a number, shorts, sneakers and a ball.",
    pieces=(
        plinth(62, 128, 74),
        Piece("soles", fixed(245, 245, 243), soled(Mirrored(SHOE), 0.5, 5.2), voxel=0.45),
        Piece("shoes", darker(shirt(), 0.25), Keep(Mirrored(SHOE), Slab(3.1))),
        Piece("socks", CONTRAST, Keep(Mirrored(Grown(SHIN, 0.4)), Slab(8.0, 13.2), k=0.8), 0.45),
        Piece("legs", skin(), Mirrored(SHIN)),
        Piece(
            "shorts",
            CONTRAST,
            Blend(Keep(Mirrored(THIGH, k=0.6), Slab(15.6), k=0.8), HIPS, k=2),
        ),
        Piece(
            "jersey",
            shirt(),
            Blend(
                Keep(TORSO, Slab(22.0), k=1.2),
                Grown(HIP_ARM.short_sleeve(), 0.5),
                Grown(FREE_ARM.short_sleeve(), 0.5),
                k=1.4,
            ),
            voxel=0.5,
        ),
        Piece(
            "trim",
            CONTRAST,
            Blend(
                Ring((0, -1.0, 42.0), (5.2, 5.0), 1.1, pitch=0.1),
                HIP_ARM.upper_band(0.56, 0.76, 0.9),
                FREE_ARM.upper_band(0.56, 0.76, 0.9),
            ),
            voxel=0.45,
        ),
        Piece("number", CONTRAST, Blend(_ten(1), _ten(-1)), voxel=0.3),
        Piece("arms", skin(), ARMS, voxel=0.45),
        Piece("ball", fixed(248, 248, 246), Keep(BALL, Slab(3.1)), voxel=0.45),
        Piece("patches", fixed(40, 42, 52), Keep(Grown(BALL, 0.3), SPOTS, k=0.3), voxel=0.35),
    ),
)
