#!/usr/bin/env bash
# RocksDB: one flipped bit in the log of writes silently takes every later commit with it, synced or not.
#
# One would guess: commits that were synced are there when the database opens again, or it says that they are not. Every
#   record of the log has a checksum, and `paranoid_checks` ("error on damage, as early as possible") is on by default.
# What happens: with the default recovery (kPointInTimeRecovery) the record whose checksum does not fit is taken for the
#   end of the log. The database opens, without an error or a warning to the caller, with the state before the damage: the
#   commits behind it are gone, however long ago they were synced, and the log is then thrown away.
# Why it matters here: a log whose records were acknowledged must not lose its end silently. So the embedded log tolerates
#   nothing but an unfinished last record; what is closed is flushed to tables first; a journal's cursor and last record are
#   compared with its log at each start, and views with the journal's head.
# Versions: rocksdict 0.3.29 from PyPI, with the RocksDB that its wheel holds; Python 3.
# Exits 0 as long as it is so, 1 when it changes. Works in a directory of its own, 100 kB of data.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
timeout 240 "$place/venv/bin/pip" -q --disable-pip-version-check install rocksdict==0.3.29
timeout 120 "$place/venv/bin/python" - "$place" <<'PYTHON'
import glob, os, shutil, sys
from rocksdict import Options, Rdict, WriteOptions

place = sys.argv[1]
options = Options(True)
options.create_if_missing(True)
options.set_paranoid_checks(True)

database = Rdict(place + "/first", options)
synced = WriteOptions()
synced.sync = True
database.set_write_options(synced)
for number in range(1000):
    database[f"{number:06d}".encode()] = b"commit %06d " % number * 10
# The files as a kill leaves them: nothing flushed, nothing closed.
shutil.copytree(place + "/first", place + "/killed")
shutil.copytree(place + "/first", place + "/damaged")
database.close()

log = max(glob.glob(place + "/damaged/*.log"), key=os.path.getsize)
content = bytearray(open(log, "rb").read())
content[len(content.rstrip(b"\0")) // 2] ^= 1
open(log, "wb").write(content)

whole = sum(1 for _ in Rdict(place + "/killed", options).keys())
print(f"killed, undamaged: {whole} of 1000 synced commits")
try:
    left = sum(1 for _ in Rdict(place + "/damaged", options).keys())
    print(f"killed, one bit of the log of writes flipped: opens without an error, {left} of 1000 synced commits")
except Exception as error:
    left = None
    print("killed, one bit of the log of writes flipped: refused,", error)
sys.exit(0 if whole == 1000 and left is not None and left < 1000 else 1)
PYTHON
