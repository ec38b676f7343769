"""What a client of Python does with the generated package: opens the ledger, signs a merchant, sells, reads its balances."""

import datetime
import os

import ledger_client as ledger

MERCHANT = "M-python"
at = datetime.datetime.fromisoformat("2026-11-20T12:00:00+08:00")
client = ledger.ApiClient(ledger.Configuration(host=os.environ["LEDGER_URL"]))
events, merchants = ledger.EventsApi(client), ledger.MerchantsApi(client)


def post(event):
    result = events.post_events(ledger.TerminalEvent(event), wait=True, wait_ms=20000).results[0]
    assert result.outcome in ("posted", "duplicate"), result


post(ledger.LedgerOpenedEvent(id="open", type="ledger_opened", date=datetime.date(2026, 11, 20), time_zone="Asia/Shanghai"))
contract = ledger.Contract(
    name="Lao Wang Noodles", mcc="5812", region="CN-31", time_zone="Asia/Shanghai", currency="CNY",
    funds_flow=ledger.FundsFlow(ledger.DirectFundsFlow(kind="direct")), rates=[ledger.Rate(percent="0.60")],
    settlement=ledger.Settlement(delay_days=1, days="natural"), reserve=ledger.Reserve(percent="10", days=180))
post(ledger.ContractSetEvent(id="c-1", type="contract_set", merchant=MERCHANT, occurred_at=at, contract=contract))
sale = dict(type="sale", merchant=MERCHANT, occurred_at=at, currency="CNY", card="credit", scheme="unionpay")
post(ledger.SaleEvent(id="e1", payment="P1", amount="1000.00", **sale))
post(ledger.SaleEvent(id="e2", payment="P2", amount="10.00", fees=[ledger.CarriedFee(kind="mdr", amount="0.06")], **sale))
try:
    events.post_events(ledger.TerminalEvent(ledger.SaleEvent(id="e3", payment="P3", amount="1.234", **sale)))
    raise AssertionError("three decimals were taken")
except ledger.ApiException as error:
    assert error.status == 422 and "bad_amount" in error.body, error
row = merchants.balances(MERCHANT).balances[0]
assert (row.currency, row.pending, row.reserved) == ("CNY", "902.94", "101.00"), row
entries = merchants.entries(MERCHANT, payment="P1").rows
assert [entry.type for entry in entries] == ["sale"] and len(entries[0].lines) > 2, entries
