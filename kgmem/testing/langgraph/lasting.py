"""Time to live."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from langgraph.store.base import BaseStore, GetOp, PutOp, TTLConfig

from kgmem.testing.langgraph.base import DOCS, Conformance, OpenStore, keys


class LastingConformance(Conformance):
    """An item whose time is up is gone; reading puts that off."""

    @pytest.fixture
    def mortal(self, open_store: OpenStore) -> Iterator[BaseStore]:
        """A store whose items live for two ticks, unless a put says otherwise."""
        self.needs("ttl")
        config: TTLConfig = {
            "default_ttl": 2 * self.tick / 60,
            "refresh_on_read": True,
            "sweep_interval_minutes": 1,
        }
        with open_store(ttl=config) as store:
            yield store

    def pass_time(self, seconds: float) -> None:
        """Waits; a store with a clock of its own can put that on instead."""
        time.sleep(seconds)

    def test_an_item_goes_when_its_time_is_up(self, mortal: Any) -> None:
        life = self.tick / 60
        mortal.put(DOCS, "saved", {"n": 1}, ttl=life)
        mortal.batch(
            [
                PutOp(DOCS, "short", {"n": 1}, ttl=life),
                PutOp(DOCS, "forever", {"n": 1}),
                PutOp(DOCS, "saved", {"n": 2}),
            ]
        )
        mortal.put(DOCS, "default", {"n": 1})
        assert mortal.get(DOCS, "default", refresh_ttl=False) is not None
        self.pass_time(4 * self.tick)
        assert mortal.sweep_ttl() == 2
        assert mortal.sweep_ttl() == 0
        assert mortal.get(DOCS, "short") is None
        assert sorted(keys(mortal.search(DOCS))) == ["forever", "saved"]

    def test_what_is_over_does_not_bring_back_what_was_before(self, mortal: Any) -> None:
        mortal.put(DOCS, "a", {"n": 1}, ttl=None)
        mortal.put(DOCS, "a", {"n": 2}, ttl=self.tick / 60)
        self.pass_time(3 * self.tick)
        mortal.sweep_ttl()
        assert mortal.get(DOCS, "a") is None

    def test_reading_puts_the_end_off(self, mortal: Any) -> None:
        life = 4 * self.tick / 60
        mortal.batch([PutOp((key,), key, {}, ttl=life) for key in ("got", "searched", "left")])
        self.pass_time(2.5 * self.tick)
        assert mortal.get(("got",), "got") is not None
        assert keys(mortal.search(("searched",))) == ["searched"]
        assert mortal.get(("left",), "left", refresh_ttl=False) is not None
        self.pass_time(2.5 * self.tick)
        assert mortal.sweep_ttl() == 1
        left, got, searched = mortal.batch(
            [GetOp((key,), key, refresh_ttl=False) for key in ("left", "got", "searched")]
        )
        assert left is None
        assert None not in (got, searched)

    def test_a_sweeper_sweeps_until_it_is_stopped(
        self, mortal: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        swept, sweep = threading.Event(), mortal.sweep_ttl

        def counted() -> int:
            count: int = sweep()
            if count:
                swept.set()
            return count

        monkeypatch.setattr(mortal, "sweep_ttl", counted)
        mortal.put(DOCS, "a", {}, ttl=self.tick / 60)
        done = mortal.start_ttl_sweeper(self.tick / 60)
        self.pass_time(2 * self.tick)
        assert swept.wait(timeout=60)
        assert mortal.stop_ttl_sweeper(timeout=60)
        assert done.done()
        assert mortal.get(DOCS, "a") is None

    def test_time_to_live_is_refused_where_there_is_none(self, store: BaseStore) -> None:
        if self.ttl:
            pytest.skip("ttl = True")
        with pytest.raises(NotImplementedError):
            store.put(DOCS, "a", {}, ttl=1.0)
