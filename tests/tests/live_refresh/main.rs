//! Stories of the refresher against a real server, real time, real executors and real processes. Those of its decisions are told
//! in virtual time, elsewhere.

mod executors;
mod futures;
mod hangs;
mod lies;
mod rotation;
mod seeds;
mod suspension;
mod variables;
