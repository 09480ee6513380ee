use super::{MIB, Range, Usage, faults};

const USAGE: Usage = Usage { in_use: MIB, anonymous: 2 * MIB, threads: 6, descriptors: 20 };

#[test]
fn what_the_allocator_keeps_is_no_fault_and_what_the_program_keeps_is_one() {
    assert_eq!(after(Usage { anonymous: 60 * MIB, ..USAGE }), [""; 0]);
    assert_eq!(after(Usage { in_use: 2 * MIB, ..USAGE }), [""; 0]);
    let leaked = after(Usage { in_use: 2 * MIB + 1, ..USAGE });
    assert_eq!(leaked, ["the bytes in use grew from 1048576 to 2097153, by more than 1048576"]);
}

#[test]
fn anonymous_memory_threads_and_descriptors_have_bounds() {
    let faults = after(Usage { anonymous: 65 * MIB, threads: 8, descriptors: 93, ..USAGE });
    let expected = [
        "threads grew from 6 to 8, by more than 1",
        "descriptors grew from 20 to 93, by more than 72",
        "there were 68157440 bytes of anonymous memory, more than 67108864",
    ];
    assert_eq!(faults, expected);
}

#[test]
fn a_burst_within_a_period_is_no_growth() {
    let burst = Usage { in_use: 30 * MIB, threads: 8, descriptors: 1_000, ..USAGE };
    let period = Range::of(USAGE);
    assert_eq!(faults(&[period, period, period.with(burst)]), [""; 0]);
    assert_eq!(period.with(burst).row(3), "| 3 | 1.0 to 30.0 | 2 to 2 | 6 to 8 | 20 to 1000 |");
}

/// Returns the faults of a run that ends with this usage.
fn after(last: Usage) -> Vec<String> {
    faults(&[Range::of(USAGE), Range::of(USAGE), Range::of(last)])
}
