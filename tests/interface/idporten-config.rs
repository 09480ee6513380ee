// The public interface: written by `cargo test -p idporten-config-tests --test interface`.

#[cfg(feature = "build")]
pub mod build {
    pub use crate::project::Expected;
    pub const OUTPUT: &str = "idporten_config.rs";
    pub fn generate() {}
    #[derive(Debug, Clone)]
    #[must_use = "nothing is generated until `generate` is called"]
    pub struct Generator {
        private_fields: _,
    }
    impl Generator {
        pub fn new() -> Self {}
        pub fn manifest(path: impl AsRef<Path>) -> Self {}
        pub fn environment(mut self, slug: impl AsRef<str>) -> Self {}
        pub fn bundled(mut self, slug: impl AsRef<str>) -> Self {}
        pub fn snapshots(mut self, directory: impl AsRef<Path>) -> Self {}
        pub fn max_age(mut self, age: Duration) -> Self {}
        pub fn require(
            mut self,
            product: impl Into<ProductName>,
            member: impl Into<String>,
            expected: impl Into<Expected>,
        ) -> Self {}
        pub fn generate(self) {}
    }
}
#[cfg(feature = "refresh-core")]
mod clock {
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Now {
        pub monotonic: Duration,
        pub wall: SystemTime,
    }
    impl Now {
        #[must_use]
        pub fn since(self, earlier: Self) -> Duration {}
    }
}
#[cfg(feature = "codegen")]
pub mod codegen {
    #[cfg(feature = "build")]
    pub mod format {
        pub fn format(header: &str, tokens: &TokenStream) -> Result<String, NotRust> {}
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct NotRust(_);
        impl std::fmt::Display for NotRust {}
        impl std::error::Error for NotRust {}
    }
    mod header {
        #[must_use]
        pub fn header(sources: &[Source], command: &str) -> String {}
    }
    mod product {
        #[derive(Debug, Clone)]
        #[non_exhaustive]
        pub struct Products {
            pub tokens: TokenStream,
            pub findings: Vec<Finding>,
        }
        #[must_use]
        pub fn products(sources: &[Source]) -> Products {}
        #[must_use]
        pub fn product_items(sources: &[&Source], retired: &[&Source]) -> TokenStream {}
    }
    pub use header::header;
    pub use product::{Products, product_items, products};
    #[must_use]
    pub fn environment(source: &Source) -> TokenStream {}
    #[must_use]
    pub fn values(source: &Source) -> Object {}
}
#[cfg(feature = "document")]
pub mod document {
    #[cfg(feature = "snapshot")]
    pub(crate) mod compare {
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct Comparison {
            pub environment: String,
            pub changes: Vec<Change>,
            private_fields: _,
        }
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct Change {
            pub kind: ChangeKind,
            pub subject: Subject,
            pub before: Option<String>,
            pub after: Option<String>,
            pub note: Option<&'static str>,
            pub gone: Option<String>,
        }
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum ChangeKind {
            Breaking,
            Rotation,
            Addition,
            Other,
        }
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Subject {
            Member(String),
            Key(Option<String>),
        }
        #[must_use]
        pub fn compare(before: &Snapshot, after: &Snapshot) -> Comparison {}
        impl Comparison {
            #[must_use]
            pub fn is_empty(&self) -> bool {}
            #[must_use]
            pub fn count(&self, kind: ChangeKind) -> usize {}
            #[must_use]
            pub fn left_out(&self) -> usize {}
            #[must_use]
            pub fn summary(&self) -> String {}
            #[must_use]
            pub fn to_markdown(&self) -> String {}
            #[must_use]
            pub fn to_json(&self) -> Value {}
        }
        impl fmt::Display for Comparison {}
        impl Change {
            #[must_use]
            pub fn to_json(&self) -> Value {}
        }
        impl ChangeKind {
            #[must_use]
            pub const fn as_str(self) -> &'static str {}
        }
        impl fmt::Display for ChangeKind {}
    }
    pub mod json {
        mod read {
            pub const MAX_DEPTH: usize = 64;
            pub const MAX_VALUES: usize = 50_000;
            #[derive(Debug, Clone, PartialEq, Eq)]
            pub struct Error {
                private_fields: _,
            }
            impl Error {
                #[must_use]
                pub fn line(&self) -> Option<usize> {}
            }
            impl fmt::Display for Error {}
            impl std::error::Error for Error {}
            impl<'de> DeserializeSeed<'de> for Seed<'_> {
                type Value = Value;
            }
            impl<'de> Visitor<'de> for Seed<'_> {
                type Value = Value;
            }
        }
        mod text {
            #[derive(Clone, PartialEq, Eq)]
            pub struct Text(_);
            impl Deref for Text {
                type Target = str;
            }
            impl From<&str> for Text {}
            impl From<String> for Text {}
            impl fmt::Debug for Text {}
        }
        mod write {
            impl Serialize for Value {}
            impl Serialize for Object {}
        }
        pub use read::{Error, MAX_DEPTH, MAX_VALUES};
        pub use text::Text;
        #[derive(Debug, Clone, PartialEq)]
        pub enum Value {
            Null,
            Bool(bool),
            Number(Number),
            String(Text),
            Array(Arc<[Value]>),
            Object(Object),
        }
        #[derive(Debug, Clone, Copy, PartialEq)]
        pub struct Number(_);
        #[derive(Debug, Clone, PartialEq, Default)]
        pub struct Object {
            private_fields: _,
        }
        impl Value {
            pub fn parse(text: &[u8]) -> Result<Self, Error> {}
            #[must_use]
            pub fn as_str(&self) -> Option<&str> {}
            #[must_use]
            pub fn as_bool(&self) -> Option<bool> {}
            #[must_use]
            pub fn as_u64(&self) -> Option<u64> {}
            #[must_use]
            pub fn as_array(&self) -> Option<&[Value]> {}
            #[must_use]
            pub fn as_strings(&self) -> Option<Vec<&str>> {}
            #[must_use]
            pub fn as_object(&self) -> Option<&Object> {}
            #[must_use]
            pub fn kind(&self) -> &'static str {}
            #[must_use]
            pub fn duplicate(&self) -> Option<String> {}
        }
        impl Object {
            #[must_use]
            pub fn get(&self, name: &str) -> Option<&Value> {}
            #[must_use]
            pub fn contains(&self, name: &str) -> bool {}
            pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {}
            #[must_use]
            pub fn len(&self) -> usize {}
            #[must_use]
            pub fn is_empty(&self) -> bool {}
            pub fn set(&mut self, name: &str, value: Value) {}
            #[must_use]
            pub fn duplicate(&self) -> Option<String> {}
        }
        impl<T: Into<Text>> FromIterator<(T, Value)> for Object {}
        impl fmt::Display for Value {}
        impl From<&str> for Value {}
        impl From<String> for Value {}
        impl From<bool> for Value {}
        impl From<u64> for Value {}
        impl From<Object> for Value {}
        impl<T: Into<Value>> From<Vec<T>> for Value {}
        impl<T: Into<Value>> From<Option<T>> for Value {}
        #[must_use]
        pub fn object<const N: usize>(members: [(&str, Value); N]) -> Object {}
    }
    pub(crate) mod jwks {
        mod key {
            #[derive(Debug, Clone, PartialEq, Eq)]
            pub struct SigningKey {
                private_fields: _,
            }
            #[derive(Debug, Clone, PartialEq, Eq)]
            #[non_exhaustive]
            pub enum KeyParameters {
                #[non_exhaustive]
                Rsa { n: String, e: String, bits: usize },
                #[non_exhaustive]
                Ec { crv: &'static str, x: String, y: String },
                #[non_exhaustive]
                Okp { crv: &'static str, x: String },
            }
            impl SigningKey {
                #[must_use]
                pub fn kid(&self) -> Option<&str> {}
                #[must_use]
                pub fn alg(&self) -> Option<SigningAlg> {}
                #[must_use]
                pub fn parameters(&self) -> &KeyParameters {}
                #[must_use]
                pub fn key_type(&self) -> &'static str {}
                #[must_use]
                pub fn to_jwk(&self) -> Value {}
                #[must_use]
                pub fn serves(&self, alg: SigningAlg, published: &[SigningAlg]) -> bool {}
                #[cfg(feature = "snapshot")]
                #[must_use]
                pub fn thumbprint(&self) -> String {}
            }
        }
        pub use key::{KeyParameters, SigningKey};
        pub const MAX_KEYS: usize = 100;
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct JwkSet {
            private_fields: _,
        }
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct RejectedKey {
            pub index: usize,
            pub kid: Option<String>,
            pub reason: String,
            pub cause: RejectionCause,
        }
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum RejectionCause {
            Unsuitable,
            Encryption,
            Symmetric,
            Leaked,
            NoAlgorithm,
            Surplus,
        }
        impl JwkSet {
            pub fn parse(text: &[u8]) -> Result<Self, Violation> {}
            #[must_use]
            pub fn keys(&self) -> &[SigningKey] {}
            #[must_use]
            pub fn rejected(&self) -> &[RejectedKey] {}
            #[must_use]
            pub fn is_leaked(&self) -> bool {}
            #[must_use]
            pub fn ambiguous_kids(&self) -> Vec<&str> {}
            #[must_use]
            pub fn algs_of(&self, key: &SigningKey) -> Vec<SigningAlg> {}
            #[must_use]
            pub fn to_json(&self) -> Value {}
        }
        impl RejectedKey {
            #[must_use]
            pub fn is_leaked(&self) -> bool {}
        }
        impl RejectionCause {
            #[must_use]
            pub const fn as_str(self) -> &'static str {}
        }
    }
    pub(crate) mod markup {
        #[must_use]
        pub fn cell(value: &str) -> String {}
    }
    pub(crate) mod metadata {
        mod members {
            #[derive(Debug, Clone, Copy, PartialEq, Eq)]
            #[non_exhaustive]
            pub enum MemberType {
                Issuer,
                Endpoint,
                Text,
                Flag,
                List,
                SigningAlgs,
            }
            #[derive(Debug)]
            #[non_exhaustive]
            pub struct Member {
                pub name: &'static str,
                pub kind: MemberType,
                pub summary: &'static str,
                pub specification: &'static str,
                pub value: Option<(&'static str, &'static str)>,
            }
            impl Member {
                #[must_use]
                pub fn specification_in(&self, schema: Schema) -> &'static str {}
            }
            #[must_use]
            pub fn member(name: &str) -> Option<&'static Member> {}
            macro_rules! members {
                (
                    required { $($required:ident : $required_kind:ident,
                    $required_spec:ident, $required_summary:literal;)+ } optional {
                    $($name:ident : $kind:ident, $spec:ident, $summary:literal $(,
                    $value:ident $value_summary:literal)?;)+ }
                ) => {
                    pub const MEMBERS : & [Member] = & [$(Member { name :
                    stringify!($required), kind : MemberType::$required_kind, summary :
                    $required_summary, specification : $required_spec, value : None, },)+
                    $(Member { name : stringify!($name), kind : MemberType::$kind,
                    summary : $summary, specification : $spec, value : members!(@ value
                    $($value $value_summary)?), },)+]; #[derive(Debug, Clone, PartialEq)]
                    #[non_exhaustive] pub struct ProviderMetadata { $(pub $required :
                    Option < String >,)+ $(pub $name : Option < members!(@ type $kind)
                    >,)+ pub additional : Object, pub (super) schema : Schema, pub
                    (super) document : Object, } impl ProviderMetadata { pub (super) fn
                    from_checked(document : Object, schema : Schema) -> Self { Self {
                    $($required : document.get(stringify!($required))
                    .and_then(FromJson::from_json),)+ $($name : document
                    .get(stringify!($name)).and_then(FromJson::from_json),)+ additional :
                    additional(& document), schema, document, } } } #[derive(Debug,
                    Clone, PartialEq)] #[non_exhaustive] pub struct CompleteMetadata {
                    $(pub $required : String,)+ metadata : Arc < ProviderMetadata >, }
                    impl CompleteMetadata { pub (crate) fn new(metadata : Arc <
                    ProviderMetadata >) -> Option < Self > { if ! metadata
                    .missing_members().is_empty() { return None; } Some(Self {
                    $($required : metadata.$required .clone() ?,)+ metadata }) }
                    $(#[must_use] pub fn $required (& self) -> & str { & self.$required
                    })+ }
                };
                (@ type Flag) => {
                    bool
                };
                (@ type List) => {
                    Vec < String >
                };
                (@ type SigningAlgs) => {
                    Vec < String >
                };
                (@ type $text:ident) => {
                    String
                };
                (@ value) => {
                    None
                };
                (@ value $value:ident $summary:literal) => {
                    Some((stringify!($value), $summary))
                };
            }
            members! {
                required { issuer : Issuer, DISCOVERY,
                "Issuer identifier: equal to a token's `iss`, byte for byte";
                token_endpoint : Endpoint, DISCOVERY,
                "Token endpoint: where codes and assertions become tokens"; jwks_uri :
                Endpoint, DISCOVERY,
                "JWK Set document: the keys that signatures are verified with"; }
                optional { authorization_endpoint : Endpoint, DISCOVERY,
                "Authorization endpoint: where the user's browser is sent";
                userinfo_endpoint : Endpoint, DISCOVERY,
                "`UserInfo` endpoint: claims about the user, for an access token";
                registration_endpoint : Endpoint, DISCOVERY,
                "Dynamic client registration endpoint"; end_session_endpoint : Endpoint,
                RP_INITIATED,
                "End session endpoint: where the user's browser is sent to log out";
                check_session_iframe : Text, SESSION,
                "Page of the provider's that watches the session state";
                revocation_endpoint : Endpoint, RFC_8414,
                "Token revocation endpoint (RFC 7009)"; introspection_endpoint :
                Endpoint, RFC_8414, "Token introspection endpoint (RFC 7662)";
                pushed_authorization_request_endpoint : Endpoint, RFC_9126,
                "Pushed authorization request endpoint: where the request is posted before the browser is sent";
                device_authorization_endpoint : Endpoint, RFC_8628,
                "Device authorization endpoint"; scopes_supported : List, DISCOVERY,
                "The scopes the provider supports", Scope "a scope to ask for";
                response_types_supported : List, DISCOVERY,
                "The values of `response_type` the provider supports", ResponseType
                "a value of `response_type`"; response_modes_supported : List, DISCOVERY,
                "The values of `response_mode` the provider supports", ResponseMode
                "a value of `response_mode`"; grant_types_supported : List, DISCOVERY,
                "The values of `grant_type` the provider supports", GrantType
                "a value of `grant_type`"; acr_values_supported : List, DISCOVERY,
                "The authentication context class references the provider supports",
                AcrValue "the level of assurance to ask for, or that a log-in reached";
                subject_types_supported : List, DISCOVERY,
                "The kinds of subject identifier the provider issues", SubjectType
                "a kind of subject identifier"; id_token_signing_alg_values_supported :
                SigningAlgs, DISCOVERY,
                "The algorithms the provider may sign ID tokens with", IdTokenSigningAlg
                "an algorithm that signs ID tokens";
                id_token_encryption_alg_values_supported : List, DISCOVERY,
                "The key management algorithms for encrypted ID tokens",
                IdTokenEncryptionAlg "a key management algorithm";
                id_token_encryption_enc_values_supported : List, DISCOVERY,
                "The content encryption algorithms for encrypted ID tokens",
                IdTokenEncryptionEnc "a content encryption algorithm";
                userinfo_signing_alg_values_supported : SigningAlgs, DISCOVERY,
                "The algorithms the provider may sign `UserInfo` responses with",
                UserinfoSigningAlg "an algorithm that signs `UserInfo` responses";
                userinfo_encryption_alg_values_supported : List, DISCOVERY,
                "The key management algorithms for encrypted `UserInfo` responses",
                UserinfoEncryptionAlg "a key management algorithm";
                userinfo_encryption_enc_values_supported : List, DISCOVERY,
                "The content encryption algorithms for encrypted `UserInfo` responses",
                UserinfoEncryptionEnc "a content encryption algorithm";
                request_object_signing_alg_values_supported : SigningAlgs, DISCOVERY,
                "The algorithms a request object may be signed with",
                RequestObjectSigningAlg "an algorithm to sign request objects with";
                request_object_encryption_alg_values_supported : List, DISCOVERY,
                "The key management algorithms for encrypted request objects",
                RequestObjectEncryptionAlg "a key management algorithm";
                request_object_encryption_enc_values_supported : List, DISCOVERY,
                "The content encryption algorithms for encrypted request objects",
                RequestObjectEncryptionEnc "a content encryption algorithm";
                token_endpoint_auth_methods_supported : List, DISCOVERY,
                "How a client may authenticate at the token endpoint",
                TokenEndpointAuthMethod "a way to authenticate at the token endpoint";
                token_endpoint_auth_signing_alg_values_supported : SigningAlgs,
                DISCOVERY,
                "The algorithms a client assertion for the token endpoint may be signed with",
                TokenEndpointAuthSigningAlg
                "an algorithm to sign client assertions with";
                revocation_endpoint_auth_methods_supported : List, RFC_8414,
                "How a client may authenticate at the revocation endpoint",
                RevocationEndpointAuthMethod
                "a way to authenticate at the revocation endpoint";
                revocation_endpoint_auth_signing_alg_values_supported : SigningAlgs,
                RFC_8414,
                "The algorithms a client assertion for the revocation endpoint may be signed with",
                RevocationEndpointAuthSigningAlg
                "an algorithm to sign client assertions with";
                introspection_endpoint_auth_methods_supported : List, RFC_8414,
                "How a client may authenticate at the introspection endpoint",
                IntrospectionEndpointAuthMethod
                "a way to authenticate at the introspection endpoint";
                introspection_endpoint_auth_signing_alg_values_supported : SigningAlgs,
                RFC_8414,
                "The algorithms a client assertion for the introspection endpoint may be signed with",
                IntrospectionEndpointAuthSigningAlg
                "an algorithm to sign client assertions with";
                authorization_signing_alg_values_supported : SigningAlgs, JARM,
                "The algorithms the provider may sign authorization responses with",
                AuthorizationSigningAlg
                "an algorithm that signs authorization responses";
                authorization_encryption_alg_values_supported : List, JARM,
                "The key management algorithms for encrypted authorization responses",
                AuthorizationEncryptionAlg "a key management algorithm";
                authorization_encryption_enc_values_supported : List, JARM,
                "The content encryption algorithms for encrypted authorization responses",
                AuthorizationEncryptionEnc "a content encryption algorithm";
                dpop_signing_alg_values_supported : SigningAlgs, RFC_9449,
                "The algorithms a `DPoP` proof may be signed with", DpopSigningAlg
                "an algorithm to sign `DPoP` proofs with";
                code_challenge_methods_supported : List, RFC_8414,
                "The PKCE code challenge methods (RFC 7636) the provider supports",
                CodeChallengeMethod "a value of `code_challenge_method`";
                prompt_values_supported : List, REGISTRATION,
                "The values of `prompt` the provider supports", PromptValue
                "a value of `prompt`"; display_values_supported : List, DISCOVERY,
                "The values of `display` the provider supports", DisplayValue
                "a value of `display`"; claim_types_supported : List, DISCOVERY,
                "The claim types the provider supports", ClaimType "a claim type";
                claims_supported : List, DISCOVERY,
                "The claims the provider may supply values for", Claim "a claim";
                claims_locales_supported : List, DISCOVERY,
                "The languages of values in claims (BCP 47)", ClaimsLocale
                "a language of values in claims"; ui_locales_supported : List, DISCOVERY,
                "The languages of the user interface (BCP 47)", UiLocale
                "a language of the user interface"; authorization_details_types_supported
                : List, RFC_9396,
                "The values of `type` in `authorization_details` the provider supports",
                AuthorizationDetailsType "a value of `type` in `authorization_details`";
                service_documentation : Text, DISCOVERY,
                "Page with documentation for developers"; op_policy_uri : Text,
                DISCOVERY, "Page with the provider's policy on the use of data";
                op_tos_uri : Text, DISCOVERY,
                "Page with the provider's terms of service"; signed_metadata : Text,
                RFC_8414, "The metadata once more, as a signed JWT";
                claims_parameter_supported : Flag, DISCOVERY,
                "Whether the `claims` parameter is supported";
                request_parameter_supported : Flag, DISCOVERY,
                "Whether the `request` parameter is supported";
                request_uri_parameter_supported : Flag, DISCOVERY,
                "Whether the `request_uri` parameter is supported";
                require_request_uri_registration : Flag, DISCOVERY,
                "Whether values of `request_uri` must be registered beforehand";
                require_signed_request_object : Flag, RFC_9101,
                "Whether every authorization request must be a signed request object";
                require_pushed_authorization_requests : Flag, RFC_9126,
                "Whether every authorization request must be pushed";
                authorization_response_iss_parameter_supported : Flag, RFC_9207,
                "Whether authorization responses carry `iss`, to be compared with the issuer";
                tls_client_certificate_bound_access_tokens : Flag, RFC_8705,
                "Whether access tokens may be bound to a client certificate";
                frontchannel_logout_supported : Flag, FRONT_CHANNEL,
                "Whether front-channel logout is supported";
                frontchannel_logout_session_supported : Flag, FRONT_CHANNEL,
                "Whether front-channel logout carries `iss` and `sid`";
                backchannel_logout_supported : Flag, BACK_CHANNEL,
                "Whether back-channel logout is supported";
                backchannel_logout_session_supported : Flag, BACK_CHANNEL,
                "Whether logout tokens carry `sid`"; }
            }
            impl ProviderMetadata {
                #[must_use]
                pub fn complete(self) -> Option<CompleteMetadata> {}
                #[must_use]
                pub fn missing_members(&self) -> Vec<&'static str> {}
                #[must_use]
                pub fn document(&self) -> &Object {}
            }
            impl Deref for CompleteMetadata {
                type Target = ProviderMetadata;
            }
            #[must_use]
            pub fn usable<'a>(
                known: Option<&Member>,
                values: Vec<&'a str>,
            ) -> Vec<&'a str> {}
        }
        mod rules {
            #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
            pub enum Completeness {
                Complete,
                Partial,
            }
            impl ProviderMetadata {
                pub fn read(
                    document: Object,
                    provider: &Provider,
                    completeness: Completeness,
                ) -> Result<Self, Vec<Violation>> {}
            }
        }
        pub use members::usable;
        pub use members::{
            CompleteMetadata, MEMBERS, Member, MemberType, ProviderMetadata, member,
        };
        pub use rules::Completeness;
    }
    pub(crate) mod names {
        pub const MAX_VARIANTS: usize = 1_000;
        #[must_use]
        pub fn variants<'a>(values: &[&'a str]) -> Vec<(String, &'a str)> {}
        #[cfg(feature = "codegen")]
        #[must_use]
        pub fn constants(
            first: &[&str],
            others: &[&str],
            reserved: &[&str],
        ) -> Vec<Option<String>> {}
        pub fn variant(value: &str) -> String {}
        #[must_use]
        pub fn constant(member: &str) -> String {}
        #[cfg(feature = "codegen")]
        #[must_use]
        pub fn module(stage: &str) -> String {}
        #[must_use]
        pub fn capitalised(word: &str) -> String {}
    }
    pub(crate) mod provider {
        mod describe {
            #[derive(Debug, Clone, PartialEq, Eq)]
            pub struct Description {
                private_fields: _,
            }
            impl Description {
                #[must_use]
                pub fn new(
                    slug: impl Into<String>,
                    well_known_url: impl Into<String>,
                    issuer: impl Into<String>,
                ) -> Self {}
                #[must_use]
                pub fn with_product(mut self, product: impl Into<ProductName>) -> Self {}
                #[must_use]
                pub fn with_endpoint_hosts<T: Into<String>>(
                    mut self,
                    hosts: impl IntoIterator<Item = T>,
                ) -> Self {}
                #[must_use]
                pub fn with_signing_algs(
                    mut self,
                    algs: impl IntoIterator<Item = SigningAlg>,
                ) -> Self {}
                #[must_use]
                pub fn with_development(mut self, development: bool) -> Self {}
            }
        }
        pub use describe::Description;
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct Provider {
            private_fields: _,
        }
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct DescriptionError {
            private_fields: _,
        }
        impl Provider {
            pub fn describe(description: Description) -> Result<Self, DescriptionError> {}
            pub fn custom(
                slug: impl Into<String>,
                well_known_url: impl Into<String>,
                issuer: impl Into<String>,
            ) -> Result<Self, DescriptionError> {}
            #[must_use]
            pub fn slug(&self) -> &str {}
            #[must_use]
            pub fn product(&self) -> &ProductName {}
            #[must_use]
            pub fn stage(&self) -> &str {}
            #[must_use]
            pub fn issuer(&self) -> &str {}
            #[must_use]
            pub fn well_known_url(&self) -> &str {}
            #[must_use]
            pub fn schema(&self) -> Schema {}
            #[must_use]
            pub fn endpoint_hosts(&self) -> &[String] {}
            #[must_use]
            pub fn signing_algs(&self) -> &[SigningAlg] {}
            #[must_use]
            pub fn is_development(&self) -> bool {}
            #[must_use]
            pub fn known(&self) -> Option<KnownEnvironment> {}
            #[must_use]
            pub fn name(&self) -> &str {}
        }
        impl From<KnownEnvironment> for Provider {}
        impl DescriptionError {
            #[must_use]
            pub fn violations(&self) -> &[Violation] {}
        }
        impl fmt::Display for DescriptionError {}
        impl std::error::Error for DescriptionError {}
    }
    pub(crate) mod snapshot {
        mod error {
            #[derive(Debug, Clone, PartialEq, Eq)]
            pub struct SnapshotError {
                private_fields: _,
            }
            impl SnapshotError {
                #[must_use]
                pub fn environment(&self) -> Option<&str> {}
                #[must_use]
                pub fn violations(&self) -> &[Violation] {}
            }
            impl fmt::Display for SnapshotError {}
            impl std::error::Error for SnapshotError {}
        }
        pub use error::SnapshotError;
        pub const MAX_BYTES: usize = _;
        #[derive(Debug, Clone, PartialEq)]
        pub struct Snapshot {
            private_fields: _,
        }
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Origin {
            Fetched,
            Recorded,
            Documented,
        }
        impl Snapshot {
            pub fn parse(text: impl AsRef<[u8]>) -> Result<Self, SnapshotError> {}
            pub fn new(
                provider: Provider,
                as_of: SystemTime,
                origin: Origin,
                metadata: Object,
                jwks: Option<Value>,
            ) -> Result<Self, SnapshotError> {}
            #[must_use]
            pub fn to_json(&self) -> Value {}
            #[must_use]
            pub fn provider(&self) -> &Provider {}
            #[must_use]
            pub fn as_of(&self) -> SystemTime {}
            #[must_use]
            pub fn timestamp(&self) -> String {}
            #[must_use]
            pub fn date(&self) -> String {}
            #[must_use]
            pub fn age(&self, now: SystemTime) -> Duration {}
            #[must_use]
            pub fn origin(&self) -> Origin {}
            #[must_use]
            pub fn metadata(&self) -> &ProviderMetadata {}
            #[must_use]
            pub fn complete_metadata(&self) -> Option<CompleteMetadata> {}
            #[must_use]
            pub fn missing_members(&self) -> Vec<&'static str> {}
            #[must_use]
            pub fn metadata_json(&self) -> &Object {}
            #[must_use]
            pub fn jwks(&self) -> Option<&JwkSet> {}
            #[must_use]
            pub fn jwks_json(&self) -> Option<&Value> {}
            #[must_use]
            pub fn signing_algs(&self) -> Vec<SigningAlg> {}
        }
        impl TryFrom<&str> for Snapshot {
            type Error = SnapshotError;
        }
        impl fmt::Display for Snapshot {}
        impl Origin {
            #[must_use]
            pub const fn as_str(self) -> &'static str {}
        }
        impl fmt::Display for Origin {}
    }
    pub(crate) mod url {
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct Url<'a> {
            pub host: &'a str,
        }
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum UrlPolicy {
            Secure,
            Development,
        }
        pub fn parse(text: &str, policy: UrlPolicy) -> Result<Url<'_>, &'static str> {}
        pub fn parse_issuer(
            text: &str,
            policy: UrlPolicy,
        ) -> Result<Url<'_>, &'static str> {}
        #[must_use]
        pub fn on_or_below(host: &str, parent: &str) -> bool {}
        #[must_use]
        pub fn is_host(host: &str) -> bool {}
    }
    pub(crate) mod violation {
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct Violation {
            pub place: String,
            pub rule: Rule,
            pub reason: String,
        }
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Rule {
            Syntax,
            Format,
            Duplicate,
            Missing,
            Type,
            Issuer,
            Url,
            Host,
            Keys,
            Leaked,
        }
        impl Rule {
            #[must_use]
            pub const fn as_str(self) -> &'static str {}
        }
        impl fmt::Display for Violation {}
        impl std::error::Error for Violation {}
        #[must_use]
        pub fn printable(name: &str) -> String {}
    }
    #[cfg(feature = "snapshot")]
    pub use compare::{Change, ChangeKind, Comparison, Subject, compare};
    pub use jwks::{
        JwkSet, KeyParameters, MAX_KEYS, RejectedKey, RejectionCause, SigningKey,
    };
    pub use metadata::{
        CompleteMetadata, Completeness, MEMBERS, Member, MemberType, ProviderMetadata,
        member,
    };
    pub use provider::{Description, DescriptionError, Provider};
    pub use snapshot::{Origin, Snapshot, SnapshotError};
    pub use violation::{Rule, Violation};
}
pub mod environment {
    mod algorithm {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum SigningAlg {
            RS256,
            RS384,
            RS512,
            PS256,
            PS384,
            PS512,
            ES256,
            ES384,
            ES512,
            EdDSA,
            Ed25519,
            Ed448,
        }
        impl SigningAlg {
            pub const ALL: &'static [Self] = _;
            #[must_use]
            pub const fn as_str(self) -> &'static str {}
        }
        impl fmt::Display for SigningAlg {}
        impl FromStr for SigningAlg {
            type Err = UnknownSigningAlg;
        }
        impl TryFrom<&str> for SigningAlg {
            type Error = UnknownSigningAlg;
        }
        impl TryFrom<&String> for SigningAlg {
            type Error = UnknownSigningAlg;
        }
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct UnknownSigningAlg;
        impl fmt::Display for UnknownSigningAlg {}
        impl core::error::Error for UnknownSigningAlg {}
    }
    mod assurance {
        pub const ACR_ORDERS: &[&[&str]] = _;
        #[must_use]
        pub fn acr_at_least(reached: &str, wanted: &str) -> bool {}
        #[must_use]
        pub fn acr_is_ranked(acr: &str) -> bool {}
    }
    mod product {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Product {
            Idporten,
            Maskinporten,
            Ansattporten,
        }
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct ProductName(_);
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Schema {
            OpenIdConnectDiscovery,
            OAuthAuthorizationServer,
        }
        impl Product {
            pub const ALL: &'static [Self] = _;
            #[must_use]
            pub const fn slug(self) -> &'static str {}
            #[must_use]
            pub const fn name(self) -> &'static str {}
            #[must_use]
            pub const fn description(self) -> &'static str {}
            #[must_use]
            pub const fn schema(self) -> Schema {}
        }
        impl fmt::Display for Product {}
        impl FromStr for Product {
            type Err = UnknownProduct;
        }
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct UnknownProduct;
        impl fmt::Display for UnknownProduct {}
        impl core::error::Error for UnknownProduct {}
        impl ProductName {
            #[must_use]
            pub fn as_str(&self) -> &str {}
            #[must_use]
            pub fn known(&self) -> Option<Product> {}
            #[must_use]
            pub fn name(&self) -> &str {}
        }
        impl From<Product> for ProductName {}
        impl PartialEq<Product> for ProductName {}
        impl PartialEq<Product> for &ProductName {}
        impl fmt::Display for ProductName {}
        impl FromStr for ProductName {
            type Err = InvalidProductName;
        }
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct InvalidProductName;
        impl fmt::Display for InvalidProductName {}
        impl core::error::Error for InvalidProductName {}
        #[must_use]
        pub fn is_slug(text: &str) -> bool {}
        impl Schema {
            #[must_use]
            pub const fn specification(self) -> &'static str {}
            #[must_use]
            pub const fn required_members(self) -> &'static [&'static str] {}
        }
    }
    pub use algorithm::{SigningAlg, UnknownSigningAlg};
    pub use assurance::{ACR_ORDERS, acr_at_least, acr_is_ranked};
    pub use product::{InvalidProductName, Product, ProductName, Schema, UnknownProduct};
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    #[non_exhaustive]
    pub enum KnownEnvironment {
        IdportenTest,
        IdportenProd,
        IdportenLegacyVer2,
        IdportenLegacyYt2,
        IdportenLegacyProd,
        MaskinportenTest,
        MaskinportenProd,
        MaskinportenLegacyVer2,
        AnsattportenTest,
        AnsattportenProd,
    }
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    #[non_exhaustive]
    pub enum Lifecycle {
        Active,
        #[non_exhaustive]
        Retired { date: Option<&'static str>, reason: &'static str },
    }
    impl KnownEnvironment {
        pub const ALL: &'static [Self] = _;
        #[must_use]
        pub const fn slug(self) -> &'static str {}
        #[must_use]
        pub const fn product(self) -> Product {}
        #[must_use]
        pub const fn stage(self) -> &'static str {}
        #[must_use]
        pub const fn name(self) -> &'static str {}
        #[must_use]
        pub const fn lifecycle(self) -> Lifecycle {}
        #[must_use]
        pub const fn well_known_url(self) -> &'static str {}
        #[must_use]
        pub const fn issuer(self) -> &'static str {}
        #[must_use]
        pub const fn schema(self) -> Schema {}
        #[must_use]
        pub const fn endpoint_hosts(self) -> &'static [&'static str] {}
        #[must_use]
        pub const fn signing_algs(self) -> &'static [SigningAlg] {}
        #[must_use]
        pub fn from_issuer(issuer: &str) -> Option<Self> {}
        #[must_use]
        pub fn from_well_known_url(url: &str) -> Option<Self> {}
    }
    impl fmt::Display for KnownEnvironment {}
    impl FromStr for KnownEnvironment {
        type Err = UnknownEnvironment;
    }
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct UnknownEnvironment {
        private_fields: _,
    }
    impl UnknownEnvironment {
        #[must_use]
        pub fn slug(&self) -> &str {}
        #[must_use]
        pub fn suggestion(&self) -> Option<KnownEnvironment> {}
    }
    impl fmt::Display for UnknownEnvironment {}
    impl core::error::Error for UnknownEnvironment {}
}
#[cfg(any(feature = "fetch", feature = "refresh-core"))]
pub mod fetch {
    #[cfg(feature = "fetch")]
    mod client {
        #[derive(Debug, Clone)]
        pub struct Fetcher {
            private_fields: _,
        }
        impl Fetcher {
            pub fn new(options: Options) -> Result<Self, FetchError> {}
            pub fn fetch(
                &self,
                provider: &Provider,
                now: SystemTime,
            ) -> Result<Snapshot, FetchError> {}
            pub fn fetch_all(
                &self,
                providers: &[Provider],
                now: SystemTime,
                mut each: impl FnMut(&Provider, Result<Snapshot, FetchError>),
            ) {}
        }
        impl Transport for Fetcher {}
    }
    mod error {
        #[derive(Debug)]
        pub struct FetchError {
            private_fields: _,
        }
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Kind {
            Setup,
            Network,
            Status(u16),
            Document,
        }
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Step {
            Metadata,
            Keys,
        }
        impl FetchError {
            #[must_use]
            pub fn network(
                url: &str,
                cause: impl Into<Box<dyn Error + Send + Sync>>,
            ) -> Self {}
            #[must_use]
            pub fn kind(&self) -> Kind {}
            #[must_use]
            pub fn step(&self) -> Option<Step> {}
            #[must_use]
            pub fn url(&self) -> Option<&str> {}
            #[must_use]
            pub fn retry_after(&self) -> Option<Duration> {}
            #[must_use]
            pub fn violations(&self) -> &[Violation] {}
        }
        impl fmt::Display for FetchError {}
        impl Error for FetchError {}
        impl fmt::Display for Step {}
    }
    #[cfg(feature = "fetch")]
    mod options {
        pub const CONNECT_TIMEOUT: Duration = _;
        #[derive(Debug, Clone)]
        #[non_exhaustive]
        pub struct Options {
            pub connect_timeout: Duration,
            pub deadline: Duration,
            pub ca_file: Option<PathBuf>,
            pub ca_only: bool,
            pub mirror: Option<String>,
            pub mirror_passes_date: bool,
            private_fields: _,
        }
        impl Options {
            #[must_use]
            pub fn with_connect_timeout(self, connect_timeout: Duration) -> Self {}
            #[must_use]
            pub fn with_deadline(self, deadline: Duration) -> Self {}
            #[must_use]
            pub fn with_ca_file(self, ca_file: impl Into<PathBuf>) -> Self {}
            #[must_use]
            pub fn with_ca_only(self, ca_only: bool) -> Self {}
            #[must_use]
            pub fn with_mirror_passes_date(self, mirror_passes_date: bool) -> Self {}
            #[must_use]
            pub fn with_mirror(self, mirror: impl Into<String>) -> Self {}
            #[cfg(feature = "rustls-0-23")]
            #[must_use]
            pub fn with_rustls(self, config: rustls::ClientConfig) -> Self {}
            pub fn from_env(
                variable: &dyn Fn(&str) -> Option<String>,
            ) -> Result<Self, FetchError> {}
        }
        impl Default for Options {}
    }
    mod transport {
        pub trait Transport: Send + Sync + 'static {
            fn get(&self, url: &str, timeout: Duration) -> Result<Response, FetchError>;
            fn get_fresh(
                &self,
                url: &str,
                timeout: Duration,
            ) -> Result<Response, FetchError> {}
            fn prepare(&self) -> Result<(), FetchError> {}
        }
        impl<T: Transport + ?Sized> Transport for Box<T> {}
        #[derive(Clone)]
        pub struct Response {
            private_fields: _,
        }
        impl Response {
            #[must_use]
            pub fn new(
                status: u16,
                content_type: impl Into<String>,
                body: impl Into<Vec<u8>>,
            ) -> Self {}
            #[must_use]
            pub fn with_age(self, age: impl Into<Option<Duration>>) -> Self {}
            #[must_use]
            pub fn with_date(self, date: impl Into<Option<SystemTime>>) -> Self {}
            #[must_use]
            pub fn via_mirror(self, url: impl Into<String>) -> Self {}
            #[must_use]
            pub fn with_passed_date(self, passes_date: bool) -> Self {}
            #[must_use]
            pub fn with_retry_after(
                self,
                retry_after: impl Into<Option<Duration>>,
            ) -> Self {}
        }
        impl fmt::Debug for Response {}
    }
    #[cfg(feature = "fetch")]
    pub use client::Fetcher;
    pub use error::{FetchError, Kind, Step};
    #[cfg(feature = "fetch")]
    pub use options::{CONNECT_TIMEOUT, Options};
    pub use transport::{Response, Transport};
    pub const DEADLINE: std::time::Duration = _;
}
#[cfg(any(feature = "cli", feature = "refresh-core"))]
mod file {
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum Access {
        Kept,
        Private,
    }
    pub fn replace(
        target: &Path,
        contents: &dyn Display,
        access: Access,
    ) -> io::Result<()> {}
}
#[cfg(any(feature = "jsonwebtoken-11", feature = "openidconnect-4"))]
pub mod interop {
    #[cfg(feature = "jsonwebtoken-11")]
    pub mod jsonwebtoken {
        mod backend {
            impl TryFrom<Algorithm> for SigningAlg {
                type Error = UnknownSigningAlg;
            }
        }
        mod error {
            #[derive(Debug, Clone)]
            #[non_exhaustive]
            pub enum VerifyError {
                Invalid(InvalidToken),
                Insufficient(Insufficient),
                Undetermined { retry_after: Duration },
                Unavailable(Unavailable),
            }
            #[derive(Debug, Clone, PartialEq, Eq)]
            #[non_exhaustive]
            pub enum InvalidToken {
                TooLong,
                Malformed,
                Algorithm,
                Critical,
                Type,
                UnknownKey,
                Signature,
                Issuer,
                Audience,
                AuthorizedParty,
                Expired,
                NotYetValid,
                IssuedInFuture,
                Nonce,
                Kind,
                Missing(&'static str),
                WrongType(&'static str),
                Claims(String),
            }
            #[derive(Debug, Clone, PartialEq, Eq)]
            #[non_exhaustive]
            pub enum Insufficient {
                Level(String),
                Scope(String),
                Age(Duration),
            }
            impl VerifyError {
                #[must_use]
                pub fn status(&self) -> u16 {}
                #[must_use]
                pub fn www_authenticate(&self) -> Option<String> {}
                #[must_use]
                pub fn retry_after(&self) -> Option<Duration> {}
            }
            impl fmt::Display for VerifyError {}
            impl fmt::Display for InvalidToken {}
            impl fmt::Display for Insufficient {}
            impl Error for VerifyError {}
            impl From<InvalidToken> for VerifyError {}
            impl From<Insufficient> for VerifyError {}
            impl From<LookupError> for VerifyError {}
        }
        mod expect {
            #[derive(Clone, Default)]
            pub struct Expect {
                private_fields: _,
            }
            impl Expect {
                #[must_use]
                pub fn none() -> Self {}
                #[must_use]
                pub fn nonce(nonce: impl Into<String>) -> Self {}
                #[must_use]
                pub fn any_nonce() -> Self {}
                #[must_use]
                pub fn max_age(self, max_age: Duration) -> Self {}
            }
            impl fmt::Debug for Expect {}
        }
        mod parts {
            pub const MAX_TOKEN_BYTES: usize = _;
        }
        #[cfg(feature = "ring")]
        pub mod ring {
            pub static DEFAULT_PROVIDER: CryptoProvider = _;
        }
        mod rules {
            #[derive(Debug, Clone)]
            pub struct Rules {
                private_fields: _,
            }
            impl Rules {
                #[must_use]
                pub fn id_token(client_id: impl Into<String>) -> Self {}
                #[must_use]
                pub fn access_token(audience: impl Into<String>) -> Self {}
                #[must_use]
                pub fn maskinporten(audience: impl Into<String>) -> Self {}
                #[must_use]
                pub fn logout_token(client_id: impl Into<String>) -> Self {}
                #[must_use]
                pub fn acr_at_least(self, level: impl AsRef<str>) -> Self {}
                #[must_use]
                pub fn acr_one_of<T: AsRef<str>>(
                    self,
                    values: impl IntoIterator<Item = T>,
                ) -> Self {}
                #[must_use]
                pub fn scope(mut self, scope: impl AsRef<str>) -> Self {}
                #[must_use]
                pub fn trusted_audience(mut self, audience: impl Into<String>) -> Self {}
                #[must_use]
                pub fn leeway(self, leeway: Duration) -> Self {}
            }
        }
        mod setup {
            #[derive(Debug, Clone, PartialEq, Eq)]
            #[non_exhaustive]
            pub enum SetupError {
                BackEnd,
                EmptyAudience,
                Leeway(Duration),
                Level(String),
                NoLevel,
                NoScope,
                Scope(String),
                Product(String),
            }
            impl fmt::Display for SetupError {}
            impl Error for SetupError {}
        }
        mod token {
            #[derive(Clone, PartialEq, Eq)]
            #[non_exhaustive]
            pub struct Token<T> {
                pub claims: T,
                pub kid: Option<String>,
                pub alg: SigningAlg,
            }
            impl<T> fmt::Debug for Token<T> {}
        }
        mod verifier {
            #[derive(Clone)]
            pub struct Verifier {
                private_fields: _,
            }
            impl Verifier {
                pub fn new(
                    refresher: &Refresher,
                    rules: Rules,
                ) -> Result<Self, SetupError> {}
                pub fn with_provider(
                    refresher: &Refresher,
                    rules: Rules,
                    provider: &'static CryptoProvider,
                ) -> Result<Self, SetupError> {}
                pub fn verify<T: DeserializeOwned>(
                    &self,
                    jwt: &str,
                    expect: &Expect,
                ) -> Result<Token<T>, VerifyError> {}
                pub fn verify_wait<T: DeserializeOwned>(
                    &self,
                    jwt: &str,
                    expect: &Expect,
                ) -> Result<Token<T>, VerifyError> {}
                pub async fn verify_async<T: DeserializeOwned>(
                    &self,
                    jwt: &str,
                    expect: &Expect,
                ) -> Result<Token<T>, VerifyError> {}
            }
            impl fmt::Debug for Verifier {}
        }
        pub use error::{Insufficient, InvalidToken, VerifyError};
        pub use expect::Expect;
        pub use parts::MAX_TOKEN_BYTES;
        pub use rules::Rules;
        pub use setup::SetupError;
        pub use token::Token;
        pub use verifier::Verifier;
    }
    #[cfg(feature = "openidconnect-4")]
    pub mod openidconnect {
        mod acr {
            pub fn acr_at_least<L: AsRef<str>>(
                level: L,
            ) -> Result<
                impl Fn(
                    Option<&AuthenticationContextClass>,
                ) -> Result<(), String> + Clone + Send + Sync + use<L>,
                UnrankedLevel,
            > {}
            #[derive(Debug, Clone, PartialEq, Eq)]
            pub struct UnrankedLevel(_);
            impl fmt::Display for UnrankedLevel {}
            impl Error for UnrankedLevel {}
        }
        mod cache {
            pub struct ClientCache<C> {
                private_fields: _,
            }
            impl<C> ClientCache<C> {
                pub fn new(
                    refresher: &Refresher,
                    make: impl Fn(ProviderMetadata) -> C + Send + Sync + 'static,
                ) -> Self {}
                pub fn get(&self) -> Result<Arc<C>, LoginError> {}
                pub fn verify_wait<T>(
                    &self,
                    id_token: &str,
                    check: impl Fn(&C) -> Checked<T>,
                ) -> Result<T, LoginError> {}
                pub async fn verify_async<T>(
                    &self,
                    id_token: &str,
                    check: impl Fn(&C) -> Checked<T>,
                ) -> Result<T, LoginError> {}
            }
            impl<C> fmt::Debug for ClientCache<C> {}
        }
        mod error {
            #[derive(Debug, Clone, PartialEq, Eq)]
            #[non_exhaustive]
            pub enum MetadataError {
                NotOpenIdConnect(String),
                Unreadable(String),
                NoAlgorithm,
            }
            #[derive(Debug)]
            #[non_exhaustive]
            pub enum LoginError {
                Invalid(ClaimsVerificationError),
                Undetermined { retry_after: Duration },
                Unavailable(Unavailable),
                Metadata(MetadataError),
            }
            impl LoginError {
                #[must_use]
                pub fn status(&self) -> u16 {}
            }
            impl fmt::Display for MetadataError {}
            impl fmt::Display for LoginError {}
            impl Error for MetadataError {}
            impl Error for LoginError {}
            impl From<Unavailable> for LoginError {}
            impl From<MetadataError> for LoginError {}
        }
        mod metadata {
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
            #[derive(Debug, Clone, Default, PartialEq, Eq)]
            pub struct OtherMembers(_);
            impl AdditionalProviderMetadata for OtherMembers {}
            impl OtherMembers {
                #[must_use]
                pub fn get(&self, name: &str) -> Option<&Value> {}
                #[must_use]
                pub fn text(&self, name: &str) -> Option<&str> {}
                #[must_use]
                pub fn list(&self, name: &str) -> Vec<&str> {}
            }
            impl<'de> Deserialize<'de> for OtherMembers {}
            impl Serialize for OtherMembers {}
            pub fn provider_metadata(
                config: &ProviderConfig,
            ) -> Result<ProviderMetadata, MetadataError> {}
        }
        pub use acr::{UnrankedLevel, acr_at_least};
        pub use cache::ClientCache;
        pub use error::{LoginError, MetadataError};
        pub use metadata::{OtherMembers, ProviderMetadata, provider_metadata};
    }
}
#[cfg(feature = "refresh-core")]
pub mod refresh {
    mod builder {
        #[must_use]
        pub struct Builder {
            private_fields: _,
        }
        impl Builder {
            pub fn policy(self, policy: RefreshPolicy) -> Self {}
            pub fn store(self, path: impl Into<PathBuf>) -> Self {}
            #[must_use]
            pub fn events(&mut self) -> Receiver<Event> {}
            pub fn clock(self, clock: &VirtualClock) -> Self {}
            #[cfg(feature = "refresh")]
            pub fn fetch_options(self, options: Options) -> Self {}
            #[cfg(feature = "refresh")]
            pub fn start(mut self) -> Result<Refresher, StartError> {}
            pub fn start_with(
                self,
                transport: impl Transport,
            ) -> Result<Refresher, StartError> {}
        }
        impl fmt::Debug for Builder {}
    }
    mod config {
        #[derive(Clone)]
        pub struct ProviderConfig {
            private_fields: _,
        }
        impl ProviderConfig {
            #[must_use]
            pub fn provider(&self) -> &Provider {}
            #[must_use]
            pub fn metadata(&self) -> &CompleteMetadata {}
            #[must_use]
            pub fn as_of(&self) -> SystemTime {}
            #[must_use]
            pub fn generation(&self) -> u64 {}
            #[must_use]
            pub fn snapshot(&self) -> Snapshot {}
            #[must_use]
            pub fn jwks_json(&self) -> String {}
            #[must_use]
            pub fn keys(&self) -> impl ExactSizeIterator<Item = (&SigningKey, &str)> {}
            #[must_use]
            pub fn find_keys(
                &self,
                kid: Option<&str>,
                alg: impl TryInto<SigningAlg>,
            ) -> Vec<&SigningKey> {}
        }
        impl fmt::Debug for ProviderConfig {}
        #[derive(Debug)]
        pub struct Current(pub(super) _);
        impl Current {
            #[must_use]
            pub fn to_arc(&self) -> Arc<ProviderConfig> {}
        }
        impl Deref for Current {
            type Target = ProviderConfig;
        }
        #[derive(Debug)]
        pub struct Keys {
            private_fields: _,
        }
        impl Keys {
            #[must_use]
            pub fn iter(&self) -> impl ExactSizeIterator<Item = &SigningKey> {}
            #[must_use]
            pub fn config(&self) -> &ProviderConfig {}
            #[must_use]
            pub fn to_arc(&self) -> Arc<ProviderConfig> {}
        }
    }
    mod counters {
        #[derive(Debug, Clone, Default, Serialize)]
        #[non_exhaustive]
        pub struct Counters {
            pub due_fetches: u64,
            pub unknown_kid_fetches: u64,
            pub vanished_kid_fetches: u64,
            pub bad_signature_fetches: u64,
            pub forced_fetches: u64,
            pub succeeded_fetches: u64,
            pub failed_fetches: u64,
            pub unknown_keys: u64,
            pub undetermined: u64,
            pub unavailable: u64,
            pub failed_store_writes: u64,
            pub panics: u64,
            pub missed_events: u64,
        }
    }
    mod error {
        #[derive(Debug, Clone)]
        #[non_exhaustive]
        pub enum LookupError {
            Unavailable(Unavailable),
            Undetermined { retry_after: Duration },
            UnknownKey,
        }
        #[derive(Debug, Clone)]
        pub struct Unavailable {
            private_fields: _,
        }
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Reason {
            NotYetFetched,
            TooStale(Limit),
            Distrusted,
            Leaked,
            Stopped,
        }
        #[derive(Debug, Clone)]
        #[non_exhaustive]
        pub enum RefreshError {
            Failed(Arc<FetchError>),
            TimedOut,
            Never,
            Stopped,
        }
        #[derive(Debug)]
        #[non_exhaustive]
        pub enum StartError {
            Snapshot(SnapshotError),
            Policy(PolicyError),
            Future(String),
            Client(FetchError),
            Thread(std::io::Error),
        }
        impl Unavailable {
            #[must_use]
            pub fn reason(&self) -> Reason {}
            #[must_use]
            pub fn last_error(&self) -> Option<&FetchError> {}
        }
        impl fmt::Display for Unavailable {}
        impl Error for Unavailable {}
        impl fmt::Display for LookupError {}
        impl Error for LookupError {}
        impl From<Unavailable> for LookupError {}
        impl fmt::Display for RefreshError {}
        impl Error for RefreshError {}
        impl fmt::Display for StartError {}
        impl Error for StartError {}
        impl From<std::convert::Infallible> for StartError {}
        impl From<SnapshotError> for StartError {}
    }
    mod event {
        #[derive(Debug, Clone)]
        #[non_exhaustive]
        pub enum Event {
            #[non_exhaustive]
            Started { cause: Cause },
            #[non_exhaustive]
            Refreshed { changes: Comparison },
            #[non_exhaustive]
            Failed { error: Arc<FetchError>, consecutive_failures: u32 },
            #[non_exhaustive]
            Expired { limit: Limit },
            #[non_exhaustive]
            HealthChanged { from: Health, to: Health },
            #[non_exhaustive]
            Drifted { drift: Vec<Change> },
            #[non_exhaustive]
            StoreChanged { error: Option<String> },
        }
        impl fmt::Display for Event {}
    }
    mod openmetrics {
        #[must_use]
        pub fn openmetrics<'a>(
            statuses: impl IntoIterator<Item = &'a Status>,
        ) -> String {}
    }
    mod policy {
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[non_exhaustive]
        #[must_use]
        pub struct RefreshPolicy {
            pub refresh_interval: Duration,
            pub max_age: Duration,
            pub seed_max_age: Duration,
            pub unknown_kid_window: Duration,
            pub unknown_kid_fetches: u32,
            pub key_wait: Duration,
            pub backoff: Duration,
            pub max_backoff: Duration,
            private_fields: _,
        }
        impl RefreshPolicy {
            pub fn never() -> Self {}
            pub fn with_refresh_interval(self, refresh_interval: Duration) -> Self {}
            pub fn with_max_age(self, max_age: Duration) -> Self {}
            pub fn with_seed_max_age(self, seed_max_age: Duration) -> Self {}
            pub fn with_unknown_kid_window(self, unknown_kid_window: Duration) -> Self {}
            pub fn with_unknown_kid_fetches(self, unknown_kid_fetches: u32) -> Self {}
            pub fn with_key_wait(self, key_wait: Duration) -> Self {}
            pub fn with_backoff(self, backoff: Duration, max_backoff: Duration) -> Self {}
            pub fn check(&self) -> Result<(), PolicyError> {}
        }
        impl Default for RefreshPolicy {}
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct PolicyError {
            private_fields: _,
        }
        impl PolicyError {
            #[must_use]
            pub fn field(&self) -> &'static str {}
        }
        impl fmt::Display for PolicyError {}
        impl std::error::Error for PolicyError {}
    }
    pub mod schedule {
        mod held {
            impl Schedule {
                #[must_use]
                pub fn health(&self, now: Now) -> Health {}
                #[must_use]
                pub fn expired(&self) -> Option<Limit> {}
                #[must_use]
                pub fn age(&self, now: Now) -> Option<Duration> {}
                #[must_use]
                pub fn source(&self) -> Option<Source> {}
                #[must_use]
                pub fn proves_freshness(&self) -> Option<bool> {}
                #[must_use]
                pub fn consecutive_failures(&self) -> u32 {}
                #[must_use]
                pub fn next_attempt(&self, now: Now) -> Option<SystemTime> {}
                #[must_use]
                pub fn too_stale_at(&self, now: Now) -> Option<SystemTime> {}
                #[must_use]
                pub fn outcome(&self, number: u64) -> Option<bool> {}
                #[must_use]
                pub fn number(&self) -> u64 {}
                #[must_use]
                pub fn fetching_since(&self) -> Option<Now> {}
            }
        }
        mod types {
            pub use crate::clock::Now;
            #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
            #[non_exhaustive]
            pub enum Cause {
                Due,
                UnknownKid,
                VanishedKid,
                BadSignature,
                Forced,
            }
            #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
            #[non_exhaustive]
            pub enum Source {
                Baked,
                Stored,
                Network,
            }
            #[derive(Debug, Clone, Copy, PartialEq, Eq)]
            pub struct Seed {
                pub source: Source,
                pub as_of: SystemTime,
                pub limit: Limit,
            }
            #[derive(Debug, Clone, Copy, Default)]
            pub struct Success<'a> {
                pub age: Duration,
                pub proven_age: Option<Duration>,
                pub kids_before: &'a [String],
                pub kids: &'a [String],
            }
            #[derive(Debug, Clone, Copy, PartialEq, Eq)]
            pub enum Outdated {
                MaxAge,
                Held(Duration),
            }
            #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
            #[non_exhaustive]
            pub enum Limit {
                MaxAge,
                SeedMaxAge,
            }
            #[derive(Debug, Clone, Copy, PartialEq, Eq)]
            pub enum Action {
                Fetch(Cause),
                GiveUp,
                Expire(Limit),
                Sleep(Duration),
            }
            #[derive(Debug, Clone, Copy, PartialEq, Eq)]
            pub struct Ticket {
                private_fields: _,
            }
            #[derive(Debug, Clone, Copy, PartialEq, Eq)]
            pub enum Answer {
                Pending(Ticket),
                Unknown,
                Undetermined { retry_after: Duration },
            }
            #[derive(
                Debug,
                Clone,
                Copy,
                Default,
                PartialEq,
                Eq,
                Hash,
                PartialOrd,
                Ord,
                Serialize
            )]
            #[non_exhaustive]
            pub enum Health {
                Ok,
                Degraded,
                Critical,
                Failing,
            }
            impl Cause {
                #[must_use]
                pub const fn as_str(self) -> &'static str {}
                #[must_use]
                pub const fn needs_revalidation(self) -> bool {}
            }
            impl Success<'_> {
                #[must_use]
                pub fn of_age(age: Duration) -> Self {}
            }
            impl Health {
                #[must_use]
                pub const fn as_str(self) -> &'static str {}
            }
            impl Source {
                #[must_use]
                pub const fn as_str(self) -> &'static str {}
            }
            impl fmt::Display for Limit {}
        }
        pub use types::{
            Action, Answer, Cause, Health, Limit, Now, Outdated, Seed, Source, Success,
            Ticket,
        };
        #[derive(Debug, Clone)]
        pub struct Schedule {
            private_fields: _,
        }
        impl Schedule {
            #[must_use]
            pub fn new(
                policy: RefreshPolicy,
                random: u64,
                now: Now,
                seed: Option<Seed>,
            ) -> Self {}
            pub fn note_date(&mut self, date: SystemTime, now: Now) {}
            pub fn poll(&mut self, now: Now) -> Action {}
            #[must_use]
            pub fn next_wake(&self, now: Now) -> Duration {}
            pub fn succeeded(&mut self, success: &Success<'_>) {}
            pub fn failed(
                &mut self,
                now: Now,
                retry_after: Option<Duration>,
                withdraws: bool,
            ) {}
            #[must_use]
            pub fn outdated(&self, age: Duration) -> Option<Outdated> {}
            pub fn ask(
                &mut self,
                now: Now,
                kid: &str,
                ticket: Option<Ticket>,
                spends: bool,
            ) -> Answer {}
            pub fn report_bad_signature(&mut self, now: Now) -> bool {}
            pub fn force(&mut self) -> Option<u64> {}
        }
    }
    mod status {
        #[derive(Debug, Clone, Default, Serialize)]
        #[non_exhaustive]
        pub struct Status {
            pub health: Health,
            pub environment: String,
            pub serving: bool,
            pub unavailable: Option<String>,
            pub source: Option<Source>,
            pub as_of: Option<SystemTime>,
            pub age: Option<Duration>,
            pub last_success: Option<SystemTime>,
            pub consecutive_failures: u32,
            pub last_error: Option<String>,
            pub answers_prove_freshness: Option<bool>,
            pub next_attempt: Option<SystemTime>,
            pub too_stale_at: Option<SystemTime>,
            pub keys: Vec<KeyStatus>,
            pub ambiguous_kids: Vec<String>,
            pub rejected_keys: Vec<String>,
            pub leaked: bool,
            pub drift: Vec<Change>,
            pub store_error: Option<String>,
            pub counters: Counters,
        }
        #[derive(Debug, Clone, Serialize)]
        #[non_exhaustive]
        pub struct KeyStatus {
            pub kid: Option<String>,
            pub thumbprint: String,
            pub kty: &'static str,
            pub bits: Option<usize>,
            pub crv: Option<&'static str>,
            pub distrusted: bool,
        }
        impl Status {
            #[must_use]
            pub fn health(&self) -> Health {}
            #[must_use]
            pub fn to_openmetrics(&self) -> String {}
        }
        impl fmt::Display for Status {}
    }
    pub use builder::Builder;
    pub use config::{Current, Keys, ProviderConfig};
    pub use counters::Counters;
    pub use error::{LookupError, Reason, RefreshError, StartError, Unavailable};
    pub use event::Event;
    pub use openmetrics::openmetrics;
    pub use policy::{PolicyError, RefreshPolicy};
    pub use schedule::{Cause, Health, Limit, Source};
    pub use status::{KeyStatus, Status};
    pub use crate::fetch::{FetchError, Response, Transport};
    #[derive(Clone)]
    pub struct Refresher {
        private_fields: _,
    }
    impl Refresher {
        pub fn builder<S: TryInto<Snapshot>>(seed: S) -> Result<Builder, StartError>
        where
            StartError: From<S::Error>,
        {}
        pub fn for_provider(
            provider: impl Into<Provider>,
        ) -> Result<Builder, StartError> {}
        pub fn current(&self) -> Result<Current, Unavailable> {}
        pub fn find_keys(
            &self,
            kid: Option<&str>,
            alg: impl TryInto<SigningAlg>,
        ) -> Result<Keys, LookupError> {}
        pub fn find_keys_wait(
            &self,
            kid: Option<&str>,
            alg: impl TryInto<SigningAlg>,
        ) -> Result<Keys, LookupError> {}
        pub async fn find_keys_async(
            &self,
            kid: Option<&str>,
            alg: impl TryInto<SigningAlg>,
        ) -> Result<Keys, LookupError> {}
        pub fn wait_ready(&self, timeout: Duration) -> Result<(), Unavailable> {}
        pub async fn wait_ready_async(
            &self,
            timeout: Duration,
        ) -> Result<(), Unavailable> {}
        pub fn refresh_now(&self) -> Result<(), RefreshError> {}
        pub async fn refresh_now_async(&self) -> Result<(), RefreshError> {}
        pub fn report_bad_signature(&self, kid: &str) -> bool {}
        pub fn distrust(&self, kid_or_thumbprint: &str) -> usize {}
        #[must_use]
        pub fn events(&self) -> Receiver<Event> {}
        #[must_use]
        pub fn status(&self) -> Status {}
    }
    impl fmt::Debug for Refresher {}
}
#[cfg(feature = "refresh-core")]
pub mod testing {
    mod clock {
        #[derive(Clone)]
        pub struct VirtualClock(_);
        impl VirtualClock {
            #[must_use]
            pub fn new(wall: SystemTime) -> Self {}
            #[must_use]
            pub fn now(&self) -> SystemTime {}
            pub fn advance(&self, by: Duration) {}
            pub fn set(&self, wall: SystemTime) {}
            pub fn suspend(&self, time: Duration) {}
            pub fn block_on<T>(&self, future: impl Future<Output = T>) -> T {}
            pub fn sleep(&self, time: Duration) {}
        }
        impl fmt::Debug for VirtualClock {}
    }
    mod keys {
        #[must_use]
        pub fn key(kid: &str, variant: u32) -> Value {}
        #[must_use]
        pub fn ec_key(kid: &str, variant: u32) -> Value {}
        #[must_use]
        pub fn okp_key(kid: &str, variant: u32) -> Value {}
        #[must_use]
        pub fn without_kid(entry: &Value) -> Value {}
        #[must_use]
        pub fn jwks(keys: impl IntoIterator<Item = Value>) -> Value {}
        #[must_use]
        pub fn snapshot(
            environment: KnownEnvironment,
            as_of: SystemTime,
            kids: &[&str],
        ) -> Snapshot {}
        #[must_use]
        pub fn snapshot_with_keys(
            environment: KnownEnvironment,
            as_of: SystemTime,
            jwks: &Value,
        ) -> Snapshot {}
    }
    mod provider {
        #[derive(Clone)]
        pub struct MemoryProvider(_);
        #[derive(Debug)]
        pub struct MemoryUrl {
            private_fields: _,
        }
        impl MemoryUrl {
            pub fn fail(&self, status: u16) {}
            pub fn disconnect(&self) {}
            pub fn delay(&self, clock: &VirtualClock, time: Duration) {}
            pub fn state_age(&self, age: Duration) {}
            pub fn state_date(&self, date: SystemTime) {}
            pub fn state_content_type(&self, content_type: &str) {}
            pub fn recover(&self) {}
        }
        impl MemoryProvider {
            #[must_use]
            pub fn new(snapshot: &Snapshot) -> Self {}
            #[must_use]
            pub fn at(&self, url: impl Into<String>) -> MemoryUrl {}
            pub fn publish(&self, snapshot: &Snapshot) {}
            pub fn publish_keys(&self, kids: &[&str]) {}
            pub fn publish_jwks(&self, jwks: &Value) {}
            pub fn publish_text(&self, url: impl Into<String>, text: impl Into<String>) {}
            pub fn state_age(&self, age: Duration) {}
            pub fn fail(&self, status: u16) {}
            pub fn fail_for(&self, retry_after: Duration) {}
            pub fn disconnect(&self) {}
            pub fn delay(&self, clock: &VirtualClock, time: Duration) {}
            pub fn recover(&self) {}
            #[must_use]
            pub fn requests(&self) -> Vec<String> {}
        }
        impl Transport for MemoryProvider {}
        impl fmt::Debug for MemoryProvider {}
    }
    #[cfg(feature = "jsonwebtoken-11")]
    mod sign {
        #[must_use]
        pub fn signing_key(kid: &str, variant: u32) -> Value {}
        #[must_use]
        pub fn sign(kid: &str, variant: u32, claims: &impl Serialize) -> String {}
        #[must_use]
        pub fn sign_text(header: &str, claims: &str, variant: u32) -> String {}
    }
    pub use clock::VirtualClock;
    pub use keys::{
        ec_key, jwks, key, okp_key, snapshot, snapshot_with_keys, without_kid,
    };
    pub use provider::{MemoryProvider, MemoryUrl};
    #[cfg(feature = "jsonwebtoken-11")]
    pub use sign::{sign, sign_text, signing_key};
}
pub use bundled::{ansattporten, idporten, maskinporten};
#[cfg(feature = "document")]
pub use document::{JwkSet, ProviderMetadata, Snapshot};
pub use environment::{KnownEnvironment, Product, SigningAlg};
#[cfg(feature = "refresh-core")]
pub use refresh::{RefreshPolicy, Refresher};
