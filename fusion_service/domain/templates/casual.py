"""Weekend: hoodie with the hands in its pocket, jeans, canvas shoes."""

from fusion_service.domain.shape.assembly import Blend, Grown, Keep, Mirrored
from fusion_service.domain.shape.shapes import Capsule, Ellipsoid, Plate, Ring, Slab
from fusion_service.domain.templates.mannequin import Limb
from fusion_service.domain.templates.wardrobe import (
    Piece,
    Template,
    beside_shirt,
    darker,
    fixed,
    lighter,
    plinth,
    shirt,
)

JEANS = beside_shirt((56, 69, 100), (176, 157, 133))  # blue, or sand under a blue hoodie

SHOE = Blend(
    Ellipsoid((5.1, 2.5, 5.8), (3.9, 6.2, 3.8)),
    Ellipsoid((5.0, -0.9, 7.8), (3.6, 3.8, 4.0)),
    k=2,
)
LEG = Capsule((4.4, -0.3, 22.5), (4.9, -0.2, 10.4), 4.3, 4.0)
HIPS = Ellipsoid((0, -0.3, 23.2), (7.9, 5.6, 4.2))
BODICE = Blend(
    Capsule((0, -0.4, 20.0), (0, -0.3, 37.2), 10.0, 7.0, depth=0.82),
    Capsule((-5.6, -0.6, 38.0), (5.6, -0.6, 38.0), 4.1),
    k=3,
)
# The hands go into the pocket: the forearm ends inside the body, a cuff shows where.
ARM = Limb((8.2, -0.6, 37.6), (14.0, -0.4, 30.6), (6.6, 4.2, 27.0), (3.6, 3.4, 2.7))
HOOD = Blend(
    Ring((0, -2.0, 42.0), (6.8, 7.0), 2.3, pitch=0.1),
    Ellipsoid((0, -8.0, 38.4), (6.2, 3.2, 5.2)),
    k=2.0,
)
POCKET_OUTLINE = ((-7.6, 23.8), (-7.6, 25.4), (-4.2, 31.4), (4.2, 31.4), (7.6, 25.4), (7.6, 23.8))
STRING = Blend(
    Capsule((2.3, 6.2, 41.4), (2.5, 5.6, 34.8), 1.0),
    Ellipsoid((2.5, 5.8, 34.2), (1.3, 1.2, 1.5)),
    k=0.3,
)

TEMPLATE = Template(
    name="casual",
    title="Weekend",
    description="Hoodie in the colour of the photo, jeans and canvas shoes.",
    pieces=(
        plinth(58, 60, 70),
        Piece(
            "soles",
            fixed(250, 250, 248),
            Keep(Mirrored(Grown(SHOE, 0.4)), Slab(3.0, 5.5), 0.5),
            voxel=0.45,
        ),
        Piece("shoes", fixed(208, 60, 52), Keep(Mirrored(SHOE), Slab(3.1))),
        Piece("trousers", JEANS, Blend(Mirrored(LEG), HIPS, k=2)),
        Piece(
            "cuffs",
            lighter(JEANS, 0.28),
            Keep(Mirrored(Grown(LEG, 0.55)), Slab(8.4, 11.2), k=0.6),
            voxel=0.45,
        ),
        Piece(
            "hoodie",
            shirt(),
            Blend(
                Blend(Keep(BODICE, Slab(23.6), k=0.8), Mirrored(ARM.sleeve(1.0)), k=1.2),
                HOOD,
                k=1.0,
            ),
        ),
        Piece(
            "hem",
            darker(shirt(), 0.18),
            Blend(
                Keep(Grown(BODICE, -0.1), Slab(21.6, 24.4), k=1.0),
                Mirrored(ARM.band(0.5, 0.72, 0.4)),
            ),
            voxel=0.45,
        ),
        Piece(
            "pocket",
            darker(shirt(), 0.18),
            Keep(Grown(BODICE, 1.15), Plate(POCKET_OUTLINE, 3.0, 12.0), k=0.8),
            voxel=0.4,
        ),
        Piece("strings", fixed(245, 245, 240), Mirrored(STRING), voxel=0.35),
    ),
)
