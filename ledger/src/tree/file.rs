//! The file of a tree: what has been reckoned once. All of it can be reckoned again from the journal.
//!
//! A *page* is over 4 096 leaves: the 64 nodes over 64 leaves each, then the node over all of them. So each page checks itself, and one
//! that is cut off or damaged is known, with all that follows it.

use super::shape::joined;
use blake3::Hash;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Nodes below a page's own.
pub const NODES: usize = 64;
const HASH_BYTES: usize = 32;
const PAGE_BYTES: usize = (NODES + 1) * HASH_BYTES;

/// Whole pages, one after the other.
pub struct Pages(File);

impl Pages {
    /// Opens the file, and makes it where there is none; also answers the nodes of its pages. What follows the last page that is whole
    /// is cut off.
    pub fn open(path: &Path) -> io::Result<(Self, Vec<Hash>)> {
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
        let mut pages = Vec::new();
        let mut reader = io::BufReader::with_capacity(PAGE_BYTES * 64, &mut file);
        let mut page = [0; PAGE_BYTES];
        while read_whole(&mut reader, &mut page)? {
            let Some((_, own)) = checked(&page) else { break };
            pages.push(own);
        }
        let this = Self(file);
        this.cut(pages.len())?;
        Ok((this, pages))
    }

    /// Keeps so many pages.
    pub fn cut(&self, pages: usize) -> io::Result<()> {
        self.0.set_len(offset(pages))
    }

    /// Appends a page, and answers its own node.
    pub fn append(&mut self, nodes: &[Hash]) -> io::Result<()> {
        let own = joined(nodes).filter(|_| nodes.len() == NODES).ok_or(io::ErrorKind::InvalidInput)?;
        let mut page = Vec::with_capacity(PAGE_BYTES);
        nodes.iter().chain([&own]).for_each(|node| page.extend_from_slice(node.as_bytes()));
        self.0.write_all(&page)
    }

    /// The nodes of a page; none where it is not as it was written.
    pub fn read(&self, number: usize, own: &Hash) -> Option<Vec<Hash>> {
        let mut page = [0; PAGE_BYTES];
        self.0.read_exact_at(&mut page, offset(number)).ok()?;
        checked(&page).filter(|(_, found)| found == own).map(|(nodes, _)| nodes)
    }
}

fn offset(page: usize) -> u64 {
    page as u64 * PAGE_BYTES as u64
}

/// Whether the whole page was there.
fn read_whole(reader: &mut impl Read, page: &mut [u8]) -> io::Result<bool> {
    match reader.read_exact(page) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

/// The nodes of a page and its own; none where they do not fit each other.
fn checked(page: &[u8]) -> Option<(Vec<Hash>, Hash)> {
    let mut nodes: Vec<Hash> = page.chunks_exact(HASH_BYTES).filter_map(|bytes| Hash::from_slice(bytes).ok()).collect();
    let own = nodes.pop()?;
    (joined(&nodes)? == own).then_some((nodes, own))
}
