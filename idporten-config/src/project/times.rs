//! The times that are used to measure the age of snapshots.

use std::time::{Duration, SystemTime};

use crate::document::snapshot::Snapshot;
use crate::project::finding::Finding;

/// The times that a check uses to measure ages. Without any, ages and dates are not checked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Times {
    /// The time of `SOURCE_DATE_EPOCH`, which replaces the clock so that a build can be reproduced.
    pub source_date_epoch: Option<SystemTime>,
    /// The time of the machine's clock, or `None` if the result must not depend on it.
    pub clock: Option<SystemTime>,
}

impl Times {
    /// Returns the times of a build, given the value of `SOURCE_DATE_EPOCH`. If that variable is set, nothing depends on the
    /// clock.
    ///
    /// # Errors
    ///
    /// Returns an error for a value that is not a number of seconds since 1970.
    pub fn of_build(source_date_epoch: Option<&str>, clock: SystemTime) -> Result<Self, Box<Finding>> {
        let times = Self::of_tool(source_date_epoch, clock)?;
        Ok(Self { clock: times.clock.filter(|_| times.source_date_epoch.is_none()), ..times })
    }

    /// Returns the times of a command, which uses the clock even if `SOURCE_DATE_EPOCH` is set.
    ///
    /// # Errors
    ///
    /// Returns an error for a value that is not a number of seconds since 1970.
    pub fn of_tool(source_date_epoch: Option<&str>, clock: SystemTime) -> Result<Self, Box<Finding>> {
        // An exported variable without a value counts as unset, as in other tools that read it.
        let text = source_date_epoch.filter(|text| !text.is_empty());
        Ok(Self { source_date_epoch: text.map(parse).transpose()?, clock: Some(clock) })
    }

    /// Returns the time at which the age of a snapshot is measured. A `SOURCE_DATE_EPOCH` before the snapshot is not used: build
    /// systems such as Nix set it to 1980 for every build.
    #[must_use]
    pub fn for_age_of(&self, snapshot: &Snapshot) -> Option<SystemTime> {
        self.source_date_epoch.filter(|time| *time >= snapshot.as_of()).or(self.clock)
    }
}

fn parse(text: &str) -> Result<SystemTime, Box<Finding>> {
    let seconds = text.parse().map(Duration::from_secs).ok();
    seconds.and_then(|seconds| SystemTime::UNIX_EPOCH.checked_add(seconds)).ok_or_else(|| {
        let message = format!("`SOURCE_DATE_EPOCH` is {text:?}");
        Box::new(Finding::error(message, "set it to a number of seconds since 1970, or unset it"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::KnownEnvironment;

    const NOW: SystemTime = SystemTime::UNIX_EPOCH;

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn source_date_epoch_replaces_the_clock_of_a_build() {
        let times = |text| Times::of_build(text, NOW).unwrap();
        assert_eq!(times(Some("86400")), Times { source_date_epoch: Some(at(86_400)), clock: None });
        for unset in [None, Some("")] {
            assert_eq!(times(unset), Times { source_date_epoch: None, clock: Some(NOW) }, "{unset:?}");
        }
    }

    #[test]
    fn a_command_keeps_the_clock_beside_source_date_epoch() {
        let times = Times::of_tool(Some("86400"), NOW).unwrap();
        assert_eq!(times, Times { source_date_epoch: Some(at(86_400)), clock: Some(NOW) });
    }

    #[test]
    fn source_date_epoch_that_is_no_time_is_refused() {
        for text in ["yesterday", "-1", "99999999999999999999"] {
            let help = Times::of_build(Some(text), NOW).unwrap_err().help;
            assert_eq!(help, "set it to a number of seconds since 1970, or unset it", "{text}");
        }
    }

    #[test]
    fn an_epoch_before_the_snapshot_leaves_its_age_to_the_clock() {
        let snapshot = Snapshot::parse(KnownEnvironment::IdportenTest.bundled_snapshot()).unwrap();
        let later = Some(at(1_800_000_000));
        let times = |epoch, clock| Times { source_date_epoch: epoch, clock }.for_age_of(&snapshot);
        assert_eq!(times(Some(at(315_532_800)), None), None);
        assert_eq!(times(Some(at(315_532_800)), later), later);
        assert_eq!(times(Some(at(1_722_470_400)), later), Some(at(1_722_470_400)));
    }
}
