"""What people see of a job, made from records alone."""

from __future__ import annotations

from dataclasses import replace

from common.contracts.artifacts import ArtifactRef
from common.ledger.records import JobRecord, JobState, NodeRecord, NodeResult
from gateway.domain.pages import page_of
from gateway.domain.queries import JobsQuery
from gateway.domain.timeline import build_timeline
from gateway.domain.views import job_view, summary
from gateway.plan import figurine_plan

T0 = 1_700_000_000_000
PLAN = figurine_plan(("glb", "stl", "3mf"))
# node: ready, begin, end after accept
TIMES = {
    "fusion.measure": (0, 10, 110),
    "fusion.sculpt": (110, 115, 215),
    "fusion.paint": (215, 215, 315),
    "fusion.render": (315, 320, 720),
    "fusion.print": (315, 325, 425),
    "fusion.package": (315, 430, 500),
    "stylize.portrait": (315, 318, 618),
    "gateway.finish": (720, 725, 735),
}


def node(name: str, state: str = "done", facts: dict[str, object] | None = None) -> NodeRecord:
    ready, begin, end = (T0 + at for at in TIMES[name])
    result = NodeResult(engine="builtin", facts=facts or {}, domain_ms=5)
    return NodeRecord(name, name, state, 1, ready, begin, end, "w1", result)


def ref(name: str, *, internal: bool = False) -> ArtifactRef:
    digest = "0" * 63 + str(len(name) % 10)
    return ArtifactRef(name=name, sha256=digest, size=9, media_type="image/png", internal=internal)


def job(**changes: object) -> JobRecord:
    record = JobRecord(
        id="ab" * 16,
        owner="local",
        product="figurine",
        state=JobState.SUCCEEDED,
        params={"style": "cel"},
        plan=PLAN,
        nodes=tuple(node(name) for name in TIMES),
        artifacts={
            name: ref(name, internal=name in {"photo", "sculpture.npz"})
            for name in ("photo", "preview.png", "figurine.glb", "sculpture.npz", "portrait.png")
        },
        created_ms=T0,
        started_ms=T0 + 10,
        finished_ms=T0 + 740,
        deadline_ms=T0 + 3_600_000,
        photo_expired_ms=None,
        artifacts_expired_ms=None,
        results_expire_ms=T0 + 86_400_000,
        error=None,
        trace="t",
    )
    return replace(record, **changes)  # type: ignore[arg-type]


def test_a_finished_job_shows_stages_artifacts_and_expiry() -> None:
    view = job_view(job()).model_dump(mode="json")
    assert view["progress"] == 100
    assert view["created"] == "2023-11-14T22:13:20Z"
    assert view["expires_at"] == "2023-11-15T22:13:20Z"
    assert [stage["run_ms"] for stage in view["stages"]] == [100, 100, 100, 400, 100, 70, 300, 10]
    assert view["stages"][0]["wait_ms"] == 10
    assert "cancel" not in view["links"]


def test_internal_artifacts_are_hidden_and_the_others_come_in_table_order() -> None:
    view = job_view(job())
    assert [a.name for a in view.artifacts] == ["portrait.png", "figurine.glb", "preview.png"]
    assert view.artifacts[0].url == f"/v1/jobs/{'ab' * 16}/artifacts/portrait.png"
    assert view.artifacts[0].purpose == "cartoon portrait"


def test_a_running_job_says_what_runs_and_how_far_it_is() -> None:
    states = ["done", "done", "done", "running", "done", "ready", "running", "waiting"]
    nodes = tuple(node(n, s) for n, s in zip(TIMES, states, strict=True))
    view = job_view(job(state=JobState.RUNNING, nodes=nodes, finished_ms=None))
    assert view.progress == 50
    assert view.running == ["fusion.render", "stylize.portrait"]
    assert view.links["cancel"].endswith("/cancel")


def test_a_failed_job_says_why_at_the_job_and_at_its_stage() -> None:
    error = {"code": "no_face", "detail": "d", "hint": "h", "stage": "fusion.measure"}
    view = job_view(job(state=JobState.FAILED, error=error))
    assert view.error is not None
    assert view.error.code == "no_face"
    assert [stage.id for stage in view.stages if stage.error] == ["fusion.measure"]


def test_expired_artifacts_are_no_longer_listed() -> None:
    view = job_view(job(artifacts_expired_ms=T0 + 1))
    assert view.artifacts == []
    assert view.artifacts_expired_at is not None


def test_a_stage_that_waits_for_its_second_try_has_no_negative_times() -> None:
    again = replace(node("fusion.measure", "ready"), ready_ms=T0 + 500, end_ms=None)
    stage = job_view(job(nodes=(again,))).stages[0]
    assert (stage.wait_ms, stage.run_ms) == (None, None)


def test_a_poor_photo_and_a_failed_gate_become_warnings() -> None:
    quality = {"score": 41.2, "verdict": "retake", "advice": "Move closer."}
    nodes = (
        node("fusion.measure", facts={"quality": quality}),
        node("fusion.print", facts={"printable": False, "failed_gates": ["wall"]}),
    )
    warnings = job_view(job(nodes=nodes)).warnings
    assert warnings == [
        "photo quality 41 of 100. Move closer.",
        "not safe to print: wall (see certificate.json)",
    ]


def test_a_good_job_has_no_warnings() -> None:
    facts: dict[str, object] = {"quality": {"score": 95, "verdict": "ok", "advice": ""}}
    assert job_view(job(nodes=(node("fusion.measure", facts=facts),))).warnings == []


def test_what_was_measured_without_confidence_is_said_unless_somebody_knows_better() -> None:
    seen = {
        "glasses": "round",
        "uncertain": ["hair", "glasses"],
        "swatches": {"hair": ["#5d3f2a", "#87592f", "#3d2b22"]},
    }
    facts = {"seen": seen, "quality": {"verdict": "ok"}}
    measured = node("fusion.measure", facts=facts)
    (said,) = job_view(job(nodes=(measured,))).warnings
    assert said.startswith("not sure about hair #5d3f2a (or #87592f #3d2b22), glasses round:")
    assert "hair=…" in said
    known = job(nodes=(measured,), params={"hair": "#ffffff", "glasses": "none"})
    assert job_view(known).warnings == []


def test_what_a_photographed_face_cannot_show_is_not_asked_for() -> None:
    """A warning never tells somebody to send what is then refused."""
    seen = {"hair_type": "wavy", "uncertain": ["eyes", "hair_type", "beard"], "swatches": {}}
    measured = node("fusion.measure", facts={"seen": seen, "quality": {"verdict": "ok"}})
    (drawn,) = job_view(job(nodes=(measured,))).warnings
    assert "such as eyes=…" in drawn
    (photographed,) = job_view(job(nodes=(measured,), params={"face": "portrait"})).warnings
    assert photographed == "not sure about hair_type wavy: say what is right, such as hair_type=…"
    params = {"face": "portrait", "hair_type": "curly"}
    assert job_view(job(nodes=(measured,), params=params)).warnings == []


def test_glasses_that_stay_on_a_photographed_face_are_told() -> None:
    def warned(worn: str, **params: str) -> list[str]:
        facts = {"seen": {"glasses": worn}, "quality": {"verdict": "ok"}}
        return job_view(job(nodes=(node("fusion.measure", facts=facts),), params=params)).warnings

    (said,) = warned("round", face="portrait", glasses="none")
    assert "glasses=none takes none off a photographed face" in said
    assert warned("none", face="portrait", glasses="none") == []
    assert warned("round", face="portrait") == []
    assert warned("round", face="drawn", glasses="none") == []


def test_a_figurine_that_stays_solid_says_why() -> None:
    sculpted = node("fusion.sculpt", facts={"hollow_refused": "too small to save anything"})
    assert job_view(job(nodes=(sculpted,))).warnings == ["not hollow: too small to save anything"]


def test_the_timeline_finds_critical_path_parallel_stages_and_overhead() -> None:
    timeline = build_timeline(job())
    assert timeline.critical_path == [
        *("fusion.measure", "fusion.sculpt", "fusion.paint", "fusion.render", "gateway.finish")
    ]
    assert timeline.critical_path_ms == 100 + 200 + 400 + 10
    assert timeline.total_ms == 740
    assert timeline.overhead_ms == 30
    assert timeline.parallel
    assert timeline.stages[1].begin_ms == 115
    assert timeline.stages[1].after == ["fusion.measure"]


def test_stages_one_after_the_other_are_not_parallel() -> None:
    ran = {"fusion.measure", "fusion.sculpt", "fusion.paint", "fusion.render", "gateway.finish"}
    nodes = tuple(
        node(name) if name in ran else replace(node(name, "stopped"), begin_ms=None)
        for name in TIMES
    )
    assert not build_timeline(job(nodes=nodes)).parallel


def test_the_timeline_of_a_job_that_just_began_has_no_total() -> None:
    waiting = tuple(
        NodeRecord(name, name, "waiting", 0, None, None, None, None, None) for name in TIMES
    )
    timeline = build_timeline(job(nodes=waiting, finished_ms=None, state=JobState.QUEUED))
    assert (timeline.total_ms, timeline.overhead_ms) == (None, None)
    assert timeline.critical_path_ms == 0


def jobs_of_one_millisecond(count: int) -> list[JobRecord]:
    return [job(id=f"{n:032x}", created_ms=T0 + n // 7) for n in range(count)]


def test_pages_hold_every_job_once_even_those_of_the_same_millisecond() -> None:
    there = sorted(jobs_of_one_millisecond(250), key=lambda j: (j.created_ms, j.id), reverse=True)

    def newest(before_ms: int | None, limit: int) -> list[JobRecord]:
        return [j for j in there if before_ms is None or j.created_ms < before_ms][:limit]

    for limit in (1, 3, 100):
        seen: list[str] = []
        cursor = None
        while True:
            page = page_of(newest, JobsQuery(limit=limit, cursor=cursor))
            seen += [one.id for one in page.jobs]
            cursor = page.next
            if cursor is None:
                break
        assert seen == [one.id for one in there]


def test_a_page_of_one_state_leaves_out_the_others() -> None:
    there = [job(id="1" * 32), job(id="2" * 32, state=JobState.FAILED, created_ms=T0 - 1)]

    def newest(before_ms: int | None, limit: int) -> list[JobRecord]:
        return [j for j in there if before_ms is None or j.created_ms < before_ms][:limit]

    page = page_of(newest, JobsQuery(state=JobState.FAILED))
    assert [one.id for one in page.jobs] == ["2" * 32]


def test_a_summary_is_the_head_of_the_whole_view() -> None:
    whole = job_view(job()).model_dump()
    assert summary(job()).model_dump().items() <= whole.items()
