//! Control events: what opens a partition, closes its days and sets its calendars.

use super::fault::{self, Fault};
use super::scan::Value;
use super::slots::{Slots, need};
use super::tree::Node;
use crate::event::Control;
use crate::ids::CalendarId;
use crate::time::Date;
use crate::wire::field::Field;
use crate::wire::shape::{Shape, is_time_zone};

/// `ledger_opened`.
pub fn opened(slots: &Slots<'_>) -> Result<Control, Fault> {
    let date = need(slots.date(Field::Date)?, Field::Date)?;
    let time_zone = need(slots.read(Field::TimeZone, |text| is_time_zone(text).then(|| text.to_owned()))?, Field::TimeZone)?;
    Ok(Control::LedgerOpened { date, time_zone })
}

/// `day_closed`.
pub fn closed(slots: &Slots<'_>) -> Result<Control, Fault> {
    Ok(Control::DayClosed { date: need(slots.date(Field::Date)?, Field::Date)? })
}

/// `calendar_set`.
pub fn calendar(slots: &Slots<'_>) -> Result<Control, Fault> {
    let calendar = need(slots.read(Field::Calendar, CalendarId::new)?, Field::Calendar)?;
    let year = need(slots.whole(Field::Year)?, Field::Year)?;
    // The table allows years up to 9000.
    let year = i16::try_from(year).map_err(|_| Fault::bad(Field::Year.name(), "too late", &Field::Year.shape()))?;
    let closed = dates(slots, Field::Closed, year, "is a weekend day, which has no clearing anyway", |date| date.weekday() <= 5)?;
    let open = dates(slots, Field::Open, year, "is a weekday, which has clearing anyway", |date| date.weekday() > 5)?;
    Ok(Control::CalendarSet { calendar, year, closed, open })
}

/// A list of dates of one year, in order and each once. No date can be in both lists: one is of weekdays, one of weekends.
fn dates(slots: &Slots<'_>, field: Field, year: i16, why_not: &str, fits: fn(&Date) -> bool) -> Result<Vec<Date>, Fault> {
    let not_a_list = || Fault::bad(field.name(), "something else", &field.shape());
    let list = match slots.get(field) {
        Some(Value::Nested(text)) => Node::read(text).map_err(|_| not_a_list())?,
        _ => return Err(not_a_list()),
    };
    let Node::List(elements) = list else { return Err(not_a_list()) };
    let mut dates = Vec::with_capacity(elements.len());
    for (index, element) in elements.iter().enumerate() {
        let path = format!("{}[{index}]", field.name());
        let text = element.as_text().unwrap_or_default();
        let date = Date::parse(text).ok_or_else(|| Fault::bad(&path, &fault::shown(text), &Shape::Date))?;
        if date.year() != year {
            return Err(Fault::contradiction(&path, &format!("{date} is not of {year}")));
        }
        if !fits(&date) {
            return Err(Fault::contradiction(&path, &format!("{date} {why_not}")));
        }
        dates.push(date);
    }
    dates.sort_unstable();
    dates.dedup();
    Ok(dates)
}
