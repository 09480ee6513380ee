//! Peers that need a server, or a layer around a service.

use std::convert::Infallible;
use std::hint::black_box;
use std::time::Duration;

use http::header::AUTHORIZATION;
use http::{Request, Response};
use oidc_jwt_validator::cache::{Settings, Strategy};
use oidc_jwt_validator::{ValidationSettings, Validator};
use tower::util::BoxCloneSyncService;
use tower::{Layer, Service, service_fn};
use tower_oauth2_resource_server::server::OAuth2ResourceServer;
use tower_oauth2_resource_server::tenant::TenantConfiguration;
use tower_oauth2_resource_server::validation::ClaimsValidationSpec;

use super::{CLIENT, Claims, ISSUER, Verifying, jwks};
use crate::runtime;
use crate::server::Server;

/// `oidc-jwt-validator`, by version 9 of `jsonwebtoken` and ring.
pub struct OidcJwtValidator(Validator);

impl OidcJwtValidator {
    /// With its key from a server on this machine, which it asks once.
    ///
    /// # Panics
    ///
    /// If it does not get the key.
    #[must_use]
    pub fn new() -> Self {
        let server = Server::serving(jwks());
        let mut validation = ValidationSettings::new();
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[CLIENT]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.validate_nbf = true;
        let settings = Settings { max_age: Duration::from_secs(86_400), ..Settings::default() };
        let validator =
            Validator::new(server.issuer(), reqwest_0_11::Client::new(), Strategy::Manual(settings), validation);
        Self(runtime::start().block_on(validator).expect("a validator"))
    }
}

impl Default for OidcJwtValidator {
    fn default() -> Self {
        Self::new()
    }
}

impl Verifying for OidcJwtValidator {
    fn accepts(&self, jwt: &str) -> bool {
        black_box(futures_executor::block_on(self.0.validate::<Claims>(jwt))).is_ok()
    }
}

/// `tower-oauth2-resource-server`, by the same version of `jsonwebtoken` and the same back-end, around a service that answers at
/// once: it has no other way in.
pub struct TowerLayer(BoxCloneSyncService<Request<()>, Response<()>, Infallible>);

impl TowerLayer {
    /// With its key from memory.
    ///
    /// # Panics
    ///
    /// If the key is none.
    #[must_use]
    pub fn new() -> Self {
        // Without `nbf`: it would require the claim, which the token does not have.
        let claims = ClaimsValidationSpec::new().iss(ISSUER).exp(true).aud(&vec![CLIENT.to_owned()]);
        let tenant = TenantConfiguration::static_builder(jwks()).claims_validation(claims).build().expect("a tenant");
        let server = OAuth2ResourceServer::<Claims>::builder().add_tenant(tenant).build();
        let layer = futures_executor::block_on(server).expect("a resource server").into_layer();
        let service = service_fn(|_: Request<()>| async { Ok::<_, Infallible>(Response::new(())) });
        Self(BoxCloneSyncService::new(layer.layer(service)))
    }
}

impl Default for TowerLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl Verifying for TowerLayer {
    fn accepts(&self, jwt: &str) -> bool {
        let request = Request::builder().header(AUTHORIZATION, format!("Bearer {jwt}")).body(()).expect("a request");
        let Ok(response) = futures_executor::block_on(self.0.clone().call(request));
        black_box(response).status().is_success()
    }
}
