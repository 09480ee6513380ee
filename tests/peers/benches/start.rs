//! From construction to the first key: ours from a baked snapshot, without a request; the peers from a server on this machine.
//!
//! A peer's HTTP client is made anew, without TLS; the runtime it runs on is there already. `jwks_client_rs` knows no discovery
//! and sends one request, the others two.

use std::time::Duration;

use criterion::{BatchSize, Criterion};
#[cfg(feature = "ours")]
use idporten_config_peers::ours::Baked;
use idporten_config_peers::server::Server;
use idporten_config_peers::{authorizer, jwks_client, openid, runtime};

fn main() {
    let (warm_up, measured) = (Duration::from_millis(500), Duration::from_secs(3));
    let mut criterion =
        Criterion::default().warm_up_time(warm_up).measurement_time(measured).sample_size(50).configure_from_args();
    let (server, runtime) = (Server::start(), runtime::start());
    let mut group = criterion.benchmark_group("start");
    // One at a time, so that ending what was started is not measured, and not many are held at once.
    let one = BatchSize::PerIteration;
    group.bench_function("jwks_client_rs", |bencher| {
        bencher.iter_batched(|| (), |()| runtime.block_on(jwks_client::start(&server)), one);
    });
    group.bench_function("jwt-authorizer", |bencher| {
        bencher.iter_batched(|| (), |()| runtime.block_on(authorizer::start(&server)), one);
    });
    group.bench_function("openidconnect", |bencher| {
        bencher.iter_batched(|| (), |()| runtime.block_on(openid::start(&server)), one);
    });
    #[cfg(feature = "ours")]
    {
        let baked = Baked::new();
        group.bench_function("idporten_config", |bencher| {
            bencher.iter_batched(|| baked.provider(), |provider| baked.start(provider), one);
        });
    }
    group.finish();
    criterion.final_summary();
}
