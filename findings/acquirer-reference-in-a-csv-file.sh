#!/bin/sh
# Chargebacks joined with their sales by the acquirer's reference number (ARN), 23 digits, which both tables have as CSV.
#
# One would guess: a reader that finds out types by itself takes a column for whole numbers where all are, and leaves as text what no whole number of its own can
# hold. An ARN is a name, and comes back as it was or as an error; two different ones stay different.
#
# What happens, with three sales of a day whose ARNs differ in the last digits, as they do, and a chargeback of each: 135.00 in all.
# - pyarrow 26.0.1, and pandas 3.1.1 with engine="pyarrow", make floating-point numbers of them. All three are 7.453760525925901e+22, and equal: each chargeback
#   has three sales, and the join is nine rows of 405.00. No error, no warning, and the column looks like what a spreadsheet shows.
# - autoType of d3-dsv 3.0.1, csvtojson 2.0.14 with checkType, csv-parse 7.0.3 with cast, and xlsx 0.18.5, unasked, do the same.
# - pandas with its own engine (text), DuckDB 2.0.1 and polars 2.1.0 (numbers of 128 bits), and papaparse 5.7.1 with dynamicTyping (text) keep them apart: 135.00.
# - Of a retrieval reference number (RRN), 000000123456, all but DuckDB make 123456, which is nobody's any more.
# - Quotes around them change nothing, for any of them.
#
# Why it matters here: tables of the API are CSV as well, and the reports of schemes are. `reference` of a payment is what the acquirer calls it: in a file of ARNs
# alone it is a number to these readers. Take Parquet, where it is text, or name the type when CSV is read. `import` takes every column as text.
#
# Seen with Node 20, Python 3.11. Takes half a minute, most of it to install them (600 MB, removed again).
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
timeout 300 venv/bin/pip install -q 'duckdb==2.0.1' 'pandas==3.1.1' 'polars==2.1.0' 'pyarrow==26.0.1'
timeout 300 npm install --silent --no-save --no-package-lock --no-audit --no-fund --ignore-scripts --prefix . \
    'd3-dsv@3.0.1' 'csvtojson@2.0.14' 'csv-parse@7.0.3' 'xlsx@0.18.5' 'papaparse@5.7.1' >/dev/null
cat >chargebacks.csv <<'CSV'
arn,rrn,amount
74537605259259012345678,000000123456,100.00
74537605259259012345686,000000123457,30.00
74537605259259012345694,000000123458,5.00
CSV
sed 's/\([0-9]*\),\([0-9]*\),/"\1","\2",/' chargebacks.csv >quoted.csv
cat >look.mjs <<'JAVASCRIPT'
import { readFileSync } from 'fs';
import { parse } from 'csv-parse/sync';
import csvtojson from 'csvtojson';
import { autoType, csvParse } from 'd3-dsv';
import papaparse from 'papaparse';
import xlsx from 'xlsx';

const text = readFileSync(process.argv[2], 'utf8');
const rows = {
  'd3-dsv': [...csvParse(text, autoType)],
  csvtojson: await csvtojson({ checkType: true }).fromString(text),
  'csv-parse': parse(text, { columns: true, cast: true }),
  xlsx: xlsx.utils.sheet_to_json(Object.values(xlsx.read(text, { type: 'string' }).Sheets)[0]),
  papaparse: papaparse.parse(text, { header: true, dynamicTyping: true, skipEmptyLines: true }).data,
};
const seen = {};
for (const [name, table] of Object.entries(rows)) {
  const joined = table.flatMap((sale) => table.filter(({ arn }) => arn === sale.arn));
  seen[name] = [String(table[0].arn), String(table[0].rrn), joined.length, joined.reduce((sum, { amount }) => sum + amount, 0)];
}
console.log(JSON.stringify(seen));
JAVASCRIPT
cat >look.py <<'PYTHON'
import json
import subprocess
import sys

import duckdb
import pandas
import polars
import pyarrow.csv


def of_pandas(file, **more):
    table = pandas.read_csv(file, **more)
    joined = table.merge(table[["arn"]], on="arn")
    return table.arn[0], table.rrn[0], len(joined), joined.amount.sum()


def of_polars(file):
    table = polars.read_csv(file)
    joined = table.join(table.select("arn"), on="arn")
    return table["arn"][0], table["rrn"][0], joined.height, joined["amount"].sum()


def of_pyarrow(file):
    table = pyarrow.csv.read_csv(file)
    joined = table.join(table.select(["arn"]), "arn", join_type="inner")
    return table["arn"][0].as_py(), table["rrn"][0].as_py(), joined.num_rows, sum(joined["amount"].to_pylist())


def of_duckdb(file):
    first = duckdb.sql(f"select arn, rrn from '{file}' limit 1").fetchall()[0]
    return (*first, *duckdb.sql(f"select count(*), sum(amount) from '{file}' join (select arn from '{file}') using (arn)").fetchall()[0])


def seen_of(file):
    of_javascript = subprocess.run(["node", "look.mjs", file], check=True, capture_output=True, text=True, timeout=60).stdout
    seen = {"pyarrow": of_pyarrow(file), "pandas, engine=pyarrow": of_pandas(file, engine="pyarrow"), "pandas": of_pandas(file), "polars": of_polars(file),
            "DuckDB": of_duckdb(file)} | json.loads(of_javascript)
    return {name: (str(arn), str(rrn), rows, float(total)) for name, (arn, rrn, rows, total) in seen.items()}


seen, quoted = seen_of("chargebacks.csv"), seen_of("quoted.csv")
ARN, RRN = "74537605259259012345678", "000000123456"
SAME = {"pyarrow", "pandas, engine=pyarrow", "d3-dsv", "csvtojson", "csv-parse", "xlsx"}
changed = []
for name, (arn, rrn, rows, total) in seen.items():
    print(f"{name}: the first ARN is {arn}, the first RRN {rrn}; sales and chargebacks joined: {rows} rows of {total:.2f}")
    joined = (9, 405) if name in SAME else (3, 135)
    if (rows, total) != joined or (arn == ARN) == (name in SAME) or rrn != (RRN if name == "DuckDB" else "123456"):
        changed.append(name)
print("with quotes around ARN and RRN:", "the same" if quoted == seen else quoted)
sys.exit(f"this has changed: {changed}" if changed or quoted != seen else 0)
PYTHON
timeout 120 venv/bin/python look.py
