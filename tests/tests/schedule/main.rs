//! The schedule of the refresher: tables of single cases, and a model that checks what must hold whatever happens.

#![allow(clippy::unchecked_time_subtraction, reason = "a time that is too short is a failed test")]

mod absences;
mod answers;
mod budgets;
mod fixture;
mod model;
mod random;
mod serving;
mod tables;
