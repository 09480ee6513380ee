//! Stories of fetching: what a provider, a network or a machine may do, and what must come of it.

mod documents;
mod endings;
mod http;
mod keys;
mod mirror;
mod proxy;
mod runtimes;
mod story;
mod trust;
