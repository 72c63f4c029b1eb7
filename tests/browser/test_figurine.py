"""From a photo to a figurine, the way a person goes."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Page, Route, expect

from gateway.client import Kiln
from tests.browser.pages import ASTRONAUT, DESKTOP, VIEWER, Visit
from tests.portraits import portrait_path
from tests.stack import TestStack, until

Open = Callable[..., Visit]


def submitted(stack: TestStack, **params: str) -> str:
    """Submit a photo behind the page's back; returns the id of the job."""
    answer = requests.post(
        f"{stack.url}/v1/figurines",
        files={"photo": ASTRONAUT.read_bytes()},
        data=params,
        headers={"Prefer": "wait=60"},
        timeout=70,
    )
    assert answer.ok, answer.text
    return str(answer.json()["id"])


def parameters(stack: TestStack, job: str) -> dict[str, object]:
    view = requests.get(f"{stack.url}/v1/jobs/{job}", timeout=10).json()
    return dict(view["parameters"])


@pytest.mark.browser_slice
def test_a_photo_becomes_a_figurine_in_3d(stack: TestStack, visit: Open) -> None:
    guest = visit(stack.url, **DESKTOP)
    guest.go()
    guest.choose_photo()
    guest.page.get_by_text("Superhero").click()
    guest.page.get_by_label("Name on the base").fill("Eileen")
    guest.shot("choose")
    job = guest.send()
    expect(guest.page.get_by_role("heading", name="Is this you?")).to_be_visible()
    expect(guest.page.get_by_alt_text("The portrait drawn from your photo")).to_be_visible()
    guest.check_access()
    guest.shot("approve")
    guest.approve()
    guest.wait_for_model()
    expect(guest.page.get_by_role("heading", name="Here is Eileen")).to_be_visible()
    expect(guest.page.locator(".certificate .verdict")).to_contain_text("Yes: at 10 cm")
    guest.check_access()
    guest.shot("result", whole=True)
    asked = parameters(stack, job)
    assert (asked["template"], asked["name"]) == ("superhero", "Eileen")


def test_the_figurine_is_really_drawn(stack: TestStack, visit: Open) -> None:
    if not VIEWER.exists():
        pytest.skip("the 3D viewer is not installed: make setup")
    guest = visit(stack.url, **DESKTOP)
    guest.go(f"#/jobs/{submitted(stack, shirt='#00a000')}")
    guest.wait_for_model()
    green = """async () => {
      const viewer = document.querySelector("model-viewer");
      const picture = await createImageBitmap(await viewer.toBlob({ idealAspect: false }));
      const board = new OffscreenCanvas(picture.width, picture.height).getContext("2d");
      board.drawImage(picture, 0, 0);
      const { data } = board.getImageData(0, 0, picture.width, picture.height);
      let found = 0;
      for (let at = 0; at < data.length; at += 4) {
        const [red, green, blue] = data.subarray(at, at + 3);
        if (green > 90 && green > 2 * red && green > 2 * blue) found += 1;
      }
      return found / (data.length / 4);
    }"""
    # the shirt fills more of the picture than that, as soon as there is one
    until(lambda: guest.page.evaluate(green) > 0.02, 30)


@pytest.mark.browser_slice
def test_a_colour_and_a_haircut_make_another_figurine(stack: TestStack, visit: Open) -> None:
    guest = visit(stack.url, **DESKTOP)
    first = submitted(stack)
    guest.go(f"#/jobs/{first}")
    guest.wait_for_model()
    guest.page.get_by_role("group", name="Hair colour").locator("[title=black]").click()
    guest.page.wait_for_url(re.compile(rf"#/jobs/(?!{first})"))
    expect(guest.page.get_by_text("Making it…")).to_have_count(0)
    guest.page.get_by_text("Hair, glasses, beard").click()
    second = guest.job
    guest.page.get_by_text("sunglasses").click()
    guest.page.wait_for_url(re.compile(rf"#/jobs/(?!{second})"))
    expect(guest.page.get_by_text("Making it…")).to_have_count(0)
    asked = parameters(stack, guest.job)
    assert (asked["hair"], asked["glasses"]) == ("#201c1c", "sunglasses")
    guest.wait_for_model()
    guest.page.go_back()
    guest.page.wait_for_url(f"**/#/jobs/{second}")


def test_another_style_is_drawn_before_the_body(stack: TestStack, visit: Open) -> None:
    guest = visit(stack.url, **DESKTOP)
    job = submitted(stack, pause_after="portrait")
    guest.go(f"#/jobs/{job}")
    portrait = guest.page.locator(".room .portrait")
    before = portrait.get_attribute("src")
    guest.page.locator(".approve").get_by_text("Oil").click()
    expect(portrait).not_to_have_attribute("src", str(before))
    guest.approve()
    guest.wait_for_model()
    assert parameters(stack, job)["style"] == "oil"


def test_of_two_styles_chosen_at_once_the_latter_is_drawn(stack: TestStack, visit: Open) -> None:
    guest = visit(stack.url, **DESKTOP)
    job = submitted(stack, pause_after="portrait")
    guest.go(f"#/jobs/{job}")
    styles = guest.page.locator(".approve .cards")
    held: list[Route] = []
    guest.page.route("**/resume", lambda route: held.append(route))  # noqa: PLW0108  no builtin
    styles.get_by_text("Oil").click()
    styles.get_by_text("Pencil").click()
    guest.page.wait_for_timeout(1000)
    assert len(held) == 1  # one at a time
    held[0].continue_()
    guest.page.unroute("**/resume")
    until(lambda: parameters(stack, job)["style"] == "pencil", 30)
    expect(guest.page.locator(".approve .go:enabled")).to_be_visible()
    expect(styles.locator("[value=pencil]")).to_be_checked()
    expect(guest.page.locator(".complaint")).to_have_count(0)


def test_a_style_that_is_refused_is_not_shown_as_that_of_the_job(
    stack: TestStack, visit: Open
) -> None:
    guest = visit(stack.url, **DESKTOP)
    job = submitted(stack, pause_after="portrait")
    guest.go(f"#/jobs/{job}")
    styles = guest.page.locator(".approve .cards")
    guest.page.route("**/resume", lambda route: route.abort(), times=1)
    styles.get_by_text("Oil").click()
    expect(guest.page.locator(".complaint")).to_be_visible()
    expect(styles.locator("[value=cel]")).to_be_checked()
    styles.get_by_text("Oil").click()  # so it can be chosen again
    until(lambda: parameters(stack, job)["style"] == "oil", 30)


def test_a_reload_and_a_lost_network_lose_nothing(stack: TestStack, visit: Open) -> None:
    guest = visit(stack.url, **DESKTOP)
    job = submitted(stack, pause_after="portrait")
    guest.go(f"#/jobs/{job}")
    guest.page.reload()
    expect(guest.page.get_by_role("heading", name="Is this you?")).to_be_visible()
    guest.page.context.set_offline(True)
    stack.kill("gateway")  # the stream that is open does not notice the network alone
    expect(guest.page.get_by_text("The house does not answer.")).to_be_visible()
    guest.shot("offline")
    stack.settle()
    guest.page.context.set_offline(False)
    expect(guest.page.get_by_text("The house does not answer.")).to_have_count(0)
    guest.approve()
    guest.wait_for_model()
    assert guest.job == job


def test_all_files_can_be_taken_away(stack: TestStack, visit: Open) -> None:
    guest = visit(stack.url, **DESKTOP)
    job = submitted(stack)
    view = requests.get(f"{stack.url}/v1/jobs/{job}", timeout=10).json()
    sizes = {one["name"]: one["size"] for one in view["artifacts"]}
    guest.go(f"#/jobs/{job}")
    for name, size in sizes.items():
        with guest.page.expect_download() as started:
            guest.page.locator(".files").get_by_text(name).click()
        assert Path(started.value.path()).stat().st_size == size
    with guest.page.expect_download() as started:
        guest.page.get_by_text("Everything as one zip").click()
    assert started.value.suggested_filename.endswith(".zip")


@pytest.mark.browser_slice
def test_a_photo_without_a_face_leads_on(stack: TestStack, visit: Open, landscape: Path) -> None:
    guest = visit(stack.url, **DESKTOP)
    guest.go()
    guest.choose_photo(landscape)
    guest.page.get_by_text("Chef").click()
    guest.send()
    expect(guest.page.get_by_text("There is no face to be found")).to_be_visible()
    guest.check_access()
    guest.shot("no_face")
    guest.page.get_by_role("button", name="Choose another photo").click()
    expect(guest.page.get_by_role("heading", name="Become a figurine")).to_be_visible()
    assert guest.page.locator("[value=chef]").is_checked()  # all but the photo is as it was


def test_a_name_that_does_not_fit_is_told_on_the_form(stack: TestStack, visit: Open) -> None:
    guest = visit(stack.url, **DESKTOP)
    guest.go()
    guest.choose_photo()
    name = guest.page.get_by_label("Name on the base")
    name.fill("Zoë 🎉")
    guest.page.get_by_label("Show me the portrait").uncheck()
    guest.page.locator(".send .go").click()
    expect(guest.page.get_by_text("The name does not fit on the base.")).to_be_visible()
    expect(guest.page.get_by_role("button", name="Try again")).to_have_count(0)
    expect(name).to_have_value("Zoë 🎉")
    expect(guest.page.locator(".chosen")).to_be_visible()  # only the name has to be another
    name.fill("Zoë")
    guest.send()
    expect(guest.page.locator(".result")).to_be_visible()


def cancelled(route: Route) -> None:
    """As if somebody had been quick."""
    route.fulfill(json=route.fetch().json() | {"state": "cancelled", "artifacts": []})


def test_a_cancelled_portrait_tried_again_is_a_portrait(stack: TestStack, visit: Open) -> None:
    guest = visit(stack.url, **DESKTOP)
    job = Kiln(stack.url).submit_portrait(ASTRONAUT, style="pop")["id"]
    guest.page.route(f"**/v1/jobs/{job}", cancelled)
    guest.go(f"#/jobs/{job}")
    guest.page.get_by_role("button", name="Try again").click()
    expect(guest.page.get_by_role("heading", name="Your portrait")).to_be_visible()
    assert guest.job != job
    again = Kiln(stack.url).job(guest.job)
    assert (again["product"], again["parameters"]["style"]) == ("portrait", "pop")


def test_what_is_no_photo_is_said_at_once(stack: TestStack, visit: Open, tmp_path: Path) -> None:
    guest = visit(stack.url, **DESKTOP)
    guest.go()
    (tmp_path / "photo.jpg").write_text("not a photo")
    guest.page.set_input_files("#photo", tmp_path / "photo.jpg")
    guest.page.locator(".send .go").click()
    expect(guest.page.get_by_text("This is no photo that can be read here.")).to_be_visible()
    assert "#/jobs" not in guest.page.url


def test_a_form_without_a_photo_asks_for_one(stack: TestStack, visit: Open) -> None:
    guest = visit(stack.url, **DESKTOP)
    guest.go()
    guest.page.locator(".send .go").click()
    expect(guest.page.get_by_text("First, choose a photo.")).to_be_visible()


def expired(route: Route) -> None:
    """Let time pass: the files of this job are gone."""
    view = route.fetch().json()
    view |= {"artifacts": [], "artifacts_expired_at": "2026-01-01T00:00:00Z"}
    route.fulfill(json=view)


def test_expired_and_deleted_jobs_lead_on(stack: TestStack, visit: Open) -> None:
    guest = visit(stack.url, **DESKTOP)
    job = submitted(stack)
    guest.page.route(f"**/v1/jobs/{job}", expired)
    guest.go(f"#/jobs/{job}")
    expect(guest.page.get_by_role("heading", name="The files have expired")).to_be_visible()
    expect(guest.page.get_by_role("button", name="Choose another photo")).to_be_visible()
    guest.page.unroute(f"**/v1/jobs/{job}")
    requests.delete(f"{stack.url}/v1/jobs/{job}", timeout=10).raise_for_status()
    guest.page.reload()
    expect(guest.page.get_by_text("This job was deleted")).to_be_visible()
    expect(guest.page.get_by_role("button", name="Make a new figurine")).to_be_visible()


def put(page: Page, photo: Path, event: str) -> None:
    """Drop or paste a file, as the browser would tell the page."""
    page.evaluate(
        """([bytes, event]) => {
          const data = new DataTransfer();
          data.items.add(new File([new Uint8Array(bytes)], "me.jpg", { type: "image/jpeg" }));
          const given = { dataTransfer: data, clipboardData: data, bubbles: true };
          const Told = event === "drop" ? DragEvent : ClipboardEvent;
          document.body.dispatchEvent(new Told(event, given));
        }""",
        [list(photo.read_bytes()), event],
    )


@pytest.mark.parametrize("event", ["drop", "paste"])
def test_a_photo_may_be_dropped_or_pasted(stack: TestStack, visit: Open, event: str) -> None:
    guest = visit(stack.url, **DESKTOP)
    guest.go()
    expect(guest.page.locator(".cards.tall")).to_be_visible()
    put(guest.page, ASTRONAUT, event)
    expect(guest.page.locator(".chosen")).to_be_visible()


@pytest.mark.parametrize("name", ["obama.jpg", "long_red_hair.jpg", "curly_hair_beard.png"])
def test_real_people_become_figurines(stack: TestStack, visit: Open, name: str) -> None:
    guest = visit(stack.url, **DESKTOP)
    guest.go()
    guest.choose_photo(portrait_path(name))
    guest.page.get_by_label("Show me the portrait").uncheck()
    guest.send()
    guest.wait_for_model()
    expect(guest.page.get_by_role("heading", name="Here you are")).to_be_visible()


def test_two_people_become_a_couple(stack: TestStack, visit: Open) -> None:
    guest = visit(stack.url, **DESKTOP)
    guest.go()
    guest.choose_photo(portrait_path("two_faces.jpg"))
    guest.page.get_by_text("Couple").click()
    guest.page.get_by_label("Show me the portrait").uncheck()
    guest.send()
    guest.wait_for_model()
