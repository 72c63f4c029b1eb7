"""What can be asked for here, what can not, and why not."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Final

from common.contracts.figurine import Engine, Style, TemplateName
from common.contracts.stages import GLB, STAGES, STL, THREEMF, Output

LATER: Final = "not available in this version"

# Planned parameters and values. They are refused until they work: a parameter that is silently
# ignored would be a lie.
NOT_YET: Final = frozenset(
    {
        *("name", "skin", "hair", "hair_type", "hair_length", "eyes", "shirt", "glasses"),
        *("beard", "expression", "process", "filaments", "hollow", "accept", "usdz"),
        *("pause_after", "webhook_url", "from"),
    }
)


class Format(StrEnum):
    """Files of a figurine."""

    GLB = "glb"
    STL = "stl"
    THREEMF = "3mf"


_FORMAT_FILES: Final[dict[Format, Output]] = {
    Format.GLB: GLB,
    Format.STL: STL,
    Format.THREEMF: THREEMF,
}
_STYLES: Final = {
    Style.CEL: "Flat tones and clean ink lines",
    Style.PENCIL: "Graphite on paper",
    Style.WATERCOLOR: "Soft washes with paper grain",
    Style.OIL: "Visible brush strokes",
    Style.POP: "Screen-print colours and dots",
    Style.PIXEL: "Large pixels, few colours",
}
_TEMPLATES: Final = {
    TemplateName.DEFAULT: "Vinyl toy in plain clothes",
    TemplateName.SUPERHERO: "Cape, boots and a heroic stance",
    TemplateName.CASUAL: "Relaxed stance, everyday clothes",
}
_ENGINES: Final = {
    Engine.AUTO: "The best engine that is installed; the job says which one ran",
    Engine.BUILTIN: "Needs no download and no graphics card",
}


def build_catalog(limits: dict[str, int]) -> dict[str, Any]:
    """List styles, templates, formats, engines, limits and the stage table."""
    return {
        "styles": _available(_STYLES),
        "templates": _available(_TEMPLATES),
        "faces": [
            {"name": "drawn", "title": "Drawn from the measured face", "available": True},
            {"name": "portrait", "title": "From the portrait", "available": False, "why": LATER},
        ],
        "formats": [
            {
                "name": name,
                "title": output.purpose,
                "available": True,
                "artifact": output.name,
                "media_type": output.media_type,
            }
            for name, output in _FORMAT_FILES.items()
        ]
        + [{"name": "usdz", "title": "for AR on phones", "available": False, "why": LATER}],
        "engines": [
            *_available(_ENGINES),
            {"name": "neural", "title": "Neural styles", "available": False, "why": LATER},
            {"name": "diffusion", "title": "Diffusion", "available": False, "why": LATER},
        ],
        "not_yet": sorted(NOT_YET),
        "limits": limits,
        "stages": [
            {
                "name": stage.name,
                "title": stage.title,
                "queue": stage.queue,
                "reads": list(stage.reads),
                "writes": [output.name for output in stage.writes],
                "soft_limit_s": stage.soft_s,
                "hard_limit_s": stage.hard_s,
                "on_failure": stage.on_failure,
            }
            for stage in STAGES
        ],
    }


def _available(titles: dict[Any, str]) -> list[dict[str, Any]]:
    return [{"name": name, "title": title, "available": True} for name, title in titles.items()]
