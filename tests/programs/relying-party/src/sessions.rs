//! Log-ins that are under way, and users who are logged in. In memory: a site with several instances keeps both in a shared store.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::random;

/// The time that a user may take to log in.
const LOGIN_LIFE: Duration = Duration::from_secs(10 * 60);
/// The life of a session.
const SESSION_LIFE: Duration = Duration::from_secs(60 * 60);
/// The time for which the `jti` of a log-out token is remembered: longer than one is valid.
const LOGOUT_LIFE: Duration = Duration::from_secs(10 * 60);

/// A log-in that is under way.
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
    logins: HashMap<String, (Instant, Login)>,
    users: HashMap<String, (Instant, User)>,
    logouts: HashMap<String, Instant>,
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
        self.tables().logins.insert(id.clone(), (Instant::now(), login));
        id
    }

    /// Takes a log-in: its state and nonce are good for one response.
    pub fn take(&self, id: &str) -> Option<Login> {
        self.tables().logins.remove(id).map(|(_, login)| login)
    }

    /// Keeps a user, and returns the value of a new cookie: one from before the log-in may be known to somebody else.
    pub fn log_in(&self, user: User) -> String {
        let id = random::secret();
        self.tables().users.insert(id.clone(), (Instant::now(), user));
        id
    }

    pub fn user(&self, id: &str) -> Option<User> {
        self.tables().users.get(id).map(|(_, user)| user.clone())
    }

    pub fn log_out(&self, id: &str) -> Option<User> {
        self.tables().users.remove(id).map(|(_, user)| user)
    }

    /// Ends the sessions that a log-out token means: that of its `sid`, or, without one, all of its `sub`. A token that was seen
    /// before ends nothing.
    pub fn log_out_by(&self, jti: String, sub: Option<&str>, sid: Option<&str>) {
        let mut tables = self.tables();
        if tables.logouts.insert(jti, Instant::now()).is_none() {
            let is_meant = |user: &User| match sid {
                Some(sid) => user.sid.as_deref() == Some(sid),
                None => sub == Some(&user.sub),
            };
            tables.users.retain(|_, (_, user)| !is_meant(user));
        }
    }

    fn tables(&self) -> MutexGuard<'_, Tables> {
        let mut tables = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tables.logins.retain(|_, (begun, _)| begun.elapsed() < LOGIN_LIFE);
        tables.users.retain(|_, (begun, _)| begun.elapsed() < SESSION_LIFE);
        tables.logouts.retain(|_, seen| seen.elapsed() < LOGOUT_LIFE);
        tables
    }
}
