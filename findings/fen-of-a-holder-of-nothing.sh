#!/bin/sh
# A commission in fen that is shared out among three partners by their parts, and shared out again, negative, when the sale goes back, by libraries for money.
#
# One would guess: `allocate` is there so that no fen is lost: the pieces add up, what cannot be divided goes to those who share, and whoever has a part of 0
# has nothing. What is shared out of -100 is what was shared out of 100, with the sign turned.
#
# What happens:
# - Allocate of go-money 1.0.15 for Go gives the first fen that is left to the first partner of the list, who has a part of 0 like the others: 5 fen by 0, 1, 1
#   are 1, 2, 2. Of a commission of each amount up to 1000 fen every second one pays somebody who has no part.
# - allocate of ts-money 0.4.8 does so as well, and of a negative amount it rounds each piece down and gives fen back: -5 by 0, 1, 1 are 1, -3, -3, so that who
#   has no part is paid a fen of the sale and another of its refund. -100 by 1, 1, 1 are -33, -33, -34 where 100 were 34, 33, 33: the first keeps a fen, the
#   third pays one.
# - allocate of dinero.js 2.0.2 does what one would guess.
# All pieces add up, always, which is what one tests.
#
# Why it matters here: a contract has one partner, whose share of each fee the ledger reckons. How he shares it out among his own agents is done elsewhere, by
# such a function over the entries, of which refunds are negative. Leave out who has no part, and give back of a refund what was shared out of the sale.
#
# Seen with Node 20, Go 1.26. Takes ten seconds.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
timeout 300 npm install --silent --no-save --no-package-lock --no-audit --no-fund --ignore-scripts --prefix . 'dinero.js@2.0.2' 'ts-money@0.4.8' >/dev/null
export GOMODCACHE="$work/modules" GOFLAGS='-mod=mod -modcacherw'
cat >go.mod <<'GO'
module finding

go 1.26.0

require github.com/Rhymond/go-money v1.0.15
GO
# Each reads amounts and parts, and prints the pieces.
cat >main.go <<'GO'
package main

import (
	"encoding/json"
	"os"

	"github.com/Rhymond/go-money"
)

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	var asked []struct {
		Amount int64
		Parts  []int
	}
	must(json.NewDecoder(os.Stdin).Decode(&asked))
	told := make([][]int64, len(asked))
	for place, one := range asked {
		pieces, err := money.New(one.Amount, "CNY").Allocate(one.Parts...)
		must(err)
		for _, piece := range pieces {
			told[place] = append(told[place], piece.Amount())
		}
	}
	must(json.NewEncoder(os.Stdout).Encode(told))
}
GO
cat >share.mjs <<'JAVASCRIPT'
import { readFileSync } from 'node:fs';
import { allocate, dinero, toSnapshot } from 'dinero.js';
import { CNY } from 'dinero.js/currencies';
import money from 'ts-money';

const share = {
  'dinero.js': (amount, parts) => allocate(dinero({ amount, currency: CNY }), parts).map((piece) => toSnapshot(piece).amount),
  'ts-money': (amount, parts) => new money.Money(amount, money.Currencies.CNY).allocate(parts).map((piece) => piece.amount),
}[process.argv[2]];
console.log(JSON.stringify(JSON.parse(readFileSync(0, 'utf8')).map(({ Amount, Parts }) => share(Amount, Parts))));
JAVASCRIPT
cat >look.py <<'PYTHON'
import json, subprocess, sys

PROGRAMS = {"go-money": ["./finding"], "ts-money": ["node", "share.mjs", "ts-money"], "dinero.js": ["node", "share.mjs", "dinero.js"]}
AMOUNTS = range(1, 1001)
# Of all commissions: how many pay a partner without a part, and how many leave a fen with somebody when they go back, by 0, 1, 1 and by 1, 1, 1.
EXPECTED = {"go-money": (500, 0, 0), "ts-money": (500, 500, 667), "dinero.js": (0, 0, 0)}


def shared(program, parts, amounts):
    asked = json.dumps([{"Amount": amount, "Parts": parts} for amount in amounts])
    told = json.loads(subprocess.run(program, input=asked, check=True, stdout=subprocess.PIPE, text=True, timeout=60).stdout)
    assert all(sum(pieces) == amount for pieces, amount in zip(told, amounts)), "the pieces do not add up"
    return told


changed = []
for name, program in PROGRAMS.items():
    sales, refunds, found = {}, {}, []
    for parts in ((0, 1, 1), (1, 1, 1)):
        sales[parts] = shared(program, parts, list(AMOUNTS))
        refunds[parts] = shared(program, parts, [-amount for amount in AMOUNTS])
        found.append(sum(any(one + other for one, other in zip(*both)) for both in zip(sales[parts], refunds[parts])))
    paid = sum(pieces[0] != 0 for pieces in sales[0, 1, 1])
    print(f"{name}: 5 by 0, 1, 1 are {sales[0, 1, 1][4]}, -5 {refunds[0, 1, 1][4]}; 100 by 1, 1, 1 are {sales[1, 1, 1][99]}, -100 {refunds[1, 1, 1][99]}; "
          f"of {len(AMOUNTS)} commissions {paid} pay the partner of 0, and after a refund fen are left with somebody in {found[0]} and {found[1]}")
    if (paid, *found) != EXPECTED[name]:
        changed.append(name)
sys.exit(f"this has changed: {changed}" if changed else 0)
PYTHON
timeout 300 go build -o finding .
timeout 120 python3 look.py
