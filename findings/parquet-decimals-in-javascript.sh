#!/bin/sh
# Amounts of a Parquet file, DECIMAL(28, 4), read by libraries for JavaScript.
#
# One would guess: a decimal is a type of the format, with its scale in the file, so a reader gives 0.07 where 0.07 stands. JavaScript has no decimals, so one
# expects the nearest number, which prints as 0.07 and is equal to 0.07; and where a library has a type of its own for it, it knows its scale.
#
# What happens, for each amount from 0.01 to 1 000.00, and from -0.01 to -1 000.00:
# - hyparquet 1.31.5 gives numbers, and most are not the nearest: 0.01 is 0.009999999999999998. 117 458 of 200 000 amounts differ from what they are written as,
#   and cut to whole fen (Math.trunc of a hundred times) 103 802 are a fen off, eleven times as many as of the nearest numbers.
# - apache-arrow 21.2.0, which reads what parquet-wasm 0.8.0 has read, has an own type that drops the scale: 0.07 prints as 700, Number() of it is 700, in
#   JSON it is "700" in quotes twice, and 0.07 + 0 is the text 7000. Ten thousand times the money; the scale is in the schema, and left to the caller.
# - @uwdata/flechette 2.4.0 gives numbers of the same bytes, and all but 86 are the nearest.
# - @duckdb/node-api 1.5.6-r.1 gives decimals that print as 0.0700, exactly, by getRows; getRowsJS makes the nearest numbers of them.
#
# Why it matters here: each table of the API is Parquet as well, and its amounts are DECIMAL(28, 4). For a page or a job in JavaScript ask for JSON, whose
# amounts are decimal strings, or read Parquet with DuckDB; else apply the scale, or round to the fen, before anything is compared, cut or added.
#
# Seen with Node 20; the file is written by pyarrow 26.0.1, on twelve bytes an amount as the ledger's are. Takes half a minute.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
timeout 300 venv/bin/pip install -q 'pyarrow==26.0.1'
timeout 300 npm install --silent --no-save --no-package-lock --no-audit --no-fund --ignore-scripts --prefix . \
    'hyparquet@1.31.5' 'parquet-wasm@0.8.0' 'apache-arrow@21.2.0' '@uwdata/flechette@2.4.0' '@duckdb/node-api@1.5.6-r.1' >/dev/null
cat >write.py <<'PYTHON'
from decimal import Decimal

import pyarrow
import pyarrow.parquet

amounts = [Decimal(fen).scaleb(-2) for fen in range(-100_000, 100_001) if fen]
pyarrow.parquet.write_table(pyarrow.table({"amount": pyarrow.array(amounts, pyarrow.decimal128(28, 4))}), "sales.parquet")
column = pyarrow.parquet.ParquetFile("sales.parquet").schema.column(0)
assert (column.physical_type, column.length) == ("FIXED_LEN_BYTE_ARRAY", 12), column
PYTHON
timeout 60 venv/bin/python write.py
cat >look.mjs <<'JAVASCRIPT'
import { readFileSync } from 'fs';
import { DuckDBInstance } from '@duckdb/node-api';
import * as flechette from '@uwdata/flechette';
import { tableFromIPC } from 'apache-arrow';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { readParquet } from 'parquet-wasm/node';

const fen = Array.from({ length: 200_001 }, (_, place) => place - 100_000).filter((one) => one !== 0);
const file = 'sales.parquet';
const bytes = readParquet(readFileSync(file)).intoIPCStream();
const arrow = [...tableFromIPC(bytes).getChild('amount')];
const connection = await (await DuckDBInstance.create(':memory:')).connect();
const answer = await connection.runAndReadAll(`select amount from '${file}'`);
const numbers = {
  'the nearest numbers': fen.map((one) => one / 100),
  hyparquet: (await parquetReadObjects({ file: await asyncBufferFromFile(file) })).map((row) => row.amount),
  flechette: [...flechette.tableFromIPC(bytes).getChild('amount')],
  'DuckDB, getRowsJS': answer.getRowsJS().map(([amount]) => amount),
};

const changed = [];
const expect = (what, seen, expected) => {
  if (JSON.stringify(seen) !== JSON.stringify(expected)) changed.push(`${what}: ${JSON.stringify(seen)}`);
};
// How many there are, how many are not the nearest number, how many are off when they are cut; the nearest numbers otherwise.
const EXPECTED = { hyparquet: [200_000, 117_458, 103_802], flechette: [200_000, 86, 9_172] };
// The place of an amount of so many fen.
const at = (one) => fen.indexOf(one);
for (const [name, amounts] of Object.entries(numbers)) {
  const other = amounts.filter((amount, place) => amount !== fen[place] / 100).length;
  const cut = amounts.filter((amount, place) => Math.trunc(amount * 100) !== fen[place]).length;
  console.log(`${name}: of ${amounts.length} amounts ${other} are others; 0.01 is ${amounts[at(1)]}, 0.07 is ${amounts[at(7)]}; cut to fen, ${cut} are off`);
  expect(name, [amounts.length, other, cut], EXPECTED[name] ?? [200_000, 0, 9_172]);
}
expect('hyparquet, 0.01', numbers.hyparquet[at(1)], 0.009999999999999998);
const seven = arrow[at(7)];
const told = [String(seven), Number(seven), JSON.stringify({ amount: seven }), seven + 0];
console.log(`apache-arrow: 0.07 prints as ${told[0]}, is the number ${told[1]}, in JSON ${told[2]}; 0.07 + 0 is the ${typeof told[3]} ${told[3]}`);
expect('apache-arrow', told, ['700', 700, '{"amount":"\\"700\\""}', '7000']);
expect('apache-arrow, all', arrow.filter((amount, place) => Number(amount) !== fen[place] * 100).length, 0);
const exact = String(answer.getRows()[at(7)][0]);
console.log(`DuckDB, getRows: 0.07 prints as ${exact}`);
expect('DuckDB, getRows', exact, '0.0700');
if (changed.length > 0) console.error('this has changed:', changed);
process.exit(changed.length > 0 ? 1 : 0);
JAVASCRIPT
timeout 120 node look.mjs
