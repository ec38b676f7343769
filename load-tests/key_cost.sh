#!/bin/bash
# key_cost.sh [BINARY]: what a key costs. Two servers with the same small ledger, one with keys and one without, are asked for
# balances in turn; what is compared is the median of the rounds. Exit code 1 where a key costs more than a tenth.
# Needs wrk, curl and python3; stays on the loopback; takes about ROUNDS * 2 * SECONDS_EACH seconds.
set -eu
BINARY=${1:-target/release/merchant-ledger}
ROUNDS=${ROUNDS:-5}
SECONDS_EACH=${SECONDS_EACH:-4}
command -v wrk >/dev/null || { echo "key_cost: wrk is needed (apt-get install wrk)" >&2; exit 2; }

work=$(mktemp -d)
pids=()
trap 'kill "${pids[@]}" 2>/dev/null || true; rm -rf "$work"' EXIT

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

rate() { # PORT HEADER…: requests a second; every answer must be right
    local port=$1
    shift
    wrk -t 1 -c 8 -d "${SECONDS_EACH}s" "$@" "http://127.0.0.1:$port/v1/merchants/M1/balances" |
        awk '/Non-2xx/ { exit 3 } /Requests\/sec/ { print $2 }'
}
rate "$open" >/dev/null
rate "$keyed" -H "Authorization: Bearer $KEY" >/dev/null
for _ in $(seq "$ROUNDS"); do
    rate "$open" >>"$work/open.rates"
    rate "$keyed" -H "Authorization: Bearer $KEY" >>"$work/keyed.rates"
done
python3 - "$work" <<'PYTHON'
import statistics, sys
median = {name: statistics.median(float(line) for line in open(f"{sys.argv[1]}/{name}.rates")) for name in ("open", "keyed")}
cost = 100 * (median["open"] / median["keyed"] - 1)
print(f"balances a second: {median['open']:.0f} without a key, {median['keyed']:.0f} with one; a key costs {cost:.1f} %")
sys.exit(cost > 10)
PYTHON
