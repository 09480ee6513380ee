//! The two cookies of the site: of a browser that logs in, and of a user who is logged in.

use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};

#[derive(Clone, Copy)]
pub enum Purpose {
    Login,
    Session,
}

pub struct Cookies {
    /// True if the site is at https. It is false on a developer's machine alone.
    pub secure: bool,
}

impl Cookies {
    pub fn get<'a>(&self, jar: &'a CookieJar, purpose: Purpose) -> Option<&'a str> {
        jar.get(self.name(purpose)).map(Cookie::value)
    }

    /// Makes a cookie that ends with the browser's session. The table of sessions decides how long it is good for.
    pub fn make(&self, purpose: Purpose, value: String) -> Cookie<'static> {
        // `Lax`: the browser comes back from ID-porten by a link, and must bring the cookie.
        let cookie = Cookie::build((self.name(purpose), value)).path("/").http_only(true).same_site(SameSite::Lax);
        cookie.secure(self.secure).build()
    }

    /// Makes the cookie to remove: browsers compare its path and flags.
    pub fn removal(&self, purpose: Purpose) -> Cookie<'static> {
        self.make(purpose, String::new())
    }

    /// A browser takes a name with `__Host-` only from this host, over https. Without it another host of the domain, or a network
    /// without TLS, could set the cookie.
    fn name(&self, purpose: Purpose) -> &'static str {
        match (purpose, self.secure) {
            (Purpose::Login, true) => "__Host-login",
            (Purpose::Login, false) => "login",
            (Purpose::Session, true) => "__Host-session",
            (Purpose::Session, false) => "session",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_at_https_belongs_to_this_host_alone() {
        let cookie = Cookies { secure: true }.make(Purpose::Session, "value".to_owned()).to_string();
        assert_eq!(cookie, "__Host-session=value; HttpOnly; SameSite=Lax; Secure; Path=/");
    }
}
