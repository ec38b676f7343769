//! Nodes that know each other by certificates: they share and hand on as with a secret, and nobody else is taken for one of them.

use super::authority::{Authority, Files, Pair, put};
use super::nodes::{Group, Node, SECRET, positions, shared};
use super::support::{WAIT_MAX, directory};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use load_tests::kafka::broker::Broker;
use load_tests::load::traffic::Traffic;
use rcgen::ExtendedKeyUsagePurpose;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use ureq::tls::TlsConfig;

/// How often it is looked whether something has come about.
const POLL: Duration = Duration::from_millis(100);

/// Asks a node over connections that it keeps, with TLS of its own.
struct Asker(ureq::Agent);

impl Asker {
    fn new(tls: TlsConfig) -> Self {
        let config = ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(Duration::from_secs(30)));
        Self(config.tls_config(tls).build().new_agent())
    }

    /// Asks as a node does that says where it is.
    fn report(&self, node: &Node) -> Result<(u16, Value), String> {
        let own = json!({
            "node": "z", "url": "https://127.0.0.1:1", "version": "0", "protocol": 0, "layout": "", "partitions": 0,
            "owns": [], "holds": [], "knows": [], "differs": []
        });
        let mut answer = self.0.post(format!("{}/internal/v1/report", node.client.base())).send_json(own).map_err(|error| error.to_string())?;
        Ok((answer.status().as_u16(), answer.body_mut().read_json().map_err(|error| error.to_string())?))
    }

    /// The status of a question that is handed on, of a caller with these roles.
    fn handed_on(&self, node: &Node, roles: &[&str]) -> u16 {
        let caller = json!({"who": "k1", "roles": roles, "merchants": null, "partner": null, "mcc": null, "ends": null});
        let request = self.0.get(format!("{}/v1/accounts", node.client.base())).header("x-ledger-hop", "z");
        request.header("x-ledger-caller", URL_SAFE_NO_PAD.encode(caller.to_string())).call().expect("an answer").status().as_u16()
    }

    fn is_let_in(&self, node: &Node) -> bool {
        self.report(node).is_ok_and(|(status, _)| status == 200)
    }
}

/// Waits until something is so.
fn until(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + WAIT_MAX;
    while !is_so() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::sleep(POLL);
    }
}

/// Every merchant's balances as a node tells them, and whether it had any of them from another node.
fn balances(asker: &Asker, node: &Node, at_least: &str) -> (Vec<Value>, bool) {
    let mut hops = BTreeSet::new();
    let ask = |merchant: String| {
        let path = format!("{}/v1/merchants/{merchant}/balances?at_least={at_least}&wait_ms=20000", node.client.base());
        let mut answer = asker.0.get(path).call().expect("an answer");
        hops.extend(answer.headers().get("x-ledger-hop").map(|hop| hop.to_str().expect("a name").to_owned()));
        let body: Value = answer.body_mut().read_json().expect("JSON");
        assert!(["200", "404"].contains(&answer.status().as_str()), "{merchant}: {} {body}", answer.status());
        body
    };
    let told = (0..40).map(Traffic::merchant).map(ask).collect();
    assert!(hops.iter().all(|hop| *hop == node.name), "{hops:?}");
    (told, !hops.is_empty())
}

#[test]
fn nodes_share_and_hand_on_by_certificates_alone_and_nobody_else_is_one() {
    let Some(broker) = Broker::shared() else { return };
    let (group, _) = Group::filled(&broker, "cluster-mutual", 2000);
    let at_least = positions(&group.flush());
    let (bank, own, others) = (Authority::new("of the bank"), Authority::new("of nodes"), Authority::new("of others"));
    let files: Vec<Files> = (0..3).map(|_| Files::new(&bank, &own)).collect();
    // Whoever vouches for addresses vouches for no node.
    let (place, stranger) = (directory(), Asker::new(bank.trusted(None)));
    let of_bank = place.path().join("bank.pem");
    put(&of_bank, &bank.pem());
    let start = |name: &str, files: &Files| {
        group.node_at(name, &format!("{}-nodes", group.topic), &format!("certificates = {of_bank:?}\n{}", files.mutual()), Some(bank.trusted(None)))
    };
    let (mut a, mut b, mut c) = (start("a", &files[0]), start("b", &files[1]), start("c", &files[2]));
    shared(&[&a, &b, &c], 2);
    let told: Vec<(Vec<Value>, bool)> = [&a, &b, &c].map(|node| balances(&stranger, node, &at_least)).into();
    assert!(told.iter().all(|(_, handed_on)| *handed_on), "each has merchants that it does not hold: {told:?}");
    assert!(told.iter().all(|(balances, _)| *balances == told[0].0) && told[0].0.iter().any(|body| body["position"].is_string()), "{told:?}");
    // Who shows nothing is served as ever, and is no node.
    assert_eq!(a.client.ask("/v1/accounts").expect("an answer").status, 200);
    let (status, body) = stranger.report(&a).expect("an answer");
    assert_eq!((status, &body["code"]), (404, &"not_found".into()), "{body}");
    assert_eq!(stranger.handed_on(&a, &["bank"]), 401);
    // Who shows the certificate of another authority, or one that is not for clients, has no connection at all.
    let shows = |pair: Pair| Asker::new(bank.trusted(Some(&pair)));
    for pair in [others.pair(&[]), bank.pair(&[]), own.pair(&[ExtendedKeyUsagePurpose::ServerAuth])] {
        let refused = shows(pair).0.get(format!("{}/healthz", a.client.base())).call();
        assert!(refused.is_err(), "{refused:?}");
    }
    // The one that is asked tells which were refused, and why, each once.
    let refused = || a.said().matches("a connection is refused: the certificate that it showed is no node's").count();
    until("each refused certificate is told", || refused() == 3);
    let said = a.said();
    assert!(said.contains("WARN") && said.contains("serial") && said.contains("extendedKeyUsage") && said.contains("no authority of those"), "{said}");
    // Who shows a node's is one, and is believed who asks: no more and no less than what it says.
    let node = shows(own.pair(&[ExtendedKeyUsagePurpose::ClientAuth]));
    let (status, body) = node.report(&a).expect("an answer");
    assert_eq!((status, &body["node"]), (200, &"a".into()), "{body}");
    assert_eq!((node.handed_on(&a, &["bank"]), node.handed_on(&a, &[])), (200, 403));
    [&mut a, &mut b, &mut c].into_iter().for_each(Node::stop);
}

#[test]
fn certificates_and_authorities_are_renewed_while_nodes_run() {
    let Some(broker) = Broker::shared() else { return };
    let (group, _) = Group::filled(&broker, "cluster-renewal", 500);
    let (old, new) = (Authority::new("old"), Authority::new("new"));
    let files: Vec<Files> = (0..2).map(|_| Files::new(&old, &old)).collect();
    // Those of nodes vouch for their addresses, too, where nobody else is named.
    let start = |name: &str, files: &Files| group.node_at(name, &format!("{}-nodes", group.topic), &files.mutual(), Some(old.trusted(None)));
    let (mut a, mut b) = (start("a", &files[0]), start("b", &files[1]));
    shared(&[&a, &b], 2);
    let (of_old, of_new) = (old.pair(&[]), new.pair(&[]));
    let (held, early) = (Asker::new(old.trusted(Some(&of_old))), Asker::new(old.trusted(Some(&of_new))));
    assert!([&a, &b].iter().all(|node| held.is_let_in(node) && !early.is_let_in(node)));
    // What is no certificate changes nothing.
    files[0].vouch("nobody");
    until("it says so", || a.said().contains("what was read before stays in force"));
    assert!(held.is_let_in(&a) && !early.is_let_in(&a));
    // First both vouch, then all is certified anew, then the old one is left out.
    files.iter().for_each(|files| files.vouch(&format!("{}{}", old.pem(), new.pem())));
    until("both vouch", || [&a, &b].iter().all(|node| held.is_let_in(node) && early.is_let_in(node)));
    files.iter().for_each(|files| files.certify(&new, &new));
    let late = Asker::new(new.trusted(Some(&of_new)));
    until("new certificates are shown", || [&a, &b].iter().all(|node| late.is_let_in(node)));
    files.iter().for_each(|files| files.vouch(&new.pem()));
    for node in [&a, &b] {
        // It may come over the connection that it has, and is no node there any more.
        let deadline = Instant::now() + WAIT_MAX;
        let refused = loop {
            match held.report(node) {
                Ok((200, _)) if Instant::now() < deadline => std::thread::sleep(POLL),
                other => break other,
            }
        };
        assert_eq!(refused.map(|(status, _)| status), Ok(404));
        assert!(Asker::new(new.trusted(Some(&of_old))).report(node).is_err(), "nor does it get another one");
        assert!(late.is_let_in(node));
    }
    // They know each other by the new ones alone: a node that comes anew is no exception.
    (a.client, b.client) = (a.client.with_tls(new.trusted(None)), b.client.with_tls(new.trusted(None)));
    shared(&[&a, &b], 2);
    b.stop();
    b.start();
    shared(&[&a, &b], 2);
    [&mut a, &mut b].into_iter().for_each(Node::stop);
}

#[test]
fn a_group_moves_from_the_secret_to_certificates_node_by_node() {
    let Some(broker) = Broker::shared() else { return };
    let (group, _) = Group::filled(&broker, "cluster-moves", 500);
    let own = Authority::new("of nodes");
    let files: Vec<Files> = (0..2).map(|_| Files::new(&own, &own)).collect();
    let place = directory();
    let vouches = place.path().join("nodes.pem");
    put(&vouches, &own.pem());
    let secret = format!("secret = {SECRET:?}\n");
    let start = |name: &str, more: &str| group.node_at(name, &format!("{}-nodes", group.topic), more, Some(own.trusted(None)));
    let mut a = start("a", &format!("{secret}{}", files[0].mutual()));
    let mut b = start("b", &format!("{secret}certificates = {vouches:?}\n{}", files[1].tls()));
    shared(&[&a, &b], 2);
    let node = Asker::new(own.trusted(Some(&own.pair(&[]))));
    assert!(node.is_let_in(&a) && !node.is_let_in(&b), "b knows the secret alone");
    b.again(&files[1].mutual());
    shared(&[&a, &b], 2);
    a.again(&files[0].mutual());
    shared(&[&a, &b], 2);
    [&mut a, &mut b].into_iter().for_each(Node::stop);
}
