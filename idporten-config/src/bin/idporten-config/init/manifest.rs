//! The manifest that `init` writes.

use super::snapshots::FirstSnapshot;
use crate::manifest_edit::MARK;

const HEAD: &str = "\
# The environments that this program is built for. All keys of this file are documented at
# https://docs.rs/idporten-config/latest/idporten_config/build/manifest/.

# The directory of snapshots, relative to this file.
# snapshots = \"snapshots\"

# The build warns of older snapshots, and `idporten-config check` fails.
max-age = \"30d\"
";

const TAIL: &str = "
# The keys of an environment:
#   bundled = true             use the snapshot that comes with the crate: old, and without keys
#
# An environment that is not in `idporten-config list`, such as a server on this machine:
# [environments.local]
# product = \"idporten\"         the module of its constants
# development = true           accept plain http; never counted among the values of all environments
# issuer = \"http://localhost:8080/default\"
# well-known-url = \"http://localhost:8080/default/.well-known/openid-configuration\"
# based-on = \"idporten-test\"   the values to use while it has no snapshot

# What the program needs of every environment of a product. The build fails if one does not publish it.
# [require.idporten]
# scopes_supported = [\"openid\", \"profile\"]
# acr_values_supported = [\"idporten-loa-high\"]
# pushed_authorization_request_endpoint = true
";

/// The text of a manifest for environments of the table. Those without a snapshot use the bundled one.
pub(super) fn text(environments: &[FirstSnapshot]) -> String {
    let mut text = HEAD.to_owned();
    for environment in environments {
        let slug = &environment.slug;
        text += &format!("\n[environments.{slug}]\n");
        if !environment.has_snapshot() {
            text += &format!(
                "{MARK} when this was written; `idporten-config fetch --adopt` takes it and removes these lines.\n\
                 bundled = true\n"
            );
        }
    }
    text + TAIL
}
