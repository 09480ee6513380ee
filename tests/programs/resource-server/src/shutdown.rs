//! The end of the process.

use std::io;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;

/// The time that requests under way get when the process is told to end: less than platforms wait before they kill it.
const LAST_REQUESTS: Duration = Duration::from_secs(15);

/// Serves until the process is told to end and the requests under way have their answers.
pub async fn serve(listener: TcpListener, router: Router) -> io::Result<()> {
    let serving = axum::serve(listener, router).with_graceful_shutdown(told_to_end());
    let too_late = async {
        told_to_end().await;
        tokio::time::sleep(LAST_REQUESTS).await;
    };
    tokio::select! {
        ended = serving => ended,
        // A client that reads slowly, or sends slowly, does not keep the process.
        () = too_late => Ok(()),
    }
}

/// Waits for an interrupt from a terminal, or for the signal by which platforms end a process.
async fn told_to_end() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
