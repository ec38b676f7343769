//! Changes of a hook that somebody asks for. Each is kept before it runs; in which order, [`super::writing`] says.

use super::hook::{Delivery, Hook, Kept, OLD_SECRET_HOURS, Progress, State};
use super::{Cell, Error, HOOKS_MAX, HOOKS_OF_MERCHANT_MAX, Webhooks, lock};
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Instant;

impl Webhooks {
    /// Adds a hook of a partition, and keeps it.
    ///
    /// # Errors
    /// There are too many, or it is not kept.
    pub fn add(&self, partition: u32, hook: Hook) -> Result<Arc<Cell>, Error> {
        self.known()?;
        let unknown = || Error::Views("the log has not said yet which ledger this is: ask again".to_owned());
        let ledger = Some(self.inner.whose().ok_or_else(unknown)?);
        let mut writing = lock(&self.inner.writing);
        if lock(&self.inner.cells).len() >= HOOKS_MAX {
            return Err(Error::TooMany);
        }
        // One merchant's key does not take the room of all others.
        if !hook.is_of_bank() && self.of_merchant(partition, &hook.merchant) >= HOOKS_OF_MERCHANT_MAX {
            return Err(Error::TooManyOfMerchant(hook.merchant));
        }
        let kept = Kept { progress: Progress { next: hook.from, ..Progress::default() }, hook, ledger };
        self.inner.write(vec![(kept.hook.id.clone(), Some(kept.clone()))]).map_err(Error::Store)?;
        writing.change(&kept.hook.id);
        Ok(self.inner.run(partition, kept))
    }

    /// How many hooks a merchant has that are not the bank's.
    fn of_merchant(&self, partition: u32, merchant: &str) -> usize {
        let partition = self.inner.partition(partition);
        let partition = lock(&partition);
        partition.by_merchant.get(merchant).into_iter().flatten().filter(|cell| !cell.lock().hook.is_of_bank()).count()
    }

    /// Removes a hook.
    ///
    /// # Errors
    /// There is none, or that is not kept.
    pub fn remove(&self, id: &str) -> Result<(), Error> {
        self.know_given()?;
        let mut writing = lock(&self.inner.writing);
        let cell = self.find(id)?;
        self.is_known(&cell)?;
        self.inner.write(vec![(id.to_owned(), None)]).map_err(Error::Store)?;
        writing.change(id);
        self.inner.let_go(&cell);
        lock(&self.inner.cells).remove(id);
        self.inner.share_lists();
        Ok(())
    }

    /// Gives a hook another secret; the one before signs, too, for [`OLD_SECRET_HOURS`] more, as each one before it does for its own.
    ///
    /// # Errors
    /// There is no such hook, that is not kept, or as many secrets sign as may.
    pub fn rotate(&self, id: &str, secret: String) -> Result<Arc<Cell>, Error> {
        self.know_given()?;
        let mut writing = lock(&self.inner.writing);
        let cell = self.find(id)?;
        self.is_known(&cell)?;
        let now = Timestamp::now();
        let mut kept = cell.lock().kept();
        kept.hook.rotate(secret, now, now + jiff::SignedDuration::from_hours(OLD_SECRET_HOURS)).map_err(Error::TooManySecrets)?;
        self.inner.write(vec![(id.to_owned(), Some(kept.clone()))]).map_err(Error::Store)?;
        writing.change(id);
        cell.lock().hook = kept.hook;
        Ok(cell)
    }

    /// Fails while the hooks of a cell's partition, which this node was given, are still to be read: what would be written may be old.
    fn is_known(&self, cell: &Cell) -> Result<(), Error> {
        let is_unread = lock(&self.inner.gained).contains_key(&cell.partition);
        if is_unread { Err(Error::Views("the webhooks of its partition are being read by the node that was given it: ask again".to_owned())) } else { Ok(()) }
    }

    /// Has a delivery tried now. One that waits for its next attempt is tried at once, also of a hook that is off, which is on again;
    /// one that was taken is sent again.
    ///
    /// # Errors
    /// There is none, or the entry cannot be told now.
    pub fn retry(&self, cell: &Arc<Cell>, number: u64) -> Result<Delivery, Error> {
        let listed = self.inner.listed();
        let mut running = cell.lock();
        let found = running.deliveries.iter().find(|delivery| delivery.number == number).cloned();
        let mut delivery = found.ok_or_else(|| Error::Unknown(format!("delivery {number} among the last {listed} since the start")))?;
        if delivery.state == State::Delivered {
            drop(running);
            let sent = self.inner.send_again(cell, &delivery)?;
            cell.lock().note(sent.clone(), listed);
            return Ok(sent);
        }
        running.progress.off = None;
        // It is tried for as long as a new one, and when it was tried first stays what it was.
        running.progress.first_at = running.progress.first_at.or(running.progress.failing_since);
        running.progress.failing_since = None;
        delivery.state = State::Retrying;
        delivery.next_at = Some(Timestamp::now());
        running.note(delivery.clone(), listed);
        drop(running);
        self.inner.due(cell, Instant::now());
        Ok(delivery)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{delivery, hook, webhooks};
    use super::*;
    use std::collections::BTreeSet;

    /// What a node that is given a partition reads is as old as the moment when it began to.
    #[test]
    fn what_changes_while_hooks_are_read_stays_changed() {
        let (webhooks, store) = webhooks(true);
        for id in ["wh_stays", "wh_goes", "wh_turns"] {
            webhooks.add(0, hook(id, "M1")).expect("added");
        }
        webhooks.own(&BTreeSet::from([0]));
        let other = Arc::clone(&webhooks);
        store.meanwhile(move || {
            other.add(0, hook("wh_new", "M1")).expect("added");
            other.remove("wh_goes").expect("removed");
            other.rotate("wh_turns", "whsec_new".to_owned()).expect("another secret");
        });
        webhooks.inner.read_gained();
        let expected = ["wh_new", "wh_stays", "wh_turns"];
        let ids: Vec<String> = webhooks.list(None, None).expect("known").iter().map(|cell| cell.lock().hook.id.clone()).collect();
        assert_eq!(ids, expected);
        assert_eq!(webhooks.find("wh_turns").expect("there").lock().hook.secret, "whsec_new");
        assert_eq!(webhooks.of_merchant(0, "M1"), 3, "each runs once");
        // All of them are this node's now, and what it keeps is what was answered.
        assert!(webhooks.inner.owns(0));
        for cell in webhooks.list(None, None).expect("known") {
            webhooks.inner.note_dirty(&cell);
        }
        webhooks.inner.keep_dirty();
        let kept = webhooks.inner.read_store().expect("readable");
        assert_eq!(kept.iter().map(|kept| kept.hook.id.as_str()).collect::<Vec<_>>(), expected);
        assert!(kept.iter().all(|kept| (kept.hook.secret == "whsec_new") == (kept.hook.id == "wh_turns")), "{kept:?}");
    }

    #[test]
    fn of_two_readings_the_one_that_began_later_counts() {
        let (webhooks, store) = webhooks(true);
        webhooks.add(0, hook("wh_1", "M1")).expect("added");
        let other = Arc::clone(&webhooks);
        let of_another_node = Arc::clone(&store);
        store.meanwhile(move || {
            of_another_node.keep(hook("wh_2", "M1"));
            other.read_others().expect("read");
        });
        webhooks.read_others().expect("read");
        webhooks.find("wh_2").expect("what another node added before the later one is there");
        assert_eq!(webhooks.of_merchant(0, "M1"), 2, "each runs once");
    }

    #[test]
    fn hooks_of_a_partition_that_was_given_are_not_kept_before_they_are_read() {
        let (webhooks, store) = webhooks(true);
        let cell = webhooks.add(0, hook("wh_1", "M1")).expect("added");
        // Another node gave it another secret, and told more of it.
        let mut newer = cell.lock().kept();
        (newer.hook.secret, newer.progress.next) = ("whsec_newer".to_owned(), 9);
        store.keep_as(&newer);
        webhooks.own(&BTreeSet::from([0]));
        webhooks.inner.note_dirty(&cell);
        webhooks.inner.keep_dirty();
        assert_eq!(webhooks.inner.read_store().expect("readable"), [newer.clone()]);
        webhooks.inner.read_gained();
        assert_eq!(webhooks.find("wh_1").expect("there").lock().kept(), newer);
        // Whoever is still at the one that was known before says nothing of how far it is.
        webhooks.inner.note_dirty(&cell);
        webhooks.inner.keep_dirty();
        assert_eq!(webhooks.inner.read_store().expect("readable"), [newer]);
    }

    #[test]
    fn keys_of_one_merchant_do_not_take_the_room_of_others() {
        let (webhooks, _) = webhooks(false);
        for number in 0..HOOKS_OF_MERCHANT_MAX {
            webhooks.add(0, hook(&format!("wh_{number}"), "M1")).expect("added");
        }
        let error = webhooks.add(0, hook("wh_more", "M1")).err().expect("refused");
        assert!(matches!(&error, Error::TooManyOfMerchant(merchant) if merchant == "M1"), "{error}");
        assert!(error.to_string().contains("100 webhooks") && error.to_string().contains("delete one"), "{error}");
        webhooks.add(0, hook("wh_other", "M2")).expect("others have room");
        webhooks.add(0, Hook { added_by_bank: true, ..hook("wh_bank", "M1") }).expect("the bank may add more");
        webhooks.remove("wh_0").expect("removed");
        webhooks.add(0, hook("wh_more", "M1")).expect("there is room");
    }

    #[test]
    fn lists_get_shorter_as_hooks_come() {
        let (webhooks, _) = webhooks(false);
        let cell = webhooks.add(0, hook("wh_long", "M0")).expect("added");
        let listed = webhooks.inner.listed();
        for number in 0..listed + 5 {
            cell.lock().note(delivery(u64::try_from(number).expect("small")), listed);
        }
        assert_eq!(cell.lock().deliveries.len(), listed);
        for number in 0..400 {
            webhooks.add(0, hook(&format!("wh_{number}"), &format!("M{}", number % 7))).expect("added");
        }
        let most = webhooks.inner.listed();
        assert!(most < listed);
        let running = cell.lock();
        let last = u64::try_from(listed + 4).expect("small");
        assert_eq!((running.deliveries.len(), running.deliveries.back().map(|delivery| delivery.number)), (most, Some(last)), "the oldest have gone");
    }
}
