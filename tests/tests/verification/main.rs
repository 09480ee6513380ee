//! Tokens as a provider, a careless client and an attacker send them, and what a program must answer.

mod algorithms;
mod answers;
mod claims;
mod header;
mod keys;
mod kinds;
mod ring;
mod setup;
mod story;
mod sufficient;
mod upstream;
