//! The metadata in the form of `openidconnect`, with the keys and members that its own parser drops.

use openidconnect::core::{
    CoreAuthDisplay, CoreClaimName, CoreClaimType, CoreClientAuthMethod, CoreGrantType, CoreJsonWebKey,
    CoreJsonWebKeySet, CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm, CoreJwsSigningAlgorithm,
    CoreResponseMode, CoreResponseType, CoreSubjectIdentifierType,
};
use openidconnect::{AdditionalProviderMetadata, IssuerUrl};
use serde_core::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use super::error::MetadataError;
use crate::environment::{Schema, SigningAlg};
use crate::refresh::ProviderConfig;

/// The metadata of a provider as `openidconnect` takes it, with every member that its `CoreProviderMetadata` drops in
/// [`OtherMembers`]. `Client::from_provider_metadata` accepts it like its own type.
pub type ProviderMetadata = openidconnect::ProviderMetadata<
    OtherMembers,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

/// The members that `openidconnect` has no field for: `pushed_authorization_request_endpoint`, `end_session_endpoint`,
/// `code_challenge_methods_supported` and others, as the provider served them.
///
/// ```
/// # use idporten_config::KnownEnvironment::IdportenTest;
/// # use idporten_config::Refresher;
/// # use idporten_config::testing::{MemoryProvider, snapshot};
/// # let seed = snapshot(IdportenTest, std::time::SystemTime::now(), &["one"]);
/// # let refresher = Refresher::builder(seed.clone())?.start_with(MemoryProvider::new(&seed))?;
/// use idporten_config::interop::openidconnect::provider_metadata;
///
/// let metadata = provider_metadata(&*refresher.current()?)?;
/// let others = metadata.additional_metadata();
/// assert_eq!(others.text("pushed_authorization_request_endpoint"), Some("https://test.idporten.no/par"));
/// assert_eq!(others.list("code_challenge_methods_supported"), ["S256"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OtherMembers(Map<String, Value>);

impl AdditionalProviderMetadata for OtherMembers {}

impl OtherMembers {
    /// Returns a member, if the provider publishes it.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// Returns a member that is a string, such as an endpoint.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str()
    }

    /// Returns the strings of a member that is a list; none where the provider does not publish it.
    #[must_use]
    pub fn list(&self, name: &str) -> Vec<&str> {
        let values = self.get(name).and_then(Value::as_array);
        values.into_iter().flatten().filter_map(Value::as_str).collect()
    }
}

impl<'de> Deserialize<'de> for OtherMembers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Map::deserialize(deserializer).map(Self)
    }
}

impl Serialize for OtherMembers {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

/// Makes the metadata of a configuration, with its keys, each with its `alg`, without distrusted and unusable ones. The issuer is
/// the provider's, byte for byte, and algorithms that no key of a provider can serve (`none`, `HS*`) are left out.
///
/// # Errors
///
/// The provider's metadata is not that of OpenID Connect (Maskinporten's is not), or has a member that `openidconnect` cannot
/// read.
pub fn provider_metadata(config: &ProviderConfig) -> Result<ProviderMetadata, MetadataError> {
    if config.provider().schema() != Schema::OpenIdConnectDiscovery {
        return Err(MetadataError::NotOpenIdConnect(config.provider().slug().to_owned()));
    }
    let document = crate::document::json::Value::from(config.metadata().document().clone()).to_string();
    let metadata: ProviderMetadata =
        serde_json::from_str(&document).map_err(|error| MetadataError::Unreadable(error.to_string()))?;
    let keys: CoreJsonWebKeySet =
        serde_json::from_str(&config.jwks_json()).map_err(|error| MetadataError::Unreadable(error.to_string()))?;
    // The list becomes the verifier's allow list. With a client secret, `openidconnect` would accept HS256 if it is listed.
    let algs: Vec<_> =
        metadata.id_token_signing_alg_values_supported().iter().filter(|alg| is_asymmetric(alg)).cloned().collect();
    if algs.is_empty() || keys.keys().is_empty() {
        return Err(MetadataError::NoAlgorithm);
    }
    let issuer = IssuerUrl::new(config.metadata().issuer().to_owned());
    let issuer = issuer.map_err(|error| MetadataError::Unreadable(error.to_string()))?;
    Ok(metadata.set_issuer(issuer).set_jwks(keys).set_id_token_signing_alg_values_supported(algs))
}

fn is_asymmetric(alg: &CoreJwsSigningAlgorithm) -> bool {
    let name = serde_json::to_value(alg).ok();
    name.as_ref().and_then(Value::as_str).is_some_and(|name| name.parse::<SigningAlg>().is_ok())
}
