//! Bodies that come compressed are read, to the bound of what they are decompressed to; other encodings are told as such.

mod support;

use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use serde_json::{Value, json};
use std::io::Write;
use support::Server;
use support::events::{contract, contract_set, opened, sale};

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).expect("compressed");
    encoder.finish().expect("compressed")
}

fn deflate(text: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).expect("compressed");
    encoder.finish().expect("compressed")
}

fn post(server: &Server, encoding: &str, body: &[u8]) -> (u16, Option<String>, Value) {
    let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
    let request =
        agent.post(format!("{}/v1/events?wait=true&wait_ms=20000", server.base)).content_type("application/x-ndjson").header("Content-Encoding", encoding);
    let mut answer = request.send(body).expect("an answer");
    let accepted = answer.headers().get("accept-encoding").and_then(|value| value.to_str().ok()).map(str::to_owned);
    (answer.status().as_u16(), accepted, serde_json::from_str(&answer.body_mut().read_to_string().expect("a body")).expect("JSON"))
}

#[test]
fn a_compressed_body_is_read_as_what_it_is() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = Server::start(directory.path());
    server.posted(&opened("2026-11-20"));
    server.posted(&contract_set("c-1", "M1", contract()));
    let at = "2026-11-20T12:00:00+08:00";
    let sold = |n: u32| {
        format!(
            "{}\n{}",
            sale(&format!("a{n}"), "M1", &format!("P{n}a"), "1.00", "debit", at),
            sale(&format!("b{n}"), "M1", &format!("P{n}b"), "2.00", "debit", at)
        )
    };
    let bodies = [
        ("gzip", gzip(sold(1).as_bytes())),
        ("x-gzip", gzip(sold(2).as_bytes())),
        ("GZIP", gzip(sold(3).as_bytes())),
        ("deflate", deflate(sold(4).as_bytes())),
        ("identity", sold(5).into_bytes()),
    ];
    for (encoding, body) in bodies {
        let (status, _, answer) = post(&server, encoding, &body);
        let outcomes: Vec<_> = answer["results"].as_array().into_iter().flatten().map(|result| result["outcome"].clone()).collect();
        assert_eq!((status, outcomes), (200, vec![json!("posted"), json!("posted")]), "{encoding}: {answer}");
    }
    // What is not read is said, and how it would be.
    for encoding in ["br", "zstd", "compress", "gzip, gzip", "x"] {
        let (status, accepted, problem) = post(&server, encoding, &gzip(sold(6).as_bytes()));
        assert_eq!(
            (status, &problem["code"], accepted.as_deref()),
            (415, &json!("unsupported_media_type"), Some("gzip, deflate, identity")),
            "{encoding}: {problem}"
        );
        assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains(encoding) && detail.contains("gzip")), "{problem}");
    }
    // The bound is that of the events, not of what travels; and what is broken off is no event.
    let large = gzip(&vec![b' '; 9 << 20]);
    assert!(large.len() < 1 << 20);
    let (status, _, problem) = post(&server, "gzip", &large);
    assert_eq!((status, &problem["code"]), (413, &json!("too_large")), "{problem}");
    let whole = gzip(sold(7).as_bytes());
    for body in [&whole[..whole.len() / 2], b"{}".as_slice()] {
        let (status, _, problem) = post(&server, "gzip", body);
        assert_eq!((status, &problem["code"], &problem["parameter"]), (400, &json!("bad_parameter"), &json!("body")), "{problem}");
    }
    assert_eq!(server.get("/v1/events/a7?merchant=M1").status, 404, "nothing of it was appended");
}
