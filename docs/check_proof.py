#!/usr/bin/env python3
"""Checks without the server that an entry is in the ledger: pip install blake3, then

    curl -s localhost:8080/v1/audit/entries/3:99100/proof | python3 docs/check_proof.py [ROOT]

ROOT is the root that you trust: the one that /v1/audit/heads told when there were as many entries, as you or an auditor noted it.
Without it the proof is only checked against the root that stands in it. Ends with 1 where something does not fit. How the hashes
are made: docs/format.md, "The hash of an entry".
"""

import json
import sys

from blake3 import blake3


def text(value):
    """A text with its length in bytes before it (LEB128); an absent one is empty."""
    data = (value or "").encode()
    length, out = len(data), bytearray()
    while length > 127:
        out.append(length & 127 | 128)
        length >>= 7
    return bytes([*out, length]) + data


def merchant_half(entry):
    """What the merchant is told of an entry."""
    head = ("entry", "position", "event", "type", "business_date", "merchant", "payment", "occurred_at")
    half = b"".join(text(entry[name]) for name in head)
    for line in entry["lines"]:
        half += text(line["book"]) + text(line["currency"])
        for side in (line["debit"], line["credit"]):
            half += text(side["code"]) + text(side.get("party")) + text(side.get("detail"))
        half += text(str(int(line["amount"].replace(".", "")))) + text(line["leg"])
    return half


def root_of(proof):
    """The root that a proof leads to."""
    halves = blake3(merchant_half(proof)).digest() + bytes.fromhex(proof["others"])
    node = blake3(b"\0" + blake3(b"merchant-ledger entry v1" + halves).digest()).digest()
    for step in proof["path"]:
        other = bytes.fromhex(step["hash"])
        node = blake3(b"\1" + (other + node if step["side"] == "left" else node + other)).digest()
    return node.hex()


def place_of(proof):
    """The number of the entry that the sides of the path lead to: so the path is that of this entry and no other."""
    low, high = 0, proof["entries"]
    for step in reversed(proof["path"]):
        middle = low + (1 << ((high - low - 1).bit_length() - 1))
        low, high = (middle, high) if step["side"] == "left" else (low, middle)
    return low if high - low == 1 else None


def main():
    proof = json.load(sys.stdin)
    trusted = sys.argv[1] if len(sys.argv) > 1 else proof["root"]
    root = root_of(proof)
    number = int(proof["entry"].split(":")[1])
    if root != trusted or place_of(proof) != number:
        print(f"{proof['entry']} is NOT among the {proof['entries']} entries under {trusted}: the proof leads to {root}")
        sys.exit(1)
    print(f"{proof['entry']} is among the {proof['entries']} entries under {root}")


if __name__ == "__main__":
    main()
