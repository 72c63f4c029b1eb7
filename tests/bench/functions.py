"""Each function of the domain by itself, on one photo: where a regression comes from.

The photo is always the same, so the work is; what a function needs is made before.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace

from common.contracts.recipe import ComposeRequest, IngredientList, RankRequest
from common.settings import Settings
from common.vision.decode import decode_photo
from common.vision.png import encode_png
from fusion_service.ar_file import write_ar
from fusion_service.domain.archive import (
    coats_from_bytes,
    coats_to_bytes,
    form_from_bytes,
    form_to_bytes,
)
from fusion_service.domain.attributes import People
from fusion_service.domain.certificate.gates import certify
from fusion_service.domain.files.glb import to_glb
from fusion_service.domain.files.stl import to_stl
from fusion_service.domain.files.threemf import to_3mf
from fusion_service.domain.photo.measure import study_people
from fusion_service.domain.sculpture import Form, Sculpture
from recipe_service.domain.pantry.at_hand import gather
from recipe_service.domain.rank import rank
from recipe_service.engines.cooks import Menus
from recipe_service.kitchen import Kitchen, open_kitchen
from stylize_service.domain.likeness import rate_portrait
from stylize_service.engines.sitting import Sheet, find_sitter
from tests.bench.photos import plain_portrait
from tests.bench.stages import Bench
from tests.bench.yardstick import Spread, in_yardsticks

Work = tuple[str, Callable[[], object]]
LIST = ("2 leeks", "3 potatoes", "cream", "1 onion", "garlic", "rice", "2 eggs", "cheese", "butter")


def measure_functions(repeats: int, only: Collection[str] = ()) -> dict[str, Spread]:
    """Measure everything, or some of it, in yardsticks of CPU time."""
    works = [*figurine(Bench.open(), plain_portrait()), *recipe(open_kitchen(Settings()))]
    named = {f"function: {name}": work for name, work in works}
    return {
        name: Spread.of(in_yardsticks(work, repeats))
        for name, work in named.items()
        if not only or name in only
    }


def figurine(bench: Bench, photo: bytes) -> Iterator[Work]:
    """List what makes portrait and figurine, in the order of the plan."""
    faces, seen = bench.studio.faces, decode_photo(photo)
    yield "decode", lambda: decode_photo(photo)
    sitter = find_sitter(faces, seen, "largest")
    picture = bench.engine.draw(sitter, Sheet("cel"), lambda: None)
    yield "find the sitter", lambda: find_sitter(faces, seen, "largest")
    yield "portrait", lambda: bench.engine.draw(sitter, Sheet("cel"), lambda: None)
    yield "rate the portrait", lambda: rate_portrait(faces, sitter, picture)
    yield "portrait as PNG", lambda: encode_png(picture)
    people, _ = study_people(faces, seen, "largest", 1)
    form = bench.sculpt(people)
    sculpture, _ = bench.paint(form, people)
    yield "measure", lambda: study_people(faces, seen, "largest", 1)
    yield "sculpt", lambda: bench.sculpt(people)
    yield "paint and GLB", lambda: bench.paint(form, people)
    yield from files(form, sculpture)
    yield from looks(bench, people, sculpture)


def files(form: Form, sculpture: Sculpture) -> Iterator[Work]:
    """List what writes and reads files."""
    yield "GLB", lambda: to_glb(sculpture)
    yield "certify", lambda: certify(form)
    yield "STL", lambda: to_stl(form)
    yield "3MF", lambda: to_3mf(sculpture)
    yield "USDZ", lambda: write_ar(sculpture)
    kept, coats = form_to_bytes(form), coats_to_bytes(sculpture.coats)
    yield "form to bytes", lambda: form_to_bytes(form)
    yield "form from bytes", lambda: form_from_bytes(kept)
    yield "coats to bytes", lambda: coats_to_bytes(sculpture.coats)
    yield "coats from bytes", lambda: coats_from_bytes(coats)


def looks(bench: Bench, people: People, sculpture: Sculpture) -> Iterator[Work]:
    """List what looks at the figurine."""
    studio, measured = bench.studio, people.people[0]
    yield "preview", lambda: studio.draw_preview(_unseen(sculpture)).to_png()
    yield "rate the figurine", lambda: studio.rate_likeness(measured, sculpture).result()


def recipe(kitchen: Kitchen) -> Iterator[Work]:
    """List what makes recipes."""
    photo = plain_portrait()  # as good as food: what a network does is the same for all
    yield "recognise", lambda: kitchen.eyes.look([photo])
    found = gather(kitchen.eyes.look([]), LIST, kitchen.names)
    yield "read a list", lambda: gather(kitchen.eyes.look([]), LIST, kitchen.names)
    yield "compose", lambda: compose(kitchen, found)
    recipes = [
        kitchen.cooks.cook(found, ComposeRequest(slot=slot), lambda _: None) for slot in range(3)
    ]
    wanted = RankRequest()
    yield "rank", lambda: rank(recipes, found, wanted, frozenset(), kitchen.knowledge)


def compose(kitchen: Kitchen, found: IngredientList) -> object:
    """Write a recipe, with no menu remembered."""
    return replace(kitchen.cooks, menus=Menus()).cook(found, ComposeRequest())


def _unseen(sculpture: Sculpture) -> Sculpture:
    """Copy it, so that nobody has baked the light of its form yet."""
    return replace(sculpture, form=replace(sculpture.form))
