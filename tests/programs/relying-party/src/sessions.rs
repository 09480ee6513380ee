//! Log-ins that are under way, and users who are logged in. In memory: a site with several instances keeps both in a shared store.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use crate::log::log;
use crate::random;
use crate::table::Table;

/// The time that a user may take to log in.
const LOGIN_LIFE: Duration = Duration::from_secs(10 * 60);
/// The life of a session, however active the user is.
const SESSION_LIFE: Duration = Duration::from_secs(60 * 60);
/// The longest time for which the `jti` of a log-out token is remembered.
const LOGOUT_LIFE: Duration = Duration::from_secs(24 * 60 * 60);

// Each table has a limit of its own, so that strangers who begin log-ins take no place from users.

/// The most log-ins under way. Anybody can begin one: 100,000 of them use about 50 MB.
const MAX_LOGINS: usize = 100_000;
/// The most sessions. Each is one of somebody who logged in, and has a few KiB with its ID token.
const MAX_USERS: usize = 100_000;
/// The most log-out tokens. Only those that the provider has signed are kept.
const MAX_LOGOUTS: usize = 100_000;

/// A log-in that is under way. Not `Debug`, as the other types here: logs must not hold secrets.
pub struct Login {
    /// The value of the cookie of the browser that began it.
    pub browser: String,
    pub state: String,
    pub nonce: String,
    /// The PKCE verifier, which only this site can show.
    pub code_verifier: String,
    pub begun: Instant,
}

/// A user who is logged in.
pub struct User {
    pub sub: String,
    pub sid: Option<String>,
    pub acr: String,
    /// Kept as a hint for the log-out.
    pub id_token: String,
}

pub struct Sessions(Mutex<Tables>);

struct Tables {
    /// By their `state`: a browser may have several, in several tabs.
    logins: Table<Login>,
    /// By the value of their cookie. In an `Arc`, so that a page does not copy the ID token under the lock.
    users: Table<Arc<User>>,
    /// By their `jti`.
    logouts: Table<Logout>,
}

/// A log-out token that was accepted.
struct Logout {
    accepted: Instant,
    sub: Option<String>,
    sid: Option<String>,
}

impl Login {
    pub fn new(browser: String) -> Self {
        let [state, nonce, code_verifier] = std::array::from_fn(|_| random::secret());
        Self { browser, state, nonce, code_verifier, begun: Instant::now() }
    }
}

impl Logout {
    /// Returns whether the session is the one of the token's `sid`, or, if the token or the session has none, one of its `sub`.
    fn means(&self, user: &User) -> bool {
        match (&self.sid, &user.sid) {
            (Some(sid), Some(own)) => sid == own,
            _ => self.sub.as_ref() == Some(&user.sub),
        }
    }
}

impl Sessions {
    pub fn begin(&self, login: Login) {
        let state = login.state.clone();
        self.tables().logins.insert(&state, LOGIN_LIFE, login);
    }

    /// Takes the log-in that this browser began with this state: it is good for one response. A response in another browser leaves
    /// it, since strangers can send anybody here with the state of their own log-in.
    pub fn take(&self, browser: &str, state: &str) -> Option<Login> {
        let mut tables = self.tables();
        tables.logins.get(state).filter(|login| login.browser == browser)?;
        tables.logins.remove(state)
    }

    /// Keeps a user whose log-in began at a time, and returns the value of a new cookie. The value of a cookie from before the
    /// log-in is never used: an attacker may have set it (session fixation). Returns nothing if the provider has ended the session
    /// since the log-in began: the log-out token may come while the ID token is still fetched and verified.
    pub fn log_in(&self, user: User, begun: Instant) -> Option<String> {
        let mut tables = self.tables();
        if tables.logouts.values().any(|logout| begun <= logout.accepted && logout.means(&user)) {
            return None;
        }
        let id = random::secret();
        let ended_early = tables.users.insert(&id, SESSION_LIFE, Arc::new(user));
        // Before the line: all pages wait for the lock, and a write to standard error may take any time.
        drop(tables);
        if ended_early {
            log(format_args!("sessions: there are {MAX_USERS}, so that the oldest one ended early"));
        }
        Some(id)
    }

    pub fn user(&self, id: &str) -> Option<Arc<User>> {
        self.tables().users.get(id).cloned()
    }

    pub fn log_out(&self, id: &str) -> Option<Arc<User>> {
        self.tables().users.remove(id)
    }

    /// Ends the sessions that a log-out token means, and returns how many. A token that was seen before ends nothing: its `jti` is
    /// remembered until `exp`, in seconds since 1970, but at most 24 hours.
    pub fn log_out_by(&self, jti: &str, exp: f64, sub: Option<String>, sid: Option<String>) -> usize {
        let mut tables = self.tables();
        if tables.logouts.get(jti).is_some() {
            return 0;
        }
        let logout = Logout { accepted: Instant::now(), sub, sid };
        let ended = tables.users.remove_each(|user| logout.means(user));
        // At least as long as a log-in may take: `log_in` looks for those that came meanwhile.
        tables.logouts.insert(jti, remaining(exp).max(LOGIN_LIFE), logout);
        ended
    }

    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Sessions {
    fn default() -> Self {
        Self(Mutex::new(Tables {
            logins: Table::new(MAX_LOGINS),
            users: Table::new(MAX_USERS),
            logouts: Table::new(MAX_LOGOUTS),
        }))
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

    fn user(sub: &str, sid: Option<&str>) -> User {
        User { sub: sub.to_owned(), sid: sid.map(str::to_owned), acr: String::new(), id_token: String::new() }
    }

    fn log_in(sessions: &Sessions, sub: &str, sid: Option<&str>) -> String {
        sessions.log_in(user(sub, sid), Instant::now()).unwrap()
    }

    fn log_out_by(sessions: &Sessions, jti: &str, sub: Option<&str>, sid: Option<&str>) -> usize {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs_f64();
        sessions.log_out_by(jti, now + 100.0, sub.map(str::to_owned), sid.map(str::to_owned))
    }

    #[test]
    fn a_log_in_is_taken_once_and_by_its_own_state_and_browser() {
        let sessions = Sessions::default();
        let login = Login::new("browser".to_owned());
        let state = login.state.clone();
        sessions.begin(login);
        assert!(sessions.take("browser", "of another site").is_none());
        assert!(sessions.take("another browser", &state).is_none());
        assert!(sessions.take("browser", &state).is_some());
        assert!(sessions.take("browser", &state).is_none());
    }

    #[test]
    fn a_browser_has_a_log_in_in_each_tab() {
        let sessions = Sessions::default();
        let states = ["one tab", "another"].map(|_| {
            let login = Login::new("browser".to_owned());
            let state = login.state.clone();
            sessions.begin(login);
            state
        });
        assert!(states.iter().all(|state| sessions.take("browser", state).is_some()));
    }

    #[test]
    fn a_log_out_token_ends_the_session_it_names_alone() {
        let sessions = Sessions::default();
        let [one, other] = ["one", "other"].map(|sid| log_in(&sessions, "kari", Some(sid)));
        assert_eq!(log_out_by(&sessions, "first", Some("kari"), Some("one")), 1);
        assert!(sessions.user(&one).is_none() && sessions.user(&other).is_some());
        log_in(&sessions, "kari", Some("third"));
        assert_eq!(log_out_by(&sessions, "second", Some("kari"), None), 2);
        assert!(sessions.user(&other).is_none());
    }

    #[test]
    fn a_session_without_a_sid_is_ended_by_its_user() {
        let sessions = Sessions::default();
        let [kari, ola] = ["kari", "ola"].map(|sub| log_in(&sessions, sub, None));
        assert_eq!(log_out_by(&sessions, "of nobody that is known", None, Some("any")), 0);
        assert!(sessions.user(&kari).is_some());
        log_out_by(&sessions, "first", Some("kari"), Some("any"));
        assert!(sessions.user(&kari).is_none() && sessions.user(&ola).is_some());
    }

    #[test]
    fn a_log_out_token_that_was_seen_ends_nothing() {
        let sessions = Sessions::default();
        for exp in [0.0, 9e9, 1e300] {
            let log_out = || sessions.log_out_by(&exp.to_string(), exp, Some("kari".to_owned()), None);
            log_out();
            let id = log_in(&sessions, "kari", Some("one"));
            assert_eq!(log_out(), 0, "{exp}");
            assert!(sessions.user(&id).is_some(), "{exp}");
        }
    }

    #[test]
    fn a_log_in_whose_session_has_ended_meanwhile_is_refused() {
        for (sub, sid) in [(None, Some("one")), (Some("kari"), None), (Some("kari"), Some("one"))] {
            let sessions = Sessions::default();
            let begun = Instant::now();
            log_out_by(&sessions, "first", sub, sid);
            assert!(sessions.log_in(user("kari", Some("one")), begun).is_none(), "{sub:?} {sid:?}");
            assert!(sessions.log_in(user("ola", Some("another")), begun).is_some(), "{sub:?} {sid:?}");
            let again = Instant::now() + Duration::from_nanos(1);
            assert!(sessions.log_in(user("kari", Some("two")), again).is_some(), "a new log-in: {sub:?} {sid:?}");
        }
    }

    #[test]
    fn log_ins_without_end_take_no_place_from_users() {
        let sessions = Sessions::default();
        let id = log_in(&sessions, "kari", None);
        for _ in 0..=MAX_LOGINS {
            sessions.begin(Login::new(String::new()));
        }
        assert!(sessions.user(&id).is_some());
    }
}
