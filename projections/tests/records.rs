//! What became of records: quarantine, replays, counts; the house's entries; payments with very many events.

mod support;

use projections::answers::lists::{Entries, Filter, ListQuery};
use projections::answers::{
    AsOf, Error, QuarantinedRecord, Window, balances, counts, merge_quarantine, payment, quarantine, quarantined_at, quarantined_by_id,
};
use projections::folds::entries::HOUSE;
use schemas::error::QuarantineCode;
use schemas::ids::{EventId, PaymentId};
use serde_json::json;
use support::*;

fn offsets(rows: &[QuarantinedRecord]) -> Vec<(i64, Option<i64>)> {
    rows.iter().map(|row| (row.offset, row.replayed_as)).collect()
}

#[test]
fn what_was_set_aside_is_listed_and_its_replay_is_known() {
    let (mut life, scratch) = (worked_example(), tempfile::tempdir().expect("a directory"));
    let first = life.offset;
    let bad = json!({"id": "x1", "type": "sale", "merchant": "M1", "payment": "PX", "currency": "CNY", "amount": "1.234", "card": "debit", "scheme": "unionpay", "occurred_at": "2026-11-23T10:00:00Z"});
    life.event(bad.clone());
    life.bytes(b"nothing readable");
    life.event(json!({"id": "e3", "type": "void", "merchant": "M1", "payment": "P1"}));
    // The unreadable one comes again as it was, then corrected; the corrected one owns the id.
    life.bytes(b"nothing readable");
    let mut right = bad;
    right["amount"] = json!("1.23");
    life.posted(right);
    let writer = fold_into(scratch.path(), &life.entries, 2);
    let views = writer.views();
    let shard = shard(&views, &life.entries);
    let window = Window::newest(100);
    let page = merge_quarantine(&window, [quarantine(&shard, &window).expect("readable")]);
    assert_eq!(offsets(&page.rows), [(first + 3, None), (first + 2, None), (first + 1, Some(first + 3)), (first, Some(first + 4))]);
    let codes: Vec<_> = page.rows.iter().filter_map(|row| row.reason().map(|reason| reason.0)).collect();
    assert_eq!(codes, [QuarantineCode::Malformed, QuarantineCode::Conflict, QuarantineCode::Malformed, QuarantineCode::BadAmount]);

    let window = Window::newest(3);
    let page = merge_quarantine(&window, [quarantine(&shard, &window).expect("readable")]);
    let rest = Window { cursor: page.next, ..window };
    let page = merge_quarantine(&rest, [quarantine(&shard, &rest).expect("readable")]);
    assert_eq!((offsets(&page.rows), page.next), (vec![(first, Some(first + 4))], None));

    let id = EventId::new("x1").expect("an id");
    assert_eq!(quarantined_by_id(&shard, &id, Some("M1")).expect("readable").map(|row| row.offset), Some(first));
    assert_eq!(quarantined_by_id(&shard, &id, None).expect("readable").map(|row| row.offset), Some(first));
    assert_eq!(quarantined_by_id(&shard, &id, Some("M2")).expect("readable"), None);
    assert_eq!(quarantined_at(&shard, 0).expect("readable"), None);
    let counts = counts(&shard).expect("readable");
    assert_eq!(counts.quarantined.get(&QuarantineCode::Malformed), Some(&2));
    assert_eq!((counts.posted, counts.parked, counts.refused.len()), (u64::try_from(first).expect("few") + 1, 0, 0));
}

#[test]
fn a_record_without_a_value_is_not_sent_again_by_the_next_one() {
    let (mut life, scratch) = (worked_example(), tempfile::tempdir().expect("a directory"));
    let first = life.offset;
    for value in [b"".as_slice(), b"", b"x", b"x", b""] {
        life.bytes(value);
    }
    let writer = fold_into(scratch.path(), &life.entries, 2);
    let views = writer.views();
    let shard = shard(&views, &life.entries);
    let told = offsets(&quarantine(&shard, &Window::newest(100)).expect("readable"));
    assert_eq!(told, [(first + 4, None), (first + 3, None), (first + 2, Some(first + 3)), (first + 1, None), (first, None)]);
}

#[test]
fn an_event_that_was_parked_is_told_once_as_it_ended() {
    let (mut life, scratch) = (worked_example(), tempfile::tempdir().expect("a directory"));
    let refund = life.event(json!({"id": "early", "type": "refund", "merchant": "M1", "payment": "PL", "currency": "CNY", "amount": "1.00"}));
    assert!(matches!(refund.row.outcome, ledger::entry::Outcome::Parked(_)));
    {
        let parked = fold_into(&scratch.path().join("parked"), &life.entries, 100);
        let views = parked.views();
        let waiting = shard(&views, &life.entries);
        let told = payment(&waiting, &merchant("M1"), &PaymentId::new("PL").expect("an id")).expect("an event was about it");
        assert!(told.payment.terms.is_none() && matches!(told.events[0].outcome, ledger::entry::Outcome::Parked(_)));
        assert_eq!(counts(&waiting).expect("readable").parked, 1);
    }

    life.posted(
        json!({"id": "late", "type": "sale", "merchant": "M1", "payment": "PL", "currency": "CNY", "amount": "5.00", "card": "debit", "scheme": "unionpay"}),
    );
    let ended = fold_into(&scratch.path().join("ended"), &life.entries, 1);
    let views = ended.views();
    let shard = shard(&views, &life.entries);
    let told = payment(&shard, &merchant("M1"), &PaymentId::new("PL").expect("an id")).expect("known");
    let events: Vec<_> = told.events.iter().map(|event| (event.event.as_str(), &event.outcome)).collect();
    assert_eq!(events, [("early", &ledger::entry::Outcome::Posted), ("late", &ledger::entry::Outcome::Posted)]);
    assert_eq!((told.payment.refunded, counts(&shard).expect("readable").parked), (100, 0));
    assert!(matches!(payment(&shard, &merchant("M1"), &PaymentId::new("none").expect("an id")), Err(Error::NotFound)));
}

#[test]
fn a_payment_with_very_many_events_keeps_them_all() {
    let (mut life, scratch) = (worked_example(), tempfile::tempdir().expect("a directory"));
    for n in 0..300 {
        life.event(json!({"id": format!("too-much-{n}"), "type": "refund", "merchant": "M1", "payment": "P2", "currency": "CNY", "amount": "9999.00"}));
    }
    let writer = fold_into(scratch.path(), &life.entries, 50);
    let views = writer.views();
    let told = payment(&shard(&views, &life.entries), &merchant("M1"), &PaymentId::new("P2").expect("an id")).expect("known");
    assert_eq!((told.events.len(), told.events[0].event.as_str(), told.events[300].event.as_str()), (301, "e4", "too-much-299"));
}

#[test]
fn the_house_has_a_list_and_a_payout_that_came_back_a_hold() {
    let (mut life, scratch) = (worked_example(), tempfile::tempdir().expect("a directory"));
    life.posted(json!({"id": "s1", "type": "scheme_settled", "merchant": "@house", "scheme": "unionpay", "amount": "900.00", "currency": "CNY"}));
    life.posted(json!({"id": "back", "type": "payout_returned", "merchant": "M1", "payout": "O1"}));
    let writer = fold_into(scratch.path(), &life.entries, 100);
    let views = writer.views();
    let shard = shard(&views, &life.entries);
    let page = page(&shard, Entries, &ListQuery::newest(10, Filter::of(HOUSE)));
    assert_eq!(page.rows.iter().filter_map(|entry| entry.row.event.as_ref()).map(EventId::as_str).collect::<Vec<_>>(), ["s1"]);
    let now = balances(&shard, &merchant("M1"), AsOf::Now).expect("known");
    let holds: Vec<_> = now.purses.values().flat_map(|purse| &purse.holds.first).map(|hold| (hold.hold.as_str(), hold.reason, hold.amount)).collect();
    assert_eq!(holds, [("H1", schemas::event::HoldReason::Risk, 3000), ("O1", schemas::event::HoldReason::PayoutReturned, 50_000)]);
}
