"""The README's picture of the studio: a plan, and what was painted from it. Run by `make screenshots`.

python tests/screenshot.py docs/studio.png
"""

from __future__ import annotations

import shutil
import sys

from playwright.sync_api import sync_playwright

from generator.studio.measure import plan, served, until

SENTENCE = "a dog on the left and a red balloon on the right"
SEED = "2"  # that of `make demo`
PAINTED = "document.querySelector('#cancel').hidden && !document.querySelector('#keep').hidden"


def main() -> None:
    """Plan, paint, and take a picture of the page."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with served() as address, sync_playwright() as started:
        browser = started.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme="light").new_page()
        page.set_default_timeout(600_000)
        page.goto(address)
        until(page, "document.querySelector('#backend').options.length > 0")
        page.fill("[name=seed]", SEED)
        plan(page, SENTENCE)
        page.click("#paint")
        until(page, PAINTED)
        page.locator('.box[data-number="1"]').focus()
        page.keyboard.press("Enter")  # chosen: what can be changed of it is shown
        page.wait_for_timeout(1000)
        page.screenshot(path=sys.argv[1])
        browser.close()


if __name__ == "__main__":
    main()
