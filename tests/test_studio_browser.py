"""The studio's page in a real browser: one walk with the mouse, and by `make test-studio` more of it, and a kill.

Skipped where playwright or a Chromium is missing. Pictures of the page go to $RAGPLAN_SCREENSHOTS where it is set.
"""

import json
import os
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import uvicorn

from generator.cli.studio import free_port
from generator.recipe import read_recipe
from generator.studio import create_app

playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium")
PATIENCE_MS = 120_000
SENTENCE = "a dog on the left and a red balloon on the right"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    listener = free_port("127.0.0.1", 0)
    folder = tmp_path_factory.mktemp("album")
    app = create_app(folder=folder, planners=("rules",), steps=4, hard_binding_steps=3)
    server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    server.should_exit = True
    thread.join(20)
    listener.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Any, address: str) -> Iterator[Any]:
    """The page; at its end nothing was asked of another server, and the console is empty."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    opened = context.new_page()
    opened.set_default_timeout(PATIENCE_MS)
    faults: list[str] = []
    opened.on("console", lambda told: faults.append(told.text) if told.type in ("error", "warning") else None)
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on("request", lambda asked: faults.append(asked.url) if not _own(asked.url, address) else None)
    opened.goto(address)
    until(opened, "document.querySelector('#backend').options.length > 0")
    yield opened
    context.close()
    assert faults == []


def _own(url: str, address: str) -> bool:
    return url.startswith((address, "data:", "blob:"))


def until(page: Any, condition: str) -> None:
    """Wait until a condition holds on the page, whose policy lets playwright's own way of waiting not in."""
    end = time.monotonic() + PATIENCE_MS / 1000
    while not page.evaluate(condition):
        assert time.monotonic() < end, f"never: {condition}; the page says {page.inner_text('#alert')!r}"
        page.wait_for_timeout(50)


def shoot(page: Any, name: str) -> None:
    if folder := os.environ.get("RAGPLAN_SCREENSHOTS"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


def plan(page: Any, sentence: str = SENTENCE) -> None:
    page.fill("#sentence", sentence)
    page.press("#sentence", "Enter")
    page.wait_for_selector(".box")


def box_of(page: Any, number: int) -> list[float]:
    """Return left, top, width and height of a box in fractions of the canvas, as the page's own fields have them."""
    page.focus(f"#object-{number}")
    names = ("x", "y", "width", "height")
    return [float(page.input_value(f"#object-{number}-{name}")) / 100 for name in names]


def point(page: Any, x: float, y: float) -> tuple[float, float]:
    stage = page.locator("#stage").bounding_box()
    return stage["x"] + x * stage["width"], stage["y"] + y * stage["height"]


def drag(page: Any, *points: tuple[float, float]) -> None:
    page.mouse.move(*point(page, *points[0]))
    page.mouse.down()
    for one in points[1:]:
        page.mouse.move(*point(page, *one), steps=4)
    page.mouse.up()


def pictures(page: Any) -> int:
    return int(page.locator("#history img").count())


def wait_for_pictures(page: Any, more_than: int) -> None:
    grown = f"document.querySelectorAll('#history img').length > {more_than}"
    until(page, f"{grown} || document.querySelector('#alert').textContent")
    assert page.inner_text("#alert") == ""
    until(page, "document.querySelector('#cancel').hidden && !document.querySelector('#keep').hidden")


def paint(page: Any) -> None:
    before = pictures(page)
    page.click("#paint")
    wait_for_pictures(page, before)


def settled(page: Any, number: int, old: list[float]) -> list[float]:
    """Wait until a box is another one than before, and return it."""
    end = time.monotonic() + PATIENCE_MS / 1000
    while (now := box_of(page, number)) == old and time.monotonic() < end:
        page.wait_for_timeout(50)
    return now


def test_a_sentence_a_drag_a_picture_a_brush_and_a_download(page: Any, tmp_path: Path) -> None:
    shoot(page, "empty")
    plan(page)
    shoot(page, "boxes")
    old = box_of(page, 0)
    middle = (old[0] + old[2] / 2, old[1] + old[3] / 2)
    drag(page, middle, (middle[0], middle[1] - 0.08), (middle[0], middle[1] - 0.125))
    moved = settled(page, 0, old)
    assert moved[1] == pytest.approx(old[1] - 0.125, abs=0.07)
    assert [moved[0], *moved[2:]] == pytest.approx([old[0], *old[2:]], abs=0.07)

    paint(page)
    page.fill("#words", "a penguin")
    page.click("#modes [value=brush]")
    left, top, width, height = box_of(page, 0)
    lines = [(left + width * x, top + height * y) for y in (0.2, 0.4, 0.6, 0.8) for x in (0.2, 0.8)]
    drag(page, *lines)
    shoot(page, "brush")
    before = pictures(page)
    page.click("#repaint")
    wait_for_pictures(page, before)
    shoot(page, "repainted")

    with page.expect_download() as download:
        page.click("#download")
    download.value.save_as(tmp_path / "kept.png")
    recipe = read_recipe(tmp_path / "kept.png")
    assert len(recipe.repaints) == 1
    assert recipe.plan.objects[0].box.y == pytest.approx(moved[1], abs=0.01)


def plan_of(page: Any) -> dict[str, Any]:
    """Return the plan as the page's link gives it to download."""
    found: dict[str, Any] = json.loads(unquote(page.get_attribute("#download-plan", "href").partition(",")[2]))
    return found


def prompts(page: Any) -> list[str]:
    return [item["prompt"] for item in plan_of(page)["objects"]]


def boxes_become(page: Any, count: int) -> None:
    until(page, f"document.querySelectorAll('.box').length == {count}")


@pytest.mark.browser
def test_boxes_are_resized_added_duplicated_and_removed_by_mouse(page: Any) -> None:
    plan(page)
    old = box_of(page, 0)
    corner = (old[0] + old[2], old[1] + old[3])
    drag(page, corner, (corner[0] - 0.125, corner[1] - 0.125))
    resized = settled(page, 0, old)
    assert resized == pytest.approx([*old[:2], old[2] - 0.125, old[3] - 0.125], abs=0.04)
    page.click("#undo")
    assert settled(page, 0, resized) == old

    page.click("#add")
    boxes_become(page, 3)
    page.fill("#object-2", "a green bird")
    page.press("#object-2", "Enter")
    until(page, "document.querySelector('#layout').textContent.includes('2 a green bird')")
    page.click("[aria-label='Duplicate object 2']")
    boxes_become(page, 4)
    assert prompts(page)[2:] == ["a green bird", "a green bird"]
    page.click("[aria-label='Remove object 0']")
    boxes_become(page, 3)
    named = plan_of(page)
    assert [item["prompt"] for item in named["objects"]] == ["a red balloon", "a green bird", "a green bird"]
    words = json.dumps([named["prompt"], named["rows"]])
    assert "a green bird" in words
    assert "dog" not in words


@pytest.mark.browser
def test_cells_are_split_moved_and_merged_by_mouse(page: Any) -> None:
    plan(page)
    page.click("#modes [value=cells]")
    before = plan_of(page)["rows"]
    page.click("[aria-label^='Split cell 0']")
    page.click("[aria-label='Split the row of cell 0 in two']")
    split = plan_of(page)["rows"]
    assert [len(row["cells"]) for row in split] == [len(before[0]["cells"]) + 1] * 2
    x = split[0]["cells"][0]["width"] / sum(cell["width"] for cell in split[0]["cells"])
    drag(page, (x, 0.25), (x + 0.125, 0.25))
    until(page, "!document.querySelector('#undo').disabled")
    cells = plan_of(page)["rows"][0]["cells"]
    assert cells[0]["width"] / sum(cell["width"] for cell in cells) == pytest.approx(x + 0.125, abs=0.04)
    for _ in range(3):
        page.click("#undo")
    assert plan_of(page)["rows"] == before
    page.click("[aria-label^='Merge cell 0']")
    assert len(plan_of(page)["rows"][0]["cells"]) == len(before[0]["cells"]) - 1


@pytest.mark.browser
def test_a_planning_that_hangs_is_cancelled(page: Any) -> None:
    page.route("**/api/plan", lambda _: None)  # never answered
    page.press("#sentence", "Enter")
    until(page, "document.querySelector('#status').textContent == 'planning…'")
    page.click("#cancel")
    until(page, "document.querySelector('#status').textContent == 'cancelled'")
    assert page.is_hidden("#cancel")
    page.unroute("**/api/plan")
    plan(page)


CUT_OFF = """
[...document.querySelectorAll("button, input, select, label, h1, h2, p, li, a, svg, canvas")]
  .filter((one) => one.checkVisibility() && !one.closest(".unseen, #history"))
  .filter((one) => one.getBoundingClientRect().right > innerWidth + 1 || one.getBoundingClientRect().left < -1
    || (one.matches("button, select") && one.scrollWidth > one.clientWidth + 1))
  .map((one) => one.outerHTML.slice(0, 80))
"""


@pytest.mark.browser
@pytest.mark.parametrize(("width", "height"), [(1440, 900), (720, 450), (390, 844), (320, 256)])
def test_a_page_that_is_magnified_has_all_in_its_width(page: Any, width: int, height: int) -> None:
    """720 × 450 is what 200 % leave of 1440 × 900; 320 × 256 what 400 % leave of 1280 × 1024."""
    page.set_viewport_size({"width": width, "height": height})
    plan(page)
    page.click("[aria-label='Remove object 1']")
    boxes_become(page, 1)
    page.focus("#object-0")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate(CUT_OFF) == []
    assert page.evaluate("document.querySelector('#stage').clientHeight < innerHeight")  # a finger gets past it
    shoot(page, f"magnified-{width}")


@pytest.mark.browser
def test_nothing_moves_where_less_motion_is_wished_for(page: Any) -> None:
    moving = "[...document.querySelectorAll('*')].some((one) => getComputedStyle(one).transitionDuration != '0s'"
    moving += " || getComputedStyle(one).animationName != 'none')"
    page.emulate_media(reduced_motion="no-preference")
    assert page.evaluate(moving)
    page.emulate_media(reduced_motion="reduce")
    plan(page)
    assert not page.evaluate(moving)


@pytest.mark.browser
def test_by_keyboard_alone(page: Any) -> None:
    page.keyboard.type("a cat above a blue car")
    page.keyboard.press("Enter")
    page.wait_for_selector(".box >> nth=1")
    old = box_of(page, 0)
    page.locator('.box[data-number="0"]').focus()
    page.keyboard.press("ArrowRight")
    assert settled(page, 0, old)[0] > old[0]
    page.locator('.box[data-number="0"]').focus()
    page.keyboard.press("Delete")
    until(page, "document.querySelectorAll('.box').length == 1")
    page.keyboard.press("Control+z")
    until(page, "document.querySelectorAll('.box').length == 2")
    before = pictures(page)
    for _ in range(60):
        if page.evaluate("document.activeElement.id") == "paint":
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    wait_for_pictures(page, before)


@pytest.mark.browser
def test_the_history_is_there_after_a_reload_and_in_another_tab(page: Any, address: str) -> None:
    plan(page, "a cup")
    paint(page)
    count = pictures(page)
    page.reload()
    until(page, f"document.querySelectorAll('#history img').length == {count}")
    other = page.context.new_page()
    other.goto(address)
    until(other, f"document.querySelectorAll('#history img').length == {count}")
    other.locator("#history button, #history img").first.click()
    until(other, "document.querySelectorAll('.box').length == 1")


@pytest.mark.browser
def test_what_is_seen_in_a_picture_is_drawn_on_it(page: Any) -> None:
    plan(page)
    paint(page)
    page.click("#mend")
    until(page, "document.querySelector('#verdict').textContent || document.querySelector('#alert').textContent")
    until(page, "document.querySelector('#cancel').hidden")
    assert page.inner_text("#alert") == ""
    assert page.locator("rect.seen").count() >= 1
    assert page.locator("#rounds li").count() >= 1
    shoot(page, "mended")


@pytest.mark.browser
def test_words_of_a_user_stay_words(page: Any) -> None:
    plan(page)
    page.fill("#object-0", "<img src=x onerror=alert(1)>")
    page.press("#object-0", "Enter")
    page.wait_for_timeout(500)
    assert page.locator("#objects img, #layout img").count() == 0


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_hard_to_read_or_to_reach(page: Any, scheme: str) -> None:
    """axe-core's findings that are serious or worse: none, at both sizes."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page.emulate_media(color_scheme=scheme)
    plan(page)
    paint(page)
    for width, height in ((1440, 900), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(300)
        shoot(page, f"{scheme}-{width}")
        found = axe.run(page).response["violations"]
        grave = [f"{one['id']}: {one['nodes'][0]['html']}" for one in found if one["impact"] in ("serious", "critical")]
        assert grave == []


@pytest.mark.browser
def test_a_finger_drags_a_box(browser: Any, address: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    phone = context.new_page()
    phone.set_default_timeout(PATIENCE_MS)
    phone.goto(address)
    until(phone, "document.querySelector('#backend').options.length > 0")
    plan(phone)
    old = box_of(phone, 1)
    phone.locator("#stage").scroll_into_view_if_needed()
    x, y = point(phone, old[0] + old[2] / 2, old[1] + old[3] / 2)
    stage = phone.locator("#stage").bounding_box()
    finger = context.new_cdp_session(phone)
    places = [(x, y), (x, y - stage["height"] * 0.06), (x, y - stage["height"] * 0.125)]
    for kind, place in zip(("touchStart", "touchMove", "touchMove"), places, strict=True):
        points = [{"x": place[0], "y": place[1]}]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    assert settled(phone, 1, old)[1] < old[1]
    context.close()
