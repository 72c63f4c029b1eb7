from __future__ import annotations

from common.contracts.artifacts import ArtifactRef
from common.contracts.stages import FORM, GLB, STL
from gateway.domain.manifest import build_manifest


def _ref(name: str, digit: str = "a", *, internal: bool = False) -> ArtifactRef:
    return ArtifactRef(
        name=name, sha256=digit * 64, size=3, media_type="model/stl", internal=internal
    )


PHOTO = _ref("photo", "f", internal=True)


def test_public_artifacts_are_listed_by_name_with_their_purpose() -> None:
    manifest = build_manifest({}, [_ref(STL.name), _ref(GLB.name)])
    assert [entry.name for entry in manifest.artifacts] == [GLB.name, STL.name]
    assert [entry.purpose for entry in manifest.artifacts] == [GLB.purpose, STL.purpose]


def test_internal_artifacts_are_not_listed() -> None:
    manifest = build_manifest({}, [_ref(FORM.name, internal=True), PHOTO])
    assert manifest.artifacts == []


def test_the_parameters_are_those_that_can_be_sent_again() -> None:
    assert build_manifest({"style": "cel", "plan": 2}, []).parameters == {"style": "cel"}


def test_the_photo_is_known_by_its_hash_alone() -> None:
    assert build_manifest({}, [PHOTO]).photo_sha256 == "f" * 64
    assert build_manifest({}, []).photo_sha256 is None


def test_several_photos_are_known_in_their_order() -> None:
    more = [_ref("photo-3", "d", internal=True), _ref("photo-2", "e", internal=True)]
    assert build_manifest({}, [*more, PHOTO]).further_photos_sha256 == ["e" * 64, "d" * 64]
    assert build_manifest({}, [PHOTO]).further_photos_sha256 == []


def test_an_artifact_the_stage_table_does_not_know_is_listed_all_the_same() -> None:
    (entry,) = build_manifest({}, [_ref("from-the-future.bin")]).artifacts
    assert entry.purpose == ""


def test_equal_work_has_equal_bytes_in_whatever_order_it_was_done() -> None:
    refs = [_ref(STL.name), PHOTO, _ref(GLB.name, "b")]
    one, two = (build_manifest({"style": "cel"}, order) for order in (refs, refs[::-1]))
    assert one.model_dump_json() == two.model_dump_json()
