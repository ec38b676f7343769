//! Much of one thing at one merchant, and what the next events about it take.

use super::{Error, contract, event, opening, post_all, sale};
use crate::service::{Client, Process, Settings};
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};

/// The events whose time is taken, at a time.
const MEASURED: usize = 1_000;
const SHOP: &str = "M1";

/// What may be open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Thing {
    /// Holds that wait for money; measured: sales that feed the first of them.
    Sweeping,
    /// Holds; measured: more of them.
    Holds,
    /// Refunds of one payment; measured: more of them.
    Refunds,
    /// The same; measured: refunds that are refused.
    Refused,
    /// Disputes of one payment; measured: more of them.
    Disputes,
    /// Refunds that wait for one sale; measured: the sale that frees all, by each of them.
    Parked,
    /// Payouts on their way; measured: more of them.
    Payouts,
    /// Terminals with an open batch; measured: sales of others.
    Terminals,
    /// Dates with pending money, as many as a contract's delay allows; measured: sales.
    Dates,
}

/// What one event took.
pub(super) struct Cost {
    pub each: Duration,
    /// Bytes of the answer to `…/balances`.
    pub balances_bytes: usize,
}

/// Makes so many, and takes the time of what comes next until it is folded and seen.
pub(super) fn run(binary: &Path, directory: &Path, thing: Thing, many: usize) -> Result<Cost, Error> {
    let service = Process::start(&Settings::embedded(binary, directory, 1))?;
    let client = service.answering()?;
    post_all(&client, &[opening()])?;
    post_all(&client, &before(thing, many))?;
    let (events, counted) = measured(thing, many);
    let begun = Instant::now();
    post_all(&client, &events)?;
    let each = begun.elapsed() / u32::try_from(counted).unwrap_or(u32::MAX);
    let balances_bytes = balances(&client)?;
    service.stop()?;
    Ok(Cost { each, balances_bytes })
}

fn balances(client: &Client) -> Result<usize, Error> {
    Ok(client.get(&format!("/v1/merchants/{SHOP}/balances"))?.to_string().len())
}

fn money(amount: &str) -> Value {
    json!({"amount": amount, "currency": "CNY"})
}

fn with(mut value: Value, key: &str, name: &str) -> Value {
    value[key] = json!(name);
    value
}

fn credit(id: &str, amount: &str) -> Value {
    let more = json!({"direction": "credit", "amount": amount, "currency": "CNY", "maker": "a", "checker": "b", "reason": "load"});
    event(SHOP, id, "adjustment", &more)
}

/// What makes things open: a rich merchant, then so many of them from a number on.
fn made(thing: Thing, from: usize, many: usize) -> Vec<Value> {
    let of = |n: usize, prefix: &str| format!("{prefix}{:07}", from + n);
    let each = |make: &dyn Fn(usize) -> Value| (0..many).map(make).collect::<Vec<_>>();
    match thing {
        Thing::Sweeping => each(&|n| {
            let mut hold = with(money("1000000.00"), "hold", &of(n, "H"));
            hold["sweep"] = json!(true);
            event(SHOP, &of(n, "h"), "hold_placed", &hold)
        }),
        Thing::Holds => each(&|n| event(SHOP, &of(n, "h"), "hold_placed", &with(money("1.00"), "hold", &of(n, "H")))),
        Thing::Refunds | Thing::Refused => each(&|n| event(SHOP, &of(n, "r"), "refund", &with(money("1.00"), "payment", "P0"))),
        Thing::Disputes => each(&|n| event(SHOP, &of(n, "d"), "dispute_opened", &with(with(money("1.00"), "payment", "P0"), "dispute", &of(n, "D")))),
        Thing::Parked => each(&|n| event(SHOP, &of(n, "w"), "refund", &with(money("1.00"), "payment", "LATE"))),
        Thing::Payouts => each(&|n| event(SHOP, &of(n, "o"), "payout_initiated", &with(money("1.00"), "payout", &of(n, "O")))),
        Thing::Terminals => each(&|n| with(sale(SHOP, &of(n, "T"), "1.00"), "terminal", &of(n, "T"))),
        Thing::Dates => (0..many.min(usize::from(u16::MAX)))
            .flat_map(|n| [contract(SHOP, u16::try_from(n + 1).unwrap_or(u16::MAX)), sale(SHOP, &of(n, "S"), "1.00")])
            .collect(),
    }
}

fn before(thing: Thing, many: usize) -> Vec<Value> {
    let mut events = vec![contract(SHOP, 0)];
    if thing != Thing::Sweeping {
        events.extend([sale(SHOP, "P0", "9000000.00"), credit("rich", "9000000.00")]);
    }
    events.extend(made(thing, 0, many));
    events
}

/// What is measured, and how many events it is divided by.
fn measured(thing: Thing, many: usize) -> (Vec<Value>, usize) {
    let sales = || (0..MEASURED).map(|n| credit(&format!("c{n}"), "1.00")).collect();
    match thing {
        Thing::Sweeping => (sales(), MEASURED),
        Thing::Refused => {
            let refund = |n: usize| event(SHOP, &format!("x{n}"), "refund", &with(money("99000000.00"), "payment", "P0"));
            ((0..MEASURED).map(refund).collect(), MEASURED)
        }
        Thing::Parked => (vec![sale(SHOP, "LATE", "9000000.00")], many),
        Thing::Dates => ((0..MEASURED).map(|n| sale(SHOP, &format!("N{n}"), "1.00")).collect(), MEASURED),
        Thing::Holds | Thing::Refunds | Thing::Disputes | Thing::Payouts | Thing::Terminals => (made(thing, many, MEASURED), MEASURED),
    }
}
