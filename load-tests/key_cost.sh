#!/bin/bash
# key_cost.sh [BINARY]: what a key costs. Two servers with the same small ledger, one with keys and one without, are asked for
# balances in turn. What is compared is the processor time that each takes for an answer, the median of the rounds: how many
# answers there are a second also depends on what else the machine does, and is told beside it. Exit code 1 where a key costs
# more than a tenth. Needs Linux, wrk, curl and python3; stays on the loopback; takes about ROUNDS * 2 * SECONDS_EACH seconds.
set -eu
BINARY=${1:-target/release/merchant-ledger}
ROUNDS=${ROUNDS:-5}
SECONDS_EACH=${SECONDS_EACH:-4}
command -v wrk >/dev/null || { echo "key_cost: wrk is needed (apt-get install wrk)" >&2; exit 2; }

work=$(mktemp -d)
pids=()
trap 'kill "${pids[@]}" 2>/dev/null || true; wait; rm -rf "$work"' EXIT

serve() { # NAME PORT OPTIONS…: the access log goes to a file, as it would in service
    local name=$1 port=$2
    shift 2
    "$BINARY" serve --data "$work/$name" --partitions 2 --listen "127.0.0.1:$port" "$@" 2>"$work/$name.log" &
    pids+=($!)
}
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
post() { curl -s --fail --retry 20 --retry-delay 1 --retry-connrefused -o /dev/null "$@" -H 'content-type: application/x-ndjson' --data-binary @docs/example.ndjson; }

KEY=$("$BINARY" keys add --keys "$work/keys.toml" --role bank --role ingest)
# The rate of a key is not what is measured.
export MERCHANT_LEDGER_LIMITS_REQUESTS_PER_SECOND=1000000 MERCHANT_LEDGER_LIMITS_BURST=1000000
open=$(free_port)
keyed=$(free_port)
serve open "$open"
serve keyed "$keyed" --keys "$work/keys.toml"
post "http://127.0.0.1:$open/v1/events?wait=true&wait_ms=20000"
post "http://127.0.0.1:$keyed/v1/events?wait=true&wait_ms=20000" -H "Authorization: Bearer $KEY"

ticks() { # PID: what it has taken of the processors, in hundredths of a second
    sed 's/.*) //' "/proc/$1/stat" | awk '{ print $12 + $13 }'
}
measure() { # NAME PID PORT HEADER…: answers a second and the ticks of one, into NAME.rounds; every answer must be right
    local name=$1 pid=$2 port=$3 before
    shift 3
    before=$(ticks "$pid")
    wrk -t 1 -c 8 -d "${SECONDS_EACH}s" "$@" "http://127.0.0.1:$port/v1/merchants/M1/balances" >"$work/wrk"
    awk -v taken=$(($(ticks "$pid") - before)) '/Non-2xx/ { exit 3 } / requests in / { answers = $1 } /Requests\/sec/ { print $2, taken / answers }' \
        "$work/wrk" >>"$work/$name.rounds"
}
measure warm "${pids[0]}" "$open"
measure warm "${pids[1]}" "$keyed" -H "Authorization: Bearer $KEY"
for _ in $(seq "$ROUNDS"); do
    measure open "${pids[0]}" "$open"
    measure keyed "${pids[1]}" "$keyed" -H "Authorization: Bearer $KEY"
done
python3 - "$work" "$(getconf CLK_TCK)" <<'PYTHON'
import statistics, sys
work, hertz = sys.argv[1], int(sys.argv[2])
rounds = {name: [list(map(float, line.split())) for line in open(f"{work}/{name}.rounds")] for name in ("open", "keyed")}
rate = {name: statistics.median(rate for rate, _ in found) for name, found in rounds.items()}
micros = {name: statistics.median(ticks for _, ticks in found) * 1e6 / hertz for name, found in rounds.items()}
cost = 100 * (micros["keyed"] / micros["open"] - 1)
print(f"balances: {micros['open']:.0f} µs of processor time an answer without a key, {micros['keyed']:.0f} with one; a key costs {cost:.1f} %")
print(f"answers a second: {rate['open']:.0f} without, {rate['keyed']:.0f} with")
sys.exit(cost > 10)
PYTHON
