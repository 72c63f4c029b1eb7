"""The figurine on a phone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.pages import PHONE, Visit
from tests.stack import TestStack

Open = Callable[..., Visit]
LEAST_PX = 24  # target size, WCAG 2.2, 2.5.8


def assert_nothing_sticks_out(page: Page, width: int = 390) -> None:
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width


@pytest.mark.browser_slice
def test_a_figurine_is_made_on_a_phone(stack: TestStack, visit: Open) -> None:
    guest = visit(stack.url, **PHONE)
    guest.go()
    expect(guest.page.get_by_text("Take one now")).to_be_visible()
    assert guest.page.locator("#camera").get_attribute("capture") == "user"
    assert_nothing_sticks_out(guest.page)
    guest.shot("phone_choose")
    guest.choose_photo()
    guest.check_access()
    guest.send()
    expect(guest.page.get_by_role("heading", name="Is this you?")).to_be_visible()
    assert_nothing_sticks_out(guest.page)
    guest.shot("phone_approve")
    guest.approve()
    guest.wait_for_model()
    assert_nothing_sticks_out(guest.page)
    guest.check_access()
    guest.shot("phone_result", whole=True)


@pytest.mark.parametrize("locale", ["en-GB", "ru-RU", "vi-VN", "zh-TW"])
def test_the_smallest_phone_scrolls_in_one_direction(
    stack: TestStack, visit: Open, locale: str
) -> None:
    guest = visit(stack.url, **PHONE | {"viewport": {"width": 320, "height": 640}}, locale=locale)
    guest.go()
    expect(guest.page.locator(".cards.tall .choice")).not_to_have_count(0)
    assert_nothing_sticks_out(guest.page, 320)


def test_everything_can_be_hit_with_a_thumb(stack: TestStack, visit: Open) -> None:
    guest = visit(stack.url, **PHONE)
    guest.go()
    expect(guest.page.locator(".cards.tall .choice")).not_to_have_count(0)
    for summary in guest.page.locator("summary").all():
        summary.click()
    small = guest.page.evaluate(
        """(least) => [...document.querySelectorAll("a, button, select, label, summary, input")]
          .filter((one) => one.checkVisibility() && !one.matches(".unseen, .skip, label input"))
          .map((one) => [one.outerHTML.slice(0, 80), one.getBoundingClientRect()])
          .filter(([, box]) => Math.min(box.width, box.height) < least)
          .map(([html]) => html)""",
        LEAST_PX,
    )
    assert not small, "\n".join(small)
