"""A second implementation of the auction rules, naive on purpose, to hold the real one against.

It shares no code with `app.auctions.rules` and works the other way round. No leader and no price is carried from bid to
bid: every question goes back to the whole list of bids. The leader is whoever named the highest amount first. The price
follows from the two highest amounts at the last bid that was not the leader's own raise. Times are whole seconds.
"""

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SOFT_CLOSE = 120
CAP = 30 * 60


def step(increments, price):
    chosen = None
    for start, amount in increments:
        if price >= start:
            chosen = amount
    return chosen


def leading_bid(bids):
    """The highest amount; of equal ones the first."""
    best = None
    for bid in bids:
        if best is None or bid["amount"] > best["amount"]:
            best = bid
    return best


def own_raise(bids, index):
    before = leading_bid(bids[:index])
    return before is not None and before["bidder"] == bids[index]["bidder"]


def price_of(terms, bids):
    turning = max(index for index in range(len(bids)) if not own_raise(bids, index))
    seen, last = bids[: turning + 1], bids[turning]
    top = leading_bid(seen)
    rivals = [bid["amount"] for bid in seen if bid["bidder"] != top["bidder"]]
    if top is last and last["exact"]:
        price = last["amount"]
    elif rivals:
        price = min(top["amount"], max(rivals) + step(terms["increments"], max(rivals)))
    else:
        price = terms["start"]
    reserve = terms["reserve"]
    if reserve is not None and leading_bid(bids)["amount"] >= reserve:
        price = max(price, reserve)
    return price


def still_standing(log):
    gone = set()
    for position, event in enumerate(log):
        if event["kind"] == "void":
            voided = next(bid for bid in log if bid["seq"] == event["target"])
            for bid in log[:position]:
                if bid["kind"] == "bid" and bid["bidder"] == voided["bidder"] and bid["seq"] >= voided["seq"]:
                    gone.add(bid["seq"])
    return [event for event in log if event["kind"] == "bid" and event["seq"] not in gone]


def closing_time(terms, log):
    """Walks the log from the scheduled end; who led at each bid is found anew from what stood just before it."""
    closes = scheduled = terms["scheduled_end"]
    for position, event in enumerate(log):
        if event["kind"] == "extend":
            scheduled = event["scheduled_end"]
            closes = max(closes, scheduled)
        if event["kind"] != "bid":
            continue
        before = leading_bid(still_standing(log[:position]))
        if before is not None and before["bidder"] == event["bidder"]:
            continue
        remaining = closes - event["at"]
        if remaining > 0 and remaining <= SOFT_CLOSE:
            closes = max(closes, min(event["at"] + SOFT_CLOSE, scheduled + CAP))
    return closes


def minimum_for(terms, bids, bidder):
    if not bids:
        return terms["start"]
    top = leading_bid(bids)
    if top["bidder"] == bidder:
        return top["amount"] + terms["unit"]
    price = price_of(terms, bids)
    return price + step(terms["increments"], price)


def why_refused(terms, log, event):
    bids = still_standing(log)
    if event["kind"] == "void":
        return None if any(bid["seq"] == event["target"] for bid in bids) else "no_such_bid"
    if event["kind"] == "extend":
        later = event["scheduled_end"] > event["at"] and event["scheduled_end"] > closing_time(terms, log)
        return None if later else "not_later"
    if event["at"] >= closing_time(terms, log):
        return "closed"
    if event["exact"] and bids and leading_bid(bids)["bidder"] == event["bidder"]:
        return "leader_floor_bid"
    if event["amount"] % terms["unit"] != 0:
        return "not_whole_units"
    if event["amount"] < minimum_for(terms, bids, event["bidder"]):
        return "below_minimum"
    return None


def seconds(text):
    return int((datetime.fromisoformat(text) - EPOCH).total_seconds())


def lines(document):
    """What the replay command should print for a well-formed document whose times are whole seconds."""
    terms = {**document, "scheduled_end": seconds(document["scheduled_end"])}
    log, printed = [], []
    for raw in document["events"]:
        event = {**raw, "at": seconds(raw["at"])}
        if event["kind"] == "void":
            event["target"] = raw["seq"]
        if event["kind"] == "extend":
            event["scheduled_end"] = seconds(raw["scheduled_end"])
        reason = why_refused(terms, log, event)
        if reason is None:
            log.append({**event, "seq": len(log) + 1})
        bids = still_standing(log)
        price = price_of(terms, bids) if bids else None
        reserve = terms["reserve"]
        printed.append(
            {
                "seq": None if reason else len(log),
                "accepted": not reason,
                "reason": reason,
                "leader": leading_bid(bids)["bidder"] if bids else None,
                "price": price,
                "next_minimum": price + step(terms["increments"], price) if bids else terms["start"],
                "reserve_met": reserve is None or (bool(bids) and leading_bid(bids)["amount"] >= reserve),
                "closes_at": (EPOCH + timedelta(seconds=closing_time(terms, log))).strftime("%Y-%m-%dT%H:%M:%SZ"),
            }
        )
    return printed
