//! Alipay's business detail bill (业务明细): CSV in GBK between lines that begin with `#`, cells that end in a TAB, refunds and fees below
//! zero, and an end that counts both.

use super::cells::Cells;
use super::input::{Input, decoded};
use super::unknown::Unknown;
use super::{Each, Facts, Line, Wrong, money, names};
use rust_decimal::Decimal;
use schemas::report::ReportKind;
use schemas::time::Date;

/// What the line of names begins with.
const FIRST: &str = "支付宝交易号";

/// Whether a file of a zip is the summary of the details that lie beside it.
pub fn is_summary(name: &str) -> bool {
    name.contains("汇总")
}

/// Reads a bill.
pub fn read(input: &mut Input, each: Each<'_>) -> Result<Facts, Wrong> {
    let currency = money::currency(0, "CNY")?;
    let (mut columns, mut account, mut begins, mut ended, mut number) = (None::<Vec<String>>, None, None, false, 0);
    // Of sales and refunds: how many, and what the merchant got.
    let (mut counted, mut says) = ([(0u64, Decimal::ZERO); 2], [None; 2]);
    let (mut last, mut reader, mut unknown) = (None::<Date>, Cells::new(b','), Unknown::default());
    while let Some(line) = input.line()? {
        number = line.number;
        let text = decoded(&line.bytes);
        if let Some(comment) = text.strip_prefix('#') {
            if let Some(rest) = comment.trim().strip_prefix("账号") {
                account = bracketed(rest);
            } else if let Some(rest) = comment.trim().strip_prefix("起始日期") {
                begins = bracketed(rest).and_then(|text| day(&text));
            } else if comment.contains("列表结束") {
                ended = true;
            }
            for (place, word) in ["交易合计", "退款合计"].into_iter().enumerate() {
                if let (Some(rest), Some(said)) = (comment.trim().strip_prefix(word), says.get_mut(place)) {
                    *said = Some(total(line.number, rest)?);
                }
            }
            continue;
        }
        if text.trim().is_empty() {
            continue;
        }
        // Without the TABs that keep a table from taking ids for numbers.
        let cells = reader.of(&text).ok_or_else(|| Wrong::at(line.number, "a quote is never closed: the row is cut off"))?;
        let cells: Vec<String> = cells.iter().map(|cell| cell.trim().to_owned()).collect();
        if cells.first().is_some_and(|cell| cell == FIRST) {
            columns = Some(cells);
            continue;
        }
        let names = columns.as_ref().ok_or_else(|| Wrong::at(line.number, "a row before the names of columns"))?;
        if cells.len() != names.len() {
            return Err(Wrong::at(line.number, format!("the row has {} cells, the bill {}: it is cut off", cells.len(), names.len())));
        }
        let cell = |name: &str| names.iter().position(|column| column.starts_with(name)).and_then(|at| cells.get(at)).map_or("", String::as_str);
        let decimal = |name: &str| money::decimal(line.number, name, cell(name)).map(Option::unwrap_or_default);
        let time = if cell("完成时间").is_empty() { cell("创建时间") } else { cell("完成时间") };
        let date = time.get(..10).and_then(Date::parse).ok_or_else(|| Wrong::at(line.number, format!("完成时间: {time:?} is no time")))?;
        let (got, fee) = (decimal("商家实收")?, decimal("服务费")?);
        let place = usize::from(cell("业务类型") == "退款");
        let kind = match cell("业务类型") {
            "交易" => ReportKind::Sale,
            "退款" => ReportKind::Refund,
            other => {
                unknown.add(other);
                ReportKind::Other
            }
        };
        if kind != ReportKind::Other
            && let Some(sum) = counted.get_mut(place)
        {
            *sum = (sum.0 + 1, sum.1 + got);
        }
        last = last.max(Some(date));
        let mut told = Line::new(line.number, &line.bytes, kind, (!got.is_sign_negative(), got.abs(), currency), date);
        told.fee = Some(-fee);
        let refund = cell("退款批次号");
        let (own, order) = (if kind == ReportKind::Refund && !refund.is_empty() { refund } else { cell(FIRST) }, cell("商户订单号"));
        (told.reference, told.payment, told.left_out) = (names::reference(own), names::id(order), names::is_too_long(&[own, order]));
        told.merchants = account.iter().cloned().collect();
        each(told)?;
    }
    if !ended || says.iter().any(Option::is_none) {
        return Err(Wrong::at(number, "the bill has no end with its totals: it is cut off"));
    }
    let mut trailer = Vec::new();
    for ((name, says), (count, sum)) in ["交易合计", "退款合计"].into_iter().zip(says).zip(counted) {
        let Some((said_count, said_sum)) = says else { continue };
        if (said_count, said_sum) != (count, sum) {
            return Err(Wrong::at(number, format!("{name}: the bill says {said_count} of {said_sum}, its rows {count} of {sum}")));
        }
        trailer.push((name.to_owned(), format!("{said_count} of {said_sum}"), format!("{count} of {sum}")));
    }
    Ok(Facts { date: begins.or(last), trailer, warnings: unknown.told().into_iter().collect(), ..Facts::default() })
}

/// What stands in the first brackets.
fn bracketed(text: &str) -> Option<String> {
    let (_, rest) = text.split_once('[')?;
    rest.split_once(']').map(|(inner, _)| inner.trim().to_owned())
}

/// `2026年11月23日 …`
fn day(text: &str) -> Option<Date> {
    let (year, rest) = text.split_once('年')?;
    let (month, rest) = rest.split_once('月')?;
    let (day, _) = rest.split_once('日')?;
    Date::parse(&format!("{year}-{month:0>2}-{day:0>2}"))
}

/// `：2笔，商家实收共100.00元，…`: how many, and what the merchant got.
fn total(line: u64, text: &str) -> Result<(u64, Decimal), Wrong> {
    let wrong = || Wrong::at(line, format!("the total {text:?} cannot be read"));
    let is_number = |character: char| character.is_ascii_digit() || matches!(character, '.' | '-');
    let mut numbers = text.split(|character: char| !is_number(character)).filter(|part| !part.is_empty());
    let count = numbers.next().and_then(|count| count.parse().ok()).ok_or_else(wrong)?;
    let sum = numbers.next().and_then(|sum| sum.parse().ok()).ok_or_else(wrong)?;
    Ok((count, sum))
}
