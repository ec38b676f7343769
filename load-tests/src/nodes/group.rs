//! Three nodes of one group and their Kafka, with something between any two of them that can be cut.

use super::link::{Link, Passage, Proxy};
use super::who::Processes;
use super::{Error, NODES, PARTITIONS, SHARED_WAIT_MAX};
use crate::kafka::broker::{Broker, Setup};
use crate::service::{Client, Process, Settings};
use serde_json::Value;
use std::io;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What they know each other by.
const SECRET: &str = "of-the-nodes-of-a-run-and-nobody-else";
/// Between two looks whether all is shared out.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// A node: its process, and how it is started.
pub struct Node {
    /// What it is called.
    pub name: String,
    /// Asks it, not by way of a proxy.
    pub client: Client,
    /// How it is started.
    pub settings: Settings,
    process: Option<Process>,
}

/// The nodes, and what stands between them.
pub struct Group {
    /// The nodes.
    pub nodes: Vec<Node>,
    /// From each to Kafka.
    pub to_kafka: Vec<Arc<Link>>,
    /// From each to each.
    pub between: Arc<Vec<Vec<Arc<Link>>>>,
    processes: Arc<Processes>,
    _proxies: Vec<Proxy>,
}

/// Kafka with a listener for each node, which its clients reach by way of a proxy; nothing where there are no jars.
pub struct Kafka {
    /// The broker.
    pub broker: Broker,
    doors: Vec<(u16, TcpListener)>,
}

impl Kafka {
    /// Starts it.
    ///
    /// # Errors
    /// There are no ports.
    pub fn start() -> io::Result<Option<Self>> {
        let doors = (0..NODES).map(|_| Ok((free_port()?, listener()?))).collect::<io::Result<Vec<_>>>()?;
        let told = doors.iter().map(|(port, proxy)| Ok((*port, proxy.local_addr()?.port()))).collect::<io::Result<Vec<_>>>()?;
        let broker = Broker::start_as(&Setup { doors: told, ..Setup::default() });
        Ok(broker.map(|broker| Self { broker, doors }))
    }
}

fn listener() -> io::Result<TcpListener> {
    TcpListener::bind("127.0.0.1:0")
}

/// A port that is free again: whoever is to have it takes it soon.
fn free_port() -> io::Result<u16> {
    Ok(listener()?.local_addr()?.port())
}

impl Group {
    /// Prepares nodes on a topic, each in a directory of its own; none is started.
    ///
    /// # Errors
    /// There are no ports or files.
    pub fn new(kafka: &Kafka, topic: &str, directory: &Path, binary: &Path, more: &str) -> Result<Self, Error> {
        let links = || (0..NODES).map(|_| Arc::default()).collect::<Vec<Arc<Link>>>();
        let (to_kafka, between) = (links(), Arc::new((0..NODES).map(|_| links()).collect::<Vec<_>>()));
        let processes = Arc::new(Processes::new(NODES));
        let (mut nodes, mut proxies) = (Vec::new(), Vec::new());
        for (place, ((port, door), link)) in kafka.doors.iter().zip(&to_kafka).enumerate() {
            let (link, told) = (Arc::clone(link), door.local_addr()?.port());
            proxies.push(Proxy::open(door.try_clone()?, *port, move |_| Some(Arc::clone(&link)))?);
            let (own, front) = (free_port()?, listener()?);
            let advertised = front.local_addr()?.port();
            let (from, known) = (Arc::clone(&between), Arc::clone(&processes));
            proxies.push(Proxy::open(front, own, move |came| from.get(known.place(came)?)?.get(place).cloned())?);
            nodes.push(node(place, directory, binary, (topic, told), (own, advertised), more)?);
        }
        Ok(Self { nodes, to_kafka, between, processes, _proxies: proxies })
    }

    /// Starts a node and waits until it answers.
    ///
    /// # Errors
    /// It does not.
    pub fn start(&mut self, place: usize) -> Result<(), Error> {
        if let Some(node) = self.nodes.get_mut(place) {
            let process = Process::start(&node.settings)?;
            let deadline = Instant::now() + crate::service::START_WAIT_MAX;
            while process.number().is_none() && Instant::now() < deadline {
                std::thread::sleep(Duration::from_millis(1));
            }
            self.processes.set(place, process.number());
            process.answering()?;
            node.process = Some(process);
        }
        Ok(())
    }

    /// SIGKILL of all of these at once.
    ///
    /// # Errors
    /// One cannot be waited for.
    pub fn kill(&mut self, places: &[usize]) -> Result<(), Error> {
        self.signal(places, "KILL")?;
        for place in places {
            if let Some(process) = self.nodes.get_mut(*place).and_then(|node| node.process.take()) {
                process.kill()?;
            }
            self.processes.set(*place, None);
        }
        Ok(())
    }

    /// Sends a signal to all of these at once.
    ///
    /// # Errors
    /// It cannot be sent.
    pub fn signal(&self, places: &[usize], signal: &str) -> Result<(), Error> {
        let numbers: Vec<String> =
            places.iter().filter_map(|place| self.nodes.get(*place)?.process.as_ref()?.number()).map(|number| number.to_string()).collect();
        match Command::new("kill").arg(format!("-{signal}")).args(&numbers).status()? {
            status if status.success() => Ok(()),
            status => Err(Error::Machine(io::Error::other(format!("kill -{signal} {}: {status}", numbers.join(" "))))),
        }
    }

    /// SIGTERM, and waits until it has ended.
    ///
    /// # Errors
    /// It does not end cleanly.
    pub fn stop(&mut self, place: usize) -> Result<(), Error> {
        if let Some(process) = self.nodes.get_mut(place).and_then(|node| node.process.take()) {
            process.stop()?;
        }
        self.processes.set(place, None);
        Ok(())
    }

    /// The processor time that a node has taken since its start.
    pub fn processor_time(&self, place: usize) -> Option<Duration> {
        self.nodes.get(place)?.process.as_ref()?.processor_time()
    }

    /// Another program for the next start of a node.
    pub fn program(&mut self, place: usize, binary: &Path) {
        if let Some(node) = self.nodes.get_mut(place) {
            node.settings.binary = PathBuf::from(binary);
        }
    }

    /// Cuts a node off from the others and these from it, or lets them to each other again.
    pub fn between(&self, place: usize, passage: Passage) {
        for (from, ways) in self.between.iter().enumerate() {
            for (to, link) in ways.iter().enumerate() {
                if (from == place) != (to == place) {
                    link.set(passage);
                }
            }
        }
    }

    /// Waits until these nodes know each other, and each partition has an owner and so many holders that follow it.
    ///
    /// # Errors
    /// It is not so within [`SHARED_WAIT_MAX`].
    pub fn shared(&self, places: &[usize], holders: usize) -> Result<Duration, Error> {
        let begun = Instant::now();
        loop {
            let asked = places.iter().filter_map(|place| self.nodes.get(*place));
            let seen: Vec<Value> = asked.map(|node| node.client.ask("/v1/cluster").map(|answer| answer.body).unwrap_or_default()).collect();
            if seen.iter().all(|cluster| is_whole(cluster, places.len(), holders)) {
                return Ok(begun.elapsed());
            }
            if begun.elapsed() >= SHARED_WAIT_MAX {
                return Err(Error::NotShared { within: SHARED_WAIT_MAX, seen: Value::Array(seen).to_string() });
            }
            std::thread::sleep(LOOK_EVERY);
        }
    }

    /// The partitions that a node owns, as one that answers says.
    pub fn owned(&self, place: usize) -> Vec<u32> {
        let name = self.nodes.get(place).map(|node| node.name.clone()).unwrap_or_default();
        let cluster = self.nodes.get(place).and_then(|node| node.client.get("/v1/cluster").ok()).unwrap_or_default();
        let rows = cluster["partitions"].as_array().into_iter().flatten().filter(|row| row["owner"] == name.as_str());
        rows.filter_map(|row| u32::try_from(row["partition"].as_u64()?).ok()).collect()
    }
}

/// What a node says of the group.
fn is_whole(cluster: &Value, nodes: usize, holders: usize) -> bool {
    let rows = |name: &str| cluster[name].as_array().map(Vec::as_slice).unwrap_or_default();
    let is_held = |partition: &Value| {
        let held = partition["holders"].as_array().map(Vec::as_slice).unwrap_or_default();
        partition["owner"].is_string() && held.len() == holders && held.iter().all(|holder| holder["state"] == "following")
    };
    rows("nodes").len() == nodes && rows("partitions").len() == PARTITIONS as usize && rows("partitions").iter().all(is_held)
}

/// How a node is started: on a topic by its own way to Kafka, at a port, and told others at another.
fn node(place: usize, directory: &Path, binary: &Path, (topic, kafka): (&str, u16), (own, advertised): (u16, u16), more: &str) -> Result<Node, Error> {
    let name = char::from(b'a' + u8::try_from(place).unwrap_or(0)).to_string();
    let directory = directory.join(&name);
    std::fs::create_dir_all(&directory)?;
    let file = directory.join("ledger.toml");
    let text = format!("[cluster]\nnode = {name:?}\nadvertise = \"http://127.0.0.1:{advertised}\"\nsecret = {SECRET:?}\n{more}");
    std::fs::write(&file, text)?;
    let mut settings = Settings::kafka(binary, &directory, &format!("127.0.0.1:{kafka}"), topic);
    settings.listen = format!("127.0.0.1:{own}");
    settings.options = vec!["--config".to_owned(), file.display().to_string()];
    Ok(Node { name, client: Client::new(&format!("http://127.0.0.1:{own}")), settings, process: None })
}
