//! Why a shard does not follow its log: the codes that `/readyz` shows.

/// Why a log is not followed: the stable codes of `/readyz`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "explained in ARCHITECTURE.md, \"When a shard halts\"")]
pub enum Code {
    KafkaUnreachable,
    AccessDenied,
    TopicMissing,
    TopicRecreated,
    LogTruncated,
    LogExpired,
    PartitionsChanged,
    TransactionOpen,
    ReaderStalled,
    RegistryUnreachable,
    SchemaUnknown,
    SchemaRefused,
    DiskFull,
    DiskFailing,
    Permission,
    TooManyFiles,
    InUse,
    OtherFormat,
    Misplaced,
    Corrupt,
    FoldFailed,
    TopicRefuses,
    StreamForeign,
    StreamFenced,
    StreamAhead,
    ViewsBehind,
}

impl Code {
    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::KafkaUnreachable => "kafka_unreachable",
            Self::AccessDenied => "access_denied",
            Self::TopicMissing => "topic_missing",
            Self::TopicRecreated => "topic_recreated",
            Self::LogTruncated => "log_truncated",
            Self::LogExpired => "log_expired",
            Self::PartitionsChanged => "partitions_changed",
            Self::TransactionOpen => "transaction_open",
            Self::ReaderStalled => "reader_stalled",
            Self::RegistryUnreachable => "registry_unreachable",
            Self::SchemaUnknown => "schema_unknown",
            Self::SchemaRefused => "schema_refused",
            Self::DiskFull => "disk_full",
            Self::DiskFailing => "disk_failing",
            Self::Permission => "permission",
            Self::TooManyFiles => "too_many_files",
            Self::InUse => "in_use",
            Self::OtherFormat => "other_format",
            Self::Misplaced => "misplaced",
            Self::Corrupt => "corrupt",
            Self::FoldFailed => "fold_failed",
            Self::TopicRefuses => "topic_refuses",
            Self::StreamForeign => "stream_foreign",
            Self::StreamFenced => "stream_fenced",
            Self::StreamAhead => "stream_ahead",
            Self::ViewsBehind => "views_behind",
        }
    }

    /// Whether it goes on by itself once the cause is gone; else an operator acts, and starts the service again.
    pub const fn passes(self) -> bool {
        match self {
            Self::KafkaUnreachable
            | Self::AccessDenied
            | Self::TopicMissing
            | Self::TransactionOpen
            | Self::ReaderStalled
            | Self::RegistryUnreachable
            | Self::SchemaUnknown
            | Self::SchemaRefused
            | Self::DiskFull
            | Self::DiskFailing
            | Self::Permission
            | Self::TooManyFiles
            | Self::TopicRefuses
            | Self::StreamFenced
            | Self::StreamAhead
            | Self::ViewsBehind => true,
            Self::TopicRecreated
            | Self::LogTruncated
            | Self::LogExpired
            | Self::PartitionsChanged
            | Self::InUse
            | Self::OtherFormat
            | Self::Misplaced
            | Self::Corrupt
            | Self::FoldFailed
            | Self::StreamForeign => false,
        }
    }
}
