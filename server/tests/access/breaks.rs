//! Who may close a break: the bank, and only that.

use crate::guarded::{OWN, ask, lived};
use serde_json::json;

#[test]
fn the_bank_closes_breaks_and_posts_nothing_else() {
    let guarded = lived();
    let bank = guarded.key(&["bank"], &[]);
    let post = |body: &str, content_type: &str| ask(&guarded.server.base, "POST", "/v1/events?wait=true", Some(&bank), content_type, body);
    let closed = |id: &str, checker: &str| {
        json!({"id": id, "type": "break_closed", "merchant": "@house", "break": "scheme:visa/sale/M1/R1", "maker": "li", "checker": checker, "reason": "seen",
            "occurred_at": "2026-11-20T11:00:00+08:00"})
        .to_string()
    };
    let alone = post(&closed("b1", "li"), "application/json");
    assert!(alone.status == 200 && alone.body.contains("\"same_maker_checker\""), "{alone:?}");
    let two = post(&closed("b2", "wang"), "application/json");
    assert!(two.status == 200 && two.body.contains("\"posted\""), "{two:?}");
    let other = json!({"id": "h9", "type": "hold_placed", "merchant": OWN, "hold": "H9", "occurred_at": "2026-11-20T11:00:00+08:00", "amount": "1.00", "currency": "CNY"});
    for batch in [
        format!("{}\n{other}", closed("b3", "wang")),
        format!("{other}\n{}", closed("b3", "wang")),
        json!({"id": "c", "type": "day_closed", "date": "2026-11-21"}).to_string(),
    ] {
        let refused = post(&batch, "application/x-ndjson");
        assert!(refused.status == 403 && refused.body.contains("nothing was appended"), "{refused:?}");
    }
    assert_eq!(guarded.get("/v1/events/b3", Some(&bank)).status, 404, "nothing of the batch was appended");
    let operator = guarded.key(&["operator"], &[]);
    let refused = ask(&guarded.server.base, "POST", "/v1/events", Some(&operator), "application/json", &closed("b4", "wang"));
    assert_eq!(refused.status, 403, "{refused:?}");
}
