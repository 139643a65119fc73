"""Answers kept in memory."""

from __future__ import annotations

from subsong.studio.sound.cache import BytesCache


def test_what_is_kept_is_not_made_again() -> None:
    cache, made = BytesCache(100), []
    for _ in range(3):
        assert cache.get("a", lambda: made.append(1) or b"abc") == b"abc"
    assert len(made) == 1


def test_memory_stays_within_the_bound_and_the_longest_unused_goes_first() -> None:
    cache, made = BytesCache(100), []

    def make(number: int) -> bytes:
        made.append(number)
        return bytes(30)

    for number in (0, 1, 2, 0, 3, 0, 1):
        cache.get(number, lambda number=number: make(number))
        assert cache.num_bytes <= 100
    assert made == [0, 1, 2, 3, 1]


def test_an_answer_larger_than_the_bound_is_given_and_forgotten() -> None:
    cache = BytesCache(10)
    assert len(cache.get("a", lambda: bytes(50))) == 50
    assert cache.num_bytes == 0
