"""Ready for orbit: a padded suit, a chest pack, a life support pack, the helmet under the arm."""

from fusion_service.domain.shape.assembly import Blend, Grown, Keep, Mirrored
from fusion_service.domain.shape.shapes import Box, Capsule, Ellipsoid, Ring, Slab
from fusion_service.domain.templates.mannequin import Limb
from fusion_service.domain.templates.wardrobe import (
    Piece,
    Template,
    darker,
    fixed,
    plinth,
    shirt_on,
)

WHITE = (240, 241, 243)
STEEL = (150, 156, 168)
ACCENT = shirt_on(WHITE, STEEL, instead=(226, 92, 44))  # the shirt's colour, or orange
GREY = fixed(*STEEL)

BOOT = Blend(
    Ellipsoid((5.3, 2.4, 6.0), (4.3, 6.4, 4.2)),
    Capsule((5.3, -0.6, 7.0), (5.2, -0.5, 12.4), 4.4, 4.5),
    k=2,
)
LEG = Blend(
    Ellipsoid((5.0, -0.3, 18.6), (5.0, 5.0, 4.2)),
    Ellipsoid((5.1, -0.4, 14.0), (4.9, 4.9, 3.6)),
    k=1,
)
TRUNK = Blend(
    Capsule((0, -0.3, 24.6), (0, -0.3, 36.0), 9.2, 8.4, depth=0.84),
    Capsule((-6.0, -0.5, 38.0), (6.0, -0.5, 38.0), 4.3),
    k=3,
)
HELD = Limb((8.4, -0.6, 37.6), (17.0, -2.0, 31.0), (16.6, 6.2, 24.4), (4.1, 4.0, 3.4))
FREE = Limb((-8.4, -0.6, 37.6), (-15.2, 0.2, 30.4), (-16.0, 3.4, 24.0), (4.1, 4.0, 3.4))
GLOVES = Blend(
    Ellipsoid((15.6, 9.6, 23.0), (3.3, 3.2, 3.0)),
    Ellipsoid((-16.2, 4.4, 20.8), (3.0, 3.2, 3.4)),
    Capsule((-14.4, 6.2, 22.4), (-13.2, 7.0, 20.2), 1.3),
)
HELMET = Ellipsoid((11.6, 6.6, 27.6), (7.4, 7.2, 7.6))
VISOR = Keep(Grown(HELMET, 0.6), Ellipsoid((11.8, 14.2, 28.6), (5.8, 5.6, 4.6)), k=0.6)

TEMPLATE = Template(
    name="astronaut",
    title="Astronaut",
    description="Padded white suit with stripes in the colour of the photo, helmet in the arm.",
    pieces=(
        plinth(58, 60, 70),
        Piece(
            "boots",
            GREY,
            Keep(Mirrored(Keep(BOOT, Slab(top=12.6), k=0.8)), Slab(3.1)),
        ),
        Piece(
            "suit",
            fixed(*WHITE),
            Blend(Blend(Mirrored(LEG, k=1.0), TRUNK, k=2), HELD.sleeve(), FREE.sleeve(), k=1.2),
            voxel=0.5,
        ),
        Piece(
            "stripes",
            ACCENT,
            Blend(
                HELD.upper_band(0.62, 0.92),
                FREE.upper_band(0.62, 0.92),
                Keep(Mirrored(Grown(LEG, 0.5)), Slab(15.0, 17.4), k=0.5),
            ),
            voxel=0.4,
        ),
        Piece("gloves", GREY, GLOVES, voxel=0.5),
        Piece(
            "glove rings",
            darker(GREY, 0.25),
            Blend(HELD.band(0.74, 1.0, 0.6), FREE.band(0.74, 1.0, 0.6)),
            voxel=0.4,
        ),
        Piece("belt", GREY, Keep(Grown(TRUNK, 0.6), Slab(22.4, 24.6), k=0.6), voxel=0.4),
        Piece("neck ring", darker(GREY, 0.25), Ring((0, -0.8, 42.0), (7.6, 7.2), 1.9, pitch=0.08)),
        Piece("chest pack", fixed(206, 210, 218), Box((0, 7.0, 32.6), (4.8, 2.6, 3.6), 1.0), 0.45),
        Piece(
            "switches",
            ACCENT,
            Blend(
                Box((-2.2, 9.6, 34.0), (1.5, 0.7, 1.0), 0.4),
                Ellipsoid((1.4, 9.5, 34.0), (1.1, 0.9, 1.1)),
                Box((0, 9.6, 31.2), (3.4, 0.7, 0.9), 0.4),
            ),
            voxel=0.3,
        ),
        Piece(
            "life support",
            fixed(206, 210, 218),
            Blend(
                Box((0, -9.4, 33.0), (7.6, 4.0, 8.0), 2.0),
                Mirrored(Capsule((4.6, -12.4, 28.6), (4.6, -12.4, 37.0), 2.4)),
                k=0.6,
            ),
        ),
        Piece(
            "helmet",
            fixed(*WHITE),
            Blend(HELMET, Keep(Grown(HELMET, 0.7), Slab(21.4, 23.6), k=0.6)),
            voxel=0.45,
        ),
        Piece("visor", fixed(64, 74, 104), VISOR, voxel=0.4),
    ),
)
