#!/bin/sh
# A bank statement of ISO 20022 (camt.053.001.08) with three currencies and a reversal, read by a library for JavaScript.
#
# One would guess: a library whose own code says that it turns amounts into minor units gives whole numbers of them, by the statement's currency. An element of
# type xs:boolean that says true is true. What the bank calls an entry is a text, and stays one, all the more where the library keeps leading zeros of other
# references.
#
# What happens, with iso20022.js 0.0.15:
# - 4.35 yuan are 434.99999999999994: an amount is a number times a hundred. Of the amounts from 0.01 to 1 000.00 it does not give a whole number of fen for
#   9175 of 100 000; cut to whole ones, 4586 are a fen short.
# - 1000 yen are 100000, and 1.234 Kuwaiti dinars 123.4: two decimals, whatever the currency says.
# - <RvslInd>true</RvslInd> is `reversal: false`, and so is 1; an entry that takes another one back looks like any other of that direction.
# - <AcctSvcrRef>000000123456</AcctSvcrRef> is the number 123456. <NtryRef> is a text, with its zeros.
# - the direction (CRDT, DBIT) is right, and all three <Stmt> are there.
#
# Why it matters here: the ledger tells statements as camt.053, in yen and dinars as well. Who reads one by this library rounds each amount and takes two
# decimals off, whatever the currency. The ledger writes entry and line into both references, with a stroke between them, which passes for no number.
#
# Seen with Node 20. Takes ten seconds.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
timeout 300 npm install --silent --no-save --no-package-lock --no-audit --no-fund --ignore-scripts --prefix . 'iso20022.js@0.0.15' >/dev/null
cat >look.mjs <<'JAVASCRIPT'
import { CashManagementEndOfDayReport } from 'iso20022.js';

const entry = (reference, amount, currency, sign, given, reversal = '') =>
  `<Ntry><NtryRef>${reference}</NtryRef><Amt Ccy="${currency}">${amount}</Amt><CdtDbtInd>${sign}</CdtDbtInd>${reversal}<Sts><Cd>BOOK</Cd></Sts>` +
  `<BookgDt><Dt>2026-11-23</Dt></BookgDt><AcctSvcrRef>${given}</AcctSvcrRef><BkTxCd><Prtry><Cd>sale</Cd></Prtry></BkTxCd></Ntry>`;
const balance = (currency) => '<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp>' +
  `<Amt Ccy="${currency}">0</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-11-23</Dt></Dt></Bal>`;
const statement = (currency, ...entries) => `<Stmt><Id>${currency}-1</Id><CreDtTm>2026-11-24T00:00:00Z</CreDtTm>` +
  `<Acct><Id><Othr><Id>M1:${currency}</Id></Othr></Id><Ccy>${currency}</Ccy><Svcr><FinInstnId>` +
  `<Othr><Id>acquirer</Id></Othr></FinInstnId></Svcr></Acct>${balance(currency)}${entries.join('')}</Stmt>`;
const read = (...statements) => CashManagementEndOfDayReport.fromXML('<?xml version="1.0" encoding="UTF-8"?>' +
  '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><GrpHdr><MsgId>1</MsgId><CreDtTm>2026-11-24T00:00:00Z</CreDtTm></GrpHdr>' +
  `${statements.join('')}</BkToCstmrStmt></Document>`).statements;

const statements = read(
  statement('CNY', entry('0001', '4.35', 'CNY', 'CRDT', '000000123456'), entry('0002', '4.35', 'CNY', 'DBIT', '000000123457', '<RvslInd>true</RvslInd>'),
    entry('0003', '4.35', 'CNY', 'DBIT', '000000123458', '<RvslInd>1</RvslInd>'), entry('0004', '0', 'CNY', 'CRDT', '17/2')),
  statement('JPY', entry('0001', '1000', 'JPY', 'CRDT', '17/3')), statement('KWD', entry('0001', '1.234', 'KWD', 'CRDT', '17/4')));
const [cny, jpy, kwd] = statements.map(({ entries }) => entries);
for (const one of [...cny, ...jpy, ...kwd]) {
  console.log(`${one.referenceId}: ${one.amount} ${one.currency}, ${one.creditDebitIndicator}, reversal ${one.reversal}, ` +
    `the bank's ${JSON.stringify(one.accountServicerReferenceId)}`);
}
const fens = Array.from({ length: 100_000 }, (_, place) => place + 1);
const money = (fen) => `${Math.floor(fen / 100)}.${String(fen % 100).padStart(2, '0')}`;
const amounts = read(statement('CNY', ...fens.map((fen) => entry(fen, money(fen), 'CNY', 'CRDT', '17/2'))))[0].entries.map(({ amount }) => amount);
const broken = amounts.filter((amount) => !Number.isInteger(amount)).length, short = fens.filter((fen, place) => Math.trunc(amounts[place]) !== fen).length;
console.log(`of ${fens.length} amounts ${broken} are no whole number of fen; cut to whole ones, ${short} are a fen off; rounded, ` +
  `${fens.filter((fen, place) => Math.round(amounts[place]) !== fen).length}`);

const changed = [];
const same = (what, seen, expected) => JSON.stringify(seen) === JSON.stringify(expected) || changed.push(what);
same('amounts', [cny[0].amount, jpy[0].amount, kwd[0].amount], [434.99999999999994, 100000, 123.4]);
same('reversals', cny.map(({ reversal }) => reversal), [false, false, false, false]);
same('directions', cny.map(({ creditDebitIndicator }) => creditDebitIndicator), ['credit', 'debit', 'debit', 'credit']);
same('references', cny.map((one) => [one.referenceId, one.accountServicerReferenceId]),
  [['0001', 123456], ['0002', 123457], ['0003', 123458], ['0004', '17/2']]);
if (broken < 1000 || short < 1000 || statements.length !== 3) changed.push('the whole');
if (changed.length > 0) {
  console.error(`this has changed: ${changed}`);
  process.exit(1);
}
JAVASCRIPT
timeout 120 node look.mjs
