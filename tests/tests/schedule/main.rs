//! The schedule of the refresher: tables of single cases, and a model that checks what must hold whatever happens.

mod model;
mod random;
mod tables;
