//! A stream that gives up on a client that is too slow: with the header of a request, or in taking an answer.
//!
//! The server's own idle time covers a client that sends nothing at all; a body has its own time, where it is read.

use axum::body::{Body, Bytes, HttpBody};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep, sleep_until};

/// Where a connection is: an even number waits for a request, an odd one is being answered. Each request makes two steps.
#[derive(Clone, Debug, Default)]
pub struct Phase(Arc<AtomicU64>);

impl Phase {
    fn now(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }

    fn step(&self) {
        self.0.fetch_add(1, Ordering::AcqRel);
    }
}

/// A request that is being answered; dropped when its answer was sent, or never will be.
#[derive(Debug)]
pub struct Asked(Phase);

impl Asked {
    /// A request has come.
    pub fn begin(phase: &Phase) -> Self {
        phase.step();
        Self(phase.clone())
    }

    /// The body of the answer, which ends this when it was sent.
    pub fn until_sent(self, body: Body) -> Sent {
        Sent { body, _asked: self }
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        self.0.step();
    }
}

/// The body of an answer.
#[derive(Debug)]
pub struct Sent {
    body: Body,
    _asked: Asked,
}

impl HttpBody for Sent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<hyper::body::Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        self.body.size_hint()
    }
}

/// The stream of a connection.
pub struct Timed<S> {
    stream: S,
    header: Duration,
    write: Duration,
    phase: Phase,
    /// The request whose header has begun, and when it must be there.
    begun: Option<(u64, Instant)>,
    late: Option<Pin<Box<Sleep>>>,
    /// Since the client takes nothing.
    stalled: Option<Pin<Box<Sleep>>>,
}

impl<S> Timed<S> {
    /// A stream whose headers and writes have their time.
    pub const fn new(stream: S, header: Duration, write: Duration, phase: Phase) -> Self {
        Self { stream, header, write, phase, begun: None, late: None, stalled: None }
    }

    /// What a write came to: the time of a client that takes nothing runs until it takes something.
    fn written<T>(&mut self, context: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let write = self.write;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(write)));
        match stalled.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(Err(late("the client takes no answer"))),
            Poll::Pending => Poll::Pending,
        }
    }
}

fn late(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, what)
}

impl<S: AsyncRead + Unpin> AsyncRead for Timed<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let before = buffer.filled().len();
        let read = Pin::new(&mut this.stream).poll_read(context, buffer);
        let phase = this.phase.now();
        if this.begun.is_some_and(|(begun, _)| begun != phase) {
            (this.begun, this.late) = (None, None);
        }
        // While a request is being answered, what comes is its body, or early.
        if phase % 2 == 1 {
            return read;
        }
        match (read, this.begun) {
            (Poll::Ready(Ok(())), None) if buffer.filled().len() > before => {
                this.begun = Some((phase, Instant::now() + this.header));
                Poll::Ready(Ok(()))
            }
            (Poll::Pending, Some((_, deadline))) => {
                let late_at = this.late.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
                match late_at.as_mut().poll(context) {
                    Poll::Ready(()) => Poll::Ready(Err(late("the header of the request did not come in time"))),
                    Poll::Pending => Poll::Pending,
                }
            }
            (read, _) => read,
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Timed<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.written(context, written)
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, context: &mut Context<'_>, slices: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.written(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        self.written(context, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shut = Pin::new(&mut self.stream).poll_shutdown(context);
        self.written(context, shut)
    }
}
