"""In the kitchen: a toque, a double row of buttons, an apron, a wooden spoon at the ready."""

from fusion_service.domain.shape.assembly import Blend, Grown, Keep, Mirrored, Pleated
from fusion_service.domain.shape.shapes import Capsule, Ellipsoid, Plate, Ring, Slab
from fusion_service.domain.templates.mannequin import (
    HIPS,
    LEG,
    SHOE,
    TORSO,
    Limb,
    above,
    hair_under,
)
from fusion_service.domain.templates.wardrobe import (
    Piece,
    Template,
    darker,
    fixed,
    plinth,
    shirt_on,
    skin,
)

WHITE = (246, 245, 240)
ACCENT = shirt_on(WHITE, instead=(196, 52, 44))  # the shirt's colour, or red under a white shirt

SPOON_ARM = Limb((7.4, -0.6, 37.8), (14.0, -1.0, 31.0), (16.6, 4.2, 29.6), (3.5, 3.3, 2.9))
HIP_ARM = Limb((-7.4, -0.6, 37.8), (-14.6, -1.4, 31.2), (-10.0, 2.4, 27.0), (3.5, 3.3, 2.8))
HANDS = Blend(
    Ellipsoid((17.6, 6.2, 29.8), (2.6, 2.8, 2.6)),
    Ellipsoid((-8.6, 4.0, 26.0), (2.8, 2.6, 2.4)),
)
SPOON = Blend(
    Capsule((17.4, 6.8, 24.6), (19.4, 7.2, 41.0), 1.5),
    Ellipsoid((19.8, 7.2, 44.6), (3.0, 1.9, 3.9)),
    k=1.2,
)
SKIRT = Capsule((0, -0.3, 12.0), (0, -0.3, 30.0), 10.2, 9.4, depth=0.8)
BUTTONS = Blend(*(Capsule((2.9, 3.0, z), (2.9, 12.0, z), 1.1) for z in (30.6, 34.0, 37.4)))
BOW = Blend(
    Capsule((0.4, -6.9, 26.6), (3.8, -7.6, 27.6), 1.3, 2.0),
    Capsule((0.4, -6.9, 26.0), (2.6, -7.6, 20.0), 1.4, 1.7),
)
PUFF = Blend(
    Keep(Capsule((0, -1.5, 66.0), (0, -1.6, 78.0), 15.4, 15.8, depth=0.97), Slab(top=80.0)),
    Ellipsoid((0, -1.6, 80.6), (18.8, 18.2, 7.6)),
    k=4,
)

TEMPLATE = Template(
    name="chef",
    title="Chef",
    description="White jacket and toque, apron and neckerchief in the colour of the photo.",
    hair_room=hair_under(67.4),
    pieces=(
        plinth(58, 60, 70),
        Piece("shoes", fixed(44, 44, 50), Keep(Mirrored(SHOE), Slab(3.1))),
        Piece("trousers", fixed(86, 90, 102), Blend(Mirrored(LEG), HIPS, k=2)),
        Piece(
            "jacket",
            fixed(*WHITE),
            Blend(
                Keep(TORSO, Slab(21.6), k=1.2),
                SPOON_ARM.sleeve(),
                HIP_ARM.sleeve(),
                k=1.4,
            ),
        ),
        Piece(
            "sleeve cuffs",
            fixed(222, 222, 218),
            Blend(SPOON_ARM.band(0.5, 1.0), HIP_ARM.band(0.5, 1.0)),
            voxel=0.45,
        ),
        Piece(
            "buttons", darker(ACCENT, 0.15), Keep(Grown(TORSO, 0.7), Mirrored(BUTTONS), k=0.5), 0.3
        ),
        Piece(
            "apron",
            ACCENT,
            Blend(
                Keep(
                    Keep(SKIRT, Plate(((-9, 11), (9, 11), (9, 28), (-9, 28)), 1.6, 12), k=0.8),
                    Slab(11.6, 26.4),
                    k=0.8,
                ),
                Keep(Grown(TORSO, 0.75), Slab(25.2, 27.6), k=0.7),
                Mirrored(BOW, k=0.8),
                k=0.5,
            ),
            voxel=0.45,
        ),
        Piece(
            "neckerchief",
            darker(ACCENT, 0.15),
            Blend(
                Ring((0, -0.8, 41.6), (5.6, 5.4), 1.5, pitch=0.1),
                Ellipsoid((0, 5.6, 40.2), (1.7, 1.5, 1.5)),
                Mirrored(Capsule((0.4, 5.4, 39.6), (2.0, 5.8, 36.0), 1.2, 1.6)),
                k=0.6,
            ),
            voxel=0.4,
        ),
        Piece("hands", skin(), HANDS, voxel=0.45),
        Piece("spoon", fixed(176, 128, 84), SPOON, voxel=0.4),
        Piece(
            "toque band",
            fixed(232, 231, 227),
            Keep(
                Keep(
                    Capsule((0, -1.2, 62.0), (0, -1.6, 74.0), 17.0, 16.6, depth=0.97), above(66.6)
                ),
                Slab(top=73.6),
                k=0.8,
            ),
        ),
        Piece(
            "toque",
            fixed(*WHITE),
            Keep(Pleated(PUFF, 13, 0.8, 78.0, 86.5), Slab(72.0), k=1.0),
            voxel=0.5,
        ),
    ),
)
