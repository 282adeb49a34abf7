"""The explorer's page in a real browser: what it shows, how it is steered, and how fast."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen
from uuid import uuid4

import pytest
import uvicorn
from chromium import Page, chromium

from kgmem import Claim, ClaimDraft, Memory, Message
from kgmem.explorer import Binding, application
from kgmem.testing import SteppingClock

pytestmark = pytest.mark.xdist_group("neo4j")  # one browser for all, also of those on the server
SAID = datetime(2022, 5, 3, 9, 30, tzinfo=UTC)
Serving = Callable[..., str]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with chromium(tmp_path_factory.mktemp("chromium")) as page:
        yield page


@pytest.fixture
def page(browser: Page) -> Iterator[Page]:
    """A page that must neither throw nor meet its own content policy."""
    browser.leave()
    browser.problems.clear()
    browser.prefer("light")
    yield browser
    assert browser.problems == []


@contextmanager
def served(memory: Memory, **options: Any) -> Iterator[str]:
    """The address of a memory's page."""
    binding = Binding()
    app = application(memory, binding, **options)
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", ws="none"))
    with socket.create_server((binding.host, 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield f"http://{binding.host}:{listener.getsockname()[1]}/#token={binding.token}"
        server.should_exit = True
        thread.join()


@pytest.fixture
def serve() -> Iterator[Serving]:
    """Serves a memory until the test is over."""
    with ExitStack() as stack:

        def start(memory: Memory, **options: Any) -> str:
            return stack.enter_context(served(memory, **options))

        yield start


def opened(url: str = "sqlite://", *claims: ClaimDraft) -> Memory:
    memory = Memory.open(
        url, group=uuid4().hex, extractor="none", embedder="none", clock=SteppingClock()
    )
    for claim in claims:
        memory.assert_claims([claim])
    return memory


def ada(url: str = "sqlite://") -> Memory:
    """Berlin from 2019, then Munich from 2022 by a turn, then a brother in Munich."""
    memory = opened(
        url, Claim.asserts("Ada", "lives_in", "Berlin", valid_at="2019", object_type="place")
    )
    turn = Message(text="😀 Oh! I moved to Munich in 2022.", speaker="Ada", occurred_at=SAID)
    (episode,) = memory.add([turn], session="chat").episodes
    moved = Claim.asserts(
        "Ada", "lives_in", "Munich", valid_at="2022", episode=episode, span=(6, 33)
    )
    memory.assert_claims([moved])
    memory.assert_claims([Claim.asserts("Ada", "brother", "Bob", valid_at="2010")])
    memory.assert_claims([Claim.asserts("Bob", "lives_in", "Munich", valid_at="2020")])
    return memory


NODES = "[...document.querySelectorAll('.node:not(.ghost, .gone)')].map((n) => n.getAttribute('aria-label'))"
BARS = "[...document.querySelectorAll('.bar.on:not(.gone)')].map((bar) => bar.ariaLabel)"


def set_date(page: Page, clock: str, text: str) -> None:
    page.run(
        f"{{ const field = document.getElementById('{clock}-date'); field.value = {json.dumps(text)};"
        " field.dispatchEvent(new Event('change')); }"
    )
    page.frames()


def click(page: Page, selector: str) -> None:
    page.run(
        f"document.querySelector({json.dumps(selector)}).dispatchEvent(new MouseEvent('click', {{bubbles: true}}))"
    )
    page.frames()


# What it shows


def test_both_clocks_show_what_was_true_and_what_was_believed(
    page: Page, serve: Serving, any_url: str
) -> None:
    memory = ada(any_url)
    page.open(serve(memory))
    page.frames()
    assert sorted(page.run(NODES)) == ["Ada", "Bob", "Munich"]
    assert sorted(page.run(BARS)) == [
        "brother Bob, since 2010-01-01",
        "lives_in Munich, since 2022-01-01",
    ]
    set_date(page, "valid", "2020-06")
    assert sorted(page.run(NODES)) == ["Ada", "Berlin", "Bob"]
    page.run(
        "{ const known = document.getElementById('known'); known.value = 0; known.oninput(); }"
    )
    page.frames()
    assert page.run(NODES) == ["Ada", "Berlin"]
    assert page.run(BARS) == ["lives_in Berlin, since 2019-01-01"]
    set_date(page, "valid", "2018")
    assert page.run(NODES) == ["Ada"]
    click(page, "#valid-any")
    set_date(page, "known", "2001")
    assert page.run(NODES) == ["Ada"]
    assert (
        page.run("document.getElementById('no-bars').innerText")
        == "Nothing was believed about it yet."
    )
    click(page, "#known-now")
    assert sorted(page.run(NODES)) == ["Ada", "Berlin", "Bob", "Munich"]
    assert page.run("document.querySelectorAll('#canvas .edge.over:not(.gone)').length") == 1
    memory.close()


def test_a_fact_shows_its_turn_and_marks_the_words(page: Page, serve: Serving) -> None:
    page.open(serve(ada()))
    page.frames()
    click(page, ".bar[aria-label^='lives_in Munich']")
    assert (
        page.until("document.querySelector('#panel mark')?.textContent")
        == "I moved to Munich in 2022."
    )
    said = page.run("document.querySelector('#panel .turn').innerText")
    assert said == "Ada 2022-05-03 09:30 · chat\n😀 Oh! I moved to Munich in 2022."
    click(page, "#panel .back")
    click(page, "#valid-any")
    click(page, ".bar[aria-label^='lives_in Berlin']")
    page.until("document.querySelectorAll('#panel .version').length === 2")
    words = page.run("document.getElementById('panel').innerText")
    assert "As data 2030-01-01" in words
    assert "Ended by" in words
    drawn = page.run(
        "[...document.querySelectorAll('.plane .box')].map((b) => [b.textContent, b.classList.contains('chosen')])"
    )
    assert drawn == [["Berlin", True], ["Berl…", True], ["Muni…", False]]
    assert "holds one object at a time" in words


def test_answers_say_why_and_lead_to_their_facts(page: Page, serve: Serving) -> None:
    memory = ada()
    page.open(serve(memory))
    page.frames()
    page.press("/", "/")
    page.type("Where does Bob live?")
    page.press("Enter", "\r")
    page.until("document.querySelector('.answer')")
    first = page.run("document.querySelector('.answer').innerText")
    assert "Bob lives in Munich" in first
    assert "since 2020-01-01" in first
    assert re.search(r"\n\w+ 1\b", first)
    ways = page.run("[...document.querySelectorAll('.way')].map((way) => way.innerText)")
    hits = memory.search("Where does Bob live?", k=12)
    assert ways == [" > ".join(hit.why.path) for hit in hits if len(hit.why.path) > 1]
    assert ways
    assert "Bob" in page.run("[...document.querySelectorAll('.chip.seed')].map((c) => c.innerText)")
    # The graph is drawn with the next frame.
    page.until("document.querySelectorAll('.node.seed').length > 0")
    click(page, ".answer")
    page.until("document.querySelector('#panel .version')")
    assert page.run("document.getElementById('graph-title').textContent") == "Bob"
    assert page.run("document.querySelector('.edge.chosen .label').textContent") == "lives_in"
    set_date(page, "valid", "2019")
    page.until("!document.querySelector('.answer')?.innerText.includes('Bob lives in Munich')")


def test_markup_in_the_data_is_shown_as_it_is(page: Page, serve: Serving) -> None:
    evil = "<img src=x onerror='window.hit=1'><script>window.hit=1</script>"
    memory = opened()
    turn = Message(text=f"{evil} said", speaker=evil, occurred_at=SAID)
    (episode,) = memory.add([turn], session=evil).episodes
    memory.assert_claims(
        [
            Claim.asserts(
                evil, "likes", f"{evil}2", text=evil, episode=episode, span=(0, 9), object_type=evil
            )
        ]
    )
    page.open(serve(memory))
    page.frames()
    click(page, ".bar")
    page.until("document.querySelector('#panel mark')")
    page.press("/", "/")
    page.type("img")
    page.press("Enter", "\r")
    page.until("document.querySelector('.answer')")
    assert page.run("window.hit") is None
    assert page.run("document.querySelectorAll('img:not(header img), body script').length") == 0
    assert evil in page.run("document.getElementById('panel').innerText")
    assert evil in page.run("document.getElementById('found').innerText")


def test_the_browser_enforces_the_policy(browser: Page, serve: Serving) -> None:
    browser.open(serve(ada()))
    refused = browser.run("""(() => {
        try { document.body.insertAdjacentHTML('beforeend', '<b>x</b>'); return false; }
        catch (error) { return error instanceof TypeError; }
    })()""")
    assert refused
    assert (
        browser.run("fetch('https://example.org/').then(() => 'sent', () => 'refused')")
        == "refused"
    )
    browser.problems.clear()


def test_an_empty_group_says_how_to_begin(page: Page, serve: Serving) -> None:
    memory = opened()
    page.open(serve(memory))
    words = page.run("document.getElementById('panel').innerText")
    assert "Nothing is remembered yet" in words
    assert f"--group {memory.group}" in words
    assert page.run("getComputedStyle(document.querySelector('main')).display") == "none"


def test_a_large_group_is_shown_around_one_entity(page: Page, serve: Serving) -> None:
    page.open(serve(ada(), most=2))
    assert "A large group" in page.run("document.getElementById('panel').innerText")
    page.run("document.getElementById('question').focus()")
    page.type("Bob")
    page.press("Enter", "\r")
    page.until("document.querySelector('.chip.seed')")
    click(page, ".chip.seed")
    page.until("document.getElementById('graph-title').textContent === 'Bob'")
    page.frames()
    assert sorted(page.run(NODES)) == ["Ada", "Bob", "Munich"]
    click(page, ".node[aria-label=Ada]")
    page.until("document.getElementById('graph-title').textContent === 'Ada'")


# The token


def test_the_token_leaves_the_address_and_stays_in_the_tab(page: Page, serve: Serving) -> None:
    url = serve(ada())
    page.open(url)
    assert page.run("location.href") == url.partition("#")[0]
    page.open(url.partition("#")[0])
    assert page.run("document.body.dataset.ready") == "true"


def test_without_the_token_it_says_what_to_do(browser: Page, serve: Serving) -> None:
    url = serve(ada()).partition("#")[0]
    browser.open(f"{url}#token=another-token-of-nobody")
    assert browser.run("document.body.dataset.ready") == "failed"
    assert "Open the whole address" in browser.run("document.body.innerText")
    browser.problems.clear()


# Steering


def focused(page: Page) -> str:
    return str(page.run("document.activeElement.ariaLabel ?? document.activeElement.id"))


def test_the_keyboard_is_enough(page: Page, serve: Serving) -> None:
    page.open(serve(ada()))
    page.frames()
    page.press("/", "/")
    assert focused(page) == "question"
    page.type("bo")
    page.frames()
    assert page.run("[...document.querySelectorAll('.entity .what')].map((e) => e.innerText)") == [
        "Bob"
    ]
    page.press("Tab")
    page.press("Enter", "\r")
    assert page.run("document.getElementById('graph-title').textContent") == "Bob"
    page.run("document.querySelector('.node[tabindex=\"0\"]').focus()")
    assert focused(page) == "Bob"
    page.press("ArrowRight")
    moved = focused(page)
    assert moved in {"Ada", "Munich"}
    page.press("Enter", "\r")
    assert page.run("document.getElementById('graph-title').textContent") == moved
    page.run("document.querySelector('.bar[tabindex=\"0\"]').focus()")
    page.press("Enter", "\r")
    page.until("document.querySelector('#panel .version')")
    page.press("Escape")
    page.until("!document.querySelector('#panel .version')")


def test_arrow_keys_on_valid_time_go_from_change_to_change(page: Page, serve: Serving) -> None:
    page.open(serve(ada()))
    page.frames()
    page.run("document.getElementById('valid').focus()")
    seen = []
    for _ in range(4):
        page.press("ArrowLeft")
        seen.append(page.run("document.getElementById('valid-date').value"))
    assert seen == ["2022-01-01", "2019-01-01", "2010-01-01", "2010-01-01"]
    page.press("ArrowRight")
    assert page.run("document.getElementById('valid').ariaValueText") == "2019-01-01"


def test_it_corrects_and_undoes_where_it_may(page: Page, serve: Serving) -> None:
    memory = ada()
    page.open(serve(memory, write=True))
    page.frames()
    click(page, ".bar[aria-label^='lives_in Munich']")
    page.until("document.querySelector('details form')")
    page.run("""{
        document.querySelector('[name=object]').value = 'Hamburg';
        document.querySelector('details form').requestSubmit();
    }""")
    page.until("document.getElementById('toast').innerText.includes('Undo')")
    assert [fact.object.name for fact in memory.facts(subject="Ada", predicate="lives_in")] == [
        "Berlin",
        "Hamburg",
    ]
    page.frames()
    assert "Hamburg" in page.run(NODES)
    click(page, "#toast button")
    page.until(f"{NODES}.includes('Munich')")
    assert [fact.object.name for fact in memory.facts(subject="Ada", predicate="lives_in")] == [
        "Berlin",
        "Munich",
    ]


def test_read_only_offers_no_correction(page: Page, serve: Serving) -> None:
    page.open(serve(ada()))
    page.frames()
    click(page, ".bar")
    page.until("document.querySelector('#panel .version')")
    assert page.run("document.querySelector('details')") is None
    assert page.run("document.getElementById('mode').innerText") == "read-only"


# At scale


@pytest.fixture(scope="module")
def busy() -> Iterator[Memory]:
    """5,000 facts in 25 writes; a hub with hundreds of neighbors, homes that change, over 20 years."""
    with opened() as memory:
        claims = [
            Claim.asserts(
                f"Person{n % 7 * (n % 3)}", "lives_in" if n % 9 == 0 else f"likes_{n % 5}", f"thing{n}",
                valid_at=f"{2000 + n * 20 // 5000}-{1 + n % 12:02}-{1 + n % 28:02}",
                invalid_at=None if n % 4 else f"{2005 + n * 20 // 5000}", object_type="product",
            )
            for n in range(5000)
        ]  # fmt: skip
        for first in range(0, 5000, 200):
            memory.assert_claims(claims[first : first + 200])
        yield memory


DRAG = """(async (id) => {
    const slider = document.getElementById(id), steps = [];
    for (let step = 0; step <= 40; step += 1) {
        const start = performance.now();
        slider.value = Math.round(slider.max * step / 40);
        slider.dispatchEvent(new Event("input"));
        await new Promise((drawn) => requestAnimationFrame(drawn));
        document.body.getBoundingClientRect();
        steps.push(performance.now() - start);
    }
    return steps.sort((a, b) => a - b);
})"""


def test_5000_facts_open_and_slide_smoothly(
    page: Page, serve: Serving, busy: Memory, capsys: pytest.CaptureFixture[str]
) -> None:
    """Work counts, as CPU time of server and page: what else the machine does meanwhile does not."""
    assert busy.stats()["facts"] >= 5000
    url = serve(busy)
    served = time.process_time()
    worked = page.worked()
    page.open(url)
    page.frames()
    opening = 1000 * (time.process_time() - served) + page.worked() - worked
    said = [f"opens in {page.run('performance.now()'):.0f} ms ({opening:.0f} of work)"]
    steps = {}
    for clock in ("valid", "known"):
        worked = page.worked()
        took = page.run(f"{DRAG}('{clock}')")
        steps[clock] = (page.worked() - worked) / len(took)
        said.append(
            f"a step on {clock} time p50 {took[20]:.0f}, p95 {took[38]:.0f} ms ({steps[clock]:.0f} of work)"
        )
    with capsys.disabled():
        sys.stdout.write(f"\nexplorer, {busy.stats()['facts']} facts: {'; '.join(said)}\n")
    assert opening < 2000
    assert max(steps.values()) < 100


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_overlaps_or_overflows(
    page: Page, serve: Serving, busy: Memory, scheme: str
) -> None:
    page.prefer(scheme)
    page.open(serve(busy))
    page.frames()
    boxes = page.run("""[...document.querySelectorAll(".node:not(.gone) .label:not(.quiet)")].map((label) => {
        const { x, y, width, height } = label.getBoundingClientRect();
        return [x, y + 2, x + width, y + height - 3];
    })""")
    assert len(boxes) > 10
    for one, other in combinations(boxes, 2):
        assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
    width, height = page.run(
        "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
    )
    assert (width, height) == (1280, 800)
    dark = page.run(
        "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).every((c) => c < 128)"
    )
    assert dark is (scheme == "dark")


# The command


def test_the_command_prints_an_address_that_answers(tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path}/memory.db"
    with Memory.open(store, group="g", extractor="none", embedder="none"):
        pass
    with subprocess.Popen(
        [sys.executable, "-m", "kgmem.cli", "explore", "--store", store, "--group", "g", "--embedder", "none"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as process:  # fmt: skip
        assert process.stdout is not None
        page, _, token = process.stdout.readline().strip().partition("#token=")
        # It listens already; what comes before it serves waits.
        request = Request(f"{page}api/group", headers={"Authorization": f"Bearer {token}"})
        with urlopen(request, timeout=30) as answer:
            assert json.load(answer)["group"] == "g"
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert (process.returncode, said) == (0, "stop with Ctrl+C\n")
