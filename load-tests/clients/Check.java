package ledger;

import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Objects;
import ledger.api.EventsApi;
import ledger.api.MerchantsApi;
import ledger.model.*;

/** What a client of Java does with the generated classes: opens the ledger, signs a merchant, sells, reads its balances. */
public final class Check {
    private static final String MERCHANT = "M-java";
    private static final OffsetDateTime AT = OffsetDateTime.parse("2026-11-20T12:00:00+08:00");
    private static EventsApi events;

    public static void main(String[] arguments) throws Exception {
        ApiClient client = new ApiClient();
        client.setBasePath(System.getenv("LEDGER_URL"));
        events = new EventsApi(client);
        post(new TerminalEvent(new LedgerOpenedEvent().id("open").type(LedgerOpenedEvent.TypeEnum.LEDGER_OPENED)
            .date(LocalDate.of(2026, 11, 20)).timeZone("Asia/Shanghai")));
        Contract contract = new Contract().name("Lao Wang Noodles").mcc("5812").region("CN-31").timeZone("Asia/Shanghai").currency("CNY")
            .fundsFlow(new FundsFlow(new DirectFundsFlow().kind(DirectFundsFlow.KindEnum.DIRECT))).rates(List.of(new Rate().percent("0.60")))
            .settlement(new Settlement().delayDays(1).days(Settlement.DaysEnum.NATURAL)).reserve(new Reserve().percent("10").days(180));
        post(new TerminalEvent(new ContractSetEvent().id("c-1").type(ContractSetEvent.TypeEnum.CONTRACT_SET).merchant(MERCHANT).occurredAt(AT)
            .contract(contract)));
        post(new TerminalEvent(sale("e1", "P1", "1000.00")));
        post(new TerminalEvent(sale("e2", "P2", "10.00").fees(List.of(new CarriedFee().kind(CarriedFee.KindEnum.MDR).amount("0.06")))));
        try {
            post(new TerminalEvent(sale("e3", "P3", "1.234")));
            throw new AssertionError("three decimals were taken");
        } catch (ApiException refused) {
            equal(refused.getCode(), 422);
            equal(refused.getResponseBody().contains("bad_amount"), true);
        }
        MerchantsApi merchants = new MerchantsApi(client);
        Balance row = merchants.balances(MERCHANT, null, null, null, null, null).getBalances().get(0);
        equal(List.of(row.getCurrency(), row.getPending(), row.getReserved()), List.of("CNY", "902.94", "101.00"));
        // All of an operation's parameters stand in a row.
        List<Entry> entries = merchants.entries(MERCHANT, null, "P1", null, null, null, null, null, null, null, null, null, null, null, null, null, null).getRows();
        equal(entries.stream().map(Entry::getType).toList(), List.of("sale"));
    }

    private static SaleEvent sale(String id, String payment, String amount) {
        return new SaleEvent().id(id).type(SaleEvent.TypeEnum.SALE).merchant(MERCHANT).occurredAt(AT).currency("CNY").payment(payment).amount(amount)
            .card(SaleEvent.CardEnum.CREDIT).scheme("unionpay");
    }

    private static void post(TerminalEvent event) throws ApiException {
        Outcome outcome = events.postEvents(event, true, 20_000L, null, null).getResults().get(0).getOutcome();
        if (outcome != Outcome.POSTED && outcome != Outcome.DUPLICATE) {
            throw new AssertionError("the outcome is " + outcome);
        }
    }

    private static void equal(Object found, Object expected) {
        if (!Objects.equals(found, expected)) {
            throw new AssertionError(found + " is not " + expected);
        }
    }
}
