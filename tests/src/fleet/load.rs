//! The requests at a provider, by second.

use std::ops::Range;
use std::time::Duration;

use super::scenario::Span;

/// The metadata and the keys.
const REQUESTS_PER_FETCH: u64 = 2;

/// Requests in each second.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Load(Vec<u64>);

impl Load {
    pub(super) fn new(length: Duration) -> Self {
        Self(vec![0; index(length)])
    }

    pub(super) fn fetch(&mut self, at: Duration) {
        self.0[index(at)] += REQUESTS_PER_FETCH;
    }

    /// So many fetches in each second of the span.
    pub(super) fn fetches(&mut self, span: Span, a_second: u32) {
        self.0[seconds(span)].iter_mut().for_each(|requests| *requests += REQUESTS_PER_FETCH * u64::from(a_second));
    }

    /// Returns the load within these spans; the rest counts as zero.
    #[must_use]
    pub fn within(&self, spans: &[Span]) -> Self {
        let mut within = Self(vec![0; self.0.len()]);
        for span in spans {
            within.0[seconds(*span)].copy_from_slice(&self.0[seconds(*span)]);
        }
        within
    }

    /// All requests.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    /// The most in one second.
    #[must_use]
    pub fn peak_second(&self) -> u64 {
        self.0.iter().copied().max().unwrap_or_default()
    }

    /// The most in any sixty seconds.
    #[must_use]
    pub fn peak_minute(&self) -> u64 {
        let mut minute = 0;
        let mut peak = 0;
        for (second, requests) in self.0.iter().enumerate() {
            minute += requests;
            if let Some(past) = second.checked_sub(60) {
                minute -= self.0[past];
            }
            peak = peak.max(minute);
        }
        peak
    }
}

fn seconds(span: Span) -> Range<usize> {
    index(span.from)..index(span.until)
}

fn index(at: Duration) -> usize {
    usize::try_from(at.as_secs()).expect("a run is not that long")
}
