"""Two of you: side by side, hand in hand on one base, each in the colour of their own shirt."""

from fusion_service.domain.shape.assembly import Blend, Grown, Keep, Mirrored
from fusion_service.domain.shape.shapes import Capsule, Disc, Ellipsoid, Ring, Slab
from fusion_service.domain.templates.mannequin import HIPS, LEG, SHOE, TORSO, Limb, soled
from fusion_service.domain.templates.wardrobe import (
    Piece,
    Template,
    beside_shirt,
    darker,
    fixed,
    lighter,
    plinth,
    shirt,
    skin,
)

APART = 19.8  # from the middle to each person; a whole multiple of the voxel
BASE = Disc((0.0, -1.0), 17.5, 0.0, 4.0, rounding=1.0, chamfer=0.5, stretch=19.2)

FIRST_TROUSERS = beside_shirt((56, 69, 100), (176, 157, 133))
SECOND_TROUSERS = beside_shirt((96, 84, 78), (58, 92, 96))

# The hands meet in the middle: the first person's at -x, the second's at +x.
HOLDING = Limb((-7.0, -0.6, 38.0), (-13.8, 0.2, 31.0), (-18.2, 1.6, 24.6), (3.4, 2.9, 2.2))
WAVING = Limb((7.0, -0.6, 38.0), (14.6, -0.2, 33.2), (21.0, 3.4, 37.4), (3.4, 2.9, 2.2))
ON_HIP = Limb((-7.0, -0.6, 38.0), (-14.4, -1.2, 31.2), (-9.6, 2.4, 27.0), (3.5, 3.3, 2.8))
HOLDING_TOO = HOLDING.mirrored()
OPEN_HAND = Blend(
    Ellipsoid((22.4, 4.2, 40.2), (2.8, 1.8, 3.0)),
    Capsule((21.0, 4.2, 41.4), (20.3, 4.4, 44.8), 1.15, 1.05),
    Capsule((22.6, 4.2, 41.8), (22.8, 4.4, 45.6), 1.2, 1.05),
    Capsule((24.0, 4.2, 41.2), (25.1, 4.4, 44.2), 1.15, 1.05),
    Capsule((20.8, 4.4, 39.2), (19.0, 4.8, 40.6), 1.2, 1.1),
    k=0.7,
)
SWEATER = Blend(Keep(TORSO, Slab(22.4), k=1.2), HOLDING_TOO.sleeve(), ON_HIP.sleeve(), k=1.4)

TEMPLATE = Template(
    name="couple",
    title="Two of you",
    description="Two people hand in hand on one base, each in the colour of their own shirt.",
    stands=((APART, 0.0, 0.0), (-APART, 0.0, 0.0)),
    pieces=(
        plinth(58, 60, 70, BASE),
        Piece("soles", fixed(205, 208, 214), soled(Mirrored(SHOE), 0.4, 5.4), voxel=0.45),
        Piece("shoes", fixed(240, 240, 238), Keep(Mirrored(SHOE), Slab(3.1))),
        Piece("trousers", FIRST_TROUSERS, Blend(Mirrored(LEG), HIPS, k=2)),
        Piece(
            "shirt",
            shirt(),
            Blend(
                Keep(TORSO, Slab(22.4), k=1.2),
                Grown(HOLDING.short_sleeve(), 0.4),
                Grown(WAVING.short_sleeve(), 0.4),
                k=1.4,
            ),
            voxel=0.5,
        ),
        Piece(
            "collar", darker(shirt(), 0.2), Ring((0, -1.0, 42.0), (5.2, 5.0), 1.0, pitch=0.1), 0.45
        ),
        Piece(
            "arms",
            skin(),
            Blend(
                HOLDING.sleeve(1.1),
                WAVING.sleeve(1.1),
                OPEN_HAND,
                Ellipsoid((-19.0, 2.4, 22.6), (2.4, 2.7, 2.8)),
                k=0.9,
            ),
            voxel=0.4,
        ),
        Piece("soles 2", fixed(238, 232, 220), soled(Mirrored(SHOE), 0.4, 5.4), 0.45, person=1),
        Piece("shoes 2", fixed(150, 84, 62), Keep(Mirrored(SHOE), Slab(3.1)), person=1),
        Piece("trousers 2", SECOND_TROUSERS, Blend(Mirrored(LEG), HIPS, k=2), person=1),
        Piece(
            "cuffs 2",
            lighter(SECOND_TROUSERS, 0.25),
            Keep(Mirrored(Grown(LEG, 0.5)), Slab(8.4, 11.2), k=0.6),
            voxel=0.45,
            person=1,
        ),
        Piece("sweater 2", shirt(), SWEATER, voxel=0.5, person=1),
        Piece(
            "ribbing 2",
            darker(shirt(), 0.2),
            Blend(
                Ring((0, -1.0, 41.4), (5.4, 5.2), 1.7, pitch=0.1),
                Keep(Grown(TORSO, 0.3), Slab(21.8, 24.2), k=0.8),
                HOLDING_TOO.band(0.68, 0.96, 0.4),
                ON_HIP.band(0.64, 0.96, 0.4),
            ),
            voxel=0.45,
            person=1,
        ),
        Piece(
            "hands 2",
            skin(),
            Blend(
                Ellipsoid((18.4, 2.2, 23.4), (2.5, 2.6, 2.9)),
                Ellipsoid((-8.2, 4.0, 26.0), (2.8, 2.6, 2.4)),
            ),
            voxel=0.45,
            person=1,
        ),
    ),
)
