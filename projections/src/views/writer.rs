//! The one writer of a shard's views: folds entries into the live group and into one that is being folded beside it.
//!
//! Phases of a copy that is folded beside the live one: it starts empty at entry 0, catches up with the live group, is
//! compared with the copy that it replaces (a rebuild only), and takes its place in one write. A writer that is opened
//! again goes on where the last commit ended.

use super::batch::Batch;
use super::catalogue::{Building, Catalogue, Checkpoint, Group, Purpose};
use super::compare::Comparison;
use super::grouped::{Grouped, goes_with_others};
use super::rows::{Memory, Rows};
use super::snapshot::Views;
use super::store::{Shared, Store};
use super::table::Id;
use super::whole::Seen;
use super::{Error, Projection};
use ledger::entry::{Note, Outcome, Recorded};
use std::path::Path;
use std::sync::Arc;

/// Makes all projections anew; the first one is the reference that the others may read.
pub type Factory = fn() -> Vec<Box<dyn Projection>>;

/// A group being folded: its rows, its folds, and how far it is.
struct Folding {
    rows: Rows,
    projections: Vec<Box<dyn Projection>>,
    grouped: Grouped,
    checkpoint: Checkpoint,
}

impl Folding {
    fn new(store: &Arc<Store>, group: &Group, make: Factory, shared: &Shared) -> Self {
        let projections: Vec<_> = make().into_iter().filter(|projection| group.copy(projection.id()).is_some()).collect();
        let ids: Vec<Id> = projections.iter().map(|projection| projection.id()).collect();
        let rows = Rows::new(Arc::clone(store), group, &ids, Memory::new(shared));
        Self { rows, projections, grouped: Grouped::default(), checkpoint: group.checkpoint }
    }

    /// Folds entries that follow the checkpoint; `whole` says that they end where a record's entries end. After an error
    /// the rows are not to be used any more.
    fn fold(&mut self, entries: &[Recorded], whole: bool) -> Result<(), Error> {
        self.checkpoint = after(self.checkpoint, entries, whole)?;
        let mut rest = entries;
        while let Some((first, others)) = rest.split_first() {
            let together = rest.iter().take_while(|entry| goes_with_others(&entry.row)).count();
            if let Some((these, after)) = rest.split_at_checked(together).filter(|_| together > 1) {
                self.grouped.fold(these, &mut self.projections, &mut self.rows)?;
                rest = after;
            } else {
                self.projections.iter_mut().try_for_each(|projection| projection.fold(first, &mut self.rows))?;
                rest = others;
            }
        }
        Ok(())
    }

    /// Puts what the folds added up into their rows: what follows is a commit.
    fn settle(&mut self) -> Result<(), Error> {
        self.projections.iter_mut().try_for_each(|projection| projection.settle(&mut self.rows))
    }
}

/// How far a group is with entries that follow its checkpoint.
fn after(mut at: Checkpoint, entries: &[Recorded], whole: bool) -> Result<Checkpoint, Error> {
    for entry in entries {
        if entry.number != at.next_entry {
            return Err(Error::Entries(format!("entry {} came where {} was expected", entry.number, at.next_entry)));
        }
        at.next_entry += 1;
        at.head = None;
        if entry.row.offset != at.offset {
            // The record before this one is folded whole.
            at.position = at.offset;
            at.offset = entry.row.offset;
        }
        match (&entry.row.outcome, &entry.row.note) {
            (Outcome::Posted, Note::Opened { date, .. }) => at.open = Some(*date),
            (Outcome::Posted, Note::Closed { date }) => at.open = Some(date.plus_days(1)),
            _ => {}
        }
    }
    if whole {
        at.position = at.offset;
    }
    Ok(at)
}

/// The one writer.
pub struct Writer {
    store: Arc<Store>,
    make: Factory,
    shared: Shared,
    catalogue: Catalogue,
    live: Folding,
    building: Option<Folding>,
    /// What readers see while a record is committed in parts.
    seen: Arc<Seen>,
    /// How large the last commit was: the next is likely to be alike.
    batch_bytes: usize,
}

impl Writer {
    /// Opens a shard's views, and makes them where they are not there. What this program folds in another version than
    /// the one on disk, or did not fold at all, starts from entry 0 beside the rest.
    pub fn open(directory: &Path, shared: &Shared, make: Factory) -> Result<Self, Error> {
        let store = Arc::new(Store::open(directory, shared)?);
        let mut catalogue = Catalogue::read_from(&store)?.unwrap_or_default();
        let mut batch = Batch::default();
        reconcile(&mut catalogue, &make().iter().map(|projection| projection.id()).collect::<Vec<_>>(), &mut batch)?;
        catalogue.put(&mut batch)?;
        batch.write(&store)?;
        let live = Folding::new(&store, &catalogue.live, make, shared);
        let building = catalogue.building.as_ref().map(|building| Folding::new(&store, &building.group, make, shared));
        Ok(Self { store, make, shared: shared.clone(), catalogue, live, building, seen: Arc::default(), batch_bytes: 0 })
    }

    /// Readers of these views.
    pub fn views(&self) -> Views {
        Views::new(Arc::clone(&self.store), Arc::clone(&self.seen))
    }

    /// Goes on from the last commit; what was folded since is folded again.
    pub fn resume(&mut self) -> Result<(), Error> {
        self.catalogue = Catalogue::read_from(&self.store)?.unwrap_or_default();
        self.live = Folding::new(&self.store, &self.catalogue.live, self.make, &self.shared);
        let building = self.catalogue.building.as_ref();
        self.building = building.map(|building| Folding::new(&self.store, &building.group, self.make, &self.shared));
        if self.checkpoint().is_whole() {
            // What a part would have been committed upon: it was not.
            self.seen.release();
        }
        Ok(())
    }

    /// Damage that a reader met.
    pub fn damage(&self) -> Result<(), Error> {
        self.store.damage().map_or(Ok(()), |what| Err(Error::Corrupt(what.to_owned())))
    }

    /// Closes the database; who still reads of it keeps it open. Answers whether somebody does.
    pub fn close(self) -> impl Fn() -> bool {
        let store = Arc::downgrade(&self.store);
        drop(self);
        move || store.strong_count() > 0
    }

    /// How far readers see. Nothing where the views were opened in the middle of a record: what lay before it is nowhere any more, and they
    /// are to be read once it is whole.
    pub fn seen(&self) -> Option<Checkpoint> {
        self.seen.checkpoint().or_else(|| Some(self.checkpoint()).filter(Checkpoint::is_whole))
    }

    /// How far the live views are committed, in the middle of a record, too.
    pub const fn checkpoint(&self) -> Checkpoint {
        self.catalogue.live.checkpoint
    }

    /// What is being folded beside them, and how far it is.
    pub fn building(&self) -> Option<(&Purpose, Checkpoint)> {
        self.catalogue.building.as_ref().map(|building| (&building.purpose, building.group.checkpoint))
    }

    /// The projections that have no answers before what is folded beside the live views is in its place: new ones, and those of another version.
    pub fn missing(&self) -> Vec<String> {
        let is_live = |name: &str| self.catalogue.live.copies.iter().any(|copy| copy.name == name);
        let copies = self.catalogue.building.iter().flat_map(|building| &building.group.copies);
        copies.map(|copy| copy.name.clone()).filter(|name| !is_live(name)).collect()
    }

    /// How far the live views are folded; what is beyond [`Writer::checkpoint`] no reader sees yet.
    pub const fn folded(&self) -> Checkpoint {
        self.live.checkpoint
    }

    /// Rows that the next commit writes.
    pub fn uncommitted_rows(&self) -> usize {
        self.live.rows.changes()
    }

    /// Bytes that the last commit wrote.
    pub const fn last_commit_bytes(&self) -> usize {
        self.batch_bytes
    }

    /// Whether the rows in hand take so much memory that a commit is due.
    pub fn is_full(&self) -> bool {
        self.live.rows.is_full()
    }

    /// Folds entries into the live views and commits. `whole`: they end where a record's entries end.
    pub fn fold(&mut self, entries: &[Recorded], whole: bool) -> Result<Checkpoint, Error> {
        self.add(entries, whole)?;
        self.commit()
    }

    /// Folds entries into the live views; the next commit writes them. A row that many entries change is written once.
    pub fn add(&mut self, entries: &[Recorded], whole: bool) -> Result<(), Error> {
        self.live.fold(entries, whole)
    }

    /// Says what the journal's head is where the folded entries end: it is kept with the next commit.
    pub const fn seal(&mut self, head: Option<[u8; 32]>) {
        self.live.checkpoint.head = head;
    }

    /// Says that the record of the last folded entry has no more: the next commit ends with it.
    pub const fn end_record(&mut self) {
        self.live.checkpoint.position = self.live.checkpoint.offset;
    }

    /// Writes what was folded since the last commit. Readers see it afterwards where it ends with a record, and else once that is whole.
    pub fn commit(&mut self) -> Result<Checkpoint, Error> {
        if self.catalogue.live.checkpoint != self.live.checkpoint {
            self.live.settle()?;
            let is_whole = self.live.checkpoint.is_whole();
            if !is_whole && self.catalogue.live.checkpoint.is_whole() {
                self.seen.keep(&self.store)?;
            }
            let mut batch = Batch::of(&self.store, self.live.rows.changes(), self.batch_bytes)?;
            self.catalogue.live.checkpoint = self.live.checkpoint;
            // Its key comes before all others.
            self.catalogue.put(&mut batch)?;
            self.live.rows.flush(&mut batch)?;
            self.batch_bytes = batch.bytes();
            batch.write(&self.store)?;
            if is_whole {
                self.seen.release();
            }
        }
        Ok(self.live.checkpoint)
    }

    /// Folds entries into what is being folded beside the live views, and commits.
    pub fn fold_building(&mut self, entries: &[Recorded], whole: bool) -> Result<(), Error> {
        let (Some(folding), Some(building)) = (&mut self.building, &mut self.catalogue.building) else { return Ok(()) };
        folding.fold(entries, whole)?;
        folding.settle()?;
        let mut batch = Batch::of(&self.store, folding.rows.changes(), 0)?;
        building.group.checkpoint = folding.checkpoint;
        self.catalogue.put(&mut batch)?;
        folding.rows.flush(&mut batch)?;
        batch.write(&self.store)
    }

    /// Begins to fold a projection afresh beside the live one. One that was begun before goes on.
    pub fn start_rebuild(&mut self, name: &str) -> Result<(), Error> {
        let ids: Vec<Id> = (self.make)().iter().map(|projection| projection.id()).collect();
        let id = *ids.iter().find(|id| id.name == name).ok_or_else(|| Error::Unknown(name.to_owned()))?;
        match self.catalogue.building.as_ref().map(|building| &building.purpose) {
            Some(Purpose::Rebuild(other)) if other == name => return Ok(()),
            Some(Purpose::Rebuild(other)) => return Err(Error::Busy(other.clone())),
            Some(Purpose::Upgrade) => return Err(Error::Busy("a new version".to_owned())),
            None => {}
        }
        let group = new_group(&mut self.catalogue, &ids, &[id]);
        self.building = Some(Folding::new(&self.store, &group, self.make, &self.shared));
        self.catalogue.building = Some(Building { purpose: Purpose::Rebuild(name.to_owned()), group });
        let mut batch = Batch::default();
        self.catalogue.put(&mut batch)?;
        batch.write(&self.store)
    }

    /// A comparison of what is rebuilt with what it replaces, as both are now; `None` unless both have folded the same
    /// entries and there is something to compare.
    pub fn comparison(&self) -> Option<Comparison> {
        let building = self.catalogue.building.as_ref()?;
        let Purpose::Rebuild(name) = &building.purpose else { return None };
        if !self.has_caught_up() {
            return None;
        }
        let new = building.group.copies.iter().find(|copy| copy.name == *name)?;
        let old = self.catalogue.live.copies.iter().find(|copy| copy.name == *name)?;
        Some(Comparison::new((Arc::clone(&self.store), old.generation), (Arc::clone(&self.store), new.generation)))
    }

    /// Whether what is being folded beside the live views has folded the same entries.
    pub fn has_caught_up(&self) -> bool {
        self.catalogue.building.as_ref().is_some_and(|building| building.group.checkpoint.next_entry == self.catalogue.live.checkpoint.next_entry)
    }

    /// Puts what was folded beside the live views in their place, in one write; drops what it replaces. Answers whether
    /// it did: not before it has caught up.
    pub fn swap(&mut self) -> Result<bool, Error> {
        self.commit()?;
        if !self.has_caught_up() {
            return Ok(false);
        }
        let Some(building) = self.catalogue.building.take() else { return Ok(false) };
        let mut batch = Batch::default();
        let wanted = |name: &str| match &building.purpose {
            Purpose::Rebuild(rebuilt) => rebuilt == name,
            Purpose::Upgrade => !self.catalogue.live.copies.iter().any(|copy| copy.name == name),
        };
        let (new, spare): (Vec<_>, Vec<_>) = building.group.copies.iter().cloned().partition(|copy| wanted(&copy.name));
        let (old, kept): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.catalogue.live.copies).into_iter().partition(|copy| new.iter().any(|other| other.name == copy.name));
        for copy in old.iter().chain(&spare) {
            batch.drop_generation(copy.generation)?;
        }
        self.catalogue.live.copies = kept.into_iter().chain(new).collect();
        self.catalogue.put(&mut batch)?;
        batch.write(&self.store)?;
        self.building = None;
        self.live = Folding::new(&self.store, &self.catalogue.live, self.make, &self.shared);
        Ok(true)
    }

    /// Writes what is in memory to files, so that opening again is quick.
    pub fn flush(&self) -> Result<(), Error> {
        self.store.flush()
    }

    /// The copies of another writer compared with these, by projection: what `verify` does with a scratch directory.
    pub fn comparisons(&self, live: &Views) -> Result<Vec<(String, Comparison)>, Error> {
        let theirs = live.catalogue()?.live;
        let pairs = self.catalogue.live.copies.iter().filter_map(|new| {
            let old = theirs.copies.iter().find(|copy| copy.name == new.name && copy.version == new.version)?;
            let comparison = Comparison::new((Arc::clone(live.store()), old.generation), (Arc::clone(&self.store), new.generation));
            Some((new.name.clone(), comparison))
        });
        Ok(pairs.collect())
    }
}

/// A group of new, empty copies: the reference and what is wanted.
fn new_group(catalogue: &mut Catalogue, ids: &[Id], wanted: &[Id]) -> Group {
    let reference = ids.iter().take(1).filter(|id| !wanted.contains(id));
    let copies = reference.chain(wanted).map(|id| catalogue.new_copy(*id)).collect();
    Group { checkpoint: Checkpoint::default(), copies }
}

/// Makes the catalogue agree with what this program folds.
fn reconcile(catalogue: &mut Catalogue, ids: &[Id], batch: &mut Batch<'_>) -> Result<(), Error> {
    let known = |group: &Group, id: &Id| group.copy(*id).is_some();
    // Without the reference of this version, nothing can go on; and what nobody folds any more is dropped.
    let reference_is_there = ids.first().is_some_and(|reference| known(&catalogue.live, reference));
    let (kept, dropped): (Vec<_>, Vec<_>) = std::mem::take(&mut catalogue.live.copies)
        .into_iter()
        .partition(|copy| reference_is_there && ids.iter().any(|id| id.name == copy.name && id.version == copy.version));
    dropped.iter().try_for_each(|copy| batch.drop_generation(copy.generation))?;
    catalogue.live.copies = kept;
    if let Some(building) = catalogue.building.take() {
        let current = reference_is_there && building.group.copies.iter().all(|copy| ids.iter().any(|id| id.name == copy.name && id.version == copy.version));
        let missing = ids.iter().filter(|id| !known(&catalogue.live, id));
        let complete = match &building.purpose {
            Purpose::Upgrade => missing.clone().count() > 0 && missing.clone().all(|id| known(&building.group, id)),
            Purpose::Rebuild(_) => missing.count() == 0,
        };
        if current && complete {
            catalogue.building = Some(building);
            return Ok(());
        }
        building.group.copies.iter().try_for_each(|copy| batch.drop_generation(copy.generation))?;
    }
    let missing: Vec<Id> = ids.iter().filter(|id| !known(&catalogue.live, id)).copied().collect();
    if missing.is_empty() {
        return Ok(());
    }
    if catalogue.live.copies.is_empty() {
        // Nothing is there yet: everything is folded together, and live from the first entry.
        catalogue.live = new_group(catalogue, ids, &missing);
    } else {
        let group = new_group(catalogue, ids, &missing);
        catalogue.building = Some(Building { purpose: Purpose::Upgrade, group });
    }
    Ok(())
}
