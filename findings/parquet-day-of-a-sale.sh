#!/bin/sh
# Sales of one day in China, in a Parquet file, counted by day.
#
# One would guess: a moment in Parquet is said to be of UTC (isAdjustedToUTC), so its day is a matter of the file and of the question, and readers agree; and if
# one of them reckons in another zone, all on that machine do.
#
# What happens, with a sale at half past each hour of 30 November in Shanghai, and the question how many were on the 30th:
# - DuckDB 2.0.1 reckons in the zone of the machine, by a cast to a date and by a comparison with '2026-11-30', too: 24 in Shanghai, 16 in a container of UTC,
#   11 in New York. The same query over the same file.
# - pandas 3.1.1, polars 2.1.0 and pyarrow 26.0.1 reckon in UTC, wherever they run: 16. What was sold before eight in the morning was sold the day before.
# - told the zone, each in its own way, all count 24 everywhere.
#
# Why it matters here: `occurred_at` of the API's Parquet is such a column. A month that finance sums up by its day has a third of its last day elsewhere, and an
# analyst with DuckDB and one with polars find no error in their queries. The ledger's own days are columns of their own, `business_date` of entries, `date`
# and `hour` of consumption, which are dates and numbers and the same to everybody; who wants days of `occurred_at` says the zone.
#
# Takes half a minute, most of it to install them (600 MB, removed again).
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
timeout 600 venv/bin/pip install -q 'duckdb==2.0.1' 'pandas==3.1.1' 'polars==2.1.0' 'pyarrow==26.0.1' 'tzdata==2026.6'
cat >count.py <<'PYTHON'
import datetime
import json

import duckdb
import pandas
import polars
import pyarrow
import pyarrow.compute
import pyarrow.parquet

DAY, ZONE = datetime.date(2026, 11, 30), "Asia/Shanghai"
query = "select count(*) from 'sales.parquet' where {}"
in_pandas = pandas.read_parquet("sales.parquet")["occurred_at"]
in_polars = polars.read_parquet("sales.parquet")["occurred_at"]
in_arrow = pyarrow.parquet.read_table("sales.parquet")["occurred_at"]


def one(sql):
    return duckdb.sql(sql).fetchall()[0][0]


def of_arrow(moments):
    return pyarrow.compute.sum(pyarrow.compute.equal(pyarrow.compute.strftime(moments, "%Y-%m-%d"), DAY.isoformat())).as_py()


told = {
    "DuckDB": one(query.format(f"occurred_at::date = '{DAY}'")),
    "DuckDB, from the 30th on": one(query.format(f"occurred_at >= '{DAY}'")),
    "pandas": int((in_pandas.dt.date == DAY).sum()),
    "pandas, from the 30th on": int((in_pandas >= DAY.isoformat()).sum()),
    "polars": int((in_polars.dt.date() == DAY).sum()),
    "pyarrow": of_arrow(in_arrow),
}
duckdb.sql(f"set timezone = '{ZONE}'")
told |= {
    "DuckDB, told the zone": one(query.format(f"occurred_at::date = '{DAY}'")),
    "pandas, told the zone": int((in_pandas.dt.tz_convert(ZONE).dt.date == DAY).sum()),
    "polars, told the zone": int((in_polars.dt.convert_time_zone(ZONE).dt.date() == DAY).sum()),
    "pyarrow, told the zone": of_arrow(in_arrow.cast(pyarrow.timestamp("us", ZONE))),
}
print(json.dumps(told))
PYTHON
cat >look.py <<'PYTHON'
import datetime, json, os, subprocess, sys

import pyarrow
import pyarrow.parquet

shanghai = datetime.timezone(datetime.timedelta(hours=8))
moments = [datetime.datetime(2026, 11, 30, hour, 30, tzinfo=shanghai) for hour in range(24)]
pyarrow.parquet.write_table(pyarrow.table({"occurred_at": pyarrow.array(moments, pyarrow.timestamp("us", "UTC"))}), "sales.parquet", store_schema=False)
kind = json.loads(pyarrow.parquet.ParquetFile("sales.parquet").schema.column(0).logical_type.to_json())
assert (kind["Type"], kind["isAdjustedToUTC"]) == ("Timestamp", True), kind

BY_DUCKDB = {"Asia/Shanghai": 24, "UTC": 16, "America/New_York": 11}
told = {zone: json.loads(subprocess.run([sys.executable, "count.py"], env=os.environ | {"TZ": zone}, check=True, stdout=subprocess.PIPE, timeout=120).stdout)
        for zone in BY_DUCKDB}
changed = []
for name in told["UTC"]:
    seen = {zone: told[zone][name] for zone in told}
    print(f"{name}: of 24 sales", ", ".join(f"{count} in {zone}" for zone, count in seen.items()))
    zoned = name.endswith("told the zone")
    if seen != ({zone: 24 for zone in told} if zoned else BY_DUCKDB if name.startswith("DuckDB") else {zone: 16 for zone in told}):
        changed.append(name)
sys.exit(f"this has changed: {changed}" if changed else 0)
PYTHON
timeout 300 venv/bin/python look.py
