//! The members that this project knows by name, each with its meaning, its type and the specification that defines it.

use std::ops::Deref;
use std::sync::Arc;

use crate::document::json::{Object, Value, distinct, is_first};
use crate::environment::Schema;

/// The type of a member's value.
///
/// ```
/// use idporten_config::document::{MemberType, member};
///
/// let kind = |name| member(name).map(|member| member.kind);
/// assert_eq!(kind("token_endpoint"), Some(MemberType::Endpoint));
/// assert_eq!(kind("scopes_supported"), Some(MemberType::List));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum MemberType {
    /// The issuer identifier.
    Issuer,
    /// A URL that requests go to, or that keys come from.
    Endpoint,
    /// A string that no further rule applies to, such as the address of a page, or signed metadata.
    Text,
    /// A boolean.
    Flag,
    /// A list of strings.
    List,
    /// A list of signature algorithms, of which `none` and `HS*` are ignored.
    SigningAlgs,
}

/// A member known by name.
///
/// ```
/// use idporten_config::document::member;
///
/// let issuer = member("issuer").expect("a known member");
/// assert_eq!(issuer.specification, "OpenID Connect Discovery 1.0, section 3");
/// assert!(member("not_a_member").is_none());
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Member {
    /// The name.
    pub name: &'static str,
    /// The type of its value.
    pub kind: MemberType,
    /// The meaning, which is the first line of its documentation.
    pub summary: &'static str,
    /// The specification that defines it.
    pub specification: &'static str,
    /// The name of the enum of its values in generated code, and the meaning of a value.
    pub value: Option<(&'static str, &'static str)>,
}

/// The members of OpenID Connect Discovery 1.0 that RFC 8414, section 2, also defines.
const IN_BOTH: &[&str] = &[
    "issuer",
    "authorization_endpoint",
    "token_endpoint",
    "jwks_uri",
    "registration_endpoint",
    "scopes_supported",
    "response_types_supported",
    "response_modes_supported",
    "grant_types_supported",
    "token_endpoint_auth_methods_supported",
    "token_endpoint_auth_signing_alg_values_supported",
    "service_documentation",
    "ui_locales_supported",
    "op_policy_uri",
    "op_tos_uri",
];

impl Member {
    /// Returns the specification that defines the member in metadata of this schema.
    #[must_use]
    pub fn specification_in(&self, schema: Schema) -> &'static str {
        match schema {
            Schema::OAuthAuthorizationServer if IN_BOTH.contains(&self.name) => RFC_8414,
            _ => self.specification,
        }
    }
}

/// Returns the member with this name.
#[must_use]
pub fn member(name: &str) -> Option<&'static Member> {
    MEMBERS.iter().find(|member| member.name == name)
}

const DISCOVERY: &str = "OpenID Connect Discovery 1.0, section 3";
const RFC_8414: &str = "RFC 8414, section 2";
const RFC_8628: &str = "RFC 8628, section 4";
const RFC_8705: &str = "RFC 8705, section 3.3";
const RFC_9101: &str = "RFC 9101, section 10.5";
const RFC_9126: &str = "RFC 9126, section 5";
const RFC_9207: &str = "RFC 9207, section 3";
const RFC_9396: &str = "RFC 9396, section 10";
const RFC_9449: &str = "RFC 9449, section 5.1";
const JARM: &str = "JARM, section 4";
const REGISTRATION: &str = "Initiating User Registration via OpenID Connect 1.0, section 4.2";
const SESSION: &str = "OpenID Connect Session Management 1.0, section 3.3";
const RP_INITIATED: &str = "OpenID Connect RP-Initiated Logout 1.0, section 2.1";
const FRONT_CHANNEL: &str = "OpenID Connect Front-Channel Logout 1.0, section 3";
const BACK_CHANNEL: &str = "OpenID Connect Back-Channel Logout 1.0, section 2.1";

// One list produces the table, the fields and the methods, so that they cannot disagree.
macro_rules! members {
    (
        required { $($required:ident: $required_kind:ident, $required_spec:ident, $required_summary:literal;)+ }
        optional { $($name:ident: $kind:ident, $spec:ident, $summary:literal $(, $value:ident $value_summary:literal)?;)+ }
    ) => {
                /// The members known by name, those that both schemas require first.
        pub const MEMBERS: &[Member] = &[
            $(Member {
                name: stringify!($required), kind: MemberType::$required_kind, summary: $required_summary,
                specification: $required_spec, value: None,
            },)+
            $(Member {
                name: stringify!($name), kind: MemberType::$kind, summary: $summary,
                specification: $spec, value: members!(@value $($value $value_summary)?),
            },)+
        ];

        /// A provider's metadata (OpenID Connect Discovery 1.0, RFC 8414) that passed every rule.
        ///
                /// Every member is optional: a recording or a documentation may lack some, and such metadata is suitable only for
                /// generating code. [`complete`](Self::complete) returns the form in which the required members are always
                /// present.
        ///
        /// ```
        /// use idporten_config::document::json::Value;
        /// use idporten_config::document::{Completeness, ProviderMetadata};
        /// use idporten_config::KnownEnvironment;
        ///
        /// let document = Value::parse(br#"{"issuer": "https://idporten.no", "new_member": 1}"#)?;
        /// let document = document.as_object().expect("an object").clone();
        /// let metadata = ProviderMetadata::read(document, &KnownEnvironment::IdportenProd.into(), Completeness::Partial)
        ///     .expect("no rule is broken");
        /// assert_eq!(metadata.issuer.as_deref(), Some("https://idporten.no"));
        /// assert_eq!(metadata.token_endpoint, None);
        /// assert!(metadata.additional.contains("new_member"));
        /// # Ok::<(), idporten_config::document::json::Error>(())
        /// ```
        #[derive(Debug, Clone, PartialEq)]
        #[non_exhaustive]
        pub struct ProviderMetadata {
            $(#[doc = concat!($required_summary, ".")] pub $required: Option<String>,)+
            $(#[doc = concat!($summary, ".")] pub $name: Option<members!(@type $kind)>,)+
                        /// The members that this version does not know by name, as they were served.
            pub additional: Object,
            pub(super) schema: Schema,
                        /// The document as it was served, which is written to files and compared.
            pub(super) document: Object,
        }

        impl ProviderMetadata {
            /// Takes the members of a document that passed the rules.
            pub(super) fn from_checked(document: Object, schema: Schema) -> Self {
                Self {
                    $($required: document.get(stringify!($required)).and_then(FromJson::from_json),)+
                    $($name: document.get(stringify!($name)).and_then(FromJson::from_json),)+
                    additional: additional(&document),
                    schema,
                    document,
                }
            }
        }

        /// Metadata with every member that its schema requires.
        ///
        /// The members that both schemas require are plain fields here, and methods as well; all others are those of
        /// [`ProviderMetadata`], to which it dereferences.
        ///
        /// ```
        /// use idporten_config::{KnownEnvironment, Snapshot};
        ///
        /// let snapshot = Snapshot::parse(KnownEnvironment::MaskinportenTest.bundled_snapshot())?;
        /// let metadata = snapshot.complete_metadata().expect("the recording is complete");
        /// assert_eq!(metadata.token_endpoint, "https://test.maskinporten.no/token");
        /// assert_eq!(metadata.jwks_uri(), "https://test.maskinporten.no/jwk");
        /// assert_eq!(metadata.authorization_endpoint, None);
        /// # Ok::<(), idporten_config::document::SnapshotError>(())
        /// ```
        #[derive(Debug, Clone, PartialEq)]
        #[non_exhaustive]
        pub struct CompleteMetadata {
            $(#[doc = concat!($required_summary, ".")] pub $required: String,)+
                        /// Shared with the snapshot that the metadata comes from, so that the document is in memory once.
            metadata: Arc<ProviderMetadata>,
        }

        impl CompleteMetadata {
            /// Returns the complete form, if no member that the schema requires is missing.
            pub(crate) fn new(metadata: Arc<ProviderMetadata>) -> Option<Self> {
                if !metadata.missing_members().is_empty() {
                    return None;
                }
                Some(Self { $($required: metadata.$required.clone()?,)+ metadata })
            }

            $(
                #[doc = concat!("Returns `", stringify!($required), "`. ", $required_summary, ".")]
                #[must_use]
                pub fn $required(&self) -> &str {
                    &self.$required
                }
            )+
        }
    };
    (@type Flag) => { bool };
    (@type List) => { Vec<String> };
    (@type SigningAlgs) => { Vec<String> };
    (@type $text:ident) => { String };
    (@value) => { None };
    (@value $value:ident $summary:literal) => { Some((stringify!($value), $summary)) };
}

members! {
    required {
        issuer: Issuer, DISCOVERY, "Issuer identifier: equal to a token's `iss`, byte for byte";
        token_endpoint: Endpoint, DISCOVERY, "Token endpoint: where codes and assertions become tokens";
        jwks_uri: Endpoint, DISCOVERY, "JWK Set document: the keys that signatures are verified with";
    }
    optional {
        authorization_endpoint: Endpoint, DISCOVERY, "Authorization endpoint: where the user's browser is sent";
        userinfo_endpoint: Endpoint, DISCOVERY, "`UserInfo` endpoint: claims about the user, for an access token";
        registration_endpoint: Endpoint, DISCOVERY, "Dynamic client registration endpoint";
        end_session_endpoint: Endpoint, RP_INITIATED, "End session endpoint: where the user's browser is sent to log out";
        check_session_iframe: Text, SESSION, "Page of the provider's that watches the session state";
        revocation_endpoint: Endpoint, RFC_8414, "Token revocation endpoint (RFC 7009)";
        introspection_endpoint: Endpoint, RFC_8414, "Token introspection endpoint (RFC 7662)";
        pushed_authorization_request_endpoint: Endpoint, RFC_9126, "Pushed authorization request endpoint: where the request is posted before the browser is sent";
        device_authorization_endpoint: Endpoint, RFC_8628, "Device authorization endpoint";
        scopes_supported: List, DISCOVERY, "The scopes the provider supports", Scope "a scope to ask for";
        response_types_supported: List, DISCOVERY, "The values of `response_type` the provider supports", ResponseType "a value of `response_type`";
        response_modes_supported: List, DISCOVERY, "The values of `response_mode` the provider supports", ResponseMode "a value of `response_mode`";
        grant_types_supported: List, DISCOVERY, "The values of `grant_type` the provider supports", GrantType "a value of `grant_type`";
        acr_values_supported: List, DISCOVERY, "The authentication context class references the provider supports", AcrValue "the level of assurance to ask for, or that a log-in reached";
        subject_types_supported: List, DISCOVERY, "The kinds of subject identifier the provider issues", SubjectType "a kind of subject identifier";
        id_token_signing_alg_values_supported: SigningAlgs, DISCOVERY, "The algorithms the provider may sign ID tokens with", IdTokenSigningAlg "an algorithm that signs ID tokens";
        id_token_encryption_alg_values_supported: List, DISCOVERY, "The key management algorithms for encrypted ID tokens", IdTokenEncryptionAlg "a key management algorithm";
        id_token_encryption_enc_values_supported: List, DISCOVERY, "The content encryption algorithms for encrypted ID tokens", IdTokenEncryptionEnc "a content encryption algorithm";
        userinfo_signing_alg_values_supported: SigningAlgs, DISCOVERY, "The algorithms the provider may sign `UserInfo` responses with", UserinfoSigningAlg "an algorithm that signs `UserInfo` responses";
        userinfo_encryption_alg_values_supported: List, DISCOVERY, "The key management algorithms for encrypted `UserInfo` responses", UserinfoEncryptionAlg "a key management algorithm";
        userinfo_encryption_enc_values_supported: List, DISCOVERY, "The content encryption algorithms for encrypted `UserInfo` responses", UserinfoEncryptionEnc "a content encryption algorithm";
        request_object_signing_alg_values_supported: SigningAlgs, DISCOVERY, "The algorithms a request object may be signed with", RequestObjectSigningAlg "an algorithm to sign request objects with";
        request_object_encryption_alg_values_supported: List, DISCOVERY, "The key management algorithms for encrypted request objects", RequestObjectEncryptionAlg "a key management algorithm";
        request_object_encryption_enc_values_supported: List, DISCOVERY, "The content encryption algorithms for encrypted request objects", RequestObjectEncryptionEnc "a content encryption algorithm";
        token_endpoint_auth_methods_supported: List, DISCOVERY, "How a client may authenticate at the token endpoint", TokenEndpointAuthMethod "a way to authenticate at the token endpoint";
        token_endpoint_auth_signing_alg_values_supported: SigningAlgs, DISCOVERY, "The algorithms a client assertion for the token endpoint may be signed with", TokenEndpointAuthSigningAlg "an algorithm to sign client assertions with";
        revocation_endpoint_auth_methods_supported: List, RFC_8414, "How a client may authenticate at the revocation endpoint", RevocationEndpointAuthMethod "a way to authenticate at the revocation endpoint";
        revocation_endpoint_auth_signing_alg_values_supported: SigningAlgs, RFC_8414, "The algorithms a client assertion for the revocation endpoint may be signed with", RevocationEndpointAuthSigningAlg "an algorithm to sign client assertions with";
        introspection_endpoint_auth_methods_supported: List, RFC_8414, "How a client may authenticate at the introspection endpoint", IntrospectionEndpointAuthMethod "a way to authenticate at the introspection endpoint";
        introspection_endpoint_auth_signing_alg_values_supported: SigningAlgs, RFC_8414, "The algorithms a client assertion for the introspection endpoint may be signed with", IntrospectionEndpointAuthSigningAlg "an algorithm to sign client assertions with";
        authorization_signing_alg_values_supported: SigningAlgs, JARM, "The algorithms the provider may sign authorization responses with", AuthorizationSigningAlg "an algorithm that signs authorization responses";
        authorization_encryption_alg_values_supported: List, JARM, "The key management algorithms for encrypted authorization responses", AuthorizationEncryptionAlg "a key management algorithm";
        authorization_encryption_enc_values_supported: List, JARM, "The content encryption algorithms for encrypted authorization responses", AuthorizationEncryptionEnc "a content encryption algorithm";
        dpop_signing_alg_values_supported: SigningAlgs, RFC_9449, "The algorithms a `DPoP` proof may be signed with", DpopSigningAlg "an algorithm to sign `DPoP` proofs with";
        code_challenge_methods_supported: List, RFC_8414, "The PKCE code challenge methods (RFC 7636) the provider supports", CodeChallengeMethod "a value of `code_challenge_method`";
        prompt_values_supported: List, REGISTRATION, "The values of `prompt` the provider supports", PromptValue "a value of `prompt`";
        display_values_supported: List, DISCOVERY, "The values of `display` the provider supports", DisplayValue "a value of `display`";
        claim_types_supported: List, DISCOVERY, "The claim types the provider supports", ClaimType "a claim type";
        claims_supported: List, DISCOVERY, "The claims the provider may supply values for", Claim "a claim";
        claims_locales_supported: List, DISCOVERY, "The languages of values in claims (BCP 47)", ClaimsLocale "a language of values in claims";
        ui_locales_supported: List, DISCOVERY, "The languages of the user interface (BCP 47)", UiLocale "a language of the user interface";
        authorization_details_types_supported: List, RFC_9396, "The values of `type` in `authorization_details` the provider supports", AuthorizationDetailsType "a value of `type` in `authorization_details`";
        service_documentation: Text, DISCOVERY, "Page with documentation for developers";
        op_policy_uri: Text, DISCOVERY, "Page with the provider's policy on the use of data";
        op_tos_uri: Text, DISCOVERY, "Page with the provider's terms of service";
        signed_metadata: Text, RFC_8414, "The metadata once more, as a signed JWT";
        claims_parameter_supported: Flag, DISCOVERY, "Whether the `claims` parameter is supported";
        request_parameter_supported: Flag, DISCOVERY, "Whether the `request` parameter is supported";
        request_uri_parameter_supported: Flag, DISCOVERY, "Whether the `request_uri` parameter is supported";
        require_request_uri_registration: Flag, DISCOVERY, "Whether values of `request_uri` must be registered beforehand";
        require_signed_request_object: Flag, RFC_9101, "Whether every authorization request must be a signed request object";
        require_pushed_authorization_requests: Flag, RFC_9126, "Whether every authorization request must be pushed";
        authorization_response_iss_parameter_supported: Flag, RFC_9207, "Whether authorization responses carry `iss`, to be compared with the issuer";
        tls_client_certificate_bound_access_tokens: Flag, RFC_8705, "Whether access tokens may be bound to a client certificate";
        frontchannel_logout_supported: Flag, FRONT_CHANNEL, "Whether front-channel logout is supported";
        frontchannel_logout_session_supported: Flag, FRONT_CHANNEL, "Whether front-channel logout carries `iss` and `sid`";
        backchannel_logout_supported: Flag, BACK_CHANNEL, "Whether back-channel logout is supported";
        backchannel_logout_session_supported: Flag, BACK_CHANNEL, "Whether logout tokens carry `sid`";
    }
}

impl ProviderMetadata {
    /// Returns the complete form, if no member that the schema requires is missing.
    ///
    /// ```
    /// use idporten_config::{KnownEnvironment, Snapshot};
    ///
    /// // The documentation of ID-porten PROD, of which this snapshot is made, does not list every member.
    /// let snapshot = Snapshot::parse(KnownEnvironment::IdportenProd.bundled_snapshot())?;
    /// assert_eq!(snapshot.metadata().missing_members(), ["subject_types_supported"]);
    /// assert!(snapshot.metadata().clone().complete().is_none());
    /// # Ok::<(), idporten_config::document::SnapshotError>(())
    /// ```
    #[must_use]
    pub fn complete(self) -> Option<CompleteMetadata> {
        CompleteMetadata::new(Arc::new(self))
    }

    /// Returns the members that the schema requires and the document lacks.
    #[must_use]
    pub fn missing_members(&self) -> Vec<&'static str> {
        missing(&self.document, self.schema).collect()
    }

    /// Returns the document as it was served, members that have no field included.
    #[must_use]
    pub fn document(&self) -> &Object {
        &self.document
    }
}

impl Deref for CompleteMetadata {
    type Target = ProviderMetadata;

    fn deref(&self) -> &ProviderMetadata {
        &self.metadata
    }
}

/// Returns the members that a schema requires and a document lacks.
pub(super) fn missing(document: &Object, schema: Schema) -> impl Iterator<Item = &'static str> {
    schema.required_members().iter().copied().filter(|name| !document.contains(name))
}

/// A type of a field, taken from a value that passed the rules.
trait FromJson: Sized {
    fn from_json(value: &Value) -> Option<Self>;
}

impl FromJson for String {
    fn from_json(value: &Value) -> Option<Self> {
        value.as_str().map(str::to_owned)
    }
}

impl FromJson for bool {
    fn from_json(value: &Value) -> Option<Self> {
        value.as_bool()
    }
}

impl FromJson for Vec<String> {
    fn from_json(value: &Value) -> Option<Self> {
        Some(value.as_strings()?.into_iter().map(str::to_owned).collect())
    }
}

fn additional(object: &Object) -> Object {
    object.iter().filter(|(name, _)| member(name).is_none()).map(|(name, value)| (name, value.clone())).collect()
}

/// Returns the values of a list without duplicates and, for signature algorithms, without `none` and `HS*`.
#[must_use]
pub fn usable<'a>(known: Option<&Member>, values: Vec<&'a str>) -> Vec<&'a str> {
    let signing = known.is_some_and(|known| known.kind == MemberType::SigningAlgs);
    // `none` is checked with nothing, and `HS*` with the secret of the client (OpenID Connect Core 1.0, section 10.1): a published
    // key serves neither. Some readers take `none` in any case, so that each spelling is left out.
    let is_usable = |value: &&str| !(signing && (value.eq_ignore_ascii_case("none") || value.starts_with("HS")));
    let mut values: Vec<_> = values.into_iter().filter(is_usable).collect();
    let sorted = distinct(values.clone());
    let mut is_first = is_first(&sorted);
    values.retain(|value| is_first(value));
    values
}
