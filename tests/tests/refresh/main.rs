//! Stories of the refresher, on a clock that moves when it is told to: what a provider, a network, a machine or a disk may do, and
//! what must come of it.

#![allow(clippy::unchecked_time_subtraction, reason = "a time that is too short is a failed test")]

mod choosing;
mod clock;
mod distrust;
mod drift;
mod events;
mod handles;
mod log;
mod mirror;
mod outage;
mod rotation;
mod seed;
mod signature;
mod status;
mod store;
mod story;
mod timing;
mod tools;
mod transport;
mod unknown_kid;
mod vanished;
mod waiting;
