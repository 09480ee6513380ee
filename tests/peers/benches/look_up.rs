//! A known key, while 1, 2, 4 and 8 threads look it up: the time of one look-up as one thread sees it.

use std::hint::black_box;
use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion};
use idporten_config_peers::authorizer::Authority;
use idporten_config_peers::by_hand::{ArcSwapScan, RwLockMap, StaticArray};
use idporten_config_peers::contender::Contender;
use idporten_config_peers::jwks_client::Client;
use idporten_config_peers::keys::KNOWN;
use idporten_config_peers::openid::Discovered;
#[cfg(feature = "ours")]
use idporten_config_peers::ours::{Current, Ours};
use idporten_config_peers::server::Server;
use idporten_config_peers::threads;

const THREADS: [usize; 4] = [1, 2, 4, 8];

fn main() {
    let (warm_up, measured) = (Duration::from_millis(500), Duration::from_secs(2));
    let mut criterion =
        Criterion::default().warm_up_time(warm_up).measurement_time(measured).sample_size(50).configure_from_args();
    let server = Server::start();
    let mut group = criterion.benchmark_group("look_up");
    look_up(&mut group, "static_array", &StaticArray);
    look_up(&mut group, "arc_swap_scan", &ArcSwapScan::new());
    look_up(&mut group, "rwlock_map", &RwLockMap::new());
    look_up(&mut group, "jwks_client_rs", &Client::from_server(&server));
    look_up(&mut group, "jwt-authorizer", &Authority::from_server(&server));
    look_up(&mut group, "openidconnect", &Discovered::from_server(&server));
    #[cfg(feature = "ours")]
    {
        look_up(&mut group, "idporten_config", &Ours::never_refreshing());
        look_up(&mut group, "idporten_config_current", &Current(Ours::never_refreshing()));
    }
    group.finish();
    criterion.final_summary();
}

fn look_up(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, contender: &impl Contender) {
    for count in THREADS {
        group.bench_function(BenchmarkId::new(name, count), |bencher| {
            bencher.iter_custom(|rounds| threads::time(count, rounds, || contender.find(black_box(KNOWN))));
        });
    }
}
