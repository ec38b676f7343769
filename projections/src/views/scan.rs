//! Rows in order, as a snapshot gives them.

use super::Error;
use super::cache::Value;
use super::elsewhere::{Elsewhere, PAGE_ROWS_MAX, Span};
use super::key::Key;
use super::rows::Order;
use super::stop::Stop;
use super::store::Store;
use std::collections::VecDeque;
use std::marker::PhantomData;

/// Each page of another process's rows has so many times as many as the one before: whoever reads few gets few.
const PAGE_GROWS_BY: usize = 4;

/// Rows in order, as bytes.
pub(super) enum Walk<'a> {
    /// Of this process.
    Here { store: &'a Store, rows: rocksdb::DBRawIterator<'a>, order: Order, started: bool },
    /// Of another one.
    Elsewhere(Box<Pages<'a>>),
}

/// Rows of another process, page by page.
pub(super) struct Pages<'a> {
    rows: &'a dyn Elsewhere,
    /// All that is read of.
    whole: Span,
    /// What of it is still to come.
    span: Option<Span>,
    page: VecDeque<(Vec<u8>, Vec<u8>)>,
    /// The row that was given last.
    last: (Vec<u8>, Vec<u8>),
    /// In ascending order the next row is the first from this key on.
    from: Vec<u8>,
    /// Before the row that was given last there is none from this key on.
    edge: Vec<u8>,
}

impl<'a> Walk<'a> {
    /// Over rows of this process.
    pub fn here(store: &'a Store, snapshot: &'a rocksdb::Snapshot<'a>, lower: Vec<u8>, upper: Option<Vec<u8>>, order: Order) -> Self {
        let mut options = rocksdb::ReadOptions::default();
        let nothing = upper.as_ref().is_some_and(|upper| *upper <= lower);
        options.set_iterate_lower_bound(lower);
        if let Some(upper) = upper {
            options.set_iterate_upper_bound(upper);
        }
        let mut rows = snapshot.raw_iterator_opt(options);
        if !nothing {
            match order {
                Order::Ascending => rows.seek_to_first(),
                Order::Descending => rows.seek_to_last(),
            }
        }
        Self::Here { store, rows, order, started: nothing }
    }

    /// Over rows of another process.
    pub fn elsewhere(rows: &'a dyn Elsewhere, span: Span) -> Self {
        let nothing = span.upper.as_ref().is_some_and(|upper| *upper <= span.lower);
        let (from, edge) = (span.lower.clone(), span.lower.clone());
        let coming = Some(span.clone()).filter(|_| !nothing);
        Self::Elsewhere(Box::new(Pages { rows, whole: span, span: coming, page: VecDeque::new(), last: Default::default(), from, edge }))
    }

    /// Goes on, or back, at the first key from this one on; in ascending order.
    fn skip_to(&mut self, key: &[u8]) {
        match self {
            Self::Here { rows, started, .. } => {
                rows.seek(key);
                *started = false;
            }
            Self::Elsewhere(pages) => pages.skip_to(key),
        }
    }

    /// The next row.
    pub fn next(&mut self) -> Result<Option<(&[u8], &[u8])>, Error> {
        match self {
            Self::Here { store, rows, order, started } => {
                if *started && rows.valid() {
                    match order {
                        Order::Ascending => rows.next(),
                        Order::Descending => rows.prev(),
                    }
                }
                *started = true;
                match rows.item() {
                    Some(item) => Ok(Some(item)),
                    None => store.noted(rows.status().map_err(Error::from)).map(|()| None),
                }
            }
            Self::Elsewhere(pages) => pages.next(),
        }
    }

    /// The result, which is noted as damage of this process's store where it is that.
    fn noted<T>(&self, result: Result<T, Error>) -> Result<T, Error> {
        match self {
            Self::Here { store, .. } => store.noted(result),
            Self::Elsewhere(_) => result,
        }
    }
}

impl Pages<'_> {
    fn skip_to(&mut self, key: &[u8]) {
        let key = key.max(self.whole.lower.as_slice());
        if key >= self.from.as_slice() {
            while self.page.front().is_some_and(|(first, _)| first.as_slice() < key) {
                self.page.pop_front();
            }
            if self.page.is_empty()
                && let Some(span) = &mut self.span
                && span.lower.as_slice() < key
            {
                span.lower = key.to_vec();
            }
        } else if key >= self.edge.as_slice() {
            // Whoever reads up to the first row of another seeks that one next: it was given, and is given again.
            self.page.push_front(std::mem::take(&mut self.last));
        } else {
            self.page.clear();
            self.span = Some(Span { lower: key.to_vec(), ..self.whole.clone() });
        }
        (self.from, self.edge) = (key.to_vec(), key.to_vec());
    }

    fn next(&mut self) -> Result<Option<(&[u8], &[u8])>, Error> {
        while self.page.is_empty() {
            let Some(asked) = &mut self.span else { return Ok(None) };
            if asked.upper.as_ref().is_some_and(|upper| *upper <= asked.lower) {
                self.span = None;
                continue;
            }
            let found = self.rows.page(asked)?;
            match found.rows.last() {
                Some((key, _)) if found.more => {
                    if asked.descending {
                        asked.upper = Some(key.clone());
                    } else {
                        asked.lower = after(key);
                    }
                    asked.rows = asked.rows.saturating_mul(PAGE_GROWS_BY).min(PAGE_ROWS_MAX);
                }
                Some(_) | None => self.span = None,
            }
            self.page.extend(found.rows);
        }
        let Some(row) = self.page.pop_front() else { return Ok(None) };
        self.edge = std::mem::replace(&mut self.from, after(&row.0));
        self.last = row;
        Ok(Some((&self.last.0, &self.last.1)))
    }
}

/// The first key after one.
fn after(key: &[u8]) -> Vec<u8> {
    [key, &[0]].concat()
}

/// Rows in order.
pub struct Scan<'a, K, V> {
    walk: Walk<'a>,
    key_at: usize,
    /// The prefix of the table, and a key that is sought.
    sought: Vec<u8>,
    stop: Stop,
    types: PhantomData<fn() -> (K, V)>,
}

impl<'a, K, V> Scan<'a, K, V> {
    pub(super) const fn new(walk: Walk<'a>, key_at: usize, sought: Vec<u8>, stop: Stop) -> Self {
        Self { walk, key_at, sought, stop, types: PhantomData }
    }
}

impl<K: Key, V> Scan<'_, K, V> {
    /// Goes on, or back, at the first row whose key begins with `prefix`, or comes after it; for a scan in ascending order.
    pub fn skip_to<P: Key>(&mut self, prefix: &P) {
        self.sought.truncate(self.key_at);
        prefix.encode(&mut self.sought);
        self.walk.skip_to(&self.sought);
    }
}

impl<K: Key, V: Value> Iterator for Scan<'_, K, V> {
    type Item = Result<(K, V), Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.stop.is_stopped() {
            return Some(Err(Error::Stopped));
        }
        let key_at = self.key_at;
        let decoded = match self.walk.next() {
            Err(error) => return Some(Err(error)),
            Ok(None) => return None,
            Ok(Some((key, value))) => match K::decode_whole(key.get(key_at..).unwrap_or_default()) {
                None => Err(Error::Corrupt("a key cannot be decoded".into())),
                Some(key) => postcard::from_bytes(value).map(|value| (key, value)).map_err(Error::from),
            },
        };
        Some(self.walk.noted(decoded))
    }
}
