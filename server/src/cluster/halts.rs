//! The codes with which shards halt, as they come from another node.

use super::answering::NOT_HELD;
use ledger::log::Code;

/// With which a shard may halt.
const OF_SHARDS: [Code; 22] = [
    Code::KafkaUnreachable,
    Code::AccessDenied,
    Code::TopicMissing,
    Code::TopicRecreated,
    Code::LogTruncated,
    Code::LogExpired,
    Code::PartitionsChanged,
    Code::TransactionOpen,
    Code::ReaderStalled,
    Code::RegistryUnreachable,
    Code::SchemaUnknown,
    Code::SchemaRefused,
    Code::DiskFull,
    Code::DiskFailing,
    Code::Permission,
    Code::TooManyFiles,
    Code::InUse,
    Code::OtherFormat,
    Code::Misplaced,
    Code::Corrupt,
    Code::FoldFailed,
    Code::ViewsBehind,
];

/// The code by which a client is told why a halted partition has no answer: the shard's own. One that this version does not know is a
/// partition that nobody has.
pub fn reason(code: &str) -> &'static str {
    OF_SHARDS.map(Code::as_str).into_iter().find(|known| *known == code).unwrap_or(NOT_HELD)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_told_as_it_is_where_it_is_known() {
        assert_eq!(reason("log_expired"), "log_expired");
        assert_eq!(reason("of_a_later_version"), NOT_HELD);
    }
}
