#!/bin/bash
# list_cost.sh [BINARY]: what a page of a list over all merchants costs, and exposure as of a past date, over many entries. A server
# with the embedded log gets SALES sales of MERCHANTS merchants over ten dates, with holds, payouts and disputes among them;
# then each list is asked for its first page, and with filters that find one row, few, or nothing: a page looks at 20 000 entries
# at most and then hands out a cursor. Exit code 1 where a page takes longer than SECONDS_MAX.
# Needs curl and python3; stays on the loopback; SALES=200000 took six minutes on two cores that others filled.
set -eu
BINARY=${1:-target/release/merchant-ledger}
SALES=${SALES:-1000000}
MERCHANTS=${MERCHANTS:-10000}
SECONDS_MAX=${SECONDS_MAX:-5}
work=$(mktemp -d)
trap 'kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$BINARY" serve --data "$work/data" --partitions 4 --listen "127.0.0.1:$port" 2>"$work/log" &
server=$!
curl -s --retry 30 --retry-delay 1 --retry-connrefused -o /dev/null "http://127.0.0.1:$port/healthz"
python3 - "http://127.0.0.1:$port" "$SALES" "$MERCHANTS" "$SECONDS_MAX" <<'PYTHON'
import json, statistics, sys, time, urllib.request
from datetime import date, timedelta
url, sales, merchants, seconds_max = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
first, days, batch = date(2026, 11, 2), 10, 2000
terms = {"name": "Shop", "mcc": "5812", "region": "CN-31", "time_zone": "Asia/Shanghai", "currency": "CNY", "funds_flow": {"kind": "direct"},
         "rates": [{"percent": "0.60"}], "settlement": {"delay_days": 1, "days": "natural"}, "reserve": {"percent": "10", "days": 180}}

def post(events):
    body = "\n".join(json.dumps(event) for event in events).encode()
    request = urllib.request.Request(url + "/v1/events", body, {"content-type": "application/x-ndjson"})
    results = json.load(urllib.request.urlopen(request, timeout=120))["results"]
    refused = [result for result in results if "code" in result]
    assert not refused, refused[0]

def wait():
    while True:
        try:
            told = json.load(urllib.request.urlopen(url + "/readyz", timeout=30))
            if told["ready"] and all(shard["lag"] == 0 for shard in told["shards"]):
                return
        except urllib.error.HTTPError:
            pass
        time.sleep(0.2)

begun = time.monotonic()
post([{"id": "open", "type": "ledger_opened", "date": str(first), "time_zone": "Asia/Shanghai"}])
at = lambda day: f"{first + timedelta(days=day)}T10:00:00+08:00"
names = [f"M{number:06}" for number in range(merchants)]
for start in range(0, merchants, batch):
    post([{"id": "c", "type": "contract_set", "merchant": name, "occurred_at": at(0), "contract": terms} for name in names[start:start + batch]])
sent = 0
for day in range(days):
    waiting = []
    for number in range(sales * day // days, sales * (day + 1) // days):
        of = {"merchant": names[number % merchants], "occurred_at": at(day), "currency": "CNY"}
        waiting.append(of | {"id": f"s{number}", "type": "sale", "payment": f"P{number}", "amount": f"{number % 500 + 10}.00", "card": "debit",
                             "scheme": "unionpay", "terminal": f"T{number % 50000}", "reference": f"R{number}"})
        if number % 200 == 0:
            waiting.append(of | {"id": f"h{number}", "type": "hold_placed", "hold": f"H{number}", "amount": "1.00"})
            waiting.append(of | {"id": f"d{number}", "type": "dispute_opened", "payment": f"P{number}", "amount": "5.00"})
            waiting.append(of | {"id": f"o{number}", "type": "payout_initiated", "payout": f"O{number}", "amount": "1.00"})
        if len(waiting) >= batch:
            post(waiting)
            sent, waiting = sent + len(waiting), []
    post(waiting or [of | {"id": f"n{day}", "type": "maintenance_due", "amount": "1.00"}])
    post([{"id": f"close{day}", "type": "day_closed", "date": str(first + timedelta(days=day))}])
wait()
print(f"{sent} events and {days} closes in {time.monotonic() - begun:.0f} s")
slowest = 0.0
past = first + timedelta(days=4)
print(f"{'first':>8} {'again':>8}  rows  cursor  question")
for question in [
    "/v1/entries?", "/v1/entries?type=hold_placed", "/v1/entries?type=sale,refund", "/v1/entries?payment=P7", f"/v1/entries?payment=P{sales - 1}",
    "/v1/entries?payment=NOWHERE", "/v1/entries?reference=R7", "/v1/entries?amount=9.99", f"/v1/entries?from={past}&to={past}&terminal=T77",
    "/v1/payments?", "/v1/payments?payment=P7", "/v1/payments?payment=NOWHERE", "/v1/payments?reference=R7", "/v1/payments?state=voided",
    "/v1/payments?terminal=T77", f"/v1/payments?available_on={past}", "/v1/payments?amount_min=9999", "/v1/payments?merchant=M000007",
    "/v1/holds?", "/v1/holds?state=closed", "/v1/holds?amount=9.99", "/v1/payouts?", "/v1/payouts?state=returned", "/v1/disputes?",
    "/v1/disputes?state=won", "/v1/disputes?payment=P200", "/v1/exposure?group_by=mcc", f"/v1/exposure?group_by=mcc&as_of={past}",
    f"/v1/exposure?group_by=mcc&as_of={past}&chargeback_percent=5", "/v1/exposure?group_by=merchant&sort=-uncovered&limit=10",
]:
    took = []
    for _ in range(4):
        asked = time.monotonic()
        told = json.load(urllib.request.urlopen(url + question, timeout=120))
        took.append(time.monotonic() - asked)
    again = statistics.median(took[1:])
    if not question.startswith("/v1/exposure"):
        slowest = max(slowest, again)
    print(f"{took[0]*1000:6.0f}ms {again*1000:6.0f}ms {len(told['rows']):5}  {'yes' if told.get('next') else 'no':>6}  {question.rstrip('?')}")
print(f"the slowest page: {slowest*1000:.0f} ms")
sys.exit(slowest > seconds_max)
PYTHON
