//! Fetching, and dropping what fetches, within an async runtime and from many threads.

use std::sync::Arc;
use std::thread;
use std::time::SystemTime;

use idporten_config::fetch::Fetcher;
use idporten_config_tests::server::Server;
use tokio::runtime::Builder;

use crate::story::{JWKS, TEST, WELL_KNOWN, keys, metadata};

/// Makes a fetcher, fetches and drops it, at one await point after another.
async fn fetch(server: Arc<Server>) {
    let fetcher = Fetcher::new(server.options()).unwrap();
    std::future::ready(()).await;
    fetcher.fetch(&TEST.into(), SystemTime::now()).unwrap();
    std::future::ready(()).await;
    let other = fetcher.clone();
    drop(fetcher);
    other.fetch(&TEST.into(), SystemTime::now()).unwrap();
}

fn server() -> Arc<Server> {
    let server = Arc::new(Server::start());
    server.on(WELL_KNOWN, metadata());
    server.on(JWKS, keys());
    server
}

#[test]
fn a_fetch_works_within_a_runtime_of_one_thread() {
    let server = server();
    Builder::new_current_thread().build().unwrap().block_on(fetch(Arc::clone(&server)));
    Builder::new_current_thread().enable_all().build().unwrap().block_on(fetch(server));
}

#[test]
fn a_fetch_works_within_a_runtime_of_many_threads() {
    let server = server();
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(fetch(Arc::clone(&server)));
    let spawned = fetch(Arc::clone(&server));
    runtime.block_on(async { tokio::spawn(spawned).await }).unwrap();
    let blocking = || futures_executor::block_on(fetch(server));
    runtime.block_on(async { tokio::task::spawn_blocking(blocking).await }).unwrap();
}

#[test]
fn a_fetch_works_within_an_executor_that_is_not_tokio() {
    futures_executor::block_on(fetch(server()));
}

#[test]
fn a_failure_within_a_runtime_is_an_error_and_no_panic() {
    let server = Server::start();
    Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        let mut options = server.options();
        options.ca_file = None;
        assert!(Fetcher::new(options).is_err());
        let fetcher = Fetcher::new(server.options()).unwrap();
        assert!(fetcher.fetch(&TEST.into(), SystemTime::now()).is_err());
    });
}

#[test]
fn one_fetcher_serves_many_threads() {
    let server = server();
    let fetcher = Fetcher::new(server.options()).unwrap();
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| fetcher.fetch(&TEST.into(), SystemTime::now()).unwrap());
        }
    });
    assert_eq!(server.requests().len(), 16);
}
