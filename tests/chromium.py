"""A headless Chromium for tests, driven over a pipe in the DevTools protocol: no driver, no sockets."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Chromium reads commands from 3 and answers on 4.
LAUNCHER = """
import fcntl, os, sys
read, write = (fcntl.fcntl(int(pipe), fcntl.F_DUPFD_CLOEXEC, 10) for pipe in sys.argv[1:3])
os.dup2(read, 3)
os.dup2(write, 4)
os.execvp(sys.argv[3], sys.argv[3:])
"""
FLAGS = (
    "--headless", "--remote-debugging-pipe", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage", "--window-size=1280,800", "--hide-scrollbars",
)  # fmt: skip


class PageError(AssertionError):
    """The page threw."""


class Page:
    """One tab.

    Attributes:
        problems: What it threw or logged as an error, blocked resources among it.
    """

    def __init__(self, commands: int, answers: int) -> None:
        self._commands, self._answers = commands, answers
        self._read = b""
        self._count = 0
        self._session: dict[str, str] = {}
        self.problems: list[str] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = {"sessionId": attached["sessionId"]}
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")
        self.call("Performance.enable", timeDomain="threadTicks")
        self.size(1280, 800)

    def call(self, method: str, **parameters: object) -> dict[str, Any]:
        """A command and its answer; what happens meanwhile is noted."""
        self._count += 1
        command = {"id": self._count, "method": method, "params": parameters, **self._session}
        os.write(self._commands, json.dumps(command).encode() + b"\0")
        while True:
            message = self._next()
            if message.get("id") == self._count:
                assert "error" not in message, f"{method}: {message['error']}"
                answer: dict[str, Any] = message["result"]
                return answer
            self._note(message)

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._read:
            part = os.read(self._answers, 1 << 20)
            assert part, "Chromium has ended"
            self._read += part
        message, _, self._read = self._read.partition(b"\0")
        parsed: dict[str, Any] = json.loads(message)
        return parsed

    def _note(self, message: dict[str, Any]) -> None:
        happened = message.get("params", {})
        if message.get("method") == "Runtime.exceptionThrown":
            self.problems.append(happened["exceptionDetails"]["exception"]["description"])
        elif message.get("method") == "Log.entryAdded" and happened["entry"]["level"] == "error":
            self.problems.append(happened["entry"]["text"])

    def size(self, width: int, height: int) -> None:
        """The size of the window."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=False,
        )  # fmt: skip

    def prefer(self, scheme: str) -> None:
        """``light`` or ``dark``."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.call("Emulation.setEmulatedMedia", features=features)

    def open(self, url: str) -> None:
        """Goes to an address anew, and waits until all is there and the page says it is ready."""
        self.leave()
        self.call("Page.navigate", url=url)
        self.until("document.readyState === 'complete' && document.body.dataset.ready")

    def leave(self) -> None:
        """Goes nowhere: what was open asks for nothing any more."""
        self.call("Page.navigate", url="about:blank")

    def run(self, script: str) -> Any:
        """What an expression is, awaited."""
        done = self.call(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in done:
            thrown = done["exceptionDetails"]["exception"]["description"]
            raise PageError("; ".join([thrown, *self.problems]))
        return done["result"].get("value")

    def until(self, script: str, seconds: float = 10) -> Any:
        """What an expression is as soon as it is truthy."""
        return self.run(f"""(async () => {{
            const end = performance.now() + {seconds * 1000};
            while (performance.now() < end) {{
                const value = ({script});
                if (value) return value;
                await new Promise((next) => setTimeout(next, 15));
            }}
            throw new Error("waited in vain; the page says: " + document.body?.innerText.slice(0, 300));
        }})()""")

    def worked(self) -> float:
        """Milliseconds of CPU that the page's main thread has worked since the tab was made."""
        metrics = self.call("Performance.getMetrics")["metrics"]
        return 1000 * next(float(m["value"]) for m in metrics if m["name"] == "TaskDuration")

    def frames(self) -> None:
        """Lets the page draw."""
        self.run(
            "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))"
        )

    def press(self, key: str, text: str = "") -> None:
        """A key, with the text that it types."""
        codes = {
            "Enter": 13,
            "Escape": 27,
            "Tab": 9,
            "ArrowLeft": 37,
            "ArrowRight": 39,
            "ArrowDown": 40,
        }
        pressed = {"key": key, "windowsVirtualKeyCode": codes.get(key, ord(key[0]))}
        self.call("Input.dispatchKeyEvent", type="keyDown", text=text, **pressed)
        self.call("Input.dispatchKeyEvent", type="keyUp", **pressed)
        self.frames()

    def type(self, text: str) -> None:
        """Text into what has the focus."""
        self.call("Input.insertText", text=text)


@contextmanager
def chromium(folder: Path) -> Iterator[Page]:
    """A Chromium with one tab; where none is installed, the reason for skipping.

    With ``KGMEM_REQUIRE_CHROMIUM=1`` that is a failure.
    """
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        assert os.environ.get("KGMEM_REQUIRE_CHROMIUM") != "1", "no Chromium is installed"
        pytest.skip("no Chromium: apt-get install chromium")
    to_browser, commands = os.pipe()
    answers, from_browser = os.pipe()
    root = ("--no-sandbox",) if os.geteuid() == 0 else ()
    command = [program, *FLAGS, *root, f"--user-data-dir={folder}", "about:blank"]
    process = subprocess.Popen(
        [sys.executable, "-c", LAUNCHER, str(to_browser), str(from_browser), *command],
        pass_fds=(to_browser, from_browser),
        stderr=subprocess.DEVNULL,
    )
    os.close(to_browser)
    os.close(from_browser)
    try:
        yield Page(commands, answers)
    finally:
        process.terminate()
        process.wait(20)
        os.close(commands)
        os.close(answers)
