//! Stretches of time and how sorted series of them combine. All of it is lazy: nothing is computed that nobody asks for.

use std::iter::Peekable;

use jiff::Timestamp;

/// From `start` up to, not including, `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Span {
    pub(super) start: Timestamp,
    pub(super) end: Timestamp,
}

impl Span {
    /// All of time.
    pub(super) const ALL: Self = Self { start: Timestamp::MIN, end: Timestamp::MAX };

    /// The part of it within `[from, to)`, if any.
    pub(super) fn clip(self, from: Timestamp, to: Timestamp) -> Option<Self> {
        let clipped = Self { start: self.start.max(from), end: self.end.min(to) };
        (clipped.start < clipped.end).then_some(clipped)
    }
}

/// Two series, each sorted by start, as one.
pub(super) struct Merged<A: Iterator<Item = Span>, B: Iterator<Item = Span>> {
    pub(super) left: Peekable<A>,
    pub(super) right: Peekable<B>,
}

impl<A: Iterator<Item = Span>, B: Iterator<Item = Span>> Iterator for Merged<A, B> {
    type Item = Span;

    fn next(&mut self) -> Option<Span> {
        match (self.left.peek(), self.right.peek()) {
            (Some(left), Some(right)) if right.start < left.start => self.right.next(),
            (Some(_), _) => self.left.next(),
            (None, _) => self.right.next(),
        }
    }
}

/// A series sorted by start, with touching and overlapping stretches joined.
pub(super) struct Joined<I: Iterator<Item = Span>>(pub(super) Peekable<I>);

impl<I: Iterator<Item = Span>> Iterator for Joined<I> {
    type Item = Span;

    fn next(&mut self) -> Option<Span> {
        let mut span = self.0.next()?;
        while let Some(next) = self.0.next_if(|next| next.start <= span.end) {
            span.end = span.end.max(next.end);
        }
        Some(span)
    }
}

/// A joined series without the stretches in `holes`, which are sorted and disjoint.
pub(super) struct Without<'a, I: Iterator<Item = Span>> {
    pub(super) from: I,
    pub(super) holes: &'a [Span],
    pub(super) rest: Option<Span>,
}

impl<I: Iterator<Item = Span>> Iterator for Without<'_, I> {
    type Item = Span;

    fn next(&mut self) -> Option<Span> {
        loop {
            let span = match self.rest.take() {
                Some(rest) => rest,
                None => self.from.next()?,
            };
            // What is asked for only moves forward, so holes that are passed never matter again.
            let passed = self.holes.partition_point(|hole| hole.end <= span.start);
            self.holes = &self.holes[passed..];
            let Some(hole) = self.holes.first().filter(|hole| hole.start < span.end) else {
                return Some(span);
            };
            self.rest = Some(Span { start: hole.end, end: span.end }).filter(|rest| rest.start < rest.end);
            if span.start < hole.start {
                return Some(Span { start: span.start, end: hole.start });
            }
        }
    }
}

/// `spans` sorted and joined.
pub(super) fn joined(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_unstable();
    Joined(spans.into_iter().peekable()).collect()
}
