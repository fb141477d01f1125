//! A file on its way to who fetches it. It takes its room until its last part was handed on, or who fetches it is gone; and
//! not for longer than some minutes, however slowly they read.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::{Body, Bytes};
use futures_util::stream;
use tokio_util::task::{AbortOnDropHandle, TaskTracker};

use super::Room;
use crate::limits;

/// The bytes of a file, handed on in parts.
pub(crate) struct Outgoing {
    left: Arc<Mutex<Left>>,
    length: usize,
    _watch: AbortOnDropHandle<()>,
}

/// What is left of a file.
enum Left {
    /// What comes after the first `told` bytes.
    Rest { plain: Vec<u8>, told: usize, _room: Room },
    /// Nothing: all of it was handed on.
    Nothing,
    /// It took too long.
    TooLate,
}

impl Outgoing {
    pub(super) fn new(plain: Vec<u8>, room: Room) -> Self {
        let length = plain.len();
        let left = Arc::new(Mutex::new(Left::Rest { plain, told: 0, _room: room }));
        let watched = Arc::downgrade(&left);
        // Whoever does not read is not asked for the next part: somebody else has to look at the time.
        let late = tokio::time::sleep(limits::FILE_FETCH_TIME_MAX);
        let watch = TaskTracker::new().spawn(async move {
            late.await;
            if let Some(left) = watched.upgrade() {
                left.lock().unwrap_or_else(PoisonError::into_inner).is_late();
            }
        });
        Self { left, length, _watch: AbortOnDropHandle::new(watch) }
    }

    /// How many bytes the file has.
    pub(crate) fn length(&self) -> usize {
        self.length
    }

    /// The file as the body of an answer. One that breaks off is shorter than its length says.
    pub(crate) fn into_body(self) -> Body {
        Body::from_stream(stream::iter(std::iter::from_fn(move || self.next())))
    }

    fn next(&self) -> Option<io::Result<Bytes>> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner).next()
    }
}

impl Left {
    fn next(&mut self) -> Option<io::Result<Bytes>> {
        match self {
            Self::Nothing => None,
            Self::TooLate => {
                *self = Self::Nothing;
                Some(Err(io::ErrorKind::TimedOut.into()))
            }
            Self::Rest { plain, told, .. } => {
                let end = (*told + limits::FILE_PART_BYTES).min(plain.len());
                // A copy, because a slice would keep all of the file.
                let part = Bytes::copy_from_slice(&plain[*told..end]);
                *told = end;
                if end == plain.len() {
                    *self = Self::Nothing;
                }
                Some(Ok(part))
            }
        }
    }

    fn is_late(&mut self) {
        if let Self::Rest { .. } = self {
            *self = Self::TooLate;
        }
    }
}
