//! What this node answers other nodes: of the partitions that it has, and of nothing else. It asks nobody for it, so that two nodes
//! never wait for each other.

use super::events::{FoundEvent, Scope};
use super::local::Local;
use super::{Error, NOT_HELD, Node, Which};
use crate::cluster::wire::{Ask, Found, Reply, Whose};
use crate::shape::Position;
use ledger::entry::Recorded;
use ledger::journal::{pack, unpack};
use projections::follower::Entries;
use schemas::ids::{EventId, MerchantId};
use std::sync::Arc;
use std::time::Duration;

/// Entries of one answer.
const ENTRIES_MAX: usize = 4096;
/// Offsets of one question.
const OFFSETS_MAX: usize = 65_536;

impl Node {
    /// Answers another node; what is waited for, elsewhere ([`Node::waited`]).
    pub fn answer_node(&self, ask: Ask) -> Reply {
        self.answered(ask).unwrap_or_else(|error| {
            let code = if let Error::Unavailable { code, .. } = &error { code.map(str::to_owned) } else { None };
            Reply::Refused { code, detail: error.to_string() }
        })
    }

    /// Waits for another node until a partition of this one is as far as it asks.
    pub async fn waited(&self, position: Position, viewed: bool, wait: Duration) -> Reply {
        let Some(place) = self.place(position.partition).filter(|place| place.local().is_some() && !place.differs()) else {
            return Reply::Refused { code: Some(NOT_HELD.to_owned()), detail: format!("partition {} does not lie here", position.partition) };
        };
        let which = if viewed { Which::Viewed } else { Which::Folded };
        let there = place.progress().until(wait, |reached| which.of(reached) > position.offset).await;
        Reply::Reached { there, next: which.of(&place.progress().now()) }
    }

    fn answered(&self, ask: Ask) -> Result<Reply, Error> {
        let sessions = || self.nodes().map(|nodes| nodes.sessions()).ok_or_else(|| Error::Failed("this node is alone".to_owned()));
        Ok(match ask {
            Ask::Open { partition } => {
                let local = self.lies_here(partition)?;
                if let Some(nodes) = self.nodes() {
                    nodes.gives(partition)?;
                }
                let (session, catalogue) = sessions()?.open(local.views()?)?;
                let journal = local.journal()?;
                Reply::Opened { session, catalogue, count: journal.count(), passed: Entries::passed(&journal) }
            }
            Ask::Get { session, key } => Reply::Value(sessions()?.get(session, key)?),
            Ask::Rows { session, span } => Reply::Rows(sessions()?.rows(session, span)?),
            Ask::Close { session } => {
                sessions()?.close(session);
                Reply::Done
            }
            Ask::Entries { partition, from, limit } => Reply::Entries(pack(&self.lies_here(partition)?.journal()?.entries(from, limit.min(ENTRIES_MAX))?)?),
            Ask::Wait { .. } => return Err(Error::Failed("what is waited for is answered elsewhere".to_owned())),
            Ask::First { partition, offsets } => {
                let found = self.lies_here(partition)?.first_entries(offsets.into_iter().take(OFFSETS_MAX))?;
                Reply::First(found.into_iter().map(|(offset, entry)| Ok((offset, pack(&[entry])?))).collect::<Result<_, Error>>()?)
            }
            Ask::Find { partition, whose, id, owned } => {
                let (local, id) = (self.lies_here(partition)?, event_id(&id)?);
                let scope = Scope::try_from(whose)?;
                let found = if owned { local.find_owned(&scope, &id)? } else { local.find(&scope, &id)? };
                Reply::Found(found.map(Found::try_from).transpose()?)
            }
            Ask::Owners { partition, id } => Reply::Owners(self.lies_here(partition)?.owners_of(&event_id(&id)?)?.into_iter().map(Whose::from).collect()),
            Ask::Head { partition } => {
                let head = self.lies_here(partition)?.head()?;
                Reply::Head { entries: head.entries, position: head.position, head: head.head, root: head.root }
            }
        })
    }

    fn lies_here(&self, partition: u32) -> Result<Arc<Local>, Error> {
        let place = self.place(partition).ok_or(Error::NoLog)?;
        if place.differs() {
            place.source()?;
        }
        place.here()
    }
}

fn event_id(text: &str) -> Result<EventId, Error> {
    EventId::new(text).ok_or_else(|| Error::Failed(format!("{text:?} is no id of an event")))
}

/// One entry of another node.
pub fn one(packed: &[u8]) -> Result<Recorded, Error> {
    unpack(packed)?.pop().ok_or_else(|| Error::Failed("another node answered without the entry".to_owned()))
}

impl From<Scope> for Whose {
    fn from(scope: Scope) -> Self {
        match scope {
            Scope::Merchant(merchant) => Self::Merchant(merchant.to_string()),
            Scope::House => Self::House,
            Scope::Partition => Self::Partition,
        }
    }
}

impl TryFrom<Whose> for Scope {
    type Error = Error;

    fn try_from(whose: Whose) -> Result<Self, Error> {
        Ok(match whose {
            Whose::Merchant(merchant) => Self::Merchant(MerchantId::new(&merchant).ok_or_else(|| Error::Failed(format!("{merchant:?} is no merchant's id")))?),
            Whose::House => Self::House,
            Whose::Partition => Self::Partition,
        })
    }
}

impl TryFrom<FoundEvent> for Found {
    type Error = Error;

    fn try_from(found: FoundEvent) -> Result<Self, Error> {
        let FoundEvent { partition: _, scope, recorded, duplicates, conflicts } = found;
        Ok(Self { whose: scope.into(), entry: pack(&[recorded])?, duplicates, conflicts })
    }
}

impl FoundEvent {
    /// One that another node has.
    pub(super) fn elsewhere(partition: u32, found: Found) -> Result<Self, Error> {
        let Found { whose, entry, duplicates, conflicts } = found;
        Ok(Self { partition, scope: whose.try_into()?, recorded: one(&entry)?, duplicates, conflicts })
    }
}
