"""The replay format: the twelve worked examples as documents, and documents that do not follow the format."""

import copy
import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.auctions import replay as module
from app.auctions.replay import ReplayError, parse, replay
from tests.auctions import oracle

TABLE = [[0, 100], [2000, 200], [5000, 500], [10000, 1000], [25000, 2500], [50000, 5000], [100000, 10000]]
END = "2026-03-08T20:00:00Z"
EARLY = "2026-03-08T19:00:00Z"


def bid(bidder, francs, at=EARLY, exact=False):
    return {"kind": "bid", "bidder": bidder, "amount": francs * 100, "at": at, "exact": exact}


def floor(francs):
    return bid("floor", francs, exact=True)


def void(seq, at=EARLY):
    return {"kind": "void", "seq": seq, "at": at}


def document(*events, reserve=None):
    return {
        "currency": "CHF",
        "start": 1000,
        "unit": 100,
        "reserve": reserve,
        "increments": TABLE,
        "scheduled_end": END,
        "events": list(events),
    }


def told(line):
    """A line as the table of examples writes it."""
    if not line["accepted"]:
        return f"refused {line['reason']} ({line['next_minimum'] // 100})"
    return f"{line['leader']} @ {line['price'] // 100}" + ("" if line["reserve_met"] else " not met")


EXAMPLES = {
    "1": (document(bid("A", 50), bid("B", 30), bid("C", 60)), ["A @ 10", "A @ 32", "C @ 55"]),
    "2": (document(bid("A", 40), bid("B", 40), bid("A", 60)), ["A @ 10", "A @ 40", "A @ 40"]),
    "3": (document(bid("A", 50), bid("B", 51)), ["A @ 10", "B @ 51"]),
    "4": (
        document(bid("A", 40), bid("B", 45), bid("C", 80), reserve=5000),
        ["A @ 10 not met", "B @ 42 not met", "C @ 50"],
    ),
    "5": (document(bid("A", 100), bid("B", 60), reserve=5000), ["A @ 50", "A @ 65"]),
    "6": (document(bid("A", 40), bid("A", 70), reserve=5000), ["A @ 10 not met", "A @ 50"]),
    "7": (document(bid("A", 80), floor(50), floor(80), floor(85)), ["A @ 10", "A @ 55", "A @ 80", "floor @ 85"]),
    "8 one way": (document(bid("A", 99), bid("B", 200)), ["A @ 10", "B @ 104"]),
    "8 the other": (document(bid("B", 200), bid("A", 99)), ["B @ 10", "B @ 104"]),
    "9": (
        document(bid("A", 50), bid("B", 52), bid("C", 53), bid("C", 59), bid("D", 61)),
        ["A @ 10", "B @ 52", "refused below_minimum (57)", "C @ 57", "refused below_minimum (62)"],
    ),
    "10": (
        document(bid("A", 50), bid("B", 30), bid("C", 60), void(2)),
        ["A @ 10", "A @ 32", "C @ 55", "C @ 55"],
    ),
    "11": (document(bid("A", 50), bid("C", 60), void(2)), ["A @ 10", "C @ 55", "A @ 10"]),
}
EXAMPLE_12 = document(
    bid("A", 50, "2026-03-08T19:58:00Z"),
    bid("B", 60, "2026-03-08T19:59:50Z"),
    bid("C", 90, "2026-03-08T20:01:50Z"),
)


@pytest.mark.parametrize("name", EXAMPLES)
def test_worked_example(name):
    given_document, expected = EXAMPLES[name]
    assert [told(line) for line in replay(given_document)] == expected


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_oracle_agrees_on_the_worked_example(name):
    given_document, _ = EXAMPLES[name]
    assert list(replay(given_document)) == oracle.lines(given_document)


def test_worked_example_1_asks_60_next():
    assert list(replay(EXAMPLES["1"][0]))[-1]["next_minimum"] == 6000


def test_worked_example_12_closes_softly_and_refuses_at_the_closing_time():
    lines = list(replay(EXAMPLE_12))
    assert [line["closes_at"] for line in lines] == [END, "2026-03-08T20:01:50Z", "2026-03-08T20:01:50Z"]
    assert [line["reason"] for line in lines] == [None, None, "closed"]
    assert lines == oracle.lines(EXAMPLE_12)


def test_a_line_has_the_documented_keys_in_order_and_is_json():
    for line in replay(EXAMPLES["9"][0]):
        assert list(line) == [
            "seq",
            "accepted",
            "reason",
            "leader",
            "price",
            "next_minimum",
            "reserve_met",
            "closes_at",
        ]
        assert json.loads(json.dumps(line)) == line


def test_seq_counts_accepted_events_and_voids_among_them():
    events = [bid("A", 50), bid("B", 10), bid("B", 30), void(2), bid("C", 30)]
    assert [line["seq"] for line in replay(document(*events))] == [1, None, 2, 3, 4]


@pytest.mark.parametrize(
    ("log", "target"),
    [
        ([], 1),
        ([bid("A", 50)], 2),
        ([bid("A", 50), void(1)], 1),
        ([bid("A", 50), void(1)], 2),
        ([bid("A", 50)], 2**53 - 1),
    ],
    ids=["empty log", "never given", "voided already", "is a void", "far away"],
)
def test_a_void_of_no_standing_bid_is_refused(log, target):
    last = list(replay(document(*log, void(target))))[-1]
    assert (last["seq"], last["accepted"], last["reason"]) == (None, False, "no_such_bid")


def test_a_lot_whose_only_bid_is_voided_has_neither_leader_nor_price():
    last = list(replay(document(bid("A", 50), void(1), reserve=2000)))[-1]
    assert (last["leader"], last["price"], last["next_minimum"], last["reserve_met"]) == (None, None, 1000, False)


def test_no_events_no_lines():
    assert list(replay(document())) == []


def test_reserve_and_exact_may_be_left_out_and_unknown_keys_are_passed_over():
    lenient = document({**bid("A", 50), "note": "from the paper list"})
    del lenient["reserve"], lenient["events"][0]["exact"]
    lenient["title"] = "A lot"
    assert list(replay(lenient)) == list(replay(document(bid("A", 50))))


def test_utc_may_be_written_as_an_offset():
    assert next(replay(document(bid("A", 50, "2026-03-08T19:00:00+00:00"))))["accepted"]


def test_a_fraction_of_a_second_counts():
    lines = list(replay(document(bid("A", 50, "2026-03-08T19:59:59.999999Z"))))
    assert lines[0]["closes_at"] == "2026-03-08T20:01:59.999999Z"


def test_malformed_documents_are_refused_before_the_first_line():
    with pytest.raises(ReplayError):
        replay({})


def changed(source, path, value):
    """A copy of the document in which the place at `path` holds `value`; `...` removes it."""
    result = copy.deepcopy(source)
    place = result
    for key in path[:-1]:
        place = place[key]
    if value is ...:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return result


HUGE = 10**5000
MALFORMED = [
    *[((key,), ..., key) for key in ("currency", "start", "unit", "increments", "scheduled_end", "events")],
    *[(("events", 0, key), ..., f"events[0].{key}") for key in ("kind", "bidder", "amount", "at")],
    *[(("events", 1, key), ..., f"events[1].{key}") for key in ("kind", "seq", "at")],
    *[
        ((*path, key), value, key)
        for path, key in [
            ((), "start"),
            ((), "unit"),
            ((), "reserve"),
            (("events", 0), "amount"),
            (("events", 1), "seq"),
        ]
        for value in (True, 10.0, math.nan, math.inf, "10", [], {}, HUGE, -HUGE, 2**53)
    ],
    *[
        ((*path, key), value, key)
        for path, key in [((), "scheduled_end"), (("events", 0), "at"), (("events", 1), "at")]
        for value in (
            None,
            0,
            1e300,
            True,
            [],
            "",
            "soon",
            "2026-03-08",
            "2026-03-08T20:00:00",
            "2026-03-08T20:00:00+01:00",
            "2026-03-08T20:00:00-00:30",
            "2026-02-30T20:00:00Z",
            "9999-12-31T23:59:59Z",
            "0001-01-01T00:00:00Z",
            "2026-03-08T20:00:00Z\x00",
            "2026-03-08T20:00:0\ud800",
            "٢٠٢٦-03-08T20:00:00Z",
        )
    ],
    *[(("currency",), value, "currency") for value in (None, 1, "", "chf", "CHFF", "CHF\n")],
    *[(("events",), value, "events") for value in (None, {}, "", 0)],
    *[(("events", 0), value, "events[0]") for value in (None, [], "bid", 0)],
    *[(("events", 0, "kind"), value, "events[0].kind") for value in (None, 1, "", "Bid", "retract", ["bid"])],
    *[(("events", 0, "bidder"), value, "events[0].bidder") for value in (None, 1, "", ["A"])],
    *[(("events", 0, "exact"), value, "events[0].exact") for value in (None, 0, 1, "false")],
    *[(("events", 1, "seq"), value, "events[1].seq") for value in (0, -1, None)],
    *[(("increments",), value, "increments") for value in (None, {}, "", [], [[100, 100]], [[0, 0]], [[0, -100]])],
    *[(("increments",), [[0, 100], row], "increments") for row in ([0, 100], [2000, 50], [2000], 2000, [2000, 2e2])],
    *[(("increments", 1), value, "increments[1]") for value in (None, [True, 200], ["2000", 200], [2000, HUGE])],
    *[(("start",), value, "start") for value in (None, 0, -100)],
    *[(("unit",), value, "unit") for value in (None, 0, -100)],
    (("reserve",), -1, "reserve"),
]


@pytest.mark.parametrize(("path", "value", "named"), MALFORMED, ids=range(len(MALFORMED)))
def test_malformed_document_is_refused_with_the_place_named(path, value, named):
    with pytest.raises(ReplayError) as refusal:
        parse(changed(document(bid("A", 50), void(1)), path, value))
    message = str(refusal.value)
    assert named in message
    assert len(message) < 120


@pytest.mark.parametrize("amount", [0, -100, -(2**53) + 1, 99, 2**53 - 1])
def test_any_whole_amount_in_range_is_an_attempt_and_gets_an_answer(amount):
    (line,) = replay(document({**bid("A", 1), "amount": amount}))
    assert line["reason"] in ("below_minimum", "not_whole_units")


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=30)
    | st.sampled_from([10**4000, END, "bid"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
places = st.sampled_from(
    [
        *[(key,) for key in document()],
        *[("events", 0, key) for key in bid("A", 1)],
        *[("events", 1, key) for key in void(1)],
        *[("increments", 2), ("increments", 2, 0), ("increments", 2, 1), ("events", 0)],
    ]
)


def answers_or_refuses(value):
    try:
        lines = list(replay(value))
    except ReplayError as refusal:
        lines = [str(refusal)]
    assert all(len(line) < 120 for line in lines)
    json.dumps(lines, allow_nan=False)


@settings(max_examples=200, deadline=None)
@given(json_values)
def test_garbage_never_raises_anything_but_a_replay_error(value):
    answers_or_refuses(value)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.tuples(places, json_values | st.just(...)), min_size=1, max_size=3))
def test_a_valid_document_with_garbage_inside_never_raises_anything_but_a_replay_error(changes):
    result = document(bid("A", 50), void(1))
    for path, value in changes:
        try:
            result = changed(result, path, value)
        except (KeyError, IndexError, TypeError):
            continue
    answers_or_refuses(result)


def test_the_largest_number_is_what_json_readers_hold_exactly():
    assert float(module.LARGEST) == module.LARGEST
    assert json.loads(json.dumps(module.LARGEST)) == module.LARGEST
