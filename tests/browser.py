"""A headless Chromium for tests of pages; they are skipped where there is none."""

import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FOUND = next(filter(None, map(shutil.which, BROWSERS)), None)
needs_chromium = pytest.mark.skipif(FOUND is None, reason=f"none of {', '.join(BROWSERS)} is installed")
PHONE, DESK = 390, 1280


@contextmanager
def chromium(*arguments):
    with api.sync_playwright() as tool:
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        made = tool.chromium.launch(executable_path=FOUND, args=[*sandbox, *arguments])
        yield made
        made.close()


@dataclass
class Seen:
    """What a page said on its console, which addresses it asked for, and what it asked its reader."""

    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)


def watched(page):
    seen = Seen()
    page.on("console", lambda message: seen.said.append(message.text))
    page.on("pageerror", lambda error: seen.said.append(str(error)))
    page.on("request", lambda request: seen.asked.append(request.url))
    page.on("dialog", lambda dialog: (seen.dialogs.append(dialog.message), dialog.dismiss()))
    return seen
