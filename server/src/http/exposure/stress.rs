//! Parameters of a stress test of the liability estimate, as they are documented and as they are read.

use crate::http::parameters::Parameters;
use crate::http::problem::Problem;
use schemas::contract::{Delivery, Percent, Risk};
use schemas::money::parse_scaled;
use utoipa::IntoParams;

/// The longest window, in days.
const DAYS_MAX: u64 = 3650;
/// The most parts of a delivery.
const DELIVERY_PARTS_MAX: usize = 32;

/// A stress test: what the estimate of liability is by, for every merchant, whatever its contract and the configuration say.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "read by name; the struct documents the parameters")]
pub struct StressParameters {
    /// The share of sales that comes back as chargebacks, in percent.
    #[param(pattern = "^[0-9]{1,3}(\\.[0-9]{1,6})?$")]
    chargeback_percent: Option<String>,
    /// The window in which a chargeback may come, in days.
    #[param(minimum = 1, maximum = 3650)]
    chargeback_days: Option<u16>,
    /// The share of sales that is refunded, in percent.
    #[param(pattern = "^[0-9]{1,3}(\\.[0-9]{1,6})?$")]
    refund_percent: Option<String>,
    /// The window in which a refund may come, in days.
    #[param(minimum = 0, maximum = 3650)]
    refund_days: Option<u16>,
    /// Shares of sales that are delivered later: `percent:days`, several with commas, such as `60:30,20:90`; together at most 100.
    #[param(pattern = "^[0-9]{1,3}(\\.[0-9]{1,6})?:[0-9]{1,4}(,[0-9]{1,3}(\\.[0-9]{1,6})?:[0-9]{1,4})*$", max_length = 512)]
    delivery: Option<String>,
}
/// The names of [`StressParameters`].
pub const STRESS: &[&str] = &["chargeback_percent", "chargeback_days", "refund_percent", "refund_days", "delivery"];

/// The stress test that is asked for; `None` without any of its parameters.
pub fn stress(parameters: &Parameters) -> Result<Option<Risk>, Problem> {
    let expected = "a percentage of at most 100 with at most six decimals";
    let days = |name: &str, min| Ok::<_, Problem>(parameters.whole(name, min, DAYS_MAX)?.and_then(|days| u16::try_from(days).ok()));
    let risk = Risk {
        chargeback_percent: parameters.read("chargeback_percent", expected, percent)?,
        chargeback_days: days("chargeback_days", 1)?,
        refund_percent: parameters.read("refund_percent", expected, percent)?,
        refund_days: days("refund_days", 0)?,
        delivery: parameters.read("delivery", "percent:days, several with commas, such as 60:30,20:90, of 100 percent in all at most", delivery)?,
    };
    Ok((risk != Risk::default()).then_some(risk))
}

fn percent(text: &str) -> Option<Percent> {
    parse_scaled(text, Percent::DECIMALS, Percent::WHOLE.0).ok().map(Percent)
}

fn delivery(text: &str) -> Option<Vec<Delivery>> {
    let part = |part: &str| {
        let (share, days) = part.split_once(':')?;
        let days = days.parse::<u16>().ok().filter(|known| u64::from(*known) <= DAYS_MAX && !days.starts_with('+'))?;
        Some(Delivery { percent: percent(share)?, days })
    };
    let is_of_whole = |parts: &[Delivery]| parts.iter().map(|part| part.percent.0).sum::<u64>() <= Percent::WHOLE.0;
    text.split(',').map(part).collect::<Option<Vec<_>>>().filter(|parts| parts.len() <= DELIVERY_PARTS_MAX && is_of_whole(parts))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_delivered_after_days() {
        let parts = delivery("60:30,20.5:90").expect("two parts");
        assert_eq!(parts, [Delivery { percent: Percent(60_000_000), days: 30 }, Delivery { percent: Percent(20_500_000), days: 90 }]);
        assert!(delivery("60:30,40:90").is_some());
        for wrong in ["", "60", "60:", ":30", "101:30", "60:3651", "60:+3", "60:30,", "60:-1", "60:30,40.000001:90"] {
            assert_eq!(delivery(wrong), None, "{wrong}");
        }
    }
}
