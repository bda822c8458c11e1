from __future__ import annotations

from backstage.pages.json_painting import first_values, painted_json


def test_a_large_integer_and_a_long_fraction_keep_their_digits() -> None:
    painted = painted_json('{"id":90071992547409931,"part":1.2345678901234567890}').first
    assert "90071992547409931" in painted
    assert "1.2345678901234567890" in painted


def test_a_text_that_looks_like_markup_stays_a_text() -> None:
    painted = painted_json('{"<b>": "<script>alert(1)</script>"}').first
    assert "<b>" not in painted
    assert "<script" not in painted


def test_what_is_no_json_is_shown_as_it_is_stored() -> None:
    assert painted_json("{<broken").first == "{&lt;broken"


def test_a_long_payload_is_folded_and_a_huge_one_is_cut() -> None:
    painted = painted_json("[" + ",".join(["1"] * 5000) + "]")
    assert painted.first.count("\n") == 39
    assert painted.rest is not None
    assert painted.left_out == 5002 - 2000


def test_the_first_values_tell_tasks_of_one_type_apart() -> None:
    assert first_values('{"to": "ada@example.com", "n": 1.50, "deep": {"a": [true]}, "none": null}') == (
        "ada@example.com, 1.50, true"
    )
    assert len(first_values('{"text": "' + "x" * 500 + '"}')) == 120
    assert first_values("null") == ""
