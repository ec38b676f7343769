#!/bin/sh
# A file of ledger rows that is written by RocksDB's SstFileWriter, to be taken in, with the options of the database that takes it in.
#
# One would guess: the writer does what a flush does. Where the database says no compression, and by level none for what comes first and LZ4 for what stays, a
# file that is written is not compressed, like one that is flushed: it comes in at the top, or is told nowhere yet. If levels do not concern a file that has
# none, then `compression` holds.
#
# What happens, with RocksDB 10.4.2 (rocksdict 0.3.29) and 20 000 rows of 117 bytes:
# - with compression=none and compression_per_level=[none, LZ4] a flush writes 2.3 MB, and the writer 0.24 MB: it takes the last of the list, whatever
#   `compression` says and wherever the file will lie. With [LZ4, none] it is 2.3 MB, with compression=LZ4.
# - bottommost_compression goes before both: with ZSTD there the file is 0.17 MB, although nothing else says ZSTD.
# - with an empty list it is as `compression` says. Taking the file in leaves it as it is.
#
# Why it matters here: views that are folded anew are written as such files, to spare the log of writes and the write buffer. By the options of the database
# each row would be compressed on its way in, and again when levels are merged. So the ledger gives the writer options of its own, without levels.
#
# Seen with Python 3.11. Takes ten seconds, and 20 MB while it runs.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
timeout 300 venv/bin/pip install -q 'rocksdict==0.3.29'
cat >look.py <<'PYTHON'
import json, pathlib, sys

from rocksdict import DBCompressionType, Options, Rdict, SstFileWriter

NONE, LZ4, ZSTD = DBCompressionType.none(), DBCompressionType.lz4(), DBCompressionType.zstd()
ROWS = [(f"M100001 {number:08}".encode(), json.dumps({"entry": number, "account": "merchant:M100001", "type": "sale", "amount": "128.50",
                                                       "currency": "CNY"}).encode()) for number in range(20_000)]


def options(plain, levels, bottom=None):
    made = Options(raw_mode=True)
    made.set_compression_type(plain)
    made.set_compression_per_level(levels)
    if bottom is not None:
        made.set_bottommost_compression_type(bottom)
    return made


def files(place):
    return sum(file.stat().st_size for file in pathlib.Path(place).glob("*.sst"))


def flushed(name, *how):
    database = Rdict(f"flushed {name}", options(*how))
    for key, row in ROWS:
        database[key] = row
    database.flush()
    size = files(f"flushed {name}")
    database.close()
    return size


def written(name, *how):
    """The size of a file that is written, and of the database's file after it was taken in."""
    writer = SstFileWriter(options(*how))
    writer.open(f"{name}.sst")
    for key, row in ROWS:
        writer[key] = row
    writer.finish()
    size = pathlib.Path(f"{name}.sst").stat().st_size
    database = Rdict(f"taken in {name}", options(*how))
    database.ingest_external_file([f"{name}.sst"])
    assert database[ROWS[-1][0]] == ROWS[-1][1]
    inside = files(f"taken in {name}")
    database.close()
    return size, inside


whole = sum(len(key) + len(row) for key, row in ROWS)
# Whether what is flushed, and what is written, is compressed.
TRIES = {
    "none, no levels": ((NONE, []), (False, False)),
    "none, by level [none, LZ4]": ((NONE, [NONE, LZ4]), (False, True)),
    "LZ4, by level [LZ4, none]": ((LZ4, [LZ4, NONE]), (True, False)),
    "none, by level [none, none], bottommost ZSTD": ((NONE, [NONE, NONE], ZSTD), (False, True)),
}
changed = []
print(f"{len(ROWS)} rows, {whole} bytes")
for number, (name, (how, expected)) in enumerate(TRIES.items()):
    flush, (file, inside) = flushed(number, *how), written(number, *how)
    print(f"{name}: a flush writes {flush}, SstFileWriter {file}; taken in it is {inside}")
    if (flush < whole / 2, file < whole / 2) != expected or file != inside:
        changed.append(name)
sys.exit(f"this has changed: {changed}" if changed else 0)
PYTHON
timeout 120 venv/bin/python look.py
