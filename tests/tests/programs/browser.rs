//! As much of a browser as a log-in takes: cookies by host, redirects, links and forms.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;

/// The most redirects that a browser follows.
const MAX_REDIRECTS: usize = 20;

#[derive(Default)]
pub(crate) struct Browser {
    /// By host and name: ports are no part of what a cookie belongs to.
    cookies: BTreeMap<(String, String), String>,
}

/// The last response of a chain of redirects.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) url: String,
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl Browser {
    pub(crate) fn get(&mut self, url: &str) -> Page {
        self.follow(url, None)
    }

    /// Sends a form.
    pub(crate) fn post(&mut self, url: &str, form: &str) -> Page {
        self.follow(url, Some(form))
    }

    fn follow(&mut self, url: &str, form: Option<&str>) -> Page {
        let (mut url, mut form) = (url.to_owned(), form.map(str::to_owned));
        for _ in 0..MAX_REDIRECTS {
            let (head, body) = self.request(&url, form.take().as_deref());
            let status = head[9..12].parse().unwrap();
            match value(&head, "location").next() {
                Some(location) if (300..400).contains(&status) => url = absolute(&url, location),
                _ => return Page { url, status, body },
            }
        }
        panic!("redirected without an end: {url}");
    }

    fn request(&mut self, url: &str, form: Option<&str>) -> (String, String) {
        let (authority, path) = split(url);
        let (host, port) = authority.split_once(':').unwrap();
        let cookies: Vec<_> = self
            .cookies
            .iter()
            .filter(|((owner, _), _)| owner == host)
            .map(|((_, name), value)| format!("{name}={value}"))
            .collect();
        let (method, content) = form.map_or(("GET", String::new()), |form| {
            ("POST", format!("Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n", form.len()))
        });
        let mut stream = TcpStream::connect(("127.0.0.1", port.parse::<u16>().unwrap())).unwrap();
        // HTTP/1.0: an answer in one piece. Sent in one piece too: an end of the connection with bytes unread would be a reset.
        let request = format!(
            "{method} {path} HTTP/1.0\r\nHost: {authority}\r\nCookie: {}\r\n{content}\r\n{}",
            cookies.join("; "),
            form.unwrap_or_default()
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        for cookie in value(head, "set-cookie") {
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.insert((host.to_owned(), name.to_owned()), value.to_owned());
        }
        (head.to_owned(), body.to_owned())
    }
}

impl Page {
    /// The value of a hidden field.
    pub(crate) fn field(&self, name: &str) -> &str {
        let after = self.body.split(&format!("name=\"{name}\" value=\"")).nth(1);
        after
            .and_then(|rest| rest.split('"').next())
            .unwrap_or_else(|| panic!("no field {name} at {}:\n{}", self.url, self.body))
    }
}

/// The values of the headers of this name.
fn value<'a>(head: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    let is_it = move |line: &&str| line.split(':').next().is_some_and(|it| it.eq_ignore_ascii_case(name));
    let values: Vec<_> = head.lines().skip(1).filter(is_it).map(|line| line[name.len() + 1..].trim()).collect();
    values.into_iter()
}

fn split(url: &str) -> (&str, &str) {
    let rest = url.strip_prefix("http://").unwrap_or_else(|| panic!("{url} is not on loopback"));
    rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()))
}

fn absolute(base: &str, location: &str) -> String {
    if location.starts_with('/') { format!("http://{}{location}", split(base).0) } else { location.to_owned() }
}
