//! The body of a statement with lines: written [`ENTRIES_PER_PART`] entries at a time, as the client takes them, so that a
//! date of a million entries takes no more memory than their numbers, and a slow client no thread.
//!
//! Entries never change, so the parts belong together although each is read by itself.

use crate::export::Transaction;
use crate::export::statement::{Form, Only};
use crate::http::file::Facts;
use crate::http::problem::Problem;
use crate::node::Node;
use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use std::io;
use std::sync::Arc;

/// Entries of one part.
const ENTRIES_PER_PART: usize = 500;

/// Whose lines.
pub struct Lines {
    /// Where they are read from.
    pub node: Arc<Node>,
    /// Which partition.
    pub partition: u32,
    /// The numbers of the entries, ascending.
    pub numbers: Vec<u64>,
    /// Which accounts' lines.
    pub only: Only,
}

/// The answer.
pub fn response(content_type: &'static str, lines: Lines, form: Box<dyn Form>, facts: &Facts) -> Response {
    let writing = Writing { lines, form, section: 0, next: 0 };
    let parts = stream::try_unfold(writing, |writing| async {
        if writing.section >= writing.form.sections() {
            return Ok(None);
        }
        let part = tokio::task::spawn_blocking(move || writing.part()).await;
        // The status is told already: all that is left is to end the answer too early, which a client sees.
        match part.map_err(io::Error::other).and_then(|part| part) {
            Ok((bytes, writing)) => Ok(Some((bytes, writing))),
            Err(error) => {
                let _ = Problem::internal(&error);
                Err(error)
            }
        }
    });
    let mut response = Body::from_stream(parts).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    facts.write(response.headers_mut());
    response
}

/// How far the body is.
struct Writing {
    lines: Lines,
    form: Box<dyn Form>,
    section: usize,
    next: usize,
}

impl Writing {
    /// Writes the next part.
    fn part(mut self) -> io::Result<(Bytes, Self)> {
        let mut output = Vec::new();
        if self.next == 0 {
            self.form.begin(self.section, &mut output)?;
        }
        let place = self.lines.node.place(self.lines.partition).ok_or_else(|| io::Error::other("the partition is gone"))?;
        let journal = place.here().and_then(|local| local.journal()).map_err(io::Error::other)?;
        for number in self.lines.numbers.iter().skip(self.next).take(ENTRIES_PER_PART) {
            let recorded = journal.entry(*number).map_err(io::Error::other)?.ok_or_else(|| io::Error::other(format!("entry {number} is gone")))?;
            let transaction = Transaction::of(self.lines.partition, &recorded, |posting| self.lines.only.shows(posting));
            if !transaction.lines.is_empty() {
                self.form.transaction(self.section, &transaction, &mut output)?;
            }
        }
        self.next += ENTRIES_PER_PART;
        if self.next >= self.lines.numbers.len() {
            self.form.end(self.section, &mut output)?;
            (self.section, self.next) = (self.section + 1, 0);
        }
        Ok((Bytes::from(output), self))
    }
}
