//! The steps of `init`, one for each file.

use idporten_config::document::json::{Object, object};

/// The treatment of a file.
pub(super) struct Step {
    pub(super) path: String,
    /// `wrote`, `added` (lines to a file), `kept`, or `none` where there is no file.
    pub(super) action: &'static str,
    pub(super) detail: String,
}

impl Step {
    pub(super) fn new(action: &'static str, path: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { path: path.into(), action, detail: detail.into() }
    }

    pub(super) fn row(&self) -> Vec<String> {
        vec![self.action.to_owned(), self.path.clone(), self.detail.clone()]
    }

    pub(super) fn in_json(&self) -> Object {
        object([
            ("action", self.action.into()),
            ("detail", self.detail.as_str().into()),
            ("path", self.path.as_str().into()),
        ])
    }
}
