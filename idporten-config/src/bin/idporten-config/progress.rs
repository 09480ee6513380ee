//! A line that names the environments still awaited. A terminal has one line that changes, a log gets another one now and then.

use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// The pauses before the line on a terminal: a server that answers at once needs none.
const ON_A_TERMINAL: Pauses = Pauses { first: Duration::from_millis(500), next: Duration::from_secs(1) };
/// The pauses in a log, where each line stays.
const IN_A_LOG: Pauses = Pauses { first: Duration::from_secs(5), next: Duration::from_secs(10) };
/// Erases the line that the cursor is on.
const ERASE: &str = "\r\x1b[2K";

#[derive(Clone, Copy)]
struct Pauses {
    first: Duration,
    next: Duration,
}

/// Shows the line on standard error from its start until it is dropped.
pub(crate) struct Progress {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    awaited: Vec<String>,
    is_shown: bool,
    is_over: bool,
}

impl Progress {
    pub(crate) fn start<'a>(slugs: impl Iterator<Item = &'a str>, quiet: bool) -> Self {
        let state = State { awaited: slugs.map(str::to_owned).collect(), ..State::default() };
        let shared = Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new() });
        let own = Arc::clone(&shared);
        let show = move || own.show(Instant::now());
        // Without a thread there is no line, and the fetches say what is lacking.
        let thread = if quiet { None } else { thread::Builder::new().spawn(show).ok() };
        Self { shared, thread }
    }

    /// Takes an environment off the line.
    pub(crate) fn ended(&self, slug: &str) {
        self.shared.lock().awaited.retain(|awaited| awaited != slug);
    }

    /// Does something that writes to the same terminal, with the line out of its way.
    pub(crate) fn aside(&self, write: impl FnOnce()) {
        let mut state = self.shared.lock();
        state.hide();
        write();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.shared.lock().is_over = true;
        self.shared.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            // The thread only writes to the terminal: whether it succeeded is of no interest.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn show(&self, start: Instant) {
        let mut state = self.lock();
        let is_terminal = io::stderr().is_terminal();
        let pauses = if is_terminal { ON_A_TERMINAL } else { IN_A_LOG };
        let mut due = start + pauses.first;
        while !state.is_over {
            let pause = due.saturating_duration_since(Instant::now());
            state = self.changed.wait_timeout(state, pause).unwrap_or_else(PoisonError::into_inner).0;
            if !state.is_over && Instant::now() >= due {
                if is_terminal {
                    state.draw(start.elapsed());
                } else {
                    state.log(start.elapsed());
                }
                due = Instant::now() + pauses.next;
            }
        }
        state.hide();
    }
}

impl State {
    fn draw(&mut self, elapsed: Duration) {
        let width = terminal_size::terminal_size_of(io::stderr()).map_or(80, |(width, _)| usize::from(width.0));
        let Some(line) = line(&self.awaited, elapsed, width) else { return };
        let _ = write!(io::stderr(), "{ERASE}{line}").and_then(|()| io::stderr().flush());
        self.is_shown = true;
    }

    fn log(&self, elapsed: Duration) {
        if let Some(line) = line(&self.awaited, elapsed, usize::MAX) {
            // Nobody reads a standard error that is closed.
            let _ = writeln!(io::stderr(), "{line}");
        }
    }

    fn hide(&mut self) {
        if self.is_shown {
            let _ = write!(io::stderr(), "{ERASE}").and_then(|()| io::stderr().flush());
            self.is_shown = false;
        }
    }
}

/// The line, cut so that it does not wrap: a line that wraps cannot be erased.
fn line(awaited: &[String], elapsed: Duration, width: usize) -> Option<String> {
    let names = awaited.join(", ");
    let line = format!("waiting for {names} ({} s)", elapsed.as_secs());
    match awaited {
        [] => None,
        _ if line.chars().count() < width => Some(line),
        _ => {
            let line = format!("waiting for {} environments ({} s)", awaited.len(), elapsed.as_secs());
            Some(line.chars().take(width.saturating_sub(1)).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_names_the_awaited_environments_as_far_as_they_fit() {
        let names = ["idporten-test".to_owned(), "maskinporten-test".to_owned()];
        let at = |awaited, width| line(awaited, Duration::from_millis(3900), width);
        assert_eq!(at(&names, 80).as_deref(), Some("waiting for idporten-test, maskinporten-test (3 s)"));
        assert_eq!(at(&names, 40).as_deref(), Some("waiting for 2 environments (3 s)"));
        assert_eq!(at(&names, 10).as_deref(), Some("waiting f"));
        assert_eq!(at(&[], 80), None);
    }
}
