#!/bin/sh
# A statement of SWIFT's MT940 over New Year, with a credit that was taken back, read by libraries for it.
#
# One would guess: a library that reads a line of field 61 says what the line did to the balance, so that opening and lines come to the closing; and on what
# date it was booked, since the mark (C, D, RC, RD) and the two dates are the format's own fields, the same for all banks. RC is the reversal of a credit: money
# goes out. The entry date has no year, and is the one next to the value date.
#
# What happens, with lines that come to 62.00:
# - mt-940 5.1.1 for Python negates D alone, so that a credit taken back comes in a second time: 102.00. Its dates are right.
# - camt053-loader-mt940 0.0.23, which makes camt.053 of it, says CRDT of an RC and DBIT of an RD, with the reversal's indicator. By ISO 20022 CRDT is money
#   that comes in, also of an entry that reverses one: 92.00.
# - mt940-js 1.0.0 says that an RC is a credit and an RD none, and nothing of a reversal: 92.00.
# - mt940-js, mt940js 1.3.5 and mt940 0.8.1 for Python take the value date's year: what was booked on 4 January with value of 31 December was booked a
#   year before, and what was booked on 31 December with value of 2 January is booked in a year. The last two have the amounts right.
# - bankstatementparser 0.0.29 has the amounts right, and tells one date, the value date.
# - bankfile 0.2.0, which reads by mt-940, mends its sign, and has both right.
#
# Why it matters here: `import` reads camt.053 and CSV. Whoever has MT940 alone brings it over by such a library, and a settlement that a scheme took back
# counts as a second one, or lies in a year that is closed. So compare opening, lines and closing before it is imported, and look at the dates in January.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
# mt-940 and mt940 are different packages of one module.
python3 -m venv venv
timeout 300 venv/bin/pip install -q 'mt-940==5.1.1' 'bankfile==0.2.0' 'bankstatementparser==0.0.29' 'camt053==0.0.23' 'camt053-loader-mt940==0.0.23'
python3 -m venv other
timeout 300 other/bin/pip install -q 'mt940==0.8.1'
timeout 300 npm install --silent --no-save --no-package-lock --no-audit --no-fund --ignore-scripts --prefix . \
    'mt940js@1.3.5' 'mt940-js@1.0.0' 'tslib@2.8.1' >/dev/null
cat >statement.sta <<'MT940'
:20:STMT270104
:25:0123456789
:28C:00001/001
:60F:C261230EUR1000,00
:61:2612311231C100,00NMSC1//B1
:86:scheme, settlement
:61:2612311231RC20,00NMSC2//B2
:86:scheme, a settlement taken back
:61:2612311231RD5,00NMSC3//B3
:86:bank, a charge taken back
:61:2701021231D30,00NMSC4//B4
:86:payout, booked in December with value of January
:61:2612310104C7,00NMSC5//B5
:86:scheme, booked in January with value of December
:62F:C270104EUR1062,00
MT940
cat >read.cjs <<'JAVASCRIPT'
const fs = require('fs');
const { read } = require('mt940-js');
const { Parser } = require('mt940js');

const day = (date) => date.toISOString().slice(0, 10);
(async () => {
  const js = (await read(fs.readFileSync('statement.sta')))[0].transactions;
  const other = new Parser().parse(fs.readFileSync('statement.sta', 'latin1'))[0].transactions;
  console.log(JSON.stringify({
    'mt940-js': js.map((line) => [line.isCredit ? line.amount : -line.amount, line.entryDate]),
    mt940js: other.map((line) => [line.amount, day(line.entryDate)]),
  }));
})();
JAVASCRIPT
cat >read.py <<'PYTHON'
import json

import mt940

lines = mt940.MT940("statement.sta").statements[0].transactions
print(json.dumps({"mt940": [[float(line.amount), str(line.booking)] for line in lines]}))
PYTHON
cat >look.py <<'PYTHON'
import json
import pathlib
import subprocess
import sys

import bankfile
import mt940
from bankstatementparser.additional_parsers import Mt940Parser
from camt053_loader_mt940 import parse_mt940


def program(*command):
    told = json.loads(subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout)
    return {name: [(line[0], line[1]) for line in lines] for name, lines in told.items()}


entries = parse_mt940(pathlib.Path("statement.sta").read_text()).statements[0].entries
told = {
    # Of each line the amount by which it changes the balance, and when it was booked.
    "mt-940": [(float(line.data["amount"].amount), str(line.data["entry_date"])) for line in mt940.parse("statement.sta")],
    "camt053-loader-mt940": [(float(entry.amount) * (1 if entry.credit_debit_indicator == "CRDT" else -1), entry.booking_date) for entry in entries],
    "bankfile": [(float(line.amount), str(line.booking_date)) for line in bankfile.parse("statement.sta").transactions],
    "bankstatementparser": [(float(line["amount"]), str(line["date"])) for _, line in Mt940Parser("statement.sta").parse().iterrows()],
    **program("other/bin/python", "read.py"),
    **program("node", "read.cjs"),
}
AMOUNTS, DATES = [100, -20, 5, -30, 7], ["2026-12-31"] * 4 + ["2027-01-04"]
VALUE, YEARS_OFF = ["2026-12-31"] * 3 + ["2027-01-02", "2026-12-31"], ["2026-12-31"] * 3 + ["2027-12-31", "2026-01-04"]
EXPECTED = {
    "mt-940": ([100, 20, 5, -30, 7], DATES),
    "camt053-loader-mt940": ([100, 20, -5, -30, 7], DATES),
    "bankfile": (AMOUNTS, DATES),
    "bankstatementparser": (AMOUNTS, VALUE),
    "mt940": (AMOUNTS, YEARS_OFF),
    "mt940-js": ([100, 20, -5, -30, 7], YEARS_OFF),
    "mt940js": (AMOUNTS, YEARS_OFF),
}
changed = []
for name, lines in told.items():
    amounts, dates = [amount for amount, _ in lines], [date for _, date in lines]
    print(f"{name}: {' '.join(f'{amount:+.2f}' for amount in amounts)} come to {sum(amounts):.2f}; dates {' '.join(dates)}")
    if (amounts, dates) != EXPECTED[name]:
        changed.append(name)
print(f"right: {' '.join(f'{amount:+.2f}' for amount in AMOUNTS)} come to {sum(AMOUNTS):.2f}; dates {' '.join(DATES)}")
sys.exit(f"this has changed: {changed}" if changed else 0)
PYTHON
timeout 120 venv/bin/python look.py
