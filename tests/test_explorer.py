"""The explorer's server: what it answers, whom it lets in, and what it tells browsers to refuse."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from starlette.testclient import TestClient

from kgmem import Claim, ConfigurationError, Memory, Message
from kgmem.explorer import Binding, application
from kgmem.listening import bound
from kgmem.testing import SteppingClock

HERE = "http://127.0.0.1:8700"
BINDING = Binding(token="a token for the tests")
TOKEN = {"Authorization": f"Bearer {BINDING.token}"}
SAID = datetime(2022, 5, 3, 9, 30, tzinfo=UTC)
TEXT = "😀 I moved to Munich."


@pytest.fixture
def memory(any_url: str) -> Iterator[Memory]:
    """Ada in Berlin from 2019, then, one write later, in Munich from 2022."""
    with Memory.open(
        any_url, group=uuid4().hex, extractor="none", embedder="none", clock=SteppingClock()
    ) as memory:
        claim = Claim.asserts("Ada", "lives_in", "Berlin", valid_at="2019", object_type="place")
        memory.assert_claims([claim])
        turn = Message(text=TEXT, speaker="Ada", occurred_at=SAID)
        (episode,) = memory.add([turn], session="chat").episodes
        memory.assert_claims(
            [
                Claim.asserts(
                    "Ada", "lives_in", "Munich", valid_at="2022", episode=episode, span=(2, 20)
                )
            ]
        )
        yield memory


def client(memory: Memory, binding: Binding = BINDING, *, write: bool = False) -> TestClient:
    return TestClient(application(memory, binding, write=write), base_url=HERE, headers=TOKEN)


def micros(when: datetime) -> int:
    return round(when.timestamp() * 1_000_000)


# Reading


def test_the_group_in_short(memory: Memory) -> None:
    group = client(memory).get("/api/group").json()
    assert (group["group"], group["write"], group["whole"]) == (memory.group, False, True)
    assert group["stats"] == memory.stats()


def told(columns: dict[str, Any]) -> list[tuple[str, str, str, int, int | None, int | None]]:
    """Versions as sentences with their times, from their columns."""
    facts, names = columns["facts"], columns["entities"]["name"]
    versions = columns["versions"]
    return [
        (
            names[facts["subject"][fact]],
            columns["predicates"][facts["predicate"][fact]],
            names[facts["object"][fact]],
            facts["valid_at"][fact],
            versions["invalid_at"][number],
            versions["expired_at"][number],
        )
        for number, fact in enumerate(versions["fact"])
    ]


def test_every_version_comes_on_both_clocks(memory: Memory) -> None:
    columns = client(memory).get("/api/versions").json()
    moved = datetime(2022, 1, 1, tzinfo=UTC)
    first = micros(datetime(2019, 1, 1, tzinfo=UTC))
    learned = next(
        micros(version.expired_at) for version in memory.versions() if version.expired_at
    )
    assert told(columns) == [
        ("Ada", "lives_in", "Berlin", first, None, learned),
        ("Ada", "lives_in", "Berlin", first, micros(moved), None),
        ("Ada", "lives_in", "Munich", micros(moved), None, None),
    ]
    assert columns["versions"]["created_at"] == [micros(v.created_at) for v in memory.versions()]
    assert columns["facts"]["id"] == [fact.id for fact in memory.facts()]
    assert columns["entities"]["id"][0] == memory.facts()[0].subject.id
    assert columns["entities"]["type"] == [None, "place", None]
    assert columns["versions"]["turns"] == [0, 0, 1]


def test_versions_around_one_entity(memory: Memory) -> None:
    memory.assert_claims([Claim.asserts("Bob", "likes", "tea")])
    columns = client(memory).get("/api/versions", params={"around": "munich"}).json()
    assert [row[:3] for row in told(columns)] == [("Ada", "lives_in", "Munich")]
    assert told(client(memory).get("/api/versions", params={"around": "nobody"}).json()) == []
    memory.merge_entities("Bob", "Robert")
    columns = client(memory).get("/api/versions", params={"around": "Robert"}).json()
    assert [row[:3] for row in told(columns)] == [
        ("Bob", "likes", "tea"),
        ("Robert", "same_as", "Bob"),
    ]


def test_a_large_group_is_sent_around_one_entity_only(memory: Memory) -> None:
    asked = TestClient(application(memory, BINDING, most=2), base_url=HERE, headers=TOKEN)
    assert asked.get("/api/group").json()["whole"] is False
    assert told(asked.get("/api/versions").json()) == []
    assert len(told(asked.get("/api/versions", params={"around": "Ada"}).json())) == 3


def test_instants_of_transaction_time_are_exact() -> None:
    """Years away from 1970 a float loses microseconds; integers do not."""
    clock = SteppingClock(start=datetime(2031, 7, 3, 1, 2, 3, 456789, tzinfo=UTC))
    with Memory.open("sqlite://", group="g", extractor="none", embedder="none", clock=clock) as m:
        m.assert_claims([Claim.asserts("Ada", "likes", "tea", valid_at="0050")])
        columns = client(m).get("/api/versions").json()
    assert columns["versions"]["created_at"][0] % 1_000_000 == 456789
    assert columns["facts"]["valid_at"] == [-60_589_296_000_000_000]


def test_search_hears_both_clocks(memory: Memory) -> None:
    asked = client(memory)

    def objects(**parameters: str) -> list[str]:
        hits = asked.get("/api/search", params={"q": "Where does Ada live?", **parameters}).json()
        assert all(hit["why"]["ranks"] for hit in hits)
        return [hit["fact"]["object"]["name"] for hit in hits if hit["fact"]]

    assert objects(as_of="2020") == ["Berlin"]
    assert objects(as_of="2023") == ["Munich"]
    first = memory.versions()[0].created_at.isoformat().replace("+00:00", "Z")
    assert objects(as_of="2023", as_known=first) == ["Berlin"]
    assert len(asked.get("/api/search", params={"q": "Ada", "k": "1"}).json()) == 1
    assert asked.get("/api/search").json() == []


@pytest.mark.parametrize("parameters", [{"k": "0"}, {"k": "51"}, {"k": "x"}, {"as_of": "soon"}])
def test_what_cannot_be_asked_is_said(memory: Memory, parameters: dict[str, str]) -> None:
    answer = client(memory).get("/api/search", params={"q": "Ada", **parameters})
    assert answer.status_code == 400
    assert next(iter(parameters.values())) in answer.json()["error"]


def test_a_fact_comes_with_its_turn_and_span(memory: Memory) -> None:
    munich = memory.facts(object="Munich")[0]
    found = client(memory).get(f"/api/facts/{munich.id}").json()
    (turn,), (claim,) = found["episodes"], found["claims"]
    assert (turn["text"], turn["session"], claim["episode"]) == (TEXT, "chat", turn["id"])
    assert turn["text"][slice(*claim["span"])] == "I moved to Munich."
    berlin = memory.facts(object="Berlin")[0]
    assert client(memory).get(f"/api/facts/{berlin.id}").json()["ended_in"] == turn
    assert client(memory).get("/api/facts/none").status_code == 404


# Writing


def test_it_is_read_only_unless_told_otherwise(memory: Memory) -> None:
    munich = memory.facts(object="Munich")[0]
    before = memory.stats()
    asked = client(memory)
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        for path in ("group", "versions", "search", f"facts/{munich.id}", "undo"):
            assert asked.request(method, f"/api/{path}", json={}).status_code in (404, 405)
    assert asked.post(f"/api/facts/{munich.id}/correct", json={}).status_code in (404, 405)
    assert memory.stats() == before


def test_a_correction_can_be_undone(memory: Memory) -> None:
    munich = memory.facts(object="Munich")[0]
    asked = client(memory, write=True)
    assert asked.get("/api/group").json()["write"] is True
    changes = {"object": "Hamburg", "valid_at": "2021", "invalid_at": "2023-05"}
    report = asked.post(f"/api/facts/{munich.id}/correct", json=changes).json()
    (corrected,) = memory.facts(object="Hamburg")
    assert (corrected.valid_at.year, corrected.invalid_at) == (
        2021,
        datetime(2023, 6, 1, tzinfo=UTC),
    )
    assert asked.post("/api/undo", json=report).status_code == 200
    assert [fact.object.name for fact in memory.facts()] == ["Berlin", "Munich"]
    null = asked.post(f"/api/facts/{munich.id}/correct", json={"object": None})
    assert null.status_code == 400
    asked.post(f"/api/facts/{munich.id}/correct", json={})
    assert [fact.object.name for fact in memory.facts()] == ["Berlin"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [(b"{", "no JSON"), (b'{"subject": "Bob"}', "subject"), (b'{"valid_at": "soon"}', "soon"),
     (b"[]", "no Corrected")],
)  # fmt: skip
def test_what_is_no_correction_changes_nothing(memory: Memory, body: bytes, reason: str) -> None:
    munich = memory.facts(object="Munich")[0]
    answer = client(memory, write=True).post(f"/api/facts/{munich.id}/correct", content=body)
    assert (answer.status_code, reason in answer.json()["error"]) == (400, True)
    assert memory.facts(object="Munich") == [munich]


# Whom it lets in


@pytest.fixture
def small() -> Iterator[Memory]:
    with Memory.open("sqlite://", group="g", extractor="none", embedder="none") as memory:
        yield memory


CALLS = ("group", "versions", "search?q=x", "facts/x", "none", "")


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    "header",
    [None, "", "Bearer", "Bearer ", f"bearer {BINDING.token}", BINDING.token, f"Bearer {BINDING.token}x",
     "Bearer ä"],
)  # fmt: skip
def test_no_call_without_the_token(small: Memory, call: str, header: str | None) -> None:
    asked = TestClient(application(small, BINDING, write=True), base_url=HERE)
    headers = {} if header is None else {"Authorization": header.encode()}
    answer = asked.get(f"/api/{call}", headers=headers)  # type: ignore[arg-type]
    assert (answer.status_code, list(answer.json())) == (401, ["error"])
    undone = asked.post("/api/undo", headers=headers, json={})  # type: ignore[arg-type]
    assert undone.status_code == 401


def test_no_way_around_the_guard(small: Memory) -> None:
    asked = TestClient(application(small, BINDING), base_url=HERE)
    for path in ("//api/group", "/x/../api/group", "/%61pi/group", "/./api/group", "/API/group"):
        answer = asked.get(path)
        assert answer.status_code in (401, 404)
        assert "stats" not in answer.text


def test_the_token_is_random_and_not_shown() -> None:
    tokens = {Binding().token for _ in range(20)}
    assert len(tokens) == 20
    assert min(map(len, tokens)) >= 32
    assert BINDING.token not in repr(BINDING)


@pytest.mark.parametrize(
    ("host", "served"),
    [("127.0.0.1:8700", True), ("localhost:1", True), ("[::1]:8700", True), ("LOCALHOST", True),
     ("evil.example", False), ("127.0.0.1.evil.example", False), ("localhost.evil.example:8700", False),
     ("192.168.1.7:8700", False), ("", False), ("[::1", False), ("0.0.0.0", False)],
)  # fmt: skip
def test_a_name_that_is_not_ours_is_refused(small: Memory, host: str, served: bool) -> None:
    """DNS rebinding: another site's name that points here gets neither data nor page."""
    asked = client(small)
    for path in ("/", "/main.js", "/api/group"):
        answer = asked.get(path, headers={"Host": host})
        assert (answer.status_code == 200) is served
        assert served or answer.status_code == 421


def test_beyond_this_machine_it_wants_a_token(small: Memory) -> None:
    for host in ("0.0.0.0", "::", "192.168.1.7", "box.example"):
        with pytest.raises(ConfigurationError, match="token"):
            Binding(host=host)
    with pytest.raises(ConfigurationError, match="fewer than 16"):
        Binding(host="0.0.0.0", token="short")
    with pytest.raises(ConfigurationError, match="fewer than 16"):
        Binding(token="short")
    for token in (" correct horse battery", "Schlüssel" * 3, "a" * 20 + "\n"):
        with pytest.raises(ConfigurationError, match="no header carries"):
            Binding(token=token)
    wide = Binding(host="box.example", token=BINDING.token)
    answers = {
        host: client(small, wide).get("/api/group", headers={"Host": host}).status_code
        for host in ("box.example:80", "192.168.1.7", "127.0.0.1", "evil.example")
    }
    assert list(answers.values()) == [200, 200, 200, 421]


def test_a_port_in_use_is_said() -> None:
    with bound("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigurationError, match="another port"):
            bound("127.0.0.1", port)


def test_what_is_not_there_is_said_as_json(small: Memory) -> None:
    asked = client(small)
    missing, posted = asked.get("/api/none"), asked.post("/api/group")
    assert (missing.status_code, missing.json()) == (404, {"error": "Not Found"})
    assert (posted.status_code, posted.json()) == (405, {"error": "Method Not Allowed"})
    assert "GET" in posted.headers["allow"]


# What browsers are told


@pytest.mark.parametrize("path", ["/", "/main.js", "/style.css", "/none", "/api/group"])
def test_every_answer_is_locked_down(small: Memory, path: str) -> None:
    headers = client(small).get(path).headers
    policy = dict(
        part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["require-trusted-types-for"] == "'script'"
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"


def test_markup_in_the_data_stays_data(small: Memory) -> None:
    name = "</script><img src=x onerror=alert(1)>"
    small.assert_claims([Claim.asserts(name, "likes", "tea")])
    answer = client(small).get("/api/versions")
    assert answer.headers["content-type"] == "application/json"
    assert name in answer.json()["entities"]["name"]


def test_files_outside_the_page_are_not_served(small: Memory) -> None:
    for path in ("/../server.py", "/%2e%2e/server.py", "/..%2fapi.py", "//etc/passwd"):
        assert client(small).get(path).status_code == 404
