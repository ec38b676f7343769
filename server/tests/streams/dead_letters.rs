//! Dead letters have what came beside the value: the record's own headers, and no value where it had none.

use super::reader::{DEAD_LETTERS, python, read, settings, written};
use super::support::{PARTITIONS, Topic, WAIT_MAX, directory, start};
use load_tests::kafka::broker::Broker;
use load_tests::kafka::producer::Whole;
use schemas::partition::partition_of;

const MERCHANT: &[u8] = b"B000001";
/// A test number of a scheme.
const CARD: &str = "4111111111111111";

#[test]
fn a_dead_letter_has_the_headers_of_its_record_and_no_value_where_that_had_none() {
    let (Some(broker), Some(python)) = (Broker::shared(), python()) else { return };
    let topic = Topic::create(&broker, "beside");
    topic.open();
    let partition = partition_of(MERCHANT, PARTITIONS);
    let send = |value: Option<&[u8]>, headers: &[(&str, Option<&[u8]>)]| {
        topic.producer.send_whole(&Whole { partition, key: Some(MERCHANT), value, headers }).expect("Kafka takes it");
    };
    let trace: (&str, Option<&[u8]>) = ("trace", Some(b"of the terminal"));
    send(
        Some(b"not json"),
        &[
            trace,
            ("paid-by", Some(CARD.as_bytes())),
            ("nothing", None),
            ("ce_id", Some(b"9:9")),
            ("ce_ledger", Some(b"id:of-somebody-else")),
            ("content-type", Some(b"text/plain")),
            ("dlq.code", Some(b"of an earlier one")),
            ("dlq.earlier", Some(b"of an earlier one")),
        ],
    );
    send(None, &[trace]);
    send(Some(b""), &[]);
    // More than a batch of the topic has room for beside what is told of the record.
    let filler = vec![b'x'; 520_000];
    send(Some(b"not json either"), &[trace, ("filler", Some(&filler))]);
    let last = topic.flush();
    let directory = directory();
    let settings = settings(&topic, &directory);
    let (service, client) = start(&settings);
    client.caught_up(&last, WAIT_MAX).expect("everything");
    written(&client);
    let letters = read(&python, &broker.address(), &format!("beside-{DEAD_LETTERS}"));
    let [text, null, empty, large] = letters.as_slice() else { panic!("{} dead letters", letters.len()) };

    assert_eq!((text.value.as_str(), text.is_null), ("not json", false));
    assert_eq!((text.header("trace"), text.header("dlq.header.ce_id"), text.header("dlq.header.content-type")), ("of the terminal", "9:9", "text/plain"));
    assert!(text.headers.contains_key("nothing") && text.header("paid-by").contains('*') && !text.header("paid-by").contains(&CARD[3..]), "{text:?}");
    assert_eq!(
        (text.header("dlq.code"), text.header("ce_type"), text.header("content-type")),
        ("malformed", "ledger.dead_letter.v1", "application/octet-stream")
    );
    assert!(text.header("ce_id").starts_with(&format!("{partition}:")) && !text.headers.contains_key("dlq.earlier"), "{text:?}");

    assert_eq!((null.is_null, null.key.as_deref(), null.header("trace"), null.header("dlq.code")), (true, Some("B000001"), "of the terminal", "malformed"));
    assert_eq!((empty.is_null, empty.value.as_str()), (false, ""));
    assert_eq!((large.value.as_str(), large.header("dlq.headers_left_out")), ("not json either", "2"));
    assert!(!large.headers.contains_key("trace") && !large.headers.contains_key("filler"));
    for letter in &letters {
        assert!(!letter.headers.contains_key("dlq.truncated"), "nothing is missing in the value: {:?}", letter.header("dlq.code"));
    }
    service.stop().expect("a clean end");

    // The headers of others are not taken for ours: the stream finds its place, and nothing comes twice.
    let (service, client) = start(&settings);
    client.caught_up(&last, WAIT_MAX).expect("everything");
    written(&client);
    assert_eq!(read(&python, &broker.address(), &format!("beside-{DEAD_LETTERS}")).len(), letters.len());
    service.stop().expect("a clean end");
}
