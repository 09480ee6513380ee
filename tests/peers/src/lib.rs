//! The cost of finding a key: the refresher of `idporten-config` beside other ways of holding a provider's keys.
//!
//! From this directory:
//!
//! ```sh
//! cargo bench                                 # everything below but the allocations
//! cargo bench --bench look_up                 # a known key, while 1, 2, 4, 8 threads look it up
//! cargo bench --bench while_refreshing        # a known key, while another thread refreshes
//! cargo bench --bench start                   # from construction to the first key
//! cargo bench --bench verify                  # a token, by 1, 2, 4, 8 threads
//! cargo bench --bench verify --no-default-features --features ours,rust-crypto   # the same by the other back-end
//! cargo run --release --bin allocations       # allocations in a look-up
//! ```
//!
//! With `--no-default-features` the peers are measured alone. The peers fetch over plain HTTP from a server in the same process,
//! on 127.0.0.1; none of them insists on https. Their clients obey `HTTP_PROXY`: unset it, or put 127.0.0.1 into `NO_PROXY`.

pub mod authorizer;
pub mod by_hand;
pub mod contender;
pub mod jwks_client;
pub mod keys;
pub mod openid;
#[cfg(feature = "ours")]
pub mod ours;
pub mod runtime;
pub mod server;
pub mod threads;
pub mod verification;
