"""All that one person brings to the body: head, hair, and what is worn on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fusion_service.domain.face.paint import face_relief
from fusion_service.domain.face.photograph import photographed_eye
from fusion_service.domain.head.glasses import model_glasses
from fusion_service.domain.head.hair import model_hair
from fusion_service.domain.head.haircut import choose_haircut
from fusion_service.domain.head.hat import under_hat
from fusion_service.domain.head.head import model_head, project_texture
from fusion_service.domain.head.headwear import hair_room, model_headwear
from fusion_service.domain.head.knot import add_knot
from fusion_service.domain.shape.hidden import without_hidden
from fusion_service.domain.shape.surface import triangulate

if TYPE_CHECKING:
    from fusion_service.domain.attributes import Attributes
    from fusion_service.domain.sculpture import Mesh
    from fusion_service.domain.shape.shapes import Shape
    from fusion_service.domain.shape.union import Block, Union


@dataclass(frozen=True)
class Feature:
    """One part of a bust.

    Attributes
    ----------
    name : str
        ``head``, ``glasses``, ``lenses``, ``headwear`` or ``hair``.
    block : Block
        Its field on the common lattice, for the solid.
    fine : Block, optional
        The same on a finer lattice, for the eye, where the part is slender.
    """

    name: str
    block: Block
    fine: Block | None = None

    def mesh(self, around: Union) -> Mesh:
        """Triangulate for the eye, without what is hidden inside the union of all parts.

        Closes the field in place, so the solid comes first. A head gets its texture projected.
        """
        shown = self.fine or self.block
        mesh = without_hidden(triangulate(shown.grid, shown.field), around)
        return project_texture(mesh) if self.name == "head" else mesh


def model_bust(
    attributes: Attributes, *, drawn: bool = True, room: Shape | None = None
) -> tuple[Feature, ...]:
    """Model the parts of one person, in that person's own frame.

    Parameters
    ----------
    attributes
        What was measured and wished.
    drawn : bool
        The drawn face stands out a little; a photograph lies flat on the skin.
    room : Shape, optional
        What the hat of a template leaves of the hair and of a headscarf; it takes the place of
        any other headwear.
    """
    haircut = choose_haircut(attributes)
    head = model_head(
        attributes, face_relief(attributes) if drawn else None, ears=not haircut.covers_ears
    )
    worn = model_headwear(attributes)
    if room is not None and worn is not None:
        worn = under_hat(worn, room) if attributes.headwear == "headscarf" else None
    hair = model_hair(haircut)
    room = room or hair_room(attributes)
    if hair is not None and room is not None:
        hair = under_hat(hair, room)
    if hair is not None:
        hair = add_knot(hair, haircut, hatted=room is not None)
    eye = None if drawn else photographed_eye(attributes)
    features = [Feature("head", head)]
    features += [Feature(*piece) for piece in model_glasses(attributes, head, eye)]
    if worn is not None:
        features.append(Feature("headwear", worn))
    if hair is not None:
        features.append(Feature("hair", hair))
    return tuple(features)
