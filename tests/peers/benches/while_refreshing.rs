//! A known key, looked up by one thread while another takes the keys anew, one time after the other.
//!
//! The hand-written contender reads its keys from memory each time, as ours and `jwks_client_rs` do; `jwks_client_rs/http` and
//! `jwt-authorizer` fetch from a server on this machine, and hold their lock meanwhile. `openidconnect` is not here: it has no
//! refresh.

use std::hint::black_box;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion};
use idporten_config_peers::authorizer::Authority;
use idporten_config_peers::by_hand::{ArcSwapScan, RwLockMap};
use idporten_config_peers::contender::Refreshing;
use idporten_config_peers::jwks_client::Client;
use idporten_config_peers::keys::KNOWN;
#[cfg(feature = "ours")]
use idporten_config_peers::ours::Ours;
use idporten_config_peers::server::Server;

fn main() {
    let (warm_up, measured) = (Duration::from_millis(500), Duration::from_secs(3));
    let mut criterion =
        Criterion::default().warm_up_time(warm_up).measurement_time(measured).sample_size(50).configure_from_args();
    let server = Server::start();
    let mut group = criterion.benchmark_group("while_refreshing");
    look_up(&mut group, "arc_swap_scan", &ArcSwapScan::new());
    look_up(&mut group, "rwlock_map", &RwLockMap::new());
    look_up(&mut group, "jwks_client_rs", &Client::from_memory());
    look_up(&mut group, "jwks_client_rs/http", &Client::from_server(&server));
    look_up(&mut group, "jwt-authorizer", &Authority::from_server(&server));
    #[cfg(feature = "ours")]
    look_up(&mut group, "idporten_config", &Ours::refreshing());
    group.finish();
    criterion.final_summary();
}

fn look_up(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, contender: &impl Refreshing) {
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let _end = Raised(&done);
        scope.spawn(|| {
            let (start, mut times) = (Instant::now(), 0_u32);
            while !done.load(Ordering::Relaxed) {
                contender.refresh();
                times += 1;
            }
            // Rare refreshes disturb little, so that the figures must be read with this number. Zero: filtered out.
            if times == 0 {
                return;
            }
            println!("{name}: {:.0} refreshes a second", f64::from(times) / start.elapsed().as_secs_f64());
        });
        group.bench_function(name, |bencher| bencher.iter(|| contender.find(black_box(KNOWN))));
    });
}

/// Raises a flag when it is dropped: a look-up that panics ends the refreshing too.
struct Raised<'a>(&'a AtomicBool);

impl Drop for Raised<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
