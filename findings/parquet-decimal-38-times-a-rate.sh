#!/bin/sh
# One would guess: money in Parquet is safest as DECIMAL(38, 4), the widest that DuckDB, polars and Arrow take.
# What happens: Arrow gives the product of two decimals the digits of both and one more, and refuses more than 38. So a column of
#   DECIMAL(38, 4) cannot be multiplied by any rate: pyarrow, and pandas with dtype_backend="pyarrow", raise
#   "Decimal precision out of range [1, 38]" for amount * 0.006, however small the amounts are. DuckDB and polars compute it.
#   With DECIMAL(28, 4) all of them compute it, and sums are as exact: they come out as DECIMAL(38, 4) in any case.
# Why it matters here: who reads the ledger's files multiplies amounts by rates (VAT, a discount). So money is DECIMAL(28, 4).
# Versions: duckdb 2.0.1, pandas 3.1.1, polars 2.1.0, pyarrow 26.0.1. Exits non-zero where that changes. Takes a minute, most of it
#   to install them (600 MB, removed again).
set -eu
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
python3 -m venv "$directory/python"
timeout 600 "$directory/python/bin/pip" install -q duckdb==2.0.1 pandas==3.1.1 polars==2.1.0 pyarrow==26.0.1
cat >"$directory/look.py" <<'PYTHON'
import decimal, sys
import duckdb, pandas, polars, pyarrow, pyarrow.compute, pyarrow.parquet
D, directory, wrong = decimal.Decimal, sys.argv[1], []
amounts, rate = [D("128.50"), D("-0.01"), D("10000000000000.00")], D("0.006")
product = [amount * rate for amount in amounts]
for digits in (38, 28):
    path = f"{directory}/{digits}.parquet"
    pyarrow.parquet.write_table(pyarrow.table({"amount": pyarrow.array(amounts, pyarrow.decimal128(digits, 4))}), path)
    readers = {
        "pyarrow": lambda: pyarrow.compute.multiply(pyarrow.parquet.read_table(path)["amount"], pyarrow.scalar(rate)).to_pylist(),
        "pandas, pyarrow's types": lambda: list(pandas.read_parquet(path, dtype_backend="pyarrow")["amount"] * rate),
        "pandas, objects": lambda: list(pandas.read_parquet(path)["amount"] * rate),
        "DuckDB": lambda: [row[0] for row in duckdb.sql(f"select amount * 0.006 from '{path}'").fetchall()],
        "polars": lambda: polars.read_parquet(path).select(polars.col("amount") * polars.lit(rate))["amount"].to_list(),
    }
    for name, multiply in readers.items():
        try:
            found, said = multiply(), "multiplied"
        except pyarrow.ArrowInvalid as error:
            found, said = None, str(error)
        print(f"DECIMAL({digits}, 4) × {rate} by {name}: {said}")
        refuses = digits == 38 and name in ("pyarrow", "pandas, pyarrow's types")
        if (found is None) != refuses:
            wrong.append(f"{name} of {digits} digits")
        # polars keeps four decimals of the product.
        if found is not None and [D(value).quantize(D("0.0001")) for value in found] != [value.quantize(D("0.0001")) for value in product]:
            wrong.append(f"{name} of {digits} digits tells {found}")
    totals = [duckdb.sql(f"select sum(amount) from '{path}'").fetchall()[0][0], pandas.read_parquet(path)["amount"].sum(),
              polars.read_parquet(path)["amount"].sum(), pyarrow.compute.sum(pyarrow.parquet.read_table(path)["amount"]).as_py()]
    print(f"DECIMAL({digits}, 4) added up: {[str(total) for total in totals]}")
    if any(total != sum(amounts) for total in totals):
        wrong.append(f"sums of {digits} digits")
sys.exit(f"this has changed: {wrong}" if wrong else 0)
PYTHON
"$directory/python/bin/python" "$directory/look.py" "$directory"
