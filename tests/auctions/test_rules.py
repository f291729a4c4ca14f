"""The auction rules by tables: the worked examples, every refusal, the soft close to the second, voids, awards."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from app.auctions import rules
from app.auctions.rules import Accepted, Award, Bid, LotTerms, Offer, Reason, Refused, Status, Void

END = datetime(2026, 3, 8, 20, tzinfo=UTC)
EARLY = END - timedelta(hours=1)
TERMS = LotTerms(start=1000, unit=100, increments=rules.INCREMENTS, scheduled_end=END)
WITH_RESERVE = replace(TERMS, reserve=5000)


def moment(text):
    return datetime.fromisoformat(f"2026-03-08T{text}Z")


def offer(bidder, francs, at=EARLY, **how):
    return Offer(bidder=bidder, amount=round(francs * 100), at=at, **how)


def floor(francs, bidder="floor"):
    return offer(bidder, francs, exact=True)


def run(*requests, terms=TERMS):
    """Decide each request in turn, an int being a void of that seq; gives (decision, state after it) for each."""
    state, log, told = rules.empty(terms), [], []
    for request in requests:
        if isinstance(request, int):
            decision = rules.decide_void(terms, state, log, request, EARLY)
        else:
            decision = rules.decide_bid(terms, state, request)
        if isinstance(decision, Accepted):
            log.append(decision.event)
            state = decision.state
        told.append((decision, state))
    assert rules.fold(terms, log) == state
    return told


def last_state(*requests, terms=TERMS):
    return run(*requests, terms=terms)[-1][1]


def log_of(*requests, terms=TERMS):
    return [decision.event for decision, _ in run(*requests, terms=terms) if isinstance(decision, Accepted)]


def written(terms, told):
    """Each step as the table of examples writes it."""
    for decision, state in told:
        if isinstance(decision, Refused):
            yield f"refused ({decision.minimum // 100})"
        else:
            met = "" if terms.reserve is None else " met" if rules.reserve_met(terms, state) else " not met"
            yield f"{state.leader} @ {state.price // 100}{met}"


def bids(text):
    return [offer(word[0], int(word[1:])) for word in text.split()]


EXAMPLES = [
    ("1", TERMS, bids("A50 B30 C60"), "A @ 10, A @ 32, C @ 55"),
    ("2", TERMS, bids("A40 B40 A60"), "A @ 10, A @ 40, A @ 40"),
    ("3", TERMS, bids("A50 B51"), "A @ 10, B @ 51"),
    ("4", WITH_RESERVE, bids("A40 B45 C80"), "A @ 10 not met, B @ 42 not met, C @ 50 met"),
    ("5", WITH_RESERVE, bids("A100 B60"), "A @ 50 met, A @ 65 met"),
    ("6", WITH_RESERVE, bids("A40 A70"), "A @ 10 not met, A @ 50 met"),
    ("7", TERMS, [*bids("A80"), floor(50), floor(80), floor(85)], "A @ 10, A @ 55, A @ 80, floor @ 85"),
    ("8a", TERMS, bids("A99 B200"), "A @ 10, B @ 104"),
    ("8b", TERMS, bids("B200 A99"), "B @ 10, B @ 104"),
    ("9", TERMS, bids("A50 B52 C53 C59 D61"), "A @ 10, B @ 52, refused (57), C @ 57, refused (62)"),
    ("10", TERMS, [*bids("A50 B30 C60"), 2], "A @ 10, A @ 32, C @ 55, C @ 55"),
    ("11", TERMS, [*bids("A50 C60"), 2], "A @ 10, C @ 55, A @ 10"),
]


@pytest.mark.parametrize(
    ("terms", "requests", "expected"), [row[1:] for row in EXAMPLES], ids=[row[0] for row in EXAMPLES]
)
def test_worked_example_step_by_step(terms, requests, expected):
    assert ", ".join(written(terms, run(*requests, terms=terms))) == expected


def test_worked_example_1_needs_60_next():
    assert rules.next_minimum(TERMS, last_state(*bids("A50 B30 C60"))) == 6000


def test_worked_example_12_step_by_step():
    steps = run(
        offer("A", 50, moment("19:58:00")), offer("B", 60, moment("19:59:50")), offer("C", 90, moment("20:01:50"))
    )
    assert [state.closes_at for _, state in steps] == [END, moment("20:01:50"), moment("20:01:50")]
    assert steps[-1][0] == Refused(Reason.CLOSED)


# Increments and the next minimum.


@pytest.mark.parametrize(
    ("price", "expected"),
    [
        *[(0, 1), (19.99, 1), (20, 2), (49.99, 2), (50, 5), (99.99, 5), (100, 10), (249.99, 10)],
        *[(250, 25), (499.99, 25), (500, 50), (999.99, 50), (1000, 100), (1_000_000, 100)],
    ],
)
def test_increment_by_amount(price, expected):
    assert rules.increment(TERMS, round(price * 100)) == expected * 100


@pytest.mark.parametrize(
    ("log", "bidder", "expected"),
    [
        ("", "A", 10),
        ("", None, 10),
        ("A50", "B", 11),
        ("A50", None, 11),
        ("A50", "A", 51),
        ("A50 B30", "B", 34),
        ("A50 B30", "A", 51),
        ("A99 B200", "A", 114),
    ],
)
def test_next_minimum(log, bidder, expected):
    state = last_state(*bids(log)) if log else rules.empty(TERMS)
    assert rules.next_minimum(TERMS, state, bidder) == expected * 100


def test_next_minimum_is_a_whole_unit_even_where_the_start_is_none():
    odd = replace(TERMS, start=1050)
    assert rules.next_minimum(odd, rules.empty(odd)) == 1100


# Refusals.

OPENS = EARLY
OPEN_AT_SEVEN = replace(TERMS, opens=OPENS, sanity_cap=100_000)
STATE = last_state(*bids("A50 B30"))  # A leads at 32, so that others need 34 and A needs 51


@pytest.mark.parametrize(
    ("request_", "status", "reason", "minimum"),
    [
        (offer("C", 60, OPENS - timedelta(microseconds=1)), Status(), Reason.NOT_OPEN, None),
        (offer("C", 60, END), Status(), Reason.CLOSED, None),
        (offer("C", 60, END + timedelta(days=1)), Status(), Reason.CLOSED, None),
        (offer("C", 60), Status(closed=True), Reason.CLOSED, None),
        (offer("C", 60), Status(withdrawn=True), Reason.WITHDRAWN, None),
        (offer("C", 60), Status(paused=True), Reason.PAUSED, None),
        (offer("C", 60), Status(sold=True), Reason.SOLD, None),
        (offer("C", 60), Status(eligible=False), Reason.NOT_ELIGIBLE, None),
        (offer("C", 60), Status(online_frozen=True), Reason.ONLINE_FROZEN, None),
        (floor(60, "A"), Status(), Reason.LEADER_FLOOR_BID, None),
        (floor(60.5, "A"), Status(), Reason.LEADER_FLOOR_BID, None),
        (offer("C", 60.5), Status(), Reason.NOT_WHOLE_UNITS, 3400),
        (offer("C", 33), Status(), Reason.BELOW_MINIMUM, 3400),
        (offer("C", 0), Status(), Reason.BELOW_MINIMUM, 3400),
        (offer("C", -60), Status(), Reason.BELOW_MINIMUM, 3400),
        (floor(33), Status(), Reason.BELOW_MINIMUM, 3400),
        (offer("A", 50), Status(), Reason.BELOW_MINIMUM, 5100),
        (offer("A", 34), Status(), Reason.BELOW_MINIMUM, 5100),
        (offer("C", 1001), Status(), Reason.ABOVE_CAP, None),
        (offer("A", 1001), Status(), Reason.ABOVE_CAP, None),
    ],
)
def test_refusal(request_, status, reason, minimum):
    assert rules.decide_bid(OPEN_AT_SEVEN, STATE, request_, status) == Refused(reason, minimum)


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (offer("C", 60, OPENS), Status()),
        (offer("C", 60, END - timedelta(microseconds=1)), Status()),
        (offer("C", 34), Status()),
        (offer("A", 51), Status()),
        (floor(34), Status()),
        (floor(34), Status(online_frozen=True)),
        (offer("C", 1000), Status()),
        (offer("C", 1001, confirmed=True), Status()),
    ],
)
def test_accepted_at_the_edge(request_, status):
    assert isinstance(rules.decide_bid(OPEN_AT_SEVEN, STATE, request_, status), Accepted)


def test_the_first_reason_of_the_rules_is_the_one_told():
    everything = Status(withdrawn=True, paused=True, sold=True, eligible=False, online_frozen=True)
    wrong = offer("C", 1000.5, END)
    told = []
    for status, request_ in [
        (everything, replace(wrong, at=OPENS - timedelta(1))),
        (everything, wrong),
        (everything, replace(wrong, at=EARLY)),
        (replace(everything, withdrawn=False), replace(wrong, at=EARLY)),
        (Status(sold=True, eligible=False), replace(wrong, at=EARLY)),
        (Status(eligible=False), replace(wrong, at=EARLY)),
        (Status(), replace(wrong, at=EARLY)),
    ]:
        told.append(rules.decide_bid(OPEN_AT_SEVEN, STATE, request_, status).reason)
    assert told == ["not_open", "closed", "withdrawn", "paused", "sold", "not_eligible", "not_whole_units"]


def test_a_floor_bid_refused_for_the_leader_does_not_tell_the_maximum():
    for francs in (33, 50, 51, 60, 60.5):
        assert rules.decide_bid(TERMS, STATE, floor(francs, "A")) == Refused(Reason.LEADER_FLOOR_BID, None)


def test_no_repr_tells_a_leaders_maximum():
    decision = rules.decide_bid(TERMS, rules.empty(TERMS), offer("A", 777))
    assert "777" not in repr((offer("A", 777), decision, decision.event, decision.state))
    assert "777" not in repr(rules.decide_bid(TERMS, decision.state, offer("A", 776)))
    assert "777" not in repr(replace(TERMS, reserve=77700))


# Floor bids.


def test_automatic_bid_above_a_floor_bid_pays_one_increment_more():
    assert ", ".join(written(TERMS, run(floor(50), *bids("A80")))) == "floor @ 50, A @ 55"


def test_first_bid_from_the_floor_sets_the_price():
    state = last_state(floor(25))
    assert (state.leader, state.price, state.maximum, state.lead.exact) == ("floor", 2500, 2500, True)


def test_leader_from_the_floor_may_raise_online_and_answers_as_an_automatic_bid():
    state = last_state(floor(50), offer("floor", 90))
    assert (state.price, state.maximum, state.lead.exact) == (5000, 9000, True)
    state = last_state(floor(50), offer("floor", 90), offer("B", 60))
    assert (state.leader, state.price, state.lead.exact) == ("floor", 6500, False)


def test_floor_bid_below_the_reserve_is_raised_only_by_a_maximum_that_meets_it():
    assert ", ".join(written(WITH_RESERVE, run(floor(40), floor(60, "B"), terms=WITH_RESERVE))) == (
        "floor @ 40 not met, B @ 60 met"
    )


@pytest.mark.parametrize(("amount", "at"), [(1100, EARLY), (4000, END), (4000, END + timedelta(minutes=1))])
def test_the_fold_holds_its_ground_even_for_a_bid_that_no_decision_would_accept(amount, at):
    state = rules.apply(TERMS, STATE, Bid(seq=3, bidder="C", amount=amount, at=at))
    assert state.price == max(STATE.price, amount + 200 if amount > 2000 else 0)
    assert state.closes_at == END


# Soft close.


def after(seconds_left, *, state=None, terms=TERMS, bidder="B"):
    state = state or last_state(*bids("A50"))
    return rules.decide_bid(terms, state, offer(bidder, 60, state.closes_at - timedelta(seconds=seconds_left))).state


@pytest.mark.parametrize(
    ("seconds_left", "later_by"),
    [(121, 0), (120.000001, 0), (120, 0), (119, 1), (119.999999, 0.000001), (60, 60), (1, 119), (0.000001, 119.999999)],
)
def test_soft_close_to_the_second(seconds_left, later_by):
    assert after(seconds_left).closes_at == END + timedelta(seconds=later_by)


def test_soft_close_by_the_first_bid():
    assert after(30, state=rules.empty(TERMS)).closes_at == END + timedelta(seconds=90)


def test_soft_close_by_a_losing_bid_that_moves_the_price():
    state = last_state(*bids("A90"))
    assert after(30, state=state).leader == "A"
    assert after(30, state=state).closes_at == END + timedelta(seconds=90)


def test_own_raise_does_not_move_the_closing_time():
    assert after(30, bidder="A").closes_at == END


def test_own_raise_to_the_reserve_moves_the_price_and_not_the_closing_time():
    state = after(30, state=last_state(*bids("A40"), terms=WITH_RESERVE), terms=WITH_RESERVE, bidder="A")
    assert (state.price, state.closes_at) == (5000, END)


def test_the_cap_hangs_on_the_scheduled_end():
    state, francs, bidder = rules.empty(TERMS), 10, 0
    for _ in range(40):
        francs += 150
        request_ = offer(bidder := 1 - bidder, francs, state.closes_at - timedelta(seconds=1))
        state = rules.decide_bid(TERMS, state, request_).state
    assert state.closes_at == END + timedelta(minutes=30)
    assert rules.decide_bid(TERMS, state, offer("C", 9999, state.closes_at)) == Refused(Reason.CLOSED)


def test_terms_may_set_another_window_and_cap():
    terms = replace(TERMS, soft_close_s=300, cap_s=60)
    assert after(200, terms=terms).closes_at == END + timedelta(seconds=60)
    assert after(200, terms=replace(terms, soft_close_s=0)).closes_at == END


# Voids.


def test_void_takes_the_bidders_later_bids_along_and_no_earlier_ones():
    log = log_of(*bids("A50 B30 C60 B70 C80"), 4)
    assert [bid.seq for bid in rules.standing(log)] == [1, 2, 3, 5]
    log = log_of(*bids("A50 B30 C60 B70 C80"), 2)
    assert [bid.seq for bid in rules.standing(log)] == [1, 3, 5]


def test_bid_made_after_the_void_of_an_earlier_one_stands():
    state = last_state(*bids("A50 B30"), 2, *bids("B40"))
    assert (state.leader, state.price, state.bids, state.last_seq) == ("A", 4200, 2, 4)


def test_void_never_shortens_the_closing_time():
    late = [offer("A", 50), offer("B", 60, moment("19:59:50"))]
    state = last_state(*late, 2)
    assert (state.leader, state.price, state.closes_at) == ("A", 1000, moment("20:01:50"))
    assert last_state(*late, 2, offer("C", 70, moment("20:01:00")), 4).closes_at == moment("20:03:00")


def test_void_of_the_only_bid_leaves_a_lot_that_remembers_it():
    state = last_state(*bids("A50"), 1)
    assert (state.leader, state.price, state.maximum, state.bids) == (None, None, None, 0)
    assert (state.ever_bid, state.last_seq) == (True, 2)
    assert rules.next_minimum(TERMS, state) == 1000


@pytest.mark.parametrize("target", [0, -1, 4, 3, 2])
def test_void_of_no_standing_bid_is_refused(target):
    assert run(*bids("A50 B30"), 2, target)[-1][0] == Refused(Reason.NO_SUCH_BID)


def test_floor_bid_that_a_void_turns_into_an_own_raise_does_not_move_the_price():
    state = last_state(*bids("A50 B60"), floor(65, "A"), 2)
    assert (state.leader, state.price, state.maximum) == ("A", 1000, 6500)


def test_void_after_closing_is_decided_like_any_other():
    state, log = last_state(*bids("A50 B60")), log_of(*bids("A50 B60"))
    assert rules.decide_void(TERMS, state, log, 2, END + timedelta(days=1)).state.leader == "A"


def test_a_log_that_the_rules_cannot_have_written_is_refused():
    first = Bid(seq=1, bidder="A", amount=5000, at=EARLY)
    for log in (
        [first, first],
        [replace(first, seq=0)],
        [Void(seq=1, target=1, at=EARLY)],
        [first, Void(seq=2, target=1, at=EARLY), Void(seq=3, target=1, at=EARLY)],
        [first, Void(seq=1, target=1, at=EARLY)],
    ):
        with pytest.raises(ValueError, match="log"):
            rules.fold(TERMS, log)


# Closing, the second chance, buy now, absentee bids.


@pytest.mark.parametrize(
    ("terms", "log", "award"),
    [
        (TERMS, "", None),
        (TERMS, "A50", Award("A", 1000)),
        (TERMS, "A50 B60", Award("B", 5500)),
        (WITH_RESERVE, "A40 B49", None),
        (WITH_RESERVE, "A40 B50", Award("B", 5000)),
    ],
)
def test_settle(terms, log, award):
    state = rules.fold(terms, log_of(*bids(log), terms=terms))
    assert rules.settle(terms, state) == award


def test_a_lot_without_reserve_or_bid_has_nothing_to_meet():
    assert rules.reserve_met(TERMS, rules.empty(TERMS))
    assert not rules.reserve_met(WITH_RESERVE, rules.empty(WITH_RESERVE))


def test_second_chance_goes_to_the_next_leader_at_the_replayed_price():
    log = log_of(*bids("A50 B30 C60 C90"))
    assert rules.settle(TERMS, rules.fold(TERMS, rules.without_bidder(log, "C"))) == Award("A", 3200)
    both = rules.without_bidder(rules.without_bidder(log, "C"), "A")
    assert rules.settle(TERMS, rules.fold(TERMS, both)) == Award("B", 1000)


def test_second_chance_is_not_offered_below_the_reserve():
    log = log_of(*bids("A40 B80"), terms=WITH_RESERVE)
    assert rules.settle(WITH_RESERVE, rules.fold(WITH_RESERVE, rules.without_bidder(log, "B"))) is None


def test_without_bidder_drops_the_voids_of_that_bidder_and_keeps_the_others():
    log = log_of(*bids("A50 B30"), 2, *bids("C40 B60"), 4)
    assert [event.seq for event in rules.without_bidder(log, "B")] == [1, 4, 6]
    assert rules.fold(TERMS, rules.without_bidder(log, "B")).leader == "A"
    assert rules.without_bidder(log, "D") == log


FOR_PRINTS = replace(TERMS, buy_now=8000, opens=EARLY)


def test_buy_now_while_no_bid_was_ever_accepted():
    assert rules.decide_buy_now(FOR_PRINTS, rules.empty(FOR_PRINTS), "A", EARLY) == Award("A", 8000)


@pytest.mark.parametrize("requests", [bids("A50"), [*bids("A50"), 1]], ids=["after a bid", "after a void"])
def test_buy_now_is_over_with_the_first_bid(requests):
    state = last_state(*requests, terms=FOR_PRINTS)
    assert rules.decide_buy_now(FOR_PRINTS, state, "B", EARLY) == Refused(Reason.NO_BUY_NOW)


@pytest.mark.parametrize(
    ("terms", "at", "status", "reason"),
    [
        (TERMS, EARLY, Status(), Reason.NO_BUY_NOW),
        (FOR_PRINTS, EARLY - timedelta(seconds=1), Status(), Reason.NOT_OPEN),
        (FOR_PRINTS, END, Status(), Reason.CLOSED),
        (FOR_PRINTS, EARLY, Status(withdrawn=True), Reason.WITHDRAWN),
        (FOR_PRINTS, EARLY, Status(paused=True), Reason.PAUSED),
        (FOR_PRINTS, EARLY, Status(sold=True), Reason.SOLD),
        (FOR_PRINTS, EARLY, Status(eligible=False), Reason.NOT_ELIGIBLE),
        (FOR_PRINTS, EARLY, Status(online_frozen=True), Reason.ONLINE_FROZEN),
    ],
)
def test_buy_now_refused(terms, at, status, reason):
    assert rules.decide_buy_now(terms, rules.empty(terms), "A", at, status) == Refused(reason)


def test_absentee_maxima_count_from_the_opening_in_order_of_entry():
    entries = [offer(name, francs, EARLY - timedelta(days=1)) for name, francs in [("A", 50), ("B", 30), ("C", 31)]]
    told = list(rules.count_absentee(FOR_PRINTS, rules.empty(FOR_PRINTS), entries))
    assert [entry for entry, _ in told] == entries
    decisions = [decision for _, decision in told]
    assert [decision.event.at for decision in decisions[:2]] == [EARLY, EARLY]
    assert (decisions[1].state.leader, decisions[1].state.price) == ("A", 3200)
    assert decisions[2] == Refused(Reason.BELOW_MINIMUM, 3400)


def test_absentee_maxima_keep_their_confirmation_and_are_never_exact():
    terms = replace(FOR_PRINTS, sanity_cap=10_000)
    entries = [offer("A", 200, confirmed=True, exact=True), offer("B", 300)]
    (_, first), (_, second) = rules.count_absentee(terms, rules.empty(terms), entries)
    assert (first.state.price, first.event.exact, second) == (1000, False, Refused(Reason.ABOVE_CAP))


def test_absentee_maxima_need_an_opening():
    with pytest.raises(ValueError, match="opening"):
        list(rules.count_absentee(TERMS, rules.empty(TERMS), []))


# Terms.


@pytest.mark.parametrize(
    "wrong",
    [
        *[{"start": 0}, {"start": -1}, {"unit": 0}, {"reserve": -1}, {"sanity_cap": 0}, {"buy_now": 0}],
        *[{"soft_close_s": -1}, {"cap_s": -1}, {"opens": END}],
        *[{"increments": table} for table in ((), ((1, 100),), ((0, 0),), ((0, 100), (0, 200)), ((0, 200), (10, 100)))],
        {"scheduled_end": END.replace(tzinfo=None)},
        {"scheduled_end": END.astimezone(timezone(timedelta(hours=1)))},
        {"opens": EARLY.replace(tzinfo=None)},
    ],
)
def test_terms_that_contradict_the_rules_are_refused(wrong):
    with pytest.raises(ValueError, match="must"):
        replace(TERMS, **wrong)


def test_a_bid_on_a_hot_lot_costs_no_replay(monkeypatch):
    monkeypatch.setattr(rules, "history", None)
    state = last_state_without_replay()
    assert (state.last_seq, state.bids) == (10_000, 10_000)


def last_state_without_replay():
    state = rules.empty(TERMS)
    for count in range(10_000):
        needed = rules.next_minimum(TERMS, state, count % 7)
        state = rules.decide_bid(TERMS, state, Offer(bidder=count % 7, amount=needed, at=EARLY)).state
    return state
