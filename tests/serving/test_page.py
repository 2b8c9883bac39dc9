"""Drawing on the page in a real browser; skipped where there is none."""

import re
from pathlib import Path
from typing import Any

import pytest

from inkdigits.data import Dataset
from inkdigits.data.crops import load_crops
from tests.serving.browsing import (
    ONE,
    THREE,
    as_file,
    draw,
    expect,
    expect_text,
    looked_at,
    needs_browser,
    photo_of,
    scribble,
    settle,
    visit,
)
from tests.serving.servers import Server

pytestmark = needs_browser


def test_a_blank_pad_says_nothing(page: Any) -> None:
    expect_text(page, "#value", "")
    expect(page.locator("#bars .best")).to_have_count(0)
    expect(page.locator("#inside")).to_be_hidden()
    expect(page.locator("#hint")).to_be_visible()
    expect(page.locator("#undo")).to_be_disabled()
    expect(page.locator("#clear")).to_be_disabled()


def test_a_drawn_three_is_read_and_undone(page: Any) -> None:
    draw(page, THREE)
    expect_text(page, "#value", "3")
    expect_text(page, "#bars .best", re.compile("^3"))
    expect(page.locator("#inside")).to_be_visible()
    expect(page.locator("#stages canvas")).to_have_count(6)
    draw(page, ONE)
    expect_text(page, "#value", "31")
    page.keyboard.press("Control+z")
    expect_text(page, "#value", "3")
    page.locator("#clear").click()
    expect_text(page, "#value", "")
    expect(page.locator("#clear")).to_be_disabled()
    expect(page.locator("#pad")).to_be_focused()
    expect(page.locator("#mark")).to_be_hidden()  # of the keys' pen, and a mouse was used
    expect(page.locator("#inside")).to_be_hidden()


def test_a_minus_that_is_drawn_is_shown_with_its_number(page: Any) -> None:
    draw(page, THREE)
    expect_text(page, "#value", "3")
    draw(page, [(0.08, 0.45), (0.23, 0.45)])
    expect_text(page, "#value", "-3")


def test_what_was_cleared_comes_back_by_undo(page: Any) -> None:
    draw(page, THREE)
    expect_text(page, "#value", "3")
    page.locator("#clear").click()
    expect_text(page, "#value", "")
    page.locator("#undo").click()
    expect_text(page, "#value", "3")
    page.locator("#undo").click()
    expect_text(page, "#value", "")
    expect(page.locator("#undo")).to_be_disabled()


def test_probabilities_move_while_the_pen_is_down(page: Any) -> None:
    box = page.locator("#pad").bounding_box()
    x = box["x"] + 0.5 * box["width"]
    page.mouse.move(x, box["y"] + 0.2 * box["height"])
    page.mouse.down()
    page.mouse.move(x, box["y"] + 0.8 * box["height"], steps=8)
    expect_text(page, "#value", "1")
    expect_text(page, "#bars .best", re.compile("^1"))
    page.mouse.up()
    expect_text(page, "#value", "1")


def test_each_digit_of_a_number_can_be_looked_at(page: Any) -> None:
    draw(page, THREE)
    draw(page, ONE)
    settle(page)  # a later answer would choose the last digit again
    expect_text(page, "#value", "31")
    digits = page.locator("#drawn-digits button")
    expect(digits).to_have_count(2)
    expect(digits.nth(1)).to_have_attribute("aria-pressed", "true")
    expect_text(page, "#bars .best", re.compile("^1"))
    digits.nth(0).click()
    expect_text(page, "#bars .best", re.compile("^3"))
    expect_text(page, "#read-as", re.compile("^Read as 3"))
    expect(digits.nth(0)).to_have_attribute("aria-pressed", "true")


def test_a_pen_that_is_pressed_draws_wider(page: Any) -> None:
    """Pressure, as a tablet gives it, which Playwright's mouse has not."""

    def ink(pressure: float) -> int:
        return int(page.evaluate(DRAWN_WITH, pressure))

    light, middle, heavy = ink(0.1), ink(0.5), ink(0.9)
    assert 0.3 * middle < light < 0.8 * middle
    assert 1.2 * middle < heavy < 2 * middle


DRAWN_WITH = """(pressure) => {
  const pad = document.getElementById("pad");
  const box = pad.getBoundingClientRect();
  document.getElementById("clear").click();
  pad.setPointerCapture = () => {};
  for (const [name, share] of [["down", 0.2], ["move", 0.5], ["move", 0.8], ["up", 0.8]]) {
    pad.dispatchEvent(new PointerEvent(`pointer${name}`, {
      pointerType: "pen", pointerId: 7, pressure, bubbles: true,
      clientX: box.left + share * box.width, clientY: box.top + 0.5 * box.height,
    }));
  }
  delete pad.setPointerCapture;
  const { data } = pad.getContext("2d").getImageData(0, 0, pad.width, pad.height);
  return data.filter((level, place) => place % 4 === 0 && level < 128).length;
}"""


def test_a_finger_draws(browser: Any, page_server: Server) -> None:
    phone = browser.new_page(viewport={"width": 390, "height": 844}, has_touch=True)
    page = visit(phone, page_server.url)
    box = page.locator("#pad").bounding_box()
    session = page.context.new_cdp_session(page)
    points = [(0.5, 0.2 + 0.1 * step) for step in range(7)]
    for place, (x, y) in enumerate(points):
        point = {"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"]}
        kind = "touchMove" if place else "touchStart"
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect_text(page, "#value", "1")
    page.close()


def test_keys_draw_too(page: Any) -> None:
    page.locator("#pad").focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#mark")).to_be_visible()
    page.keyboard.press("Space")
    expect_text(page, "#pen-note", "Pen down.")
    for _ in range(18):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    expect_text(page, "#pen-note", "Pen lifted.")
    expect_text(page, "#value", "1")
    page.keyboard.press("ArrowRight")  # the pen is up: nothing is drawn
    expect_text(page, "#value", "1")
    page.keyboard.press("Delete")
    expect_text(page, "#value", "")


def test_undo_by_keys_ends_the_stroke_that_is_drawn(page: Any) -> None:
    page.locator("#pad").focus()
    page.keyboard.press("Enter")
    expect_text(page, "#pen-note", "Pen down.")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Control+z")
    expect_text(page, "#pen-note", "Pen lifted.")
    expect(page.locator("#undo")).to_be_disabled()
    page.keyboard.press("ArrowDown")
    expect_text(page, "#value", "")
    expect(page.locator("#undo")).to_be_disabled()


def test_a_busy_service_is_asked_again(page: Any) -> None:
    answers = iter([503, 503])

    def answer(route: Any) -> None:
        status = next(answers, None)
        if status is None:
            route.continue_()
        else:
            route.fulfill(status=status, json={"detail": "busy"})

    page.route("**/v1/read*", answer)
    draw(page, ONE)
    expect_text(page, "#value", "1")
    assert next(answers, None) is None


def test_what_is_asked_while_the_service_is_away_is_answered_once_it_is_back(
    page: Any, mnist: Dataset
) -> None:
    page.route("**/v1/read*", lambda route: route.abort())
    draw(page, ONE)
    page.set_input_files("#file", as_file(photo_of(mnist)))
    for note in ("#drawn-note", "#photo-note"):
        expect_text(page, note, "The service cannot be reached.")
    page.unroute("**/v1/read*")
    expect_text(page, "#value", "1")
    expect_text(page, "#drawn-note", "")
    expect_text(page, "#photo-note", "3 digits in 1 line")


def test_the_pen_is_as_wide_as_its_slider_says_also_after_going_back(page: Any) -> None:
    page.locator("#pen").fill("40")
    page.goto(f"{page.url}icon.svg")
    page.go_back()
    page.locator("html[data-ready]").wait_for(state="attached")
    expect(page.locator("#pen")).to_have_value("40")
    draw(page, ONE)
    levels = page.evaluate("""() => {
      const pad = document.getElementById("pad");
      return Array.from(pad.getContext("2d").getImageData(0, pad.height / 2, pad.width, 1).data);
    }""")
    assert sum(level < 128 for level in levels[::4]) > 35


def test_what_takes_the_service_too_long_is_not_asked_again(page: Any) -> None:
    asked = []

    def answer(route: Any) -> None:
        asked.append(route)
        route.fulfill(status=503, json={"detail": "The request took longer than 10 s."})

    page.route("**/v1/read*", answer)
    page.evaluate("() => { let now = 0; performance.now = () => (now += 10_000); }")
    page.set_input_files("#file", as_file(b"slow"))
    expect_text(page, "#photo-note", "The request took longer than 10 s.")
    assert len(asked) == 1


def first_question(page: Any) -> list[Any]:
    """The first question to the service, once it is asked, which stays unanswered until told."""
    held: list[Any] = []

    def answer(route: Any) -> None:
        if held:
            route.continue_()
        else:
            held.append(route)

    page.route("**/v1/read*", answer)
    return held


def test_an_answer_that_takes_long_is_waited_for_in_words(page: Any) -> None:
    held = first_question(page)
    draw(page, ONE)
    expect_text(page, "#drawn-note", "Reading …")
    held[0].continue_()
    expect_text(page, "#value", "1")
    expect_text(page, "#drawn-note", "")


def test_a_page_that_answers_in_the_services_place_is_no_answer_nor_is_none(page: Any) -> None:
    page.route("**/v1/read*", lambda route: route.fulfill(body="<h1>Log in</h1>"))
    draw(page, ONE)
    expect_text(page, "#drawn-note", "What answered is not the service; load this page anew.")
    page.evaluate("() => { AbortSignal.timeout = () => AbortSignal.abort(); }")
    draw(page, THREE)
    expect_text(page, "#drawn-note", "The service gave no answer in 30 seconds.")


def test_what_the_service_cannot_read_is_said_and_nothing_old_is_left(page: Any) -> None:
    draw(page, THREE)
    expect_text(page, "#value", "3")
    page.route(
        "**/v1/read*",
        lambda route: route.fulfill(status=422, json={"detail": "Too much in it."}),
    )
    draw(page, ONE)
    expect_text(page, "#drawn-note", "Too much in it.")
    expect_text(page, "#value", "")


def test_the_newest_drawing_s_answer_wins(page: Any) -> None:
    """An answer that comes late is not shown over what was drawn since."""
    held = first_question(page)
    with page.expect_request("**/v1/read*"):
        draw(page, ONE)
    page.locator("#clear").click()
    draw(page, THREE)
    held[0].continue_()
    settle(page)
    expect_text(page, "#value", "3")


def test_a_scribble_is_refused(page: Any) -> None:
    scribble(page)
    expect_text(page, "#value", "?")
    expect_text(page, "#drawn-note", re.compile("no digit"))
    expect(page.locator("#bars .best")).to_have_count(0)
    expect_text(page, "#read-as", re.compile("^No digit"))


def test_a_correction_is_kept_under_its_right_value(page: Any, collected: Path) -> None:
    draw(page, THREE)
    settle(page)
    buttons = page.get_by_role("group", name="That is wrong, it is").get_by_role("button")
    expect(buttons).to_have_text([*"0123456789", "no digit"])
    buttons.last.click()
    expect_text(page, "#correct-note", "Kept as no digit in my digits/none")
    buttons.nth(8).click()
    expect_text(page, "#correct-note", "Kept as an 8 in my digits/8")
    assert not list((collected / "none").iterdir())
    images, labels, _ = load_crops(collected)
    assert labels.tolist() == [8]
    assert images.shape == (1, 28, 28)


def test_no_correction_is_offered_unasked(context: Any) -> None:
    server = Server()
    page = visit(context.new_page(), server.url)
    try:
        with page.expect_response("**/v1/model") as answer:
            page.reload()
        assert answer.value.json()["collecting"] is False
        draw(page, THREE)
        expect_text(page, "#value", "3")
        expect(page.locator("#inside")).to_be_visible()
        expect(page.locator("#correct")).to_be_hidden()
    finally:
        page.close()
        server.stop()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone(context: Any, page_server: Server, scheme: str) -> None:
    page = visit(looked_at(context, scheme, {"width": 320, "height": 640}), page_server.url)
    draw(page, THREE)
    expect_text(page, "#value", "3")
    page.set_input_files("#file", as_file(b"", 99 * "long" + ".png"))
    expect_text(page, "#photo-note", re.compile("^long.* is empty"))
    wide = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    assert page.evaluate(f"() => {wide}")
    page.set_viewport_size({"width": 640, "height": 320})  # laid on its side
    assert page.locator("#pad").bounding_box()["height"] < 300
    expect_text(page, "#value", "3")
    page.close()


def test_dark_mode_is_dark(context: Any, page_server: Server) -> None:
    shades = []
    for scheme in ("light", "dark"):
        page = visit(looked_at(context, scheme), page_server.url)
        colour = page.evaluate("() => getComputedStyle(document.documentElement).backgroundColor")
        shades.append(sum(map(int, re.findall(r"\d+", colour)[:3])))
        page.close()
    assert shades[0] > 600
    assert shades[1] < 100


def test_the_documentation_of_the_api_is_drawn_and_asks(context: Any, page_server: Server) -> None:
    page = context.new_page()
    page.goto(f"{page_server.url}/docs")
    operation = page.locator("#operations-default-model_v1_model_get")
    operation.click()
    operation.get_by_text("Try it out").click()
    operation.get_by_text("Execute", exact=True).click()
    expect_text(page, ".live-responses-table tbody .response-col_status", "200")
    assert page.locator(".errors-wrapper, .version-pragma__message").count() == 0
    page.close()
