// What a client of Go does with the generated package: opens the ledger, signs a merchant, sells, reads its balances.
package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"ledger"
)

const merchant = "M-go"

var at = time.Date(2026, 11, 20, 4, 0, 0, 0, time.UTC)

func main() {
	configuration := ledger.NewConfiguration()
	configuration.Servers = ledger.ServerConfigurations{{URL: os.Getenv("LEDGER_URL")}}
	client, ctx := ledger.NewAPIClient(configuration), context.Background()
	post := func(event ledger.TerminalEvent) error {
		posted, _, err := client.EventsAPI.PostEvents(ctx).TerminalEvent(event).Wait(true).WaitMs(20000).Execute()
		if err != nil {
			return err
		}
		if outcome := posted.Results[0].GetOutcome(); outcome != "posted" && outcome != "duplicate" {
			return fmt.Errorf("the outcome is %v", outcome)
		}
		return nil
	}
	sale := func(id, payment, amount string) *ledger.SaleEvent {
		return ledger.NewSaleEvent(id, "sale", merchant, at, "CNY", payment, amount, "credit", "unionpay")
	}
	must(post(ledger.LedgerOpenedEventAsTerminalEvent(ledger.NewLedgerOpenedEvent("open", "ledger_opened", "2026-11-20", "Asia/Shanghai"))))
	rate := ledger.NewRate()
	rate.SetPercent("0.60")
	settlement := ledger.NewSettlement(1)
	settlement.SetDays("natural")
	flow := ledger.DirectFundsFlowAsFundsFlow(ledger.NewDirectFundsFlow("direct"))
	contract := ledger.NewContract("Lao Wang Noodles", "5812", "CN-31", "Asia/Shanghai", "CNY", flow, []ledger.Rate{*rate}, *settlement)
	contract.SetReserve(*ledger.NewReserve("10", 180))
	must(post(ledger.ContractSetEventAsTerminalEvent(ledger.NewContractSetEvent("c-1", "contract_set", merchant, at, *contract))))
	must(post(ledger.SaleEventAsTerminalEvent(sale("e1", "P1", "1000.00"))))
	carried := sale("e2", "P2", "10.00")
	carried.SetFees([]ledger.CarriedFee{*ledger.NewCarriedFee("mdr", "0.06")})
	must(post(ledger.SaleEventAsTerminalEvent(carried)))
	_, response, err := client.EventsAPI.PostEvents(ctx).TerminalEvent(ledger.SaleEventAsTerminalEvent(sale("e3", "P3", "1.234"))).Execute()
	refused, isOpenAPI := err.(*ledger.GenericOpenAPIError)
	check(response.StatusCode == 422 && isOpenAPI && strings.Contains(string(refused.Body()), "bad_amount"), "three decimals", err)
	balances, _, err := client.MerchantsAPI.Balances(ctx, merchant).Execute()
	must(err)
	row := balances.GetBalances()[0]
	check(row.GetCurrency() == "CNY" && row.GetPending() == "902.94" && row.GetReserved() == "101.00", "balances", row)
	entries, _, err := client.MerchantsAPI.Entries(ctx, merchant).Payment("P1").Execute()
	must(err)
	check(len(entries.GetRows()) == 1 && entries.GetRows()[0].GetType() == "sale", "entries", entries)
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func check(right bool, what string, found any) {
	if !right {
		must(fmt.Errorf("%s: %v", what, found))
	}
}
