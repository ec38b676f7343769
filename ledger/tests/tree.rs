//! The tree over a journal's entries: its roots and paths, after growing in any portions, from its file, without it, and beside the
//! file of another journal.

mod journal_support;

use blake3::Hash;
use journal_support::{Dice, rows, shared};
use ledger::entry::{Recorded, Row};
use ledger::format::{entry_hash, leaf_hash, node_hash};
use ledger::journal::{Commit, Journal, Snapshot, Sync};
use ledger::tree::{Tree, follow};
use std::path::Path;
use std::time::Duration;

const PARTITION: u32 = 3;
/// Two pages of the file, some blocks, and some entries.
const ENTRIES: u64 = 2 * 4096 + 5 * 64 + 13;

fn journal_of(directory: &Path, rows: &[Row]) -> Journal {
    let mut journal = Journal::open(directory, &shared(Sync::Grouped(Duration::from_secs(3600)))).expect("a new directory");
    for part in rows.chunks(1000) {
        part.iter().for_each(|row| {
            journal.push(row).expect("in order");
        });
        let cursor = part.last().map_or(0, |row| row.offset) + 1;
        journal.commit(&Commit { changes: &ledger::source::Changes::default(), cursor, last_record: None, is_part: false }).expect("room on the disk");
    }
    journal
}

/// The definition, over all leaves.
fn defined(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => blake3::hash(&[]),
        [one] => *one,
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            node_hash(&defined(left), &defined(right))
        }
    }
}

fn assert_is_of(tree: &Tree, journal: &Snapshot, leaves: &[Hash]) {
    for count in [0, 1, 2, 63, 64, 65, 4095, 4096, 4097, 6000, 8192, 8193, ENTRIES - 1, ENTRIES] {
        let root = tree.root(journal, count).expect("readable").expect("all are in");
        assert_eq!(root, defined(&leaves[..usize::try_from(count).expect("few")]), "{count} entries");
        for entry in [0, 63, 64, 4095, 4096, 8191, 8192, ENTRIES - 1] {
            let path = tree.path(journal, entry, count).expect("readable");
            assert_eq!(path.is_some(), entry < count, "entry {entry} of {count}");
            let leaf = leaves[usize::try_from(entry).expect("few")];
            assert!(path.is_none_or(|path| follow(leaf, &path) == root), "entry {entry} of {count}");
        }
    }
    assert_eq!(tree.root(journal, ENTRIES + 1).expect("readable"), None, "there are not so many");
}

#[test]
fn roots_are_those_of_the_entries_whatever_the_file_has() {
    let scratch = tempfile::tempdir().expect("a directory");
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(|| u64::from(std::process::id()));
    println!("SEED={seed}");
    let rows = rows(usize::try_from(ENTRIES).expect("few"), &mut Dice(seed));
    let leaf = |(number, row): (usize, &Row)| leaf_hash(&entry_hash(PARTITION, &Recorded { number: number as u64, row: row.clone() }).expect("a hash"));
    let leaves: Vec<Hash> = rows.iter().enumerate().map(leaf).collect();
    let journal = journal_of(&scratch.path().join("journal"), &rows).reader().snapshot();
    let file = scratch.path().join("tree");

    let mut tree = Tree::new(PARTITION, &file);
    assert_eq!(tree.root(&journal, 1).expect("readable"), Some(leaves[0]), "a block that is not whole is read from the journal");
    assert_eq!(tree.root(&journal, 64).expect("readable"), None, "nothing is in yet");
    let mut turns = 0;
    while !tree.grow(&journal, 1000).expect("readable") {
        turns += 1;
    }
    assert_eq!((turns, tree.entries()), (8, ENTRIES / 64 * 64));
    assert_is_of(&tree, &journal, &leaves);
    drop(tree);

    let written = std::fs::read(&file).expect("a file");
    assert_eq!(written.len(), 2 * 65 * 32, "two whole pages");
    let grown = |what: &str| {
        let mut tree = Tree::new(PARTITION, &file);
        assert!(tree.grow(&journal, u64::MAX).expect("readable"), "{what}");
        assert_is_of(&tree, &journal, &leaves);
        assert_eq!(std::fs::read(&file).expect("a file"), written, "{what}: the file is as it was");
    };
    grown("from the file");
    for (what, place) in [("the first page", 100), ("the second page", 3000), ("its own node", written.len() - 1)] {
        let mut damaged = written.clone();
        damaged[place] ^= 4;
        std::fs::write(&file, damaged).expect("written");
        grown(what);
    }
    std::fs::write(&file, &written[..written.len() - 7]).expect("written");
    grown("cut off");
    std::fs::remove_file(&file).expect("removed");
    grown("gone");

    // Damaged while it is open: the journal has it all.
    let mut tree = Tree::new(PARTITION, &file);
    assert!(tree.grow(&journal, u64::MAX).expect("readable"));
    std::fs::write(&file, vec![0; written.len()]).expect("written");
    assert_is_of(&tree, &journal, &leaves);
    std::fs::remove_file(&file).expect("removed");
    assert_is_of(&tree, &journal, &leaves);

    // Where no file can be, it is all in memory.
    let mut tree = Tree::new(PARTITION, &scratch.path().join("nowhere/tree"));
    assert!(tree.grow(&journal, u64::MAX).expect("readable"));
    assert_is_of(&tree, &journal, &leaves);
}

#[test]
fn the_file_of_another_journal_is_not_taken() {
    let scratch = tempfile::tempdir().expect("a directory");
    let count = usize::try_from(ENTRIES).expect("few");
    let (one, other) = (rows(count, &mut Dice(1)), rows(count, &mut Dice(2)));
    let file = scratch.path().join("tree");
    let (one, other) = (journal_of(&scratch.path().join("one"), &one), journal_of(&scratch.path().join("other"), &other));
    let root = |journal: &Journal, file: &Path| {
        let (mut tree, snapshot) = (Tree::new(PARTITION, file), journal.reader().snapshot());
        assert!(tree.grow(&snapshot, u64::MAX).expect("readable"));
        tree.root(&snapshot, ENTRIES).expect("readable").expect("all are in")
    };
    let (first, second) = (root(&one, &file), root(&other, &scratch.path().join("fresh")));
    assert_ne!(first, second);
    assert_eq!(root(&other, &file), second);
    assert_eq!(root(&one, &file), first);
}
