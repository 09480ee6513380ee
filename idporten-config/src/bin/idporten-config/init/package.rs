//! The package in this directory.

use std::fs;
use std::io::ErrorKind;

use idporten_config::internal::Finding;
use toml::{Table, Value};

use crate::output::VerbError;

/// The parts of Cargo.toml that `init` needs.
pub(super) struct Package {
    /// The path of the build script, unless it is switched off.
    pub(super) build_script: Option<String>,
    /// The flag that is true if the build-dependency is there already.
    pub(super) has_dependency: bool,
}

/// Reads the `Cargo.toml` of this directory.
pub(super) fn package() -> Result<Package, VerbError> {
    let refuse = |message: String, help: &str| VerbError::from(Finding::error(message, help));
    let text = fs::read_to_string("Cargo.toml").map_err(|error| match error.kind() {
        ErrorKind::NotFound => refuse(
            "there is no `Cargo.toml` in this directory".to_owned(),
            "change into the directory of your package, or make one with `cargo init`",
        ),
        _ => refuse(format!("`Cargo.toml` cannot be read: {error}"), "fix its permissions, or save it as UTF-8"),
    })?;
    let table: Table = text.parse().map_err(|error: toml::de::Error| {
        refuse(format!("`Cargo.toml` is not TOML: {}", error.message()), "fix it; `cargo check` says where")
    })?;
    let Some(package) = table.get("package").and_then(Value::as_table) else {
        let message = "`Cargo.toml` has no `[package]`: it is that of a workspace".to_owned();
        return Err(refuse(message, "change into the directory of one of its packages"));
    };
    let build_script = match package.get("build") {
        Some(Value::String(path)) => Some(path.clone()),
        Some(Value::Boolean(false)) => None,
        _ => Some("build.rs".to_owned()),
    };
    let dependencies = table.get("build-dependencies").and_then(Value::as_table);
    let has_dependency = dependencies.is_some_and(|dependencies| dependencies.contains_key("idporten-config"));
    Ok(Package { build_script, has_dependency })
}
