#!/bin/sh
# Ledgers of beancount that are right by themselves and are then included in another, one after the other.
#
# One would guess: a file that beancount takes, it takes as well when another file includes it; and an opening balance that
# is written as `pad` and `balance` needs nothing where the balance is there already.
#
# What happens, with beancount 3.2.3:
# - `plugin` in an included file is ignored without a word. So a file that has its accounts opened by the plugin
#   auto_accounts is right alone, and right when the files are copied behind each other into one, but not when it is
#   included;
# - a `pad` that has nothing to put in is an error ("Unused Pad entry"): the file that opens its balances is wrong behind
#   the file that closes with them, and only there.
#
# Why it matters here: statements of consecutive dates may be included one after the other. So accounts are opened in the
# first one alone, and what is padded is taken out first, so that a pad always has something to put in.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
timeout 300 venv/bin/pip install -q 'beancount==3.2.3'
cat >first.beancount <<'LEDGER'
2026-11-20 open Assets:Owed
2026-11-20 open Income:Sales
2026-11-20 open Equity:Opening
2026-11-20 * "sale"
  Assets:Owed  100.00 EUR
  Income:Sales
LEDGER
cat >second.beancount <<'LEDGER'
plugin "beancount.plugins.auto_accounts"
2026-11-20 pad Assets:Owed Equity:Opening
2026-11-21 balance Assets:Owed  100.00 EUR
2026-11-21 * "sale"
  Assets:Owed  50.00 EUR
  Income:Sales
LEDGER
echo 'include "second.beancount"' >second-included.beancount
printf 'include "first.beancount"\ninclude "second.beancount"\n' >both.beancount
errors() { timeout 60 venv/bin/bean-check "$1" 2>&1 | grep -c '^[^ ].*:[0-9]*: *' || true; }
alone=$(errors second.beancount)
included=$(errors second-included.beancount)
both=$(timeout 60 venv/bin/bean-check both.beancount 2>&1 || true)
echo "the second file alone: $alone errors; the same file included: $included errors; included behind the first:"
echo "$both"
[ "$alone" -eq 0 ] && [ "$included" -gt 0 ] && echo "$both" | grep -q 'Unused Pad entry'
