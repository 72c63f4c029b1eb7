"""The everyday figurine: t-shirt, trousers, sneakers. Change a colour or a shape right here."""

from fusion_service.domain.shape.assembly import Blend, Grown, Keep, Mirrored
from fusion_service.domain.shape.shapes import Beyond, Capsule, Ellipsoid, Ring, Slab
from fusion_service.domain.templates.mannequin import HIPS, LEG, SHOE, TORSO, soled
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

TROUSERS = beside_shirt((56, 69, 100), (176, 157, 133))  # navy, or sand under a navy shirt

ARM_DOWN = (0.57, 0.12, -0.81)  # direction of the arm from the shoulder
SLEEVE = Keep(
    Capsule((7.0, -0.6, 38.2), (12.6, 0.6, 30.2), 3.4, 3.7),
    Beyond((11.3, 0.3, 32.1), (-ARM_DOWN[0], -ARM_DOWN[1], -ARM_DOWN[2])),
    k=0.8,
)
HAND = Blend(
    Capsule((10.6, 0.1, 33.6), (13.1, 1.5, 25.2), 2.5, 2.1),
    Ellipsoid((13.4, 2.0, 22.6), (2.1, 2.7, 2.8)),
    Capsule((13.7, 0.5, 22.0), (13.4, 0.9, 19.6), 1.0, 0.85),
    Capsule((13.8, 1.8, 21.8), (13.4, 2.2, 19.0), 1.05, 0.85),
    Capsule((13.7, 3.1, 21.9), (13.2, 3.4, 19.4), 1.0, 0.85),
    Capsule((12.5, 4.0, 23.6), (11.9, 4.9, 21.0), 1.05, 0.9),
    k=0.9,
)

TEMPLATE = Template(
    name="default",
    title="Everyday",
    description="T-shirt in the colour of the photo, trousers and sneakers.",
    pieces=(
        plinth(58, 60, 70),
        Piece("soles", fixed(186, 190, 198), soled(Mirrored(SHOE), 0.5, 5.6), voxel=0.45),
        Piece("shoes", fixed(240, 240, 238), Keep(Mirrored(SHOE), Slab(3.1))),
        Piece("trousers", TROUSERS, Blend(Mirrored(LEG), HIPS, k=2)),
        Piece(
            "cuffs",
            lighter(TROUSERS, 0.12),
            Keep(Mirrored(Grown(LEG, 0.4)), Slab(8.6, 11.0), k=0.6),
            voxel=0.45,
        ),
        Piece(
            "shirt",
            shirt(),
            Blend(Keep(TORSO, Slab(22.4), k=1.2), Mirrored(SLEEVE), k=1.4),
            voxel=0.5,
        ),
        Piece(
            "collar",
            darker(shirt(), 0.2),
            Ring((0, -1.0, 42.0), (5.2, 5.0), 1.0, pitch=0.1),
            voxel=0.45,
        ),
        Piece("arms", skin(), Mirrored(HAND), voxel=0.4),
    ),
)
