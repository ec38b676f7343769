#!/bin/sh
# A `balance` of beancount that is a fen off, and a `pad` for an account that has a fen.
#
# One would guess: where amounts have two decimals, everything is checked to the fen. A transaction that is 0.01 off is an error, so a balance that is 0.01
# off is one, too; and what `pad` leaves open, it leaves open because nothing is missing.
#
# What happens, with beancount 3.2.3: what an assertion forgives is a whole unit of the last decimal that it is written with, twice as much as in a
# transaction, and the difference itself still passes. So of 100.00 that are there, the assertions of 100.01 and of 99.99 both hold, and 100.1 holds for
# 100.00 as well; yen, which have no decimals, must be right. Of an account in which nothing ever moved the assertion of 0.01 holds, and an opening balance
# of 0.01 is not padded: the account stays at nothing, and the pad is the error ("Unused Pad entry"). Written as `0.01 ~ 0.00 CNY` it is exact, and
# padded.
#
# Why it matters here: a merchant's statement for beancount asserts its own closing balances, to the fen, and pads what it opens with. So each balance in it
# is written with `~ 0.00`; who adds assertions by hand should do the same.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
timeout 300 venv/bin/pip install -q 'beancount==3.2.3'
cat >look.py <<'PYTHON'
import sys

from beancount import loader

ACCOUNTS = "2026-11-20 open Assets:Owed\n2026-11-20 open Income:Sales\n2026-11-20 open Equity:Opening\n"


def sold(amount, currency="CNY"):
    return f'2026-11-20 * "sale"\n  Assets:Owed  {amount} {currency}\n  Income:Sales\n'


def asserted(amount, currency="CNY"):
    return f"2026-11-21 balance Assets:Owed  {amount} {currency}\n"


CASES = [
    # What is tried, the ledger, whether beancount takes it.
    ("a transaction of 100.00 against 99.99 CNY", '2026-11-20 * "sale"\n  Assets:Owed  100.00 CNY\n  Income:Sales  -99.99 CNY\n', False),
    ("100.00 CNY are there, 100.01 asserted", sold("100.00") + asserted("100.01"), True),
    ("100.00 CNY are there, 99.99 asserted", sold("100.00") + asserted("99.99"), True),
    ("100.00 CNY are there, 100.1 asserted", sold("100.00") + asserted("100.1"), True),
    ("100.00 CNY are there, 100.02 asserted", sold("100.00") + asserted("100.02"), False),
    ("100 JPY are there, 101 asserted", sold("100", "JPY") + asserted("101", "JPY"), False),
    ("nothing is there, 0.01 CNY asserted", asserted("0.01"), True),
    ("0.01 CNY to be padded", "2026-11-20 pad Assets:Owed Equity:Opening\n" + asserted("0.01"), False),
    ("100.00 CNY are there, 100.01 ~ 0.00 asserted", sold("100.00") + asserted("100.01 ~ 0.00"), False),
    ("0.01 ~ 0.00 CNY to be padded", "2026-11-20 pad Assets:Owed Equity:Opening\n" + asserted("0.01 ~ 0.00"), True),
]
changed = []
for what, ledger, taken in CASES:
    _, errors, _ = loader.load_string(ACCOUNTS + ledger)
    print(f"{what}: {errors[0].message if errors else 'taken'}")
    if taken == bool(errors):
        changed.append(what)
sys.exit(f"this has changed: {changed}" if changed else 0)
PYTHON
timeout 120 venv/bin/python look.py
