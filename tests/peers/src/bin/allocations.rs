//! Prints how many times a look-up of a known key allocates.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::hint::black_box;

use idporten_config_peers::authorizer::Authority;
use idporten_config_peers::by_hand::{ArcSwapScan, RwLockMap, StaticArray};
use idporten_config_peers::contender::Contender;
use idporten_config_peers::jwks_client::Client;
use idporten_config_peers::keys::KNOWN;
use idporten_config_peers::openid::Discovered;
#[cfg(feature = "ours")]
use idporten_config_peers::ours::{Current, Ours};
use idporten_config_peers::server::Server;

const LOOK_UPS: u64 = 10_000;

thread_local! {
    /// Of this thread: a server or a worker allocates as it likes.
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

#[global_allocator]
static COUNTING: Counting = Counting;

fn main() {
    let server = Server::start();
    count("static_array", &StaticArray);
    count("arc_swap_scan", &ArcSwapScan::new());
    count("rwlock_map", &RwLockMap::new());
    count("jwks_client_rs", &Client::from_server(&server));
    count("jwt-authorizer", &Authority::from_server(&server));
    count("openidconnect", &Discovered::from_server(&server));
    #[cfg(feature = "ours")]
    {
        let found = count("idporten_config", &Ours::never_refreshing());
        let current = count("idporten_config_current", &Current(Ours::never_refreshing()));
        assert_eq!((found, current), (0, 0), "a look-up of ours allocates");
    }
}

/// Prints and gives the allocations of all look-ups together.
fn count(name: &str, contender: &impl Contender) -> u64 {
    // The first look-up of a thread may set something up for those to come.
    contender.find(KNOWN);
    let before = ALLOCATIONS.get();
    for _ in 0..LOOK_UPS {
        contender.find(black_box(KNOWN));
    }
    let count = ALLOCATIONS.get() - before;
    println!("{name}: {}.{:04} allocations a look-up", count / LOOK_UPS, count % LOOK_UPS);
    count
}

/// The system's allocator, counting what it is asked for.
struct Counting;

#[expect(unsafe_code, reason = "an allocator is nothing else")]
// SAFETY: each call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller's promises are those that the system's allocator asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: as above.
        unsafe { System.realloc(memory, layout, size) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(memory, layout) }
    }
}
