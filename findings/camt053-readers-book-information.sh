#!/bin/sh
# A bank statement of ISO 20022 (camt.053.001.08) with several accounts, a debit balance and an entry for information.
#
# One would guess: an entry whose status is INFO (ISO 20022: for information, nothing was booked on the account) moves no
# balance; a message with two <Stmt> is two statements; an opening balance with <CdtDbtInd>DBIT</CdtDbtInd> is negative.
#
# What happens, on a message that is valid against the schema:
# - bankstatementparser 0.0.29 and ofxstatement-iso20022 0.8.1 add up the INFO entry with the booked ones, so that opening
#   and entries are no longer the closing; neither looks at <Sts> when it books;
# - ofxstatement-iso20022 reads the first <Stmt> and drops the others, without a word;
# - it reads a balance without its indicator: 5.00 owed is 5.00 had.
#
# Why it matters here: a merchant's statement is read by such programs. So our camt.053 has an <Ntry> for what changes the
# total and for nothing else, and `currency` and `book` make a message of one account.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
timeout 300 venv/bin/pip install -q 'bankstatementparser==0.0.29' 'ofxstatement==0.9.3' 'ofxstatement-iso20022==0.8.1'
cat >look.py <<'PYTHON'
import logging
from decimal import Decimal

from bankstatementparser.camt_parser import CamtParser
from ofxstatement.plugins.iso20022 import Iso20022Parser

logging.disable(logging.CRITICAL)


def balance(code, amount, sign):
    return (f'<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>{sign}</CdtDbtInd>'
            '<Dt><Dt>2026-11-23</Dt></Dt></Bal>')


def entry(number, amount, sign, status):
    return (f'<Ntry><NtryRef>{number}</NtryRef><Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>{sign}</CdtDbtInd><Sts><Cd>{status}</Cd></Sts>'
            '<BookgDt><Dt>2026-11-23</Dt></BookgDt><BkTxCd><Prtry><Cd>sale</Cd></Prtry></BkTxCd></Ntry>')


def statement(name, *parts):
    return (f'<Stmt><Id>{name}</Id><CreDtTm>2026-11-24T00:00:00Z</CreDtTm><Acct><Id><Othr><Id>{name}</Id></Othr></Id><Ccy>EUR</Ccy></Acct>'
            + "".join(parts) + "</Stmt>")


first = statement("first", balance("OPBD", "5.00", "DBIT"), balance("CLBD", "95.00", "CRDT"),
                  entry(1, "100.00", "CRDT", "BOOK"), entry(2, "30.00", "CRDT", "INFO"))
second = statement("second", balance("OPBD", "0.00", "CRDT"), balance("CLBD", "7.00", "CRDT"), entry(3, "7.00", "CRDT", "BOOK"))
with open("message.xml", "w", encoding="utf-8") as file:
    file.write('<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>'
               "<GrpHdr><MsgId>1</MsgId><CreDtTm>2026-11-24T00:00:00Z</CreDtTm></GrpHdr>" + first + second + "</BkToCstmrStmt></Document>")

entries = CamtParser("message.xml").get_transactions()
booked = sum(entries[entries["AccountId"] == "first"]["Amount"], Decimal(0))
print(f"bankstatementparser: opening -5.00 and entries {booked} are {booked - 5}; the closing is 95.00")
ofx = Iso20022Parser("message.xml", iban="unknown").parse()
moved = sum((line.amount for line in ofx.lines), Decimal(0))
print(f"ofxstatement-iso20022: opening {ofx.start_balance} (it is -5.00), entries {moved} (100.00 are booked), and the second statement's 7.00 is "
      + ("there" if any(line.amount == 7 for line in ofx.lines) else "missing"))
assert booked == Decimal("130.00"), "INFO is no longer added up"
assert (ofx.start_balance, moved) == (Decimal("5.00"), Decimal("130.00")), "ofxstatement reads it in another way now"
PYTHON
timeout 120 venv/bin/python look.py
