//! What the process of the service takes, and how far that may grow.

#[cfg(test)]
mod tests;

/// The growth that is allowed from the least of the second period, which has seen each kind of event, to the least of the last.
/// In bytes. Without a leak the least of a period differs by 0.6 MiB in an hour. With this allowance an hour at 1,000 requests a second shows a
/// leak of one byte a request, or of 10 KiB a fetch.
const MORE_IN_USE: u64 = MIB;
const MORE_THREADS: u64 = 1;
/// The load keeps up to 64 connections open, and does so from its first burst on.
const MORE_DESCRIPTORS: u64 = 72;
/// In bytes, at any time. Growth of anonymous memory has no rule, since the allocator keeps what a burst of connections took. This
/// bound is for a leak in a C library, which the bytes in use do not show.
const MOST_ANONYMOUS: u64 = 64 * MIB;
const MIB: u64 = 1 << 20;

pub(crate) const HEADER: &str =
    "| period | in use, MiB | anonymous, MiB | threads | descriptors |\n|---|---|---|---|---|";

/// The memory, the threads and the open files of a process.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Usage {
    /// The bytes that the program has allocated and not freed.
    pub(crate) in_use: u64,
    /// The bytes that the program has from the system, without the pages of its file, which come as its code is used.
    pub(crate) anonymous: u64,
    pub(crate) threads: u64,
    pub(crate) descriptors: u64,
}

/// The least and the most that the process took in a period. The least is what stays: requests that wait and a fetch come and go.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Range {
    least: Usage,
    most: Usage,
}

/// Returns what is wrong with these periods, in words.
pub(crate) fn faults(periods: &[Range]) -> Vec<String> {
    let mut faults = Vec::new();
    if let [_, second, .., last] = periods {
        let (before, after) = (second.least, last.least);
        let mut check = |name, before: u64, after: u64, growth: u64| {
            if after.saturating_sub(before) > growth {
                faults.push(format!("{name} grew from {before} to {after}, by more than {growth}"));
            }
        };
        check("the bytes in use", before.in_use, after.in_use, MORE_IN_USE);
        check("threads", before.threads, after.threads, MORE_THREADS);
        check("descriptors", before.descriptors, after.descriptors, MORE_DESCRIPTORS);
    }
    let most = periods.iter().map(|period| period.most.anonymous).max().unwrap_or_default();
    if most > MOST_ANONYMOUS {
        faults.push(format!("there were {most} bytes of anonymous memory, more than {MOST_ANONYMOUS}"));
    }
    faults
}

impl Range {
    pub(crate) fn of(usage: Usage) -> Self {
        Self { least: usage, most: usage }
    }

    /// Returns the range with another reading in it.
    pub(crate) fn with(self, usage: Usage) -> Self {
        Self { least: self.least.each(usage, u64::min), most: self.most.each(usage, u64::max) }
    }

    /// Returns the period's row of the table.
    pub(crate) fn row(&self, period: u32) -> String {
        let Self { least, most } = self;
        let in_use = format!("{} to {}", tenths(least.in_use), tenths(most.in_use));
        let anonymous = format!("{} to {}", least.anonymous / MIB, most.anonymous / MIB);
        let threads = format!("{} to {}", least.threads, most.threads);
        format!("| {period} | {in_use} | {anonymous} | {threads} | {} to {} |", least.descriptors, most.descriptors)
    }
}

impl Usage {
    /// Returns what a function makes of each pair of numbers.
    fn each(self, other: Self, function: impl Fn(u64, u64) -> u64) -> Self {
        Self {
            in_use: function(self.in_use, other.in_use),
            anonymous: function(self.anonymous, other.anonymous),
            threads: function(self.threads, other.threads),
            descriptors: function(self.descriptors, other.descriptors),
        }
    }
}

/// Returns MiB with one decimal.
fn tenths(bytes: u64) -> String {
    let tenths = (bytes * 10 + MIB / 2) / MIB;
    format!("{}.{}", tenths / 10, tenths % 10)
}
