//! The city: its merchants of every model, and the customers who come back to them.

use super::dice::Dice;
use super::trade::{HOTEL, RESTAURANT, TRADES, TRAVEL, Trade};
use schemas::contract::Model;

/// The most merchants of a city.
pub const MERCHANTS_MAX: u32 = 20_000;
/// Customers for each merchant, and how many there are at least.
const CUSTOMERS_PER_MERCHANT: u32 = 45;
const CUSTOMERS_MIN: u32 = 1_500;
/// Shops that a customer goes back to.
const REGULAR_SHOPS: usize = 5;
/// The districts, from the busiest.
pub const REGIONS: [&str; 4] = ["CN-31", "CN-11", "CN-44", "CN-33"];
/// A licensed payment company, and one without a licence.
pub const PSP: &str = "psp-7";
/// The one without.
pub const UNLICENSED_PSP: &str = "psp-9";
/// The model of each merchant, in turn.
const MODELS: [Model; 12] = [
    Model::BankPos,
    Model::Referral,
    Model::JointBuild,
    Model::ThirdPartyPos,
    Model::BankPos,
    Model::PersonalPos,
    Model::Referral,
    Model::BankPos,
    Model::ThirdPartyPos,
    Model::JointBuild,
    Model::SecondClearing,
    Model::Referral,
];
/// The travel agent whose deliveries are weeks away, the hotel paid out in another currency, shops in others.
const TRAVEL_AGENT: u32 = 4;
const TWO_CURRENCIES: u32 = 7;
const YEN: u32 = 11;
const DOLLARS: u32 = 16;

/// A merchant.
#[derive(Debug)]
pub struct Merchant {
    /// Its id.
    pub id: String,
    /// Its place in the city.
    pub number: u32,
    /// Its name.
    pub name: String,
    /// How it is contracted.
    pub model: Model,
    /// The place of its trade in [`TRADES`].
    pub trade: usize,
    /// Where it is.
    pub region: &'static str,
    /// What it is paid out in, and the decimals of that.
    pub currency: (&'static str, u8),
    /// What its customers pay in, where that is another: the currency, its decimals, the rate to `currency`.
    pub sells_in: Option<(&'static str, u8, &'static str)>,
    /// How busy it is, against others of its trade.
    pub busy: u64,
    /// Its terminals.
    pub terminals: Vec<String>,
}

impl Merchant {
    /// What it sells.
    pub fn trade(&self) -> &'static Trade {
        TRADES.get(self.trade).unwrap_or(&TRADES[RESTAURANT])
    }

    /// The currency in which its customers pay, and the decimals of that.
    pub fn sale_currency(&self) -> (&'static str, u8) {
        self.sells_in.map_or(self.currency, |(code, decimals, _)| (code, decimals))
    }

    /// A price in hundredths of a yuan in the minor units that customers pay.
    pub fn price(&self, hundredths: u64) -> u64 {
        match self.sale_currency().0 {
            // About 20 yen, and a seventh of a dollar, for a yuan.
            "JPY" => hundredths / 5,
            "USD" => (hundredths / 7).max(1),
            _ => hundredths,
        }
    }

    /// The payment company that holds its money.
    pub const fn psp(&self) -> Option<&'static str> {
        match self.model {
            Model::ThirdPartyPos | Model::PersonalPos => Some(PSP),
            Model::SecondClearing => Some(UNLICENSED_PSP),
            Model::BankPos | Model::JointBuild | Model::Referral => None,
        }
    }
}

/// A customer: a token, and where it shops.
#[derive(Debug)]
pub struct Customer {
    /// The opaque token that terminals send.
    pub token: String,
    /// The place of its district in [`REGIONS`].
    region: usize,
    /// The shops it goes back to, as places in the city.
    regulars: Vec<usize>,
    /// How often it shops, against others.
    pub active: u64,
    /// It asked to be forgotten.
    pub erased: bool,
}

/// Everyone.
#[derive(Debug)]
pub struct City {
    /// The merchants, in order of their ids.
    pub merchants: Vec<Merchant>,
    /// The customers.
    pub customers: Vec<Customer>,
    /// How many are active, summed up to each customer: to pick one by halves.
    active: Vec<u64>,
}

impl City {
    /// The city of a seed.
    pub fn new(seed: u64, merchants: u32) -> Self {
        let mut dice = Dice::new(seed, 0);
        let count = merchants.clamp(1, MERCHANTS_MAX);
        let merchants: Vec<Merchant> = (0..count).map(|number| merchant(&mut dice, number)).collect();
        let count = (count * CUSTOMERS_PER_MERCHANT).max(CUSTOMERS_MIN);
        let customers: Vec<Customer> = (0..count).map(|_| customer(&mut dice, &merchants)).collect();
        let active = customers.iter().scan(0, |sum, customer| {
            *sum += customer.active;
            Some(*sum)
        });
        let active = active.collect();
        Self { merchants, customers, active }
    }

    /// Somebody who goes shopping, and the shop: places in `customers` and `merchants`.
    pub fn visit(&self, dice: &mut Dice, weekend: bool) -> (usize, usize) {
        let all = self.active.last().copied().unwrap_or(0);
        let thrown = dice.below(all);
        let place = self.active.partition_point(|sum| *sum <= thrown).min(self.customers.len().saturating_sub(1));
        let Some(customer) = self.customers.get(place) else { return (0, 0) };
        // Shops that are full on weekends are so because people choose them then.
        for _ in 0..4 {
            let shop = match customer.regulars.get(dice.place(customer.regulars.len())) {
                Some(shop) if dice.chance(70) => *shop,
                _ => somewhere(dice, &self.merchants, customer.region),
            };
            let percent = self.merchants.get(shop).map_or(100, |merchant| merchant.trade().weekend_percent);
            let wanted = if weekend { percent } else { 100 };
            if dice.below(220) < wanted {
                return (place, shop);
            }
        }
        (place, somewhere(dice, &self.merchants, customer.region))
    }
}

fn merchant(dice: &mut Dice, number: u32) -> Merchant {
    let place = usize::try_from(number).unwrap_or(0);
    let trade = match number {
        TRAVEL_AGENT => TRAVEL,
        TWO_CURRENCIES | DOLLARS => HOTEL,
        YEN => RESTAURANT,
        0..24 => place % TRADES.len(),
        _ => dice.weighted(TRADES.iter().map(|trade| trade.visits)),
    };
    let names = TRADES.get(trade).map_or(["Shop"; 3], |trade| trade.names);
    let currency = match number {
        TWO_CURRENCIES => ("HKD", 2),
        YEN => ("JPY", 0),
        DOLLARS => ("USD", 2),
        _ => ("CNY", 2),
    };
    let region = dice.weighted([8, 6, 4, 3].into_iter());
    Merchant {
        id: format!("M{:06}", 100_001 + number),
        number,
        name: format!("{} No. {}", dice.pick(names), number + 1),
        model: MODELS[place % MODELS.len()],
        trade,
        region: REGIONS[region],
        currency,
        sells_in: (number == TWO_CURRENCIES).then_some(("CNY", 2, "1.08")),
        busy: dice.between(2, 10),
        terminals: (0..dice.between(1, 3)).map(|terminal| format!("T{number:05}-{terminal}")).collect(),
    }
}

fn customer(dice: &mut Dice, merchants: &[Merchant]) -> Customer {
    let region = dice.weighted([8, 6, 4, 3].into_iter());
    let regulars = (0..REGULAR_SHOPS).map(|_| somewhere(dice, merchants, region)).collect();
    // A few shop every day, most now and then.
    let active = dice.pick([1, 1, 1, 2, 2, 3, 5, 9]);
    let (first, second) = (dice.below(u64::MAX), dice.below(u64::MAX));
    Customer { token: format!("c_{first:016x}{:08x}", second & 0xffff_ffff), region, regulars, active, erased: false }
}

/// A shop by how busy it is; people stay in their district mostly.
fn somewhere(dice: &mut Dice, merchants: &[Merchant], region: usize) -> usize {
    let mut shop = 0;
    for _ in 0..12 {
        shop = dice.place(merchants.len());
        let Some(merchant) = merchants.get(shop) else { break };
        let near = REGIONS.get(region) == Some(&merchant.region);
        if (near || dice.chance(15)) && dice.below(34 * 10) < merchant.trade().visits * merchant.busy {
            break;
        }
    }
    shop
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_model_trades_and_a_seed_makes_one_city() {
        let city = City::new(1, 120);
        assert_eq!((city.merchants.len(), city.customers.len()), (120, 5_400));
        for model in MODELS {
            assert!(city.merchants.iter().any(|merchant| merchant.model == model), "{model:?}");
        }
        assert!(TRADES.iter().all(|trade| city.merchants.iter().any(|merchant| merchant.trade().mcc == trade.mcc)));
        let again = City::new(1, 120);
        let visits = |city: &City| {
            let mut dice = Dice::new(9, 9);
            (0..50).map(|_| city.visit(&mut dice, false)).collect::<Vec<_>>()
        };
        assert_eq!(visits(&city), visits(&again));
        assert_ne!(visits(&city), visits(&City::new(2, 120)));
    }
}
