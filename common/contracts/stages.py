"""THE STAGE TABLE: one row per task, declared once, everything else derived.

Task names, queues and routes, time limits, metric labels, memo keys, the reference and the
contract tests all read these rows. A stage that is not here does not exist.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pydantic import BaseModel

from common.contracts import facts
from common.contracts import figurine as f
from common.contracts import recipe as r


@dataclass(frozen=True)
class Output:
    """An artifact a stage writes; ``internal`` ones are for other stages only."""

    name: str
    media_type: str
    purpose: str
    internal: bool = False


@dataclass(frozen=True)
class Stage:
    """One row. ``name`` is the Celery task name and never changes once released."""

    name: str
    queue: str
    title: str
    request: type[BaseModel]
    reads: tuple[str, ...]
    writes: tuple[Output, ...]
    facts: type[facts.Facts]
    soft_s: float  # seconds after which the stage is asked to stop at its next checkpoint
    hard_s: float  # seconds after which the watchdog ends the process
    typical_ms: float  # a run on one core; what is measured here soon replaces it (see ``eta``)
    on_failure: str  # what a permanent failure means, in words for the reference
    may_read: tuple[str, ...] = ()  # where the job has them

    @property
    def service(self) -> str:
        """The room this stage lives in; by convention the part before the dot."""
        return self.name.partition(".")[0]


PHOTO: Final = "photo"
PHOTOS: Final = (PHOTO, *(f"photo-{n}" for n in range(2, r.MAX_PHOTOS + 1)))
EVERYTHING: Final = "*"  # in `reads`: every artifact the job has so far
ATTRIBUTES: Final = Output(
    "attributes.json", "application/json", "what was measured of the face", internal=True
)
FACE: Final = Output("face.jpg", "image/jpeg", "the face, lit and cut out", internal=True)
# npz in their names only: what they were when jobs that are under way were planned
ARRAYS: Final = "application/x-safetensors"
FORM: Final = Output("form.npz", ARRAYS, "geometry of the figurine", internal=True)
COAT: Final = Output("coat.npz", ARRAYS, "paint of the figurine", internal=True)
SCULPTURE: Final = "sculpture.npz"  # form and coat in one, of jobs from version 1
PORTRAIT: Final = Output("portrait.png", "image/png", "cartoon portrait")
GLB: Final = Output("figurine.glb", "model/gltf-binary", "to look at, in 3D viewers")
STL: Final = Output("figurine.stl", "model/stl", "to print in one colour")
CERTIFICATE: Final = Output("certificate.json", "application/json", "print certificate")
THREEMF: Final = Output("figurine.3mf", "model/3mf", "to print in colour")
USDZ: Final = Output("figurine.usdz", "model/vnd.usdz+zip", "for AR on phones")
PREVIEW: Final = Output("preview.png", "image/png", "picture from all sides")
INGREDIENTS: Final = Output("ingredients.json", "application/json", "what is at hand")
SEEN: Final = Output("seen.txt", "text/plain", "word for word what the vision model answered")
DRAFTS: Final = tuple(
    Output(f"draft-{slot}.json", "application/json", "a recipe as first written, to read early")
    for slot in range(r.MAX_COUNT)
)
RECIPES: Final = Output("recipes.json", "application/json", "the recipes and the shopping list")
RECIPES_TEXT: Final = Output("recipes.md", "text/markdown", "the recipes, to read")
RECIPE_PAGES: Final = tuple(
    Output(f"recipe-{n}.html", "text/html", "one recipe to print, for Mealie and Tandoor")
    for n in range(1, r.MAX_COUNT + 1)
)
RECIPE_COOKS: Final = tuple(
    Output(f"recipe-{n}.cook", "text/plain", "one recipe in Cooklang")
    for n in range(1, r.MAX_COUNT + 1)
)
MANIFEST: Final = Output("manifest.json", "application/json", "list of everything made")

# A language model may be asked twice (see ``KILN_LLM_TIMEOUT_S``), on a machine without a GPU.
MODEL_SOFT_S, MODEL_HARD_S = 130, 145

_ENDS = "the job fails with this stage's code"

STAGES: Final[tuple[Stage, ...]] = (
    Stage(
        name="stylize.portrait",
        queue="stylize",
        title="Cartoon portrait",
        request=f.PortraitRequest,
        reads=(PHOTO,),
        writes=(PORTRAIT,),
        facts=facts.PortraitFacts,
        soft_s=20,
        hard_s=30,
        typical_ms=280,
        on_failure=_ENDS,
    ),
    Stage(
        name="fusion.measure",
        queue="fusion",
        title="Measure the face",
        request=f.MeasureRequest,
        reads=(PHOTO,),
        writes=(ATTRIBUTES, FACE),
        facts=facts.MeasureFacts,
        soft_s=20,
        hard_s=30,
        typical_ms=60,
        on_failure=_ENDS,
    ),
    Stage(
        name="fusion.sculpt",
        queue="fusion",
        title="Sculpt the figurine",
        request=f.SculptRequest,
        reads=(ATTRIBUTES.name,),
        writes=(FORM, COAT, GLB),  # the last two only for jobs of version 1
        facts=facts.SculptFacts,
        soft_s=20,
        hard_s=30,
        typical_ms=220,
        on_failure=_ENDS,
    ),
    Stage(
        name="fusion.paint",
        queue="fusion",
        title="Paint the figurine",
        request=f.PaintRequest,
        reads=(ATTRIBUTES.name, FORM.name),
        may_read=(FACE.name,),
        writes=(COAT, GLB),
        facts=facts.PaintFacts,
        soft_s=20,
        hard_s=30,
        typical_ms=70,
        on_failure=_ENDS,
    ),
    Stage(
        name="fusion.print",
        queue="fusion",
        title="Print file and certificate",
        request=f.PrintRequest,
        reads=(),
        may_read=(FORM.name, SCULPTURE),
        writes=(STL, CERTIFICATE),
        facts=facts.PrintFacts,
        soft_s=20,
        hard_s=30,
        typical_ms=200,
        on_failure=_ENDS,
    ),
    Stage(
        name="fusion.render",
        queue="fusion",
        title="Preview picture",
        request=f.RenderRequest,
        reads=(ATTRIBUTES.name,),
        may_read=(FORM.name, COAT.name, SCULPTURE),
        writes=(PREVIEW,),
        facts=facts.RenderFacts,
        soft_s=30,
        hard_s=45,
        typical_ms=330,
        on_failure=_ENDS,
    ),
    Stage(
        name="fusion.package",
        queue="fusion",
        title="Colour print file",
        request=f.PackageRequest,
        reads=(),
        may_read=(FORM.name, COAT.name, SCULPTURE),
        writes=(THREEMF,),
        facts=facts.PackageFacts,
        soft_s=20,
        hard_s=30,
        typical_ms=160,
        on_failure=_ENDS,
    ),
    Stage(
        name="fusion.ar",
        queue="fusion",
        title="File for AR",
        request=f.ArRequest,
        reads=(FORM.name, COAT.name),
        writes=(USDZ,),
        facts=facts.ArFacts,
        soft_s=20,
        hard_s=30,
        typical_ms=150,
        on_failure=_ENDS,
    ),
    Stage(
        name="recipe.recognise",
        queue="recipe",
        title="Recognise the ingredients",
        request=r.RecogniseRequest,
        reads=(),
        may_read=PHOTOS,
        writes=(INGREDIENTS, SEEN),
        facts=r.RecogniseFacts,
        soft_s=MODEL_SOFT_S,
        hard_s=MODEL_HARD_S,
        typical_ms=60,
        on_failure=_ENDS,
    ),
    Stage(
        name="recipe.compose",
        queue="recipe",
        title="Write a recipe",
        request=r.ComposeRequest,
        reads=(INGREDIENTS.name,),
        writes=DRAFTS,
        facts=r.ComposeFacts,
        soft_s=MODEL_SOFT_S,
        hard_s=MODEL_HARD_S,
        typical_ms=25,
        on_failure="the other recipes go on without this one",
    ),
    Stage(
        name="recipe.rank",
        queue="recipe",
        title="Choose and order the recipes",
        request=r.RankRequest,
        reads=(INGREDIENTS.name,),
        may_read=tuple(draft.name for draft in DRAFTS),
        writes=(RECIPES, RECIPES_TEXT, *RECIPE_PAGES, *RECIPE_COOKS),
        facts=r.RankFacts,
        soft_s=20,
        hard_s=30,
        typical_ms=15,
        on_failure=_ENDS,
    ),
    Stage(
        name="gateway.finish",
        queue="gateway",
        title="Manifest",
        request=f.FinishRequest,
        reads=(EVERYTHING,),
        writes=(MANIFEST,),
        facts=facts.FinishFacts,
        soft_s=10,
        hard_s=15,
        typical_ms=5,
        on_failure=_ENDS,
    ),
)

BY_NAME: Final = {stage.name: stage for stage in STAGES}
PURPOSES: Final = {output.name: output.purpose for stage in STAGES for output in stage.writes}
QUEUES: Final = tuple(dict.fromkeys(stage.queue for stage in STAGES))


def stages_of(service: str) -> tuple[Stage, ...]:
    """Rows of one service, in table order."""
    return tuple(stage for stage in STAGES if stage.service == service)
