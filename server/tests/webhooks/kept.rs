//! What is kept: in a backup, which has the webhooks and their secrets, and among files of which some are damaged.

use super::service::{Service, ends, is_signed, sale, text, until};
use load_tests::hooks::receiver::Receiver;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The bits of a file or directory that say who may do what.
#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    std::os::unix::fs::PermissionsExt::mode(&fs::metadata(path).expect("there").permissions()) & 0o777
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode)).expect("a mode");
}

fn ids(service: &Service) -> Vec<Value> {
    service.client.rows("/v1/webhooks").expect("webhooks").iter().map(|row| row["id"].clone()).collect()
}

#[test]
fn a_backup_has_the_webhooks_and_a_restored_ledger_goes_on_telling() {
    let receiver = Receiver::start(Box::new(|_, _| 200)).expect("a free port");
    let mut service = Service::start();
    let hook = service.hook(&json!({"url": receiver.address, "merchant": "M1", "types": ["payment.sale"]}));
    service.hook(&json!({"url": format!("{}/other", receiver.address), "merchant": "M2", "types": ["payment.sale"]}));
    let id = hook["id"].as_str().expect("an id").to_owned();
    service.post(&[sale("M1", 1, "1.00"), sale("M1", 2, "1.00")]);
    until("two deliveries", || service.client.get(&format!("/v1/webhooks/{id}")).expect("a webhook")["delivered"] == 2);
    // How far they are is kept at a clean end; beside a running server it may be half a second less.
    service.restart();
    let (data, backup) = (service.place("data"), service.place("backup"));
    let said = ends(0, &["backup", "--data", text(&data), "--to", text(&backup)]);
    assert!(said.contains("2 webhooks are in it, with their secrets"), "{said}");
    let (before, file) = (ids(&service), backup.join(format!("hooks/{id}.json")));
    #[cfg(unix)]
    {
        assert_eq!((mode(&backup.join("hooks")), mode(&file)), (0o700, 0o600), "there are secrets in them");
        // Somebody copied the backup without its rights.
        set_mode(&backup.join("hooks"), 0o755);
        set_mode(&file, 0o644);
    }

    let restored = service.place("restored");
    let said = ends(0, &["restore", "--from", text(&backup), "--data", text(&restored)]);
    assert!(said.contains("2 webhooks go on"), "{said}");
    #[cfg(unix)]
    assert_eq!((mode(&restored.join("hooks")), mode(&restored.join(format!("hooks/{id}.json")))), (0o700, 0o600));
    service.move_to(&restored);
    assert_eq!(ids(&service), before);
    let told = receiver.came().len();
    service.post(&[sale("M1", 3, "1.00")]);
    until("a call of the restored ledger", || receiver.came().len() > told);
    let came = receiver.came();
    let events: Vec<Value> = came.iter().skip(told).map(|came| came.json()["data"]["event"].clone()).collect();
    assert_eq!(events, ["s3"], "views are folded anew, and what was told before is not told again");
    assert!(came.last().is_some_and(|last| is_signed(last, hook["secret"].as_str().expect("told once"))), "{:?}", came.last());

    // One that is not what was backed up is not restored, nor is one that lacks a webhook.
    let whole = fs::read(&file).expect("readable");
    for break_it in [(|file: &Path| fs::write(file, "{}").expect("writable")) as fn(&Path), |file| fs::remove_file(file).expect("there")] {
        break_it(&file);
        let to = service.place("damaged");
        ends(1, &["restore", "--from", text(&backup), "--data", text(&to)]);
        assert!(!to.exists(), "half a directory was left");
        fs::write(&file, &whole).expect("writable");
    }

    // A backup of before webhooks were part of one is restored as ever.
    let path = backup.join("backup.json");
    let mut manifest: Value = serde_json::from_slice(&fs::read(&path).expect("readable")).expect("JSON");
    assert_eq!(manifest["webhooks"], json!(2));
    manifest.as_object_mut().expect("an object").remove("webhooks");
    manifest["files"].as_object_mut().expect("files").retain(|path, _| !path.starts_with("hooks/"));
    fs::write(&path, manifest.to_string()).expect("writable");
    fs::remove_dir_all(backup.join("hooks")).expect("there");
    let older = service.place("older");
    let said = ends(0, &["restore", "--from", text(&backup), "--data", text(&older)]);
    assert!(said.contains("webhooks were no part of a backup"), "{said}");
    service.move_to(&older);
    assert_eq!(ids(&service), Vec::<Value>::new());
}

#[test]
fn a_damaged_file_is_told_and_passed_over() {
    let receiver = Receiver::start(Box::new(|_, _| 200)).expect("a free port");
    let mut service = Service::start();
    let hook = service.hook(&json!({"url": receiver.address, "merchant": "M1", "types": ["payment.sale"]}));
    let id = hook["id"].as_str().expect("an id").to_owned();
    let hooks = service.place("data/hooks");
    let whole = fs::read_to_string(hooks.join(format!("{id}.json"))).expect("a file");
    fs::write(hooks.join("wh_empty.json"), "").expect("room");
    fs::write(hooks.join("wh_torn.json"), &whole[..whole.len() / 2]).expect("room");
    fs::write(hooks.join("wh_copied.json"), &whole).expect("room");
    fs::create_dir(hooks.join("wh_directory.json")).expect("room");
    service.restart();
    assert_eq!((service.metric("merchant_ledger_webhooks_unreadable"), service.metric("merchant_ledger_webhooks_unread")), (Some(4), Some(0)));
    let said = service.said();
    for name in ["wh_empty", "wh_torn", "wh_copied", "wh_directory"] {
        assert!(said.contains(name) && said.contains("passed over"), "{name}: {said}");
    }
    let told = service.client.ask("/readyz").expect("an answer").body;
    let warning = told["warnings"].as_array().and_then(|all| all.iter().find(|warning| warning["code"] == "webhook_unreadable")).expect("a warning");
    assert!(warning["detail"].as_str().is_some_and(|detail| detail.contains("4 of the webhooks") && detail.contains("wh_torn")), "{warning}");
    assert_eq!(ids(&service), [json!(id)]);
    service.post(&[sale("M1", 1, "1.00"), sale("M1", 2, "1.00")]);
    until("both calls", || receiver.came().len() >= 2);
    let events: Vec<Value> = receiver.came().iter().map(|came| came.json()["data"]["event"].clone()).collect();
    assert_eq!(events, ["s1", "s2"], "each once");
    // What is no webhook is in a backup as it is, and said.
    let said = ends(0, &["backup", "--data", text(&service.place("data")), "--to", text(&service.place("backup"))]);
    assert!(said.contains("1 webhooks are in it") && said.contains("wh_torn.json was copied as it is"), "{said}");
    assert_eq!(fs::read(service.place("backup/hooks/wh_empty.json")).expect("copied"), b"");
    ends(0, &["restore", "--from", text(&service.place("backup")), "--data", text(&service.place("restored"))]);
}

/// What a receiver answers while the service ends is kept, though nothing else is done any more.
#[test]
fn what_is_answered_while_the_service_ends_is_not_sent_again() {
    let (begun, goes_on) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let (has_begun, may_go_on) = (Arc::clone(&begun), Arc::clone(&goes_on));
    let receiver = Receiver::start(Box::new(move |_, _| {
        has_begun.store(true, Ordering::SeqCst);
        while !may_go_on.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(5));
        }
        200
    }))
    .expect("a free port");
    let mut service = Service::start();
    service.hook(&json!({"url": receiver.address, "merchant": "M1", "types": ["payment.sale"]}));
    service.post(&[sale("M1", 1, "1.00")]);
    until("a call", || begun.load(Ordering::SeqCst));
    // It is answered when the service has long been told to end; were it sooner, the call would be kept all the same.
    let answering = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_secs(1));
        goes_on.store(true, Ordering::SeqCst);
    });
    service.restart();
    answering.join().expect("answered");
    // Whatever it had to send again would come before what is new.
    service.post(&[sale("M1", 2, "1.00")]);
    until("the next call", || receiver.came().iter().any(|came| came.json()["data"]["event"] == "s2"));
    let events: Vec<Value> = receiver.came().iter().map(|came| came.json()["data"]["event"].clone()).collect();
    assert_eq!(events, ["s1", "s2"], "each once");
}
