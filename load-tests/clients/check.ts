// What a client of TypeScript does with the generated module: opens the ledger, signs a merchant, sells, reads its balances.
import { Configuration, EventsApi, MerchantsApi, ResponseError, TerminalEvent } from "./index";

const merchant = "M-typescript";
const occurredAt = new Date("2026-11-20T12:00:00+08:00");
const configuration = new Configuration({ basePath: process.env.LEDGER_URL });
const [events, merchants] = [new EventsApi(configuration), new MerchantsApi(configuration)];

function equal(found: unknown, expected: unknown) {
    if (JSON.stringify(found) !== JSON.stringify(expected)) throw new Error(`${JSON.stringify(found)} is not ${JSON.stringify(expected)}`);
}

async function post(terminalEvent: TerminalEvent) {
    const { results } = await events.postEvents({ terminalEvent, wait: true, waitMs: 20000 });
    if (!["posted", "duplicate"].includes(String(results[0].outcome))) throw new Error(JSON.stringify(results));
}

async function check() {
    await post({ type: "ledger_opened", id: "open", date: "2026-11-20", timeZone: "Asia/Shanghai" });
    await post({
        type: "contract_set", id: "c-1", merchant, occurredAt,
        contract: {
            name: "Lao Wang Noodles", mcc: "5812", region: "CN-31", timeZone: "Asia/Shanghai", currency: "CNY", fundsFlow: { kind: "direct" },
            rates: [{ percent: "0.60" }], settlement: { delayDays: 1, days: "natural" }, reserve: { percent: "10", days: 180 },
        },
    });
    const sale = { type: "sale", merchant, occurredAt, currency: "CNY", card: "credit", scheme: "unionpay" } as const;
    await post({ ...sale, id: "e1", payment: "P1", amount: "1000.00" });
    await post({ ...sale, id: "e2", payment: "P2", amount: "10.00", fees: [{ kind: "mdr", amount: "0.06" }] });
    try {
        await post({ ...sale, id: "e3", payment: "P3", amount: "1.234" });
        throw new Error("three decimals were taken");
    } catch (error) {
        if (!(error instanceof ResponseError)) throw error;
        equal([error.response.status, (await error.response.json()).code], [422, "bad_amount"]);
    }
    const row = (await merchants.balances({ merchant })).balances[0];
    equal([row.currency, row.pending, row.reserved], ["CNY", "902.94", "101.00"]);
    const entries = (await merchants.entries({ merchant, payment: "P1" })).rows;
    equal(entries.map((entry) => entry.type), ["sale"]);
}

check().catch((error) => {
    console.error(error);
    process.exit(1);
});
