//! What merchants sell: amounts, hours and customers' habits by merchant category.

/// A trade.
#[derive(Debug, PartialEq, Eq)]
pub struct Trade {
    /// Merchant category code.
    pub mcc: &'static str,
    /// What its shops are called.
    pub names: [&'static str; 3],
    /// The smallest and the usual price, in hundredths of a yuan.
    pub price: (u64, u64),
    /// How often people come, against the other trades.
    pub visits: u64,
    /// The same on Saturdays and Sundays, in percent of a weekday.
    pub weekend_percent: u64,
    /// How many of 24 hours' visits come in which hour.
    pub hours: &'static [(u32, u64)],
}

const MEALS: &[(u32, u64)] = &[(8, 3), (10, 2), (11, 12), (12, 24), (13, 12), (14, 3), (17, 6), (18, 20), (19, 22), (20, 10), (21, 4)];
const ERRANDS: &[(u32, u64)] = &[(7, 4), (8, 8), (9, 8), (10, 8), (11, 6), (12, 6), (15, 5), (16, 7), (17, 12), (18, 16), (19, 12), (20, 5)];
const SHOPPING: &[(u32, u64)] = &[(10, 5), (11, 8), (12, 8), (13, 8), (14, 10), (15, 12), (16, 12), (17, 9), (18, 8), (19, 10), (20, 8)];
const CHECK_IN: &[(u32, u64)] = &[(9, 3), (12, 5), (14, 14), (15, 18), (16, 16), (17, 12), (18, 12), (20, 8), (22, 5)];
const COMMUTE: &[(u32, u64)] = &[(6, 5), (7, 14), (8, 18), (9, 8), (12, 5), (17, 14), (18, 18), (19, 8), (22, 6)];
const COFFEE: &[(u32, u64)] = &[(7, 10), (8, 20), (9, 16), (10, 8), (13, 12), (14, 10), (15, 12), (16, 8)];

/// Every trade of the city.
pub const TRADES: &[Trade] = &[
    Trade { mcc: "5812", names: ["Lao Wang Noodles", "Harbour Kitchen", "Jade Garden"], price: (1_800, 9_000), visits: 30, weekend_percent: 130, hours: MEALS },
    Trade { mcc: "5411", names: ["Green Basket", "Corner Market", "Daily Fresh"], price: (800, 6_500), visits: 34, weekend_percent: 115, hours: ERRANDS },
    Trade { mcc: "7011", names: ["Lotus Hotel", "Riverside Inn", "Station Hotel"], price: (28_000, 65_000), visits: 6, weekend_percent: 150, hours: CHECK_IN },
    Trade { mcc: "5814", names: ["Morning Coffee", "Bean Street", "Tea Corner"], price: (1_200, 3_200), visits: 30, weekend_percent: 70, hours: COFFEE },
    Trade {
        mcc: "5651",
        names: ["North Clothing", "Silk Road Fashion", "Everyday Wear"],
        price: (5_900, 29_000),
        visits: 10,
        weekend_percent: 220,
        hours: SHOPPING,
    },
    Trade {
        mcc: "5732",
        names: ["Spark Electronics", "Digital Plaza", "Phone World"],
        price: (9_900, 180_000),
        visits: 5,
        weekend_percent: 180,
        hours: SHOPPING,
    },
    Trade { mcc: "4121", names: ["City Taxi", "Airport Cars", "Night Cabs"], price: (1_300, 3_600), visits: 18, weekend_percent: 80, hours: COMMUTE },
    Trade {
        mcc: "5541",
        names: ["Ring Road Petrol", "Bridge Filling Station", "West Gate Fuel"],
        price: (15_000, 30_000),
        visits: 12,
        weekend_percent: 100,
        hours: COMMUTE,
    },
    Trade {
        mcc: "5912",
        names: ["Willow Pharmacy", "Health House", "Good Care Pharmacy"],
        price: (900, 7_500),
        visits: 12,
        weekend_percent: 90,
        hours: ERRANDS,
    },
    Trade {
        mcc: "5944",
        names: ["Golden Phoenix Jewellers", "Pearl House", "Old Town Jade"],
        price: (60_000, 480_000),
        visits: 2,
        weekend_percent: 200,
        hours: SHOPPING,
    },
    Trade {
        mcc: "4722",
        names: ["Far Horizon Travel", "Cloud Nine Tours", "Silk Route Journeys"],
        price: (80_000, 420_000),
        visits: 4,
        weekend_percent: 120,
        hours: SHOPPING,
    },
];

/// The place of a trade in [`TRADES`].
pub const RESTAURANT: usize = 0;
/// The same of hotels.
pub const HOTEL: usize = 2;
/// The same of electronics.
pub const ELECTRONICS: usize = 5;
/// The same of travel agents.
pub const TRAVEL: usize = 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trades_are_where_they_are_said_to_be() {
        for (place, mcc) in [(RESTAURANT, "5812"), (HOTEL, "7011"), (ELECTRONICS, "5732"), (TRAVEL, "4722")] {
            assert_eq!(TRADES[place].mcc, mcc);
        }
        assert!(TRADES.iter().all(|trade| trade.hours.iter().all(|(hour, _)| *hour < 24) && trade.price.0 < trade.price.1));
    }
}
