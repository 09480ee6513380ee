#![deny(warnings)]

use std::error::Error;
use std::time::{Duration, SystemTime};

use idporten_config::KnownEnvironment;
use idporten_config::refresh::{LookupError, Reason, Refresher};
use idporten_config::testing::{MemoryProvider, snapshot};

mod providers {
    include!(concat!(env!("OUT_DIR"), "/idporten_config.rs"));
}

use providers::idporten::Environment;

fn main() -> Result<(), Box<dyn Error>> {
    let provider = MemoryProvider::new(&snapshot(KnownEnvironment::IdportenTest, SystemTime::now(), &["key"]));
    provider.disconnect();
    let refresher = Refresher::builder(Environment::Test.snapshot())?.start_with(provider.clone())?;
    // The snapshot was recorded, and has no keys.
    assert_eq!(refresher.current().unwrap_err().reason(), Reason::NotYetFetched);
    provider.recover();
    let _ = refresher.refresh_now();
    refresher.wait_ready(Duration::from_secs(60))?;
    println!("{}", refresher.current()?.metadata().token_endpoint);
    println!("{}", refresher.find_keys_wait(Some("key"), "RS256")?.iter().len());
    match refresher.find_keys_wait(Some("nobody's"), "RS256") {
        Err(LookupError::UnknownKey) => println!("401"),
        other => println!("503: {other:?}"),
    }
    println!("{}", refresher.status().drift.len());
    Ok(())
}
