"""Parameters are never ignored: every refusal names the parameter and what is allowed."""

from __future__ import annotations

import contextlib
import time
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.contracts.figurine import PaintRequest
from common.contracts.recipe import Diet, Language, Units
from common.errors import BadParameter
from common.ledger.records import JobState
from gateway.domain.catalog import build_catalog
from gateway.domain.choices import LOOKS
from gateway.domain.figurines import FigurineParams, PortraitParams
from gateway.domain.params import allowed_values, check_params, names_of, read_params
from gateway.domain.queries import EventsQuery, JobsQuery, NoQuery, PredictQuery, WaitQuery
from gateway.domain.recipes import RecipeParams
from gateway.domain.wish_params import WishParams


def refusal(*pairs: tuple[str, str]) -> str:
    with pytest.raises(BadParameter) as caught:
        read_params(FigurineParams, pairs)
    return caught.value.detail


def test_without_parameters_everything_is_made() -> None:
    params = read_params(FigurineParams, [])
    assert params.formats == ("glb", "stl", "3mf", "usdz")
    assert params.height_mm == 100


def test_parameters_of_all_kinds_are_read_from_text() -> None:
    pairs = [("style", "pop"), ("height_mm", "72.5"), ("seed", "7"), ("subject", "1")]
    params = read_params(FigurineParams, [*pairs, ("ttl_hours", "48")])
    assert (params.style, params.height_mm, params.seed) == ("pop", 72.5, 7)
    assert (params.subject, params.ttl_hours) == ("1", 48)


@pytest.mark.parametrize(
    ("texts", "formats"),
    [
        (["stl"], ("glb", "stl")),
        (["3mf,stl"], ("glb", "stl", "3mf")),
        (["3mf", "stl , 3mf"], ("glb", "stl", "3mf")),
        (["glb,3mf"], ("glb", "3mf")),
        (["usdz"], ("glb", "usdz")),
        (["glb"], ("glb",)),
    ],
)
def test_formats_may_be_a_list_or_repeated_and_always_hold_glb(
    texts: list[str], formats: tuple[str, ...]
) -> None:
    assert read_params(FigurineParams, [("formats", t) for t in texts]).formats == formats


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("height_mm", "5", "height_mm must be a number from 40 to 200, not '5'"),
        ("height_mm", "200.1", "from 40 to 200"),
        ("height_mm", "nan", "from 40 to 200"),
        ("height_mm", "inf", "from 40 to 200"),
        ("height_mm", "tall", "not 'tall'"),
        ("height_mm", "", "from 40 to 200"),
        ("style", "cell", "one of: cel, pencil, watercolor, oil, pop, pixel, not 'cell'"),
        ("template", "spider", "one of: default, superhero, casual, chef"),
        ("face", "painted", "face must be one of: drawn, portrait, not 'painted'"),
        ("hair", "puce2", "hair must be a colour: #rrggbb or a name such as black, dark-brown"),
        ("hair", "#12345", "not '#12345'"),
        ("glasses", "monocle", "one of: none, round, square, sunglasses"),
        ("hollow", "perhaps", "hollow must be true or false"),
        ("filaments", "red,rosso", "each a colour: #rrggbb or a name such as teal, not 'rosso'"),
        ("colouring", "filaments", "colouring=filaments needs the colour of at least one"),
        ("filaments", "red," * 16 + "red", "17 entries are too many, at most 16"),
        ("name", "", "text of 1 to 40 characters"),
        ("name", " \t ", "text of 1 to 40 characters"),
        ("name", "  ", "text of 1 to 40 characters"),
        ("name", "Ann\n", "none of them a control character"),
        ("name", "x" * 41, "text of 1 to 40 characters"),
        ("name", "Ann\x1b[2J", "none of them a control character"),
        ("name", "Ann\nBob", "none of them a control character"),
        ("process", "clay", "one of: fdm, sla, full_colour"),
        ("size_px", "2049", "a whole number from 128 to 2048"),
        ("pause_after", "ingredients", "one of: none, portrait"),
        ("subject", "smallest", "largest, or a face number"),
        ("seed", "-1", "a whole number from 0 to 2147483647"),
        ("seed", "1.5", "a whole number"),
        ("engine", "openai", "one of: auto, builtin, neural, diffusion"),
        ("ttl_hours", "0", "a whole number from 1 to 720"),
        ("ttl_hours", "721", "a whole number from 1 to 720"),
        ("formats", "glb,obj", "one or more of: glb, stl, 3mf, usdz, not 'obj'"),
        ("formats", "", "one or more of"),
    ],
)
def test_a_bad_value_is_refused_with_what_is_allowed(name: str, value: str, words: str) -> None:
    assert words in refusal((name, value))


@pytest.mark.parametrize(
    ("name", "value"),
    [("beard", "full"), ("beard", "none"), ("expression", "laugh"), ("eyes", "teal")],
)
def test_what_a_photographed_face_cannot_show_is_refused(name: str, value: str) -> None:
    own = f"shows the photo's own {name}: leave `{name}` out, or send face=drawn"
    assert own in refusal(("face", "portrait"), (name, value))
    assert own in refusal((name, value), ("face", "portrait"))
    for accepted in ([(name, value)], [(name, value), ("face", "drawn")], [("face", "portrait")]):
        read_params(FigurineParams, accepted)
    assert check_params(FigurineParams, {"face": "portrait", name: None}).face == "portrait"


def test_a_stage_still_takes_what_was_accepted_before() -> None:
    """Jobs that were under way when the refusal came are made as they would have been."""
    accepted = {"face": "portrait", "beard": "full", "eyes": "#008080", "expression": "laugh"}
    made = PaintRequest.model_validate(accepted)
    assert (made.beard, made.expression) == ("full", "laugh")


def test_other_looks_go_with_a_photographed_face() -> None:
    pairs = [("glasses", "round"), ("hair", "teal"), ("skin", "tan"), ("age", "child")]
    assert read_params(FigurineParams, [("face", "portrait"), *pairs]).glasses == "round"


def test_an_unknown_parameter_is_refused_with_the_nearest_known_one() -> None:
    detail = refusal(("Styel", "cel"))
    assert "unknown parameter 'Styel', did you mean 'style'?" in detail
    assert "template" in detail


def test_a_planned_parameter_is_refused_not_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FigurineParams, "not_yet", frozenset({"aura"}))
    assert refusal(("aura", "none")) == "parameter 'aura' is not available in this version"


def test_what_the_house_adds_to_a_job_is_no_parameter() -> None:
    assert FigurineParams().of_job["plan"] == 2
    assert "unknown parameter 'plan'" in refusal(("plan", "2"))


def test_a_colour_may_be_a_swatch_a_name_or_hexadecimal() -> None:
    pairs = [("hair", "Dark Brown"), ("skin", "tan"), ("eyes", "#4F86B8"), ("shirt", "Teal")]
    params = read_params(FigurineParams, [*pairs, ("filaments", "red, #112233")])
    assert (params.hair, params.skin, params.eyes) == ("#3b2820", "#b97f55", "#4f86b8")
    assert (params.shirt, params.filaments) == ("#008080", ("#ff0000", "#112233"))


def test_equal_names_are_written_equally() -> None:
    spelled = {read_params(FigurineParams, [("name", n)]).name for n in (" Jose\u0301 ", "Jos\xe9")}
    assert spelled == {"Jos\xe9"}
    assert read_params(FigurineParams, [("name", "\u0416\u0435\u043d\u044f & Co.")]).name


def test_a_name_of_endless_marks_is_refused_at_once() -> None:
    began = time.process_time()
    assert "text of 1 to 40 characters" in refusal(("name", "a" + "\u0315\u0300" * 20_000))
    assert time.process_time() - began < 0.3  # to sort these marks takes seconds


def test_a_request_of_version_1_is_known_again() -> None:
    """What version 1 wrote of a request decides whether a repeated one is the same."""
    wrote = {
        "style": "cel",
        "subject": "largest",
        "engine": "auto",
        "seed": 0,
        "template": "default",
        "height_mm": 100.0,
        "face": "drawn",
        "formats": ["glb", "stl", "3mf"],
    }
    assert FigurineParams().asked == wrote
    assert FigurineParams(hair="ginger").asked == wrote | {"hair": "#c0622c"}
    only = FigurineParams(formats=("glb",), ttl_hours=2, **{"from": "j1"}).asked
    assert only == wrote | {"formats": ["glb"], "ttl_hours": 2, "from": "j1"}


def test_several_bad_values_are_told_at_once() -> None:
    detail = refusal(("seed", "x"), ("style", "y"))
    assert "seed must be" in detail
    assert "style must be" in detail


def test_a_parameter_given_twice_is_refused() -> None:
    assert "more than once" in refusal(("style", "cel"), ("style", "pop"))


def test_a_very_long_value_is_shown_in_part() -> None:
    assert len(refusal(("style", "x" * 100_000))) < 300
    assert len(refusal(("y" * 100_000, "x"))) < 600


ENDLESS: list[tuple[type[WishParams], dict[str, Any]]] = [
    (FigurineParams, {"webhook_events": [1] * 100_000}),
    (FigurineParams, {"formats": [[1] * 50_000, {"a": [1] * 50_000}]}),
    (FigurineParams, {"formats": ",".join("a" * 100_000)}),
    (FigurineParams, {"style": [1] * 100_000}),
    (PortraitParams, {"webhook_events": {str(n): n for n in range(100_000)}}),
    (RecipeParams, {"diet": ["x"] * 100_000}),
    (RecipeParams, {"diet": ["x", ",".join("a" * 100_000)]}),
    (RecipeParams, {"ingredients": [",".join("a" * 200)] * 500}),
]


@pytest.mark.parametrize(("model", "values"), ENDLESS)
def test_an_endless_list_is_refused_before_its_entries_are_looked_at(
    model: type[WishParams], values: dict[str, Any]
) -> None:
    name = next(iter(values))
    tracemalloc.start()
    try:
        with pytest.raises(BadParameter, match=rf"^{name}: more than 300 .* send ") as caught:
            check_params(model, values)
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()
    assert len(caught.value.detail) < 300


@pytest.mark.parametrize(
    "pairs",
    [
        [("formats", ",".join("a" * 300_000))],
        [("formats", "a")] * 300_000,
        [("formats", ",".join("a" * 100)), ("formats", "a\n" * 300_000)],
    ],
)
def test_an_endless_list_of_a_form_is_not_split_to_its_end(pairs: list[tuple[str, str]]) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(BadParameter) as caught:
            read_params(FigurineParams, pairs)
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()
    words = "formats: more than 300 entries were sent; send one or more of: glb, stl, 3mf, usdz"
    assert caught.value.detail == words


def test_a_list_that_is_only_too_long_is_told_how_much() -> None:
    lines = [f"line {n}" for n in range(300)]
    with pytest.raises(BadParameter, match="300 entries are too many, at most 100"):
        check_params(RecipeParams, {"ingredients": lines})
    with pytest.raises(BadParameter, match=r"more than 300 .* a list of at most 100 entries"):
        check_params(RecipeParams, {"ingredients": [*lines, "rice"]})


@given(st.lists(st.tuples(st.text(max_size=12), st.text(max_size=12)), max_size=4))
def test_any_text_is_either_read_or_refused(pairs: list[tuple[str, str]]) -> None:
    with contextlib.suppress(BadParameter):
        assert isinstance(read_params(FigurineParams, pairs), FigurineParams)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from([*RecipeParams.model_fields, "x"]), JSON, max_size=4))
def test_any_json_is_either_a_wish_for_recipes_or_refused(values: dict[str, object]) -> None:
    with contextlib.suppress(BadParameter):
        params = check_params(RecipeParams, values)
        assert all(params.ingredients)
        again = check_params(RecipeParams, params.model_dump(mode="json", exclude_none=True))
        assert again == params


def test_queries_are_as_strict_as_forms() -> None:
    assert read_params(WaitQuery, [("wait", "2.5")]).wait == 2.5
    assert read_params(JobsQuery, [("state", "failed")]).state is JobState.FAILED
    assert read_params(EventsQuery, [("after", "12-3")]).after == "12-3"
    bad = [
        (WaitQuery, "wait", "61", "from 0 to 60"),
        (JobsQuery, "limit", "0", "from 1 to 100"),
        (JobsQuery, "state", "done", "one of: queued"),
        (JobsQuery, "cursor", "7", "the `next` of another page"),
        (EventsQuery, "after", "last", "an event id"),
        (NoQuery, "pretty", "1", "known: none"),
    ]
    for model, name, value, words in bad:
        with pytest.raises(BadParameter, match=words):
            read_params(model, [(name, value)])


def test_the_catalog_lists_every_choice_of_the_parameters() -> None:
    catalog = as_json(language_model=False)
    known = {
        "styles": "style",
        "templates": "template",
        "engines": "engine",
        "faces": "face",
        "processes": "process",
        "colourings": "colouring",
        "orientations": "orientation",
        "backgrounds": "background",
        "formats": "formats",
    }
    for noun, name in known.items():
        assert [entry["name"] for entry in catalog[noun]] == values_of(name), noun
    away = [entry for entry in catalog["engines"] if not entry["available"]]
    assert [(entry["name"], entry["why"]) for entry in away] == [("neural", "no model")]


HERE = {"auto": None, "builtin": None, "neural": "no model", "diffusion": None}


def as_json(*, language_model: bool) -> Any:
    catalog = build_catalog({}, language_model=language_model, engines=HERE)
    return catalog.model_dump(mode="json", exclude_none=True)


def values_of(name: str) -> list[str]:
    schema = FigurineParams.model_json_schema()
    words = allowed_values(schema["properties"][name], schema["$defs"])
    return words.partition(": ")[2].split(", ")


def test_the_catalog_lists_every_look_with_its_values_and_every_swatch() -> None:
    catalog = as_json(language_model=False)
    assert [look["name"] for look in catalog["looks"]] == [name for name, *_ in LOOKS]
    for look in catalog["looks"]:
        assert look["values"] == values_of(look["name"])
    assert {*names_of(FigurineParams)} >= {one["name"] for one in catalog["colours"]}
    for colour in catalog["colours"]:
        for name, value in colour["swatches"].items():
            read = read_params(FigurineParams, [(colour["name"], name)])
            assert getattr(read, colour["name"]) == value


def test_the_catalog_says_which_languages_need_a_language_model() -> None:
    alone, helped = (as_json(language_model=model)["recipes"] for model in (False, True))
    there = {
        noun: [e["name"] for e in alone[noun] if e["available"]]
        for noun in alone
        if noun[-1] == "s"
    }
    assert there["languages"] == ["en"]
    assert there["engines"] == ["auto", "builtin"]
    away = [e for noun in ("languages", "engines") for e in alone[noun] if not e["available"]]
    assert all("KILN_LLM_URL" in entry["why"] for entry in away)
    for noun, choices in (("diets", Diet), ("units", Units), ("languages", Language)):
        assert [entry["name"] for entry in helped[noun]] == list(choices)
        assert all(entry["available"] for entry in helped[noun])


def test_no_parameter_is_explained_by_the_word_text_alone() -> None:
    for model in (
        FigurineParams,
        PortraitParams,
        RecipeParams,
        WaitQuery,
        JobsQuery,
        EventsQuery,
        PredictQuery,
    ):
        schema = model.model_json_schema()
        for name, one in schema["properties"].items():
            assert allowed_values(one, schema.get("$defs", {})) != "text", name
            assert one["description"], name
