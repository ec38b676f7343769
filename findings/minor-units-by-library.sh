#!/bin/sh
# How many minor units a currency has, by libraries for money in Python, Go and JavaScript.
#
# One would guess: that is ISO 4217's to say, and libraries carry its table: 1234.56 is 123456 minor units of the Serbian dinar, the rupiah, the forint and
# the ouguiya alike.
#
# What happens, of the currencies that ISO 4217 of 2026-01-01 lists:
# - Babel 2.19.0 for Python (get_currency_precision) has none for 15 of them: the Unicode locale data say what is printed, not what is counted. So py-moneyed
#   3.0, which counts 100 sen a rupiah, prints 1234.56 as IDR1,235.
# - golang.org/x/text 0.30.0 for Go (currency.Standard) has none for 22, other ones: the forint has some, the dinar, the Pakistani rupee and the Tanzanian
#   shilling have none. It knows no VES, MRU or SLE at all.
# - govalues/money 0.2.4 for Go gives the króna of Iceland two decimals, where ISO 4217 gives it none: 1250 minor units are ISK 12.50.
# - dinero.js 2.0.2 counts five khoums an ouguiya and five iraimbilanja an ariary: 123456 minor units are 24691 MRU and a fifth.
#
# Why it matters here: amounts in the API, the topics and the files are decimal strings with ISO 4217's decimals, and say the same to everybody. Who makes
# minor units of them for a payment company, or prints them, must not ask these libraries how many there are.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
timeout 300 venv/bin/pip install -q 'babel==2.19.0' 'py-moneyed==3.0' 'iso4217==1.16.20260101'
timeout 300 npm install --silent --no-save --no-package-lock --no-audit --no-fund --ignore-scripts --prefix . 'dinero.js@2.0.2' >/dev/null
export GOMODCACHE="$work/modules" GOFLAGS='-mod=mod -modcacherw'
cat >go.mod <<'GO'
module finding

go 1.24.0

require (
	github.com/govalues/money v0.2.4
	golang.org/x/text v0.30.0
)
GO
cat >main.go <<'GO'
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/govalues/money"
	"golang.org/x/text/currency"
)

// Decimals by both libraries, null where they do not know the currency.
func main() {
	told := map[string][2]*int{}
	for _, code := range os.Args[1:] {
		var text, values *int
		if unit, err := currency.ParseISO(code); err == nil {
			scale, _ := currency.Standard.Rounding(unit)
			text = &scale
		}
		if known, err := money.ParseCurr(code); err == nil {
			scale := known.Scale()
			values = &scale
		}
		told[code] = [2]*int{text, values}
	}
	out, err := json.Marshal(told)
	if err != nil {
		panic(err)
	}
	fmt.Println(string(out))
}
GO
cat >dinero.mjs <<'JAVASCRIPT'
import { dinero, toUnits } from 'dinero.js';
import * as currencies from 'dinero.js/currencies';

const told = {};
for (const code of process.argv.slice(2)) {
  const currency = currencies[code];
  // Minor units in one major unit, and what 123456 of them are.
  told[code] = currency === undefined ? null : [Number(currency.base) ** Number(currency.exponent), toUnits(dinero({ amount: 123456, currency }))];
}
console.log(JSON.stringify(told));
JAVASCRIPT
cat >look.py <<'PYTHON'
import json
import subprocess
import sys

import iso4217
from babel.numbers import get_currency_precision
from moneyed import Money
from moneyed.l10n import format_money

# Not those that have no minor unit, like gold.
iso = {currency.code: currency.exponent for currency in iso4217.Currency if currency.exponent is not None}
go = json.loads(subprocess.run(["./finding", *iso], check=True, capture_output=True, text=True).stdout)
dinero = json.loads(subprocess.run(["node", "dinero.mjs", *iso], check=True, capture_output=True, text=True).stdout)
told = {
    "Babel": {code: get_currency_precision(code) for code in iso},
    "x/text": {code: text for code, (text, _) in go.items()},
    "govalues": {code: values for code, (_, values) in go.items()},
}
changed = []


def expect(what, seen, expected):
    if seen != expected:
        changed.append(f"{what}: {seen}")


EXPECTED = {
    "Babel": "AFN ALL COP HUF IDR IQD IRR KPW LAK LBP MGA MMK SOS SYP YER",
    "x/text": "AFN ALL AMD COP GYD IDR IQD IRR KPW LAK LBP MGA MMK MNT MUR PKR RSD SOS SYP TZS UZS YER",
    "govalues": "ISK",
}
for name, decimals in told.items():
    other = {code: own for code, own in sorted(decimals.items()) if own is not None and own != iso[code]}
    print(f"{name} differs from ISO 4217 for {len(other)}:", ", ".join(f"{code} {own} (ISO {iso[code]})" for code, own in other.items()))
    expect(name, " ".join(other), EXPECTED[name])
    expect(f"decimals of {name}", set(other.values()), {2} if name == "govalues" else {0})
lacking = [code for code in ("VES", "MRU", "SLE") if told["x/text"][code] is None]
print("x/text does not know:", ", ".join(lacking))
expect("x/text", lacking, ["VES", "MRU", "SLE"])
rupiah = Money("1234.56", "IDR")
printed = format_money(rupiah, locale="en_US")
print(f"py-moneyed: {rupiah.get_amount_in_sub_unit()} minor units of IDR, printed as {printed}")
expect("py-moneyed", (rupiah.get_amount_in_sub_unit(), printed), (123456, "IDR1,235"))
fifths = {code: units for code, units in sorted(dinero.items()) if units is not None and units[0] != 10 ** iso[code]}
print("dinero.js:", "; ".join(f"{code} has {minor}, so 123456 are {units}" for code, (minor, units) in fifths.items()))
expect("dinero.js", fifths, {"MGA": [5, [24691, 1]], "MRU": [5, [24691, 1]]})
sys.exit(f"this has changed: {changed}" if changed else 0)
PYTHON
timeout 300 go build -o finding .
timeout 120 venv/bin/python look.py
