from __future__ import annotations

from backstage.domain.portions import length_of, portion, portions


def test_portions_hold_what_fits_in_order_and_at_least_one() -> None:
    sizes = [3, 3, 5, 11, 1, 2, 7]
    assert list(portions(sizes, int, 10, most_bytes=10)) == [[3, 3], [5], [11], [1, 2, 7]]
    assert list(portions(sizes, int, 2, most_bytes=100)) == [[3, 3], [5, 11], [1, 2], [7]]
    assert list(portions([], int, 2)) == []


def test_a_portion_is_counted_from_the_first_on() -> None:
    assert portion([11, 1], int, 5, most_bytes=10) == 1
    assert portion([1, 1, 1], int, 2, most_bytes=10) == 2
    assert portion([], int, 2) == 0


def test_a_text_is_as_long_as_its_bytes_or_longer() -> None:
    for text in ("", "abc", "h\u00f6her", "\u20ac" * 5):
        assert length_of(text) >= len(text.encode())
    assert length_of(None) == 0
    assert length_of("abc") == 3
