//! A table in memory whose entries end, and whose size has a limit.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

/// Entries with the time at which each ends. A full table drops the entry that ends first. If it refused new ones instead, a
/// stranger who fills it would keep all users out.
pub struct Table<T> {
    limit: usize,
    entries: HashMap<String, (End, T)>,
    /// The names of the entries, the one that ends first at the front.
    order: BTreeMap<End, String>,
    inserted: u64,
}

/// The time at which an entry ends, and a number that distinguishes entries of the same time.
type End = (Instant, u64);

impl<T> Table<T> {
    pub fn new(limit: usize) -> Self {
        Self { limit, entries: HashMap::new(), order: BTreeMap::new(), inserted: 0 }
    }

    /// Adds an entry, or replaces it. Returns whether another one had to end early to make room.
    pub fn insert(&mut self, name: &str, life: Duration, value: T) -> bool {
        let now = Instant::now();
        self.remove(name);
        let mut ended_early = false;
        while let Some(first) = self.order.first_entry() {
            let is_live = now < first.key().0;
            if is_live && self.entries.len() < self.limit {
                break;
            }
            ended_early |= is_live;
            self.entries.remove(&first.remove());
        }
        self.inserted += 1;
        let end = (now + life, self.inserted);
        self.order.insert(end, name.to_owned());
        self.entries.insert(name.to_owned(), (end, value));
        ended_early
    }

    pub fn get(&self, name: &str) -> Option<&T> {
        self.entries.get(name).filter(|(end, _)| Instant::now() < end.0).map(|(_, value)| value)
    }

    /// Returns the values of all entries, of some that have ended too.
    pub fn values(&self) -> impl Iterator<Item = &T> {
        self.entries.values().map(|(_, value)| value)
    }

    pub fn remove(&mut self, name: &str) -> Option<T> {
        let (end, value) = self.entries.remove(name)?;
        self.order.remove(&end);
        (Instant::now() < end.0).then_some(value)
    }

    /// Removes the entries that are meant, and returns how many of them had not ended.
    pub fn remove_each(&mut self, is_meant: impl Fn(&T) -> bool) -> usize {
        let (now, mut live) = (Instant::now(), 0);
        for (_, (end, _)) in self.entries.extract_if(|_, (_, value)| is_meant(value)) {
            self.order.remove(&end);
            live += usize::from(now < end.0);
        }
        live
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIFE: Duration = Duration::from_secs(60);

    fn names<T>(table: &Table<T>) -> Vec<&str> {
        assert_eq!(table.entries.len(), table.order.len());
        table.order.values().map(String::as_str).collect()
    }

    #[test]
    fn a_full_table_drops_its_oldest_entry() {
        let mut table = Table::new(2);
        let ended_early = ["one", "two", "three"].map(|name| table.insert(name, LIFE, ()));
        assert_eq!((ended_early, names(&table)), ([false, false, true], vec!["two", "three"]));
    }

    #[test]
    fn a_full_table_drops_what_has_ended_before_what_is_live() {
        let mut table = Table::new(3);
        table.insert("live", LIFE, ());
        table.insert("ended", Duration::ZERO, ());
        assert!(table.get("ended").is_none());
        table.insert("removed", LIFE, ());
        table.remove("removed");
        let ended_early = ["two", "three"].map(|name| table.insert(name, LIFE, ()));
        assert_eq!((ended_early, names(&table)), ([false; 2], vec!["live", "two", "three"]));
    }

    #[test]
    fn entries_that_come_and_go_leave_nothing_behind() {
        let mut table = Table::new(3);
        table.insert("stays", LIFE, -1);
        for value in 0..100 {
            for name in ["replaced", "comes and goes"] {
                assert!(!table.insert(name, LIFE, value), "{value}");
            }
            table.insert("replaced", LIFE, -2);
            assert_eq!(table.remove_each(|other| *other == value), 1, "{value}");
        }
        table.insert("ended", Duration::ZERO, 0);
        assert_eq!(table.remove_each(|value| *value == 0), 0);
        assert_eq!(names(&table), ["stays", "replaced"]);
    }
}
