//! JSON that several verbs print.

use idporten_config::document::json::{Object, Value, object};
use idporten_config::environment::{Lifecycle, Schema};
use idporten_config::internal::{Finding, Place};

/// The well-known name of the schema's documents (IANA, Well-Known URIs).
pub(crate) fn schema(schema: Schema) -> Value {
    match schema {
        Schema::OpenIdConnectDiscovery => "openid-configuration".into(),
        Schema::OAuthAuthorizationServer => "oauth-authorization-server".into(),
        other => other.specification().into(),
    }
}

pub(crate) fn lifecycle(lifecycle: Lifecycle) -> Object {
    let (status, date, reason) = match lifecycle {
        Lifecycle::Retired { date, reason, .. } => ("retired", date, Some(reason)),
        _ => ("active", None, None),
    };
    object([("date", date.into()), ("reason", reason.into()), ("status", status.into())])
}

pub(crate) fn finding(finding: &Finding) -> Object {
    object([
        ("environment", finding.environment.as_deref().into()),
        ("help", finding.help.as_str().into()),
        ("message", finding.message.as_str().into()),
        ("notes", finding.notes.clone().into()),
        ("place", finding.place.as_ref().map(place).into()),
        ("severity", finding.severity.to_string().into()),
    ])
}

fn place(place: &Place) -> Object {
    object([
        ("file", place.file.as_str().into()),
        ("line", place.line.map(count).into()),
        ("text", place.text.as_str().into()),
    ])
}

pub(crate) fn count(number: usize) -> Value {
    (number as u64).into()
}
