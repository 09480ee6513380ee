//! The text of the causes of a failed exchange. Libraries repeat themselves along the chain of causes, and wrap errors in I/O
//! errors.

use std::error::Error;
use std::io;

#[cfg(feature = "fetch")]
use super::handshake;

/// Returns the messages of an error and of its causes, outermost first.
pub(super) fn texts<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = String> + 'a {
    chain(error).filter_map(|error| {
        #[cfg(feature = "fetch")]
        if let Some(tls) = error.downcast_ref::<rustls::Error>() {
            return Some(handshake::in_words(tls));
        }
        let wraps = error.downcast_ref::<io::Error>().is_some_and(|error| error.get_ref().is_some());
        let text = error.to_string();
        (!wraps && !is_vague(&text)).then_some(text)
    })
}

fn is_vague(text: &str) -> bool {
    text.starts_with("error sending request")
        || text.starts_with("client error")
        || text == "error decoding response body"
        || text == "request or response body error"
}

/// Returns whether the process or the machine has no descriptor left: `EMFILE` and `ENFILE`, whose numbers are the same on every
/// Unix.
#[cfg(feature = "fetch")]
pub(super) fn is_out_of_descriptors(error: &(dyn Error + 'static)) -> bool {
    let mut causes = chain(error).filter_map(|cause| cause.downcast_ref::<io::Error>());
    cfg!(unix) && causes.any(|cause| matches!(cause.raw_os_error(), Some(23 | 24)))
}

/// Returns an iterator over this error and its causes.
pub(super) fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| next(*error))
}

/// Returns the error that an error wraps. `source` of an I/O error leaves out what is wrapped, and names the source of that.
fn next<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(inner) => Some(inner),
        None => error.source(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_io_error_wraps_is_told_once() {
        let outer = io::Error::other(io::Error::other("the cause"));
        assert_eq!(texts(&outer).collect::<Vec<_>>(), ["the cause"]);
        let plain = io::Error::from(io::ErrorKind::ConnectionRefused);
        assert_eq!(texts(&plain).collect::<Vec<_>>(), ["connection refused"]);
    }
}
