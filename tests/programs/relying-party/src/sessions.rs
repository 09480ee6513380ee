//! Log-ins that are under way, and users who are logged in. In memory: a site with several instances keeps both in a shared store.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use crate::random;

/// The time that a user may take to log in.
pub const LOGIN_LIFE: Duration = Duration::from_secs(10 * 60);
/// The life of a session, however active the user is.
const SESSION_LIFE: Duration = Duration::from_secs(60 * 60);
/// The longest time for which the `jti` of a log-out token is remembered.
const LOGOUT_LIFE: Duration = Duration::from_secs(24 * 60 * 60);
/// The most entries of a table, which bound the memory that strangers can make this site use: half a KiB for each log-in.
const MAX_ENTRIES: usize = 100_000;

/// A log-in that is under way. Not `Debug`, as the other types here: logs must not hold secrets.
pub struct Login {
    pub state: String,
    pub nonce: String,
    /// The PKCE verifier, which only this site can show.
    pub code_verifier: String,
}

/// A user who is logged in.
#[derive(Clone)]
pub struct User {
    pub sub: String,
    pub sid: Option<String>,
    pub acr: String,
    /// Kept as a hint for the log-out.
    pub id_token: String,
}

/// All of them, by the value of their cookie.
#[derive(Default)]
pub struct Sessions(Mutex<Tables>);

#[derive(Default)]
struct Tables {
    logins: Table<Login>,
    users: Table<User>,
    logouts: Table<()>,
}

/// Entries with the time at which each ends. A full table drops its oldest entry. If it refused new ones instead, a stranger who
/// fills it would keep all users out.
struct Table<T> {
    entries: HashMap<String, (Instant, T)>,
    /// The names of the entries, the oldest first, and of some that were removed.
    order: VecDeque<String>,
}

impl Login {
    pub fn new() -> Self {
        Self { state: random::secret(), nonce: random::secret(), code_verifier: random::secret() }
    }
}

impl Sessions {
    /// Keeps a log-in, and returns the value of its cookie.
    pub fn begin(&self, login: Login) -> String {
        let id = random::secret();
        self.tables().logins.insert(&id, LOGIN_LIFE, login);
        id
    }

    /// Takes the log-in that has this state: it is good for one response. A response with another state leaves it, since other
    /// sites can send the browser here with one.
    pub fn take(&self, id: &str, state: &str) -> Option<Login> {
        let mut tables = self.tables();
        tables.logins.get(id).filter(|login| login.state == state)?;
        tables.logins.remove(id)
    }

    /// Keeps a user, and returns the value of a new cookie. The value of a cookie from before the log-in is never used: an attacker
    /// may have set it (session fixation).
    pub fn log_in(&self, user: User) -> String {
        let id = random::secret();
        self.tables().users.insert(&id, SESSION_LIFE, user);
        id
    }

    pub fn user(&self, id: &str) -> Option<User> {
        self.tables().users.get(id).cloned()
    }

    pub fn log_out(&self, id: &str) -> Option<User> {
        self.tables().users.remove(id)
    }

    /// Ends the sessions that a log-out token means: that of its `sid`, or, without one, all of its `sub`. A token that was seen
    /// before ends nothing; its `jti` is remembered until `exp`, in seconds since 1970.
    pub fn log_out_by(&self, jti: &str, exp: f64, sub: Option<&str>, sid: Option<&str>) {
        let mut tables = self.tables();
        if tables.logouts.get(jti).is_some() {
            return;
        }
        tables.logouts.insert(jti, remaining(exp), ());
        let is_meant = |user: &User| match sid {
            Some(sid) => user.sid.as_deref() == Some(sid),
            None => sub == Some(&user.sub),
        };
        tables.users.entries.retain(|_, (_, user)| !is_meant(user));
    }

    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Table<T> {
    fn insert(&mut self, id: &str, life: Duration, value: T) {
        let now = Instant::now();
        while self.order.front().is_some_and(|oldest| self.order.len() >= MAX_ENTRIES || self.has_ended(oldest, now)) {
            let oldest = self.order.pop_front();
            oldest.and_then(|oldest| self.entries.remove(&oldest));
        }
        self.order.push_back(id.to_owned());
        self.entries.insert(id.to_owned(), (now + life, value));
    }

    fn get(&self, id: &str) -> Option<&T> {
        self.entries.get(id).filter(|(end, _)| Instant::now() < *end).map(|(_, value)| value)
    }

    fn remove(&mut self, id: &str) -> Option<T> {
        self.entries.remove(id).filter(|(end, _)| Instant::now() < *end).map(|(_, value)| value)
    }

    fn has_ended(&self, id: &str, now: Instant) -> bool {
        self.entries.get(id).is_none_or(|(end, _)| *end <= now)
    }
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { entries: HashMap::new(), order: VecDeque::new() }
    }
}

/// The time until the token can no longer be valid: its `exp`, and the leeway of the verifier.
fn remaining(exp: f64) -> Duration {
    let leeway = 60.0;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs_f64();
    // Limited before the conversion: a number may be too large for a duration.
    Duration::from_secs_f64((exp + leeway - now).clamp(0.0, LOGOUT_LIFE.as_secs_f64()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(sub: &str, sid: &str) -> User {
        User { sub: sub.to_owned(), sid: Some(sid.to_owned()), acr: String::new(), id_token: String::new() }
    }

    /// A time when a log-out token is still valid.
    fn exp() -> f64 {
        SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs_f64() + 100.0
    }

    #[test]
    fn a_log_in_is_taken_once_and_by_its_own_state() {
        let sessions = Sessions::default();
        let login = Login::new();
        let state = login.state.clone();
        let id = sessions.begin(login);
        assert!(sessions.take(&id, "of another site").is_none());
        assert!(sessions.take("of another browser", &state).is_none());
        assert!(sessions.take(&id, &state).is_some());
        assert!(sessions.take(&id, &state).is_none());
    }

    #[test]
    fn a_log_out_token_ends_the_session_it_names_alone() {
        let sessions = Sessions::default();
        let [one, other] = ["one", "other"].map(|sid| sessions.log_in(user("kari", sid)));
        sessions.log_out_by("first", exp(), Some("kari"), Some("one"));
        assert!(sessions.user(&one).is_none() && sessions.user(&other).is_some());
        sessions.log_out_by("second", exp(), Some("kari"), None);
        assert!(sessions.user(&other).is_none());
    }

    #[test]
    fn a_log_out_token_that_was_seen_ends_nothing() {
        for exp in [exp(), 1e300] {
            let sessions = Sessions::default();
            sessions.log_out_by("first", exp, Some("kari"), None);
            let id = sessions.log_in(user("kari", "one"));
            sessions.log_out_by("first", exp, Some("kari"), None);
            assert!(sessions.user(&id).is_some(), "{exp}");
        }
    }

    #[test]
    fn a_full_table_drops_its_oldest_entry() {
        let mut table = Table::default();
        for id in 0..=MAX_ENTRIES {
            table.insert(&id.to_string(), LOGIN_LIFE, ());
        }
        assert!(table.get("0").is_none() && table.get("1").is_some());
        assert_eq!(table.entries.len(), MAX_ENTRIES);
    }

    #[test]
    fn entries_that_come_and_go_leave_nothing_behind() {
        let mut table = Table::default();
        for id in 0..2 * MAX_ENTRIES {
            table.insert(&id.to_string(), LOGIN_LIFE, ());
            table.remove(&id.to_string());
        }
        table.insert("ends at once", Duration::ZERO, ());
        assert!(table.get("ends at once").is_none());
        table.insert("last", LOGIN_LIFE, ());
        assert_eq!((table.entries.len(), table.order.len()), (1, 1));
    }
}
