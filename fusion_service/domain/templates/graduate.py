"""The big day: gown, stole in the colour of the photo, mortarboard with a tassel, diploma."""

from fusion_service.domain.shape.assembly import Blend, Grown, Keep, Mirrored, Pleated
from fusion_service.domain.shape.shapes import Box, Capsule, Ellipsoid, Plate, Ring, Slab
from fusion_service.domain.templates.mannequin import (
    SHOE,
    Limb,
    above,
    across,
    before,
    hair_under,
)
from fusion_service.domain.templates.wardrobe import (
    Piece,
    Template,
    fixed,
    lighter,
    plinth,
    shirt_on,
    skin,
)

NIGHT = (44, 46, 68)
BLACK = fixed(*NIGHT)
GOLD = fixed(240, 190, 70)

ROBE = Blend(
    Capsule((0, -0.3, 12.0), (0, -0.3, 36.6), 12.2, 7.0, depth=0.86),
    Capsule((-5.8, -0.6, 38.2), (5.8, -0.6, 38.2), 3.7),
    k=3,
)
ARM = Limb((7.4, -0.6, 37.8), (13.2, -0.4, 31.2), (12.6, 6.6, 27.8), (3.5, 4.0, 4.6))
HAND = Ellipsoid((12.4, 8.6, 27.0), (2.4, 2.7, 2.3))
STOLE = ((1.4, 42.0), (6.4, 42.0), (6.0, 16.2), (3.7, 14.2), (1.4, 16.2))
SCROLL = ((-16.6, 9.6, 21.4), (-8.6, 9.6, 33.0))  # from end to end
CORD = Blend(
    Capsule((0.0, -1.2, 80.0), (13.0, 5.0, 79.8), 1.2),
    Capsule((13.0, 5.0, 79.8), (18.2, 7.4, 78.8), 1.2),
    Capsule((18.2, 7.4, 78.8), (18.6, 7.6, 71.5), 1.2),
    Capsule((18.6, 7.6, 71.0), (18.7, 7.6, 64.5), 1.3, 2.1),
    Ellipsoid((0, -1.2, 80.4), (2.0, 2.0, 1.2)),
    k=0.6,
)

TEMPLATE = Template(
    name="graduate",
    title="Graduate",
    description="Gown, mortarboard and diploma, with a stole in the colour of the photo.",
    hair_room=hair_under(68.4),
    pieces=(
        plinth(58, 60, 70),
        Piece("shoes", fixed(30, 30, 36), Keep(Mirrored(SHOE), Slab(3.1))),
        Piece(
            "gown",
            BLACK,
            Blend(
                Keep(Pleated(ROBE, 14, 0.55, 8.0, 30.0), Slab(7.4), k=0.8),
                Mirrored(ARM.sleeve(1.15)),
                k=1.2,
            ),
            voxel=0.5,
        ),
        Piece(
            "sleeve bands",
            lighter(BLACK, 0.22),
            Mirrored(ARM.band(0.78, 1.1, 0.4)),
            voxel=0.45,
        ),
        Piece(
            "stole",
            shirt_on(NIGHT, instead=(198, 60, 66)),
            Mirrored(Keep(Grown(ROBE, 0.75), Plate(STOLE, 0.0, 16.0), k=0.5)),
            voxel=0.4,
        ),
        Piece(
            "collar", fixed(245, 244, 240), Ring((0, -1.0, 41.6), (5.3, 5.0), 1.2, pitch=0.1), 0.45
        ),
        Piece("hands", skin(), Mirrored(HAND), voxel=0.45),
        Piece("diploma", fixed(250, 244, 226), Capsule(*SCROLL, 1.9), voxel=0.4),
        Piece(
            "ribbon",
            fixed(204, 52, 56),
            Keep(
                Keep(Capsule(*SCROLL, 2.5), across(*SCROLL, 0.60), k=0.4),
                before(*SCROLL, 0.78),
                k=0.4,
            ),
            voxel=0.35,
        ),
        Piece(
            "cap",
            BLACK,
            Blend(
                Keep(Ellipsoid((0, -1.3, 61.4), (17.3, 16.3, 17.2)), above(67.6), k=0.6),
                Box((0, -1.2, 78.6), (17.6, 17.0, 1.4), 1.2),
                k=1.5,
            ),
            voxel=0.5,
        ),
        Piece("tassel", GOLD, CORD, voxel=0.4),
    ),
)
