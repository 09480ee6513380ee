//! `jwt-authorizer`: keys in a list behind tokio's mutex, each shared.

use std::hint::black_box;
use std::time::Duration;

use jsonwebtoken::{Algorithm, Header};
use jwt_authorizer::{Authorizer, JwtAuthorizer, Refresh, RefreshStrategy};
use tokio::runtime::Runtime;

use crate::contender::{Contender, Refreshing};
use crate::keys::{KNOWN, UNKNOWN};
use crate::runtime;
use crate::server::Server;

/// The authorizer, with its keys fetched.
pub struct Authority {
    authorizer: Authorizer,
    runtime: Runtime,
}

impl Authority {
    /// With keys from a server; from memory it takes only keys that it never fetches again, and those have no lock.
    ///
    /// # Panics
    ///
    /// If the server does not answer.
    #[must_use]
    pub fn from_server(server: &Server) -> Self {
        // The default strategy, whose interval between refreshes is made to be none: look-ups of known keys do not see it, and
        // unknown ones refresh each time.
        let often = Refresh {
            strategy: RefreshStrategy::KeyNotFound,
            refresh_interval: Duration::ZERO,
            retry_interval: Duration::ZERO,
        };
        let runtime = runtime::start();
        let authorizer = runtime.block_on(first_key(JwtAuthorizer::from_jwks_url(&server.jwks_uri()).refresh(often)));
        Self { authorizer, runtime }
    }
}

/// From construction, with discovery, to the first key.
///
/// # Panics
///
/// If the server does not answer.
pub async fn start(server: &Server) -> impl Sized {
    first_key(JwtAuthorizer::from_oidc(server.issuer())).await
}

async fn first_key(builder: JwtAuthorizer) -> Authorizer {
    let authorizer = builder.build().await.expect("an authorizer");
    black_box(authorizer.key_source.get_key(header(KNOWN)).await.expect("the key"));
    authorizer
}

/// The look-up takes a header of its own. A program has read one from its token; this is the smallest that will do, and its kid
/// the one allocation in it.
fn header(kid: &str) -> Header {
    Header {
        typ: None,
        alg: Algorithm::RS256,
        cty: None,
        jku: None,
        jwk: None,
        kid: Some(kid.to_owned()),
        x5u: None,
        x5c: None,
        x5t: None,
        x5t_s256: None,
    }
}

impl Contender for Authority {
    fn find(&self, kid: &str) {
        // A key that is there needs no timer and no I/O: the smallest executor will do.
        black_box(futures_executor::block_on(self.authorizer.key_source.get_key(header(kid))).expect("the key"));
    }
}

impl Refreshing for Authority {
    fn refresh(&self) {
        let answer = self.runtime.block_on(self.authorizer.key_source.get_key(header(UNKNOWN)));
        assert!(answer.is_err(), "an unknown key was found");
    }
}
