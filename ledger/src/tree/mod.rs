//! The tree over the entries of a journal: one root says everything that is in it, and a path of a few hashes shows that an entry is.
//!
//! A leaf is the hash of an entry ([`crate::format::entry_hash`]); leaves are joined as RFC 6962 says. The root of so many entries is the
//! same on every machine, as the head of the chain is; unlike the head it can be shown of one entry without the others.
//!
//! It is reckoned apart from the fold, by whoever asks and in the background, so a sale costs nothing here. What was reckoned is
//! kept in a file beside the journal, 0.5 bytes an entry, which may be removed at any time. Bounds: 8 bytes of memory a
//! thousand entries; a root or path reads one block of the journal and one page of the file, and joins one hash for each 4 096 entries.

mod file;
mod shape;

pub use shape::{Nodes, Side, Step, follow, path, root};

use crate::format::{entry_hash, leaf_hash};
use crate::journal::{Error, ROWS_PER_BLOCK, Snapshot};
use blake3::Hash;
use file::Pages;
use shape::joined;
use std::path::{Path, PathBuf};

/// The level of nodes over one block of the journal.
const BLOCK: u32 = ROWS_PER_BLOCK.ilog2();
/// The level of nodes over one page of the file.
const PAGE: u32 = BLOCK + file::NODES.ilog2();

/// The tree of one journal.
pub struct Tree {
    partition: u32,
    path: PathBuf,
    /// None before it was asked for, and where the disk does not take it.
    pages: Option<Pages>,
    /// The nodes over whole pages.
    whole: Vec<Hash>,
    /// Those over whole blocks after them.
    blocks: Vec<Hash>,
    is_open: bool,
}

impl Tree {
    /// The tree of a partition's journal. Its file is opened when it is asked for something.
    pub fn new(partition: u32, path: &Path) -> Self {
        Self { partition, path: path.to_owned(), pages: None, whole: Vec::new(), blocks: Vec::new(), is_open: false }
    }

    /// How many entries are in, whole blocks only.
    pub fn entries(&self) -> u64 {
        ((self.whole.len() as u64) << PAGE) + ((self.blocks.len() as u64) << BLOCK)
    }

    /// Whether its file was looked at.
    pub const fn is_open(&self) -> bool {
        self.is_open
    }

    /// Takes in whole blocks, at most so many entries, and answers whether all are in.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn grow(&mut self, journal: &Snapshot, most: u64) -> Result<bool, Error> {
        self.open(journal)?;
        let all = journal.count() >> BLOCK;
        let mut next = self.entries() >> BLOCK;
        let end = all.min(next + most.div_ceil(ROWS_PER_BLOCK));
        while next < end {
            self.blocks.push(self.block(journal, next)?);
            next += 1;
            if self.blocks.len() == file::NODES {
                self.turn();
            }
        }
        Ok(next >= all)
    }

    /// The root over the first so many entries; none where not all of them are in, or there are not so many.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn root(&self, journal: &Snapshot, entries: u64) -> Result<Option<Hash>, Error> {
        self.has(journal, entries).then(|| root(&mut self.nodes(journal), 0, entries)).transpose()
    }

    /// The steps from an entry to that root; none where that is none, or the entry is not one of them.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn path(&self, journal: &Snapshot, entry: u64, entries: u64) -> Result<Option<Vec<Step>>, Error> {
        (entry < entries && self.has(journal, entries)).then(|| path(&mut self.nodes(journal), entry, entries)).transpose()
    }

    fn has(&self, journal: &Snapshot, entries: u64) -> bool {
        entries <= journal.count() && entries >> BLOCK <= self.entries() >> BLOCK
    }

    const fn nodes<'a>(&'a self, journal: &'a Snapshot) -> Reading<'a> {
        Reading { tree: self, journal, block: None, page: None }
    }

    /// Opens the file, once. One of another journal begins anew: its last page is not that of this one.
    fn open(&mut self, journal: &Snapshot) -> Result<(), Error> {
        if self.is_open {
            return Ok(());
        }
        match Pages::open(&self.path) {
            Ok((pages, whole)) => (self.pages, self.whole) = (Some(pages), whole),
            Err(error) => self.give_up(&error),
        }
        if let Some(last) = self.whole.len().checked_sub(1) {
            let is_here = (self.whole.len() as u64) << PAGE <= journal.count();
            if !is_here || joined(&self.page(journal, last as u64)?) != self.whole.last().copied() {
                self.whole.clear();
                if let Some(error) = self.pages.as_ref().and_then(|pages| pages.cut(0).err()) {
                    self.give_up(&error);
                }
            }
        }
        self.is_open = true;
        Ok(())
    }

    /// A page is full.
    fn turn(&mut self) {
        let nodes = std::mem::take(&mut self.blocks);
        if let Some(error) = self.pages.as_mut().and_then(|pages| pages.append(&nodes).err()) {
            self.give_up(&error);
        }
        self.whole.extend(joined(&nodes));
    }

    /// Goes on without the file: what it has is reckoned again after a restart.
    fn give_up(&mut self, error: &std::io::Error) {
        tracing::warn!(partition = self.partition, file = %self.path.display(), %error, "the tree of the journal is not kept");
        self.pages = None;
    }

    /// The leaves of a block.
    fn leaves(&self, journal: &Snapshot, block: u64) -> Result<Vec<Hash>, Error> {
        let entries = journal.entries(block << BLOCK, 1 << BLOCK)?;
        let leaf = |entry| entry_hash(self.partition, entry).map(|hash| leaf_hash(&hash)).map_err(|unreadable| Error::Corrupt(unreadable.0));
        entries.iter().map(leaf).collect()
    }

    fn block(&self, journal: &Snapshot, block: u64) -> Result<Hash, Error> {
        joined(&self.leaves(journal, block)?).ok_or_else(|| Error::Corrupt(format!("block {block} is not whole")))
    }

    /// The nodes of a page, reckoned from the journal.
    fn page(&self, journal: &Snapshot, page: u64) -> Result<Vec<Hash>, Error> {
        let first = page << (PAGE - BLOCK);
        (first..first + file::NODES as u64).map(|block| self.block(journal, block)).collect()
    }
}

/// The tree while a root or path is reckoned: the block and the page that were read last are kept.
struct Reading<'a> {
    tree: &'a Tree,
    journal: &'a Snapshot,
    block: Option<(u64, Vec<Hash>)>,
    page: Option<(u64, Vec<Hash>)>,
}

impl Nodes for Reading<'_> {
    type Error = Error;

    fn node(&mut self, level: u32, number: u64) -> Result<Hash, Error> {
        let missing = || Error::Corrupt(format!("no node {number} of level {level}"));
        // Of nodes side by side, those from a place on that are below this one.
        let below = |nodes: &[Hash], base: u32, first: u64| {
            let from = usize::try_from((number << (level - base)).checked_sub(first)?).ok()?;
            joined(nodes.get(from..from + (1usize << (level - base)))?)
        };
        if level >= PAGE {
            return below(&self.tree.whole, PAGE, 0).ok_or_else(missing);
        }
        if level >= BLOCK {
            let page = number >> (PAGE - level);
            let first = page << (PAGE - BLOCK);
            let Some(own) = usize::try_from(page).ok().and_then(|page| self.tree.whole.get(page)) else {
                return below(&self.tree.blocks, BLOCK, first).ok_or_else(missing);
            };
            if self.page.as_ref().is_none_or(|(kept, _)| *kept != page) {
                let read = self.tree.pages.as_ref().and_then(|pages| pages.read(usize::try_from(page).ok()?, own));
                self.page = Some((page, read.map_or_else(|| self.tree.page(self.journal, page), Ok)?));
            }
            return self.page.as_ref().and_then(|(_, nodes)| below(nodes, BLOCK, first)).ok_or_else(missing);
        }
        let block = number >> (BLOCK - level);
        if self.block.as_ref().is_none_or(|(kept, _)| *kept != block) {
            self.block = Some((block, self.tree.leaves(self.journal, block)?));
        }
        self.block.as_ref().and_then(|(_, leaves)| below(leaves, 0, block << BLOCK)).ok_or_else(missing)
    }
}
