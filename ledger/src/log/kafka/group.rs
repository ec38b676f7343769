//! Kafka's group of the nodes: which partitions this node owns, and where the other nodes are.
//!
//! The group shares partitions out and does nothing else: no record is read through it and no offset is committed under it, so
//! every partition is paused as soon as it is given. Members are static, by the node's name, so that a node which is back within
//! [`SESSION_MS`] gets what it had; partitions move cooperatively, so that the others keep theirs meanwhile. A member that is gone
//! for longer loses them, after the session; answers don't wait for that.
//!
//! A node that the group does not take owns nothing, so nothing is written or delivered for its partitions: that is a warning until the
//! group takes it again, `nodes_group_refused`. The library tells of it at each attempt to join, or once.
//!
//! Where a node is reached stands in its client id, which the group's description tells of each member.

use super::context::Connection;
use super::ending::Ending;
use super::failure;
use super::options::{ANSWER_WAIT_MAX, Options};
use crate::log::{Error, Warning, WarningCode, Warnings};
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext, Rebalance};
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaErrorCode as Kind;
use rdkafka::{ClientContext, TopicPartitionList};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a member may be silent, in milliseconds: as short as a broker takes by default.
pub(super) const SESSION_MS: &str = "6000";
/// Between two heartbeats, in milliseconds.
pub(super) const HEARTBEAT_MS: &str = "1500";
/// Who is listed as a member so long after the group refused it is taken again: the list has nobody longer than a session, here twice.
const LISTED_AFTER: Duration = Duration::from_secs(12);
/// What stands before a node's name in its client id.
const CLIENT: &str = "merchant-ledger-node";

/// Pauses whatever is given, and keeps what the group says of this node.
struct Pausing {
    topic: String,
    group: String,
    owned: Mutex<Option<BTreeSet<u32>>>,
    /// When the group last refused this node; nothing once it has taken it.
    refused: Mutex<Option<Instant>>,
    warnings: Warnings,
}

impl ClientContext for Pausing {
    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(%error, reason, "Kafka's client of the group");
    }
}

impl ConsumerContext for Pausing {
    fn post_rebalance(&self, consumer: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        if let Rebalance::Assign(given) = rebalance
            && let Err(error) = consumer.pause(given)
        {
            tracing::warn!(%error, "partitions of the group cannot be paused");
        }
        self.note(rebalance);
    }
}

impl Pausing {
    fn new(topic: &str, group: &str) -> Self {
        let (topic, group) = (topic.to_owned(), group.to_owned());
        Self { topic, group, owned: Mutex::default(), refused: Mutex::default(), warnings: Warnings::default() }
    }

    /// Takes an error of the membership: what does not pass by itself is a warning.
    fn heard(&self, error: &KafkaError, now: Instant) {
        let group = &self.group;
        let way_out = match error.rdkafka_error_code() {
            Some(Kind::GroupAuthorizationFailed) => format!("grant READ on group {group} to the service's user"),
            Some(Kind::TopicAuthorizationFailed) => format!("grant READ on topic {} to the service's user", self.topic),
            Some(Kind::GroupMaxSizeReached) => "raise group.max.size on the brokers, or run fewer nodes".to_owned(),
            Some(Kind::InvalidSessionTimeout) => format!("let group.min.session.timeout.ms on the brokers be at most {SESSION_MS}"),
            Some(Kind::InconsistentGroupProtocol) => format!("let nobody but nodes join {group}, or name another group in cluster.group"),
            _ => return,
        };
        *self.refused.lock().unwrap_or_else(PoisonError::into_inner) = Some(now);
        self.warnings.begin(WarningCode::NodesGroupRefused, || {
            format!("Kafka's group of the nodes does not take this one ({error}), so it owns no partition: it writes no stream and calls no webhook. {way_out}")
        });
    }

    /// The group has taken this node.
    fn taken(&self) {
        *self.refused.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.warnings.end(WarningCode::NodesGroupRefused);
    }

    /// The group lists this node as a member.
    fn listed(&self, now: Instant) {
        let refused = *self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        // Once it owned something, nothing need be given anew.
        if refused.is_some_and(|refused| now.saturating_duration_since(refused) >= LISTED_AFTER) {
            self.taken();
        }
    }

    /// Keeps what this node owns by what the group gives and takes. The client is not asked: while it leaves the group it does not answer.
    fn note(&self, rebalance: &Rebalance<'_>) {
        let mut owned = self.owned.lock().unwrap_or_else(PoisonError::into_inner);
        match rebalance {
            Rebalance::Assign(given) => {
                owned.get_or_insert_default().extend(partitions(given, &self.topic));
                self.taken();
            }
            Rebalance::Revoke(taken) => {
                if let Some(owned) = &mut *owned {
                    let taken = partitions(taken, &self.topic);
                    owned.retain(|partition| !taken.contains(partition));
                }
            }
            Rebalance::Error(error) => tracing::warn!(%error, "the group does not say what this node owns"),
        }
    }
}

/// A node's membership.
pub struct Group {
    consumer: Ending<BaseConsumer<Pausing>>,
    brokers: String,
    name: String,
    node: String,
}

impl Group {
    /// Joins the group as a node. Nothing is waited for.
    ///
    /// # Errors
    /// The client library refuses its options.
    pub fn join(brokers: &str, topic: &str, options: Options, group: &str, node: &str, url: &str) -> Result<Self, Error> {
        let options = options.with_brokers(brokers);
        let failed = |error: KafkaError| failure::of(brokers, topic, &Connection::default(), &error);
        let context = Pausing::new(topic, group);
        let consumer: BaseConsumer<Pausing> = options.member(group, node, &client_id(node, url)).create_with_context(context).map_err(failed)?;
        consumer.subscribe(&[topic]).map_err(failed)?;
        Ok(Self { consumer: Ending::new(consumer), brokers: brokers.to_owned(), name: group.to_owned(), node: node.to_owned() })
    }

    /// Does what the membership needs, for at most so long; to be called again and again.
    ///
    /// # Errors
    /// Another process is the same member: this one is none any more, for good.
    pub fn turn(&self, time: Duration) -> Result<(), Error> {
        match self.consumer.poll(time) {
            Some(Err(error)) if matches!(error.rdkafka_error_code(), Some(Kind::FencedInstanceId | Kind::Fatal)) => {
                let detail = format!("another process is in the group {} under this node's name ({error}): give each node a name of its own", self.name);
                Err(Error::new(crate::log::Code::InUse, detail))
            }
            Some(Err(error)) => {
                self.consumer.context().heard(&error, Instant::now());
                tracing::debug!(%error, group = self.name, "the group does not answer");
                Ok(())
            }
            // What came before its partition was paused is nobody's here.
            Some(Ok(_)) | None => Ok(()),
        }
    }

    /// The partitions that this node owns; nothing before the group has said so.
    pub fn owned(&self) -> Option<BTreeSet<u32>> {
        self.consumer.context().owned.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// That the group does not take this node, where it does not.
    pub fn warnings(&self) -> Vec<Warning> {
        self.consumer.context().warnings.all()
    }

    /// Where each member is, by its node's name.
    ///
    /// # Errors
    /// Kafka does not answer.
    pub fn members(&self) -> Result<BTreeMap<String, String>, Error> {
        let found = self.consumer.fetch_group_list(Some(&self.name), ANSWER_WAIT_MAX);
        let found = found.map_err(|error| failure::unreachable(&self.brokers, &format!("the group {}: {error}", self.name)))?;
        let members = found.groups().iter().filter(|group| group.name() == self.name).flat_map(|group| group.members());
        let members: BTreeMap<String, String> = members.filter_map(|member| of_client_id(member.client_id())).collect();
        if members.contains_key(&self.node) {
            self.consumer.context().listed(Instant::now());
        }
        Ok(members)
    }
}

fn partitions(list: &TopicPartitionList, topic: &str) -> BTreeSet<u32> {
    list.elements().iter().filter(|element| element.topic() == topic).filter_map(|element| u32::try_from(element.partition()).ok()).collect()
}

fn client_id(node: &str, url: &str) -> String {
    format!("{CLIENT} {node} {url}")
}

fn of_client_id(id: &str) -> Option<(String, String)> {
    let (node, url) = id.strip_prefix(CLIENT)?.strip_prefix(' ')?.split_once(' ')?;
    Some((node.to_owned(), url.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(topic: &str, of: &[i32]) -> TopicPartitionList {
        let mut list = TopicPartitionList::new();
        for partition in of {
            list.add_partition(topic, *partition);
        }
        list
    }

    #[test]
    fn what_a_node_owns_follows_from_what_is_given_and_taken() {
        let pausing = Pausing::new("terminal-events", "nodes");
        let owned = || pausing.owned.lock().unwrap().clone();
        pausing.note(&Rebalance::Revoke(&list("terminal-events", &[])));
        assert_eq!(owned(), None, "the group has said nothing yet");
        pausing.note(&Rebalance::Assign(&list("terminal-events", &[])));
        assert_eq!(owned(), Some(BTreeSet::new()), "it has none, and that is known");
        pausing.note(&Rebalance::Assign(&list("terminal-events", &[0, 2])));
        pausing.note(&Rebalance::Assign(&list("terminal-events", &[5])));
        pausing.note(&Rebalance::Assign(&list("another", &[1])));
        assert_eq!(owned(), Some([0, 2, 5].into()), "what is given comes on top");
        pausing.note(&Rebalance::Revoke(&list("terminal-events", &[0, 1])));
        assert_eq!(owned(), Some([2, 5].into()));
    }

    #[test]
    fn a_group_that_refuses_a_node_is_told_until_it_takes_it() {
        let (pausing, start) = (Pausing::new("terminal-events", "nodes"), Instant::now());
        let told = || pausing.warnings.all().into_iter().map(|warning| (warning.code.as_str(), warning.detail)).collect::<Vec<_>>();
        // What passes by itself is no warning.
        pausing.heard(&KafkaError::MessageConsumption(Kind::BrokerTransportFailure), start);
        assert_eq!(told(), []);
        pausing.heard(&KafkaError::MessageConsumption(Kind::GroupAuthorizationFailed), start);
        let warnings = told();
        let [("nodes_group_refused", detail)] = warnings.as_slice() else { panic!("{warnings:?}") };
        assert!(detail.contains("grant READ on group nodes"), "{detail}");
        // The list has a member for a session after it was refused.
        pausing.listed(start);
        pausing.note(&Rebalance::Revoke(&list("terminal-events", &[0])));
        assert_eq!(told(), warnings);
        pausing.note(&Rebalance::Assign(&list("terminal-events", &[])));
        assert_eq!(told(), []);
        // One that was refused and kept what it has is listed on.
        pausing.heard(&KafkaError::MessageConsumption(Kind::GroupAuthorizationFailed), start);
        pausing.listed(start + LISTED_AFTER);
        assert_eq!(told(), []);
    }

    #[test]
    fn where_a_node_is_stands_in_its_client_id() {
        let (node, url) = ("a".to_owned(), "http://10.0.0.7:8080".to_owned());
        assert_eq!(of_client_id(&client_id(&node, &url)), Some((node, url)));
        assert_eq!(of_client_id("rdkafka"), None);
        assert_eq!(of_client_id("merchant-ledger"), None);
    }
}
