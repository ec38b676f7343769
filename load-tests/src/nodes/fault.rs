//! What is done to nodes, and for how long.

use std::time::Duration;

/// A fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Fault {
    /// SIGKILL of one.
    Kill,
    /// SIGKILL of two at once.
    KillTwo,
    /// SIGKILL of one while the partitions that it owns close a day.
    KillInClose,
    /// SIGSTOP of one, which goes on later and does not know that it stood still.
    Stop,
    /// One is cut off from Kafka, and not from the others.
    CutKafka,
    /// One is cut off from the others, and not from Kafka.
    CutPeers,
    /// One after the other ends and starts again as another program.
    Upgrade,
}

impl Fault {
    /// All of them; an upgrade needs another program.
    pub const ALL: [Self; 7] = [Self::Kill, Self::KillTwo, Self::KillInClose, Self::Stop, Self::CutKafka, Self::CutPeers, Self::Upgrade];

    /// As it is told.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Kill => "kill",
            Self::KillTwo => "kill-two",
            Self::KillInClose => "kill-in-close",
            Self::Stop => "stop",
            Self::CutKafka => "cut-kafka",
            Self::CutPeers => "cut-peers",
            Self::Upgrade => "upgrade",
        }
    }

    /// Whether one node is killed, for which a bound is promised.
    pub const fn is_a_kill(self) -> bool {
        matches!(self, Self::Kill | Self::KillInClose)
    }
}

/// For how long things stay as they are.
#[derive(Clone, Copy, Debug)]
pub struct Holds {
    /// At most so long a node stays dead, by the dice: back before Kafka's group has noticed, or after.
    pub dead_max: Duration,
    /// SIGSTOP.
    pub stopped: Duration,
    /// Cut off from Kafka, or from the others.
    pub cut: Duration,
}

impl Holds {
    /// As they are promised.
    pub const fn long() -> Self {
        Self { dead_max: Duration::from_secs(14), stopped: Duration::from_secs(30), cut: Duration::from_secs(25) }
    }

    /// For a test.
    pub const fn short() -> Self {
        Self { dead_max: Duration::from_secs(3), stopped: Duration::from_secs(9), cut: Duration::from_secs(9) }
    }
}
