"""Check the public log of an auction: python3 verify.py bids.jsonl [fingerprint of a receipt ...]. Python 3.11, nothing else."""
import hashlib, json, sys  # noqa: E401
from datetime import datetime
from math import inf
from pathlib import Path

sha, when = lambda text: hashlib.sha256(text.encode()).hexdigest(), datetime.fromisoformat

def fold(terms, bids, reserve):  # the rules; a sealed maximum lies above everything until a price tells it
    leader, most, price, own = None, 0, None, None
    step = lambda amount: [inc for low, inc in terms["increments"] if low <= amount][-1]  # noqa: E731
    for bid in bids:
        amount = bid["amount"]
        if leader not in (None, bid["paddle"]) and amount <= most:
            price = max(price, min(most, amount + step(amount)))
        elif leader != bid["paddle"]:
            price = bid.get("exact", terms["start"] if leader is None else min(amount, most + step(most)))
            leader, most, own = bid["paddle"], amount, bid
        else:
            most, own = amount, bid
        price = max(price, reserve) if reserve and most >= reserve else price
    return leader, price, own

def check(terms, lines, bids=(), reserve=None):
    opened = {one["seq"]: one["amount"] for line in lines for one in line.get("opens", [])}
    seals = {"reserve": terms["reserve"], **{line["seq"]: line.get("seal") for line in lines}}
    for before, line in zip([terms, *lines], lines):
        at = f"lot {line['lot']}, line {line['seq']}: "
        assert (line["seq"], line["prev"]) == (before["seq"] + 1, before["hash"]), at + "a line is missing before it"
        for one in line.get("opens", []):
            assert sha(f"{one['salt']}:{one['amount']}") == seals[one["seq"]], at + "an amount is not the one promised"
            reserve = one["amount"] if one["seq"] == "reserve" else reserve
        if line["kind"] == "bid":
            assert when(line["at"]) < when(before.get("closes_at", terms["scheduled_end"])), at + "a bid came too late"
            bids = [*bids, line | {"amount": line.get("exact", opened.get(line["seq"], inf))}]
        for void in [bid for bid in bids if bid["seq"] == line.get("voids")]:
            bids = [bid for bid in bids if bid["seq"] < void["seq"] or bid["paddle"] != void["paddle"]]
        met = reserve if line.get("reserve_met") else None
        leader, price, own = fold(terms, bids, met)
        if own and own["amount"] == inf and line["price"] < price:  # less than a step more: the price is the maximum
            own["amount"] = line["price"]
            leader, price, own = fold(terms, bids, met)
        unmet = reserve and not met and own and reserve <= own["amount"] < inf  # somebody reached it, and it is denied
        assert (line["leader"], line["price"]) == (leader, price) and not unmet, at + f"the rules give {leader} at {price}"

lots, seen = {}, set()
for text in Path(sys.argv[1]).read_text("utf-8").splitlines():
    lots.setdefault((line := json.loads(text))["lot"], []).append(line)
    assert sha(text[: text.index(',"hash":')]) == line["hash"], f"lot {line['lot']}, line {line['seq']}: it was changed"
    seen.add(line["hash"])
for terms, *lines in lots.values():
    check(terms, lines)
assert seen >= set(sys.argv[2:]), "not in the log: " + ", ".join(set(sys.argv[2:]) - seen)
print(f"{len(seen)} lines of {len(lots)} lots: every price follows from the bids.")
