"""How good the likeness score is: ``python -m tests.bench.likeness`` prints it in tables.

Own pictures against other people's (area under the ROC curve), for every style of portrait and
for the figurine, and the numbers ``TOY`` that take the figurine's style out of its proportions.
Figurines are rated with numbers that were fitted without the person in question.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from common.settings import Settings
from common.vision.likeness import COLOURS, SHAPES, compare
from common.vision.look import PROPORTIONS, Look
from common.vision.network import RGB
from fusion_service.domain.attributes import Attributes
from fusion_service.domain.likeness import STYLES_OF_FACE, look_of, look_of_toy, without_style
from fusion_service.domain.paint import paint
from fusion_service.domain.photo.measure import study_people
from fusion_service.domain.preview.head_view import face_place
from fusion_service.domain.preview.render import render_head
from fusion_service.domain.sculpt import sculpt
from fusion_service.studio import Studio
from stylize_service.domain.likeness import rate_portrait
from stylize_service.engines.builtin import BuiltinEngine
from stylize_service.engines.sitting import find_sitter
from tests.portraits import PORTRAITS, astronaut

FACES = (  # file, face, person
    ("astronaut", "largest", "Collins"),
    ("obama.jpg", "largest", "Obama"),
    ("biden.jpg", "largest", "Biden"),
    ("curly_hair_beard.png", "largest", "curly"),
    ("long_red_hair.jpg", "largest", "red"),
    ("two_faces.jpg", "0", "Obama"),
    ("two_faces.jpg", "1", "Biden"),
)
STYLES = ("cel", "pencil", "watercolor", "oil", "pop", "pixel")
ADVICE = {name: name for name in (*SHAPES, *COLOURS)}
Table = npt.NDArray[np.float64]


@dataclass
class Sitter:
    """One face of a photo."""

    person: str
    photo: RGB
    subject: str
    attributes: Attributes
    raw: dict[str, Look]  # of the figurine with each kind of face, its style left in


def main() -> None:
    """Print the tables."""
    studio = Studio(Settings().models)
    sitters = [sitter(studio, *face) for face in FACES]
    tell(f"{len(sitters)} faces of {len({one.person for one in sitters})} people")
    sittings = [find_sitter(studio.faces, one.photo, one.subject) for one in sitters]
    engine = BuiltinEngine(studio.faces)
    for style in STYLES:
        drawn = [engine.portrait(one.photo, style, one.subject, size=512) for one in sitters]
        started = time.perf_counter()
        scores = np.array(
            [
                [rate_portrait(studio.faces, sitting, other).score or 0 for other in drawn]
                for sitting in sittings
            ]
        )
        milliseconds = 1e3 * (time.perf_counter() - started) / scores.size
        tell_scores(style, sitters, scores, f"{milliseconds:.0f} ms")
    for kind, style in STYLES_OF_FACE.items():
        tell_scores(f"figurine, {kind} face", sitters, figurine_scores(sitters, kind), "")
        for name, (gain, offset, fit) in fitted(sitters, kind).items():
            kept = "kept" if name in style else "not kept"
            tell(f'    "{name}": ({gain:.2f}, {offset:.3f}),  # r {fit:+.2f}, {kept}')


def sitter(studio: Studio, name: str, subject: str, person: str) -> Sitter:
    """Measure a face and look at its figurine."""
    photo = astronaut() if name == "astronaut" else read(name)
    people, pictures = study_people(studio.faces, photo, subject, 1)
    raw = {}
    for kind in STYLES_OF_FACE:
        form = sculpt(people.people, "default", portrait=kind == "portrait")
        shown = pictures if kind == "portrait" else None
        view = render_head(paint(form, people.people, pictures=shown))
        face = studio.faces.trace_face(view, face_place())
        raw[kind] = look_of_toy(view, face)
    tell(f"{name} {subject}: presence of the toy's face {face.presence:.1f}")
    return Sitter(person, photo, subject, people.people[0], raw)


def read(name: str) -> RGB:
    """Read a portrait."""
    picture = cv2.imread(str(PORTRAITS / name))
    assert picture is not None, name
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)


def tell_scores(name: str, sitters: list[Sitter], scores: Table, more: str) -> None:
    """Print own and other scores; two photos of one person are neither."""
    people = np.array([one.person for one in sitters])
    own, others = np.diag(scores), scores[people[:, None] != people[None]]
    area = np.mean(own[:, None] > others[None])
    tell(
        f"{name:12} own {own.min():.0f}..{own.max():.0f}, mean {own.mean():.0f}; others "
        f"{others.min():.0f}..{others.max():.0f}, mean {others.mean():.0f}; AUC {area:.2f} {more}"
    )


def tell(line: str) -> None:
    """Print."""
    sys.stdout.write(f"{line}\n")


def figurine_scores(sitters: list[Sitter], kind: str) -> Table:
    """Score everybody's photo against everybody's figurine."""
    photos = [look_of(one.attributes) for one in sitters]
    rows = []
    for one in sitters:  # whose figurine
        known = fitted([other for other in sitters if other.person != one.person], kind)
        toy = without_style(
            one.raw[kind], {name: known[name][:2] for name in STYLES_OF_FACE[kind] if name in known}
        )
        rows.append([compare(photo, toy, ADVICE).score or 0 for photo in photos])
    return np.array(rows).T


def fitted(sitters: list[Sitter], kind: str) -> dict[str, tuple[float, float, float]]:
    """Fit photo = gain * toy + offset; also the correlation."""
    numbers = {}
    for name in PROPORTIONS:
        pairs = [
            (one.raw[kind].proportions[name], look_of(one.attributes).proportions[name])
            for one in sitters
            if name in one.raw[kind].proportions
        ]
        if len(pairs) < 4:  # brows that a fringe hides
            continue
        toy, photo = np.array(pairs).T
        gain, offset = np.polyfit(toy, photo, 1)
        numbers[name] = (gain, offset, float(np.corrcoef(toy, photo)[0, 1]))
    return numbers


if __name__ == "__main__":
    main()
