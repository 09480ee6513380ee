//! Log-ins that are under way, and users who are logged in. In memory: a site with several instances keeps both in a shared store.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use crate::random;

/// The time that a user may take to log in.
pub const LOGIN_LIFE: Duration = Duration::from_secs(10 * 60);
/// The life of a session, however active the user is.
const SESSION_LIFE: Duration = Duration::from_secs(60 * 60);
/// The longest time for which the `jti` of a log-out token is remembered.
const LOGOUT_LIFE: Duration = Duration::from_secs(24 * 60 * 60);
/// The most entries of a table, which bound the memory that strangers can make this site use.
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

/// Entries with the time at which each ends.
struct Table<T>(HashMap<String, (Instant, T)>);

impl Login {
    pub fn new() -> Self {
        Self { state: random::secret(), nonce: random::secret(), code_verifier: random::secret() }
    }
}

impl Sessions {
    /// Keeps a log-in, and returns the value of its cookie, or `None` if too many are under way.
    pub fn begin(&self, login: Login) -> Option<String> {
        let id = random::secret();
        self.tables().logins.insert(&id, LOGIN_LIFE, login).then_some(id)
    }

    /// Takes a log-in: its state and nonce are good for one response.
    pub fn take(&self, id: &str) -> Option<Login> {
        self.tables().logins.remove(id)
    }

    /// Keeps a user, and returns the value of a new cookie, or `None` if too many are logged in. The value of a cookie from before
    /// the log-in is never used: an attacker may have set it (session fixation).
    pub fn log_in(&self, user: User) -> Option<String> {
        let id = random::secret();
        self.tables().users.insert(&id, SESSION_LIFE, user).then_some(id)
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
        tables.users.0.retain(|_, (_, user)| !is_meant(user));
    }

    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Table<T> {
    /// Adds an entry, unless the table is full.
    fn insert(&mut self, id: &str, life: Duration, value: T) -> bool {
        let now = Instant::now();
        self.0.retain(|_, (end, _)| now < *end);
        let has_room = self.0.len() < MAX_ENTRIES;
        if has_room {
            self.0.insert(id.to_owned(), (now + life, value));
        }
        has_room
    }

    fn get(&self, id: &str) -> Option<&T> {
        self.0.get(id).filter(|(end, _)| Instant::now() < *end).map(|(_, value)| value)
    }

    fn remove(&mut self, id: &str) -> Option<T> {
        self.0.remove(id).filter(|(end, _)| Instant::now() < *end).map(|(_, value)| value)
    }
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self(HashMap::new())
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
    fn a_log_in_is_taken_once() {
        let sessions = Sessions::default();
        let id = sessions.begin(Login::new()).unwrap();
        assert!(sessions.take(&id).is_some());
        assert!(sessions.take(&id).is_none());
    }

    #[test]
    fn a_log_out_token_ends_the_session_it_names_alone() {
        let sessions = Sessions::default();
        let [one, other] = ["one", "other"].map(|sid| sessions.log_in(user("kari", sid)).unwrap());
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
            let id = sessions.log_in(user("kari", "one")).unwrap();
            sessions.log_out_by("first", exp, Some("kari"), None);
            assert!(sessions.user(&id).is_some(), "{exp}");
        }
    }

    #[test]
    fn a_full_table_takes_no_more_until_entries_end() {
        let mut table = Table::default();
        for id in 0..MAX_ENTRIES {
            table.0.insert(id.to_string(), (Instant::now() + LOGIN_LIFE, ()));
        }
        assert!(!table.insert("more", LOGIN_LIFE, ()));
        table.0.insert("0".to_owned(), (Instant::now(), ()));
        assert!(table.get("0").is_none(), "it has ended");
        assert!(table.insert("more", LOGIN_LIFE, ()));
    }
}
