//! What handlers take out of a request before they see it: the app, the layer, who may write.

use std::sync::Arc;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri};

use crate::api::parameters::Parameters;
use crate::api::problem::{Kind, Problem};
use crate::api::{Service, Shared};
use crate::app::App;
use crate::app::question::nearest_word;
use crate::domain::feature::FeatureId;
use crate::domain::layer::Layer;
use crate::domain::reading::shortened;

/// The app, once the world is loaded.
pub struct Ready(pub App);

impl FromRequestParts<Shared> for Ready {
    type Rejection = Problem;

    async fn from_request_parts(_: &mut Parts, service: &Shared) -> Result<Self, Problem> {
        let starting = || Problem::new(Kind::Starting, "the map is still loading: try again shortly");
        service.app().cloned().map(Ready).ok_or_else(starting)
    }
}

/// The service itself.
pub struct Doors(pub Arc<Service>);

impl FromRequestParts<Shared> for Doors {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(_: &mut Parts, service: &Shared) -> Result<Self, Self::Rejection> {
        Ok(Self(service.clone()))
    }
}

/// The layer that the path names.
pub struct OfLayer(pub Layer);

impl FromRequestParts<Shared> for OfLayer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, service: &Shared) -> Result<Self, Problem> {
        let name = segment(parts, service, "layer").await?;
        if let Some(layer) = Layer::from_name(&name) {
            return Ok(Self(layer));
        }
        let names = || Layer::ALL.into_iter().map(Layer::name);
        let hint = match nearest_word(&name, names()) {
            Some(word) => format!("is {word} meant?"),
            None => format!("there are {}", names().collect::<Vec<_>>().join(", ")),
        };
        let name = shortened(&name);
        Err(Problem::new(Kind::NotFound, format!("there is no collection '{name}': {hint}")))
    }
}

/// The layer and the feature that the path names.
pub struct OfFeature(pub Layer, pub FeatureId);

impl FromRequestParts<Shared> for OfFeature {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, service: &Shared) -> Result<Self, Problem> {
        let OfLayer(layer) = OfLayer::from_request_parts(parts, service).await?;
        let id = segment(parts, service, "id").await?;
        let id_is_plain = id.bytes().all(|byte| byte.is_ascii_digit());
        match id.parse() {
            Ok(id) if id > 0 && id_is_plain => Ok(Self(layer, FeatureId(id))),
            _ => {
                let id = shortened(&id);
                Err(Problem::new(Kind::NotFound, format!("'{id}' is no id: ids are positive integers")))
            }
        }
    }
}

pub async fn segment(parts: &mut Parts, service: &Shared, wanted: &str) -> Result<String, Problem> {
    let segments = RawPathParams::from_request_parts(parts, service)
        .await
        .map_err(|_| Problem::new(Kind::Malformed, "the path is not UTF-8 when its escapes are undone"))?;
    let found = segments.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.to_owned());
    Ok(found.unwrap_or_default())
}

/// Address and headers of a request, its parameters read.
pub struct Asked {
    pub parameters: Parameters,
    pub headers: HeaderMap,
    pub uri: Uri,
}

impl FromRequestParts<Shared> for Asked {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Shared) -> Result<Self, Problem> {
        let parameters = Parameters::read(parts.uri.query().unwrap_or_default())?;
        Ok(Self { parameters, headers: parts.headers.clone(), uri: parts.uri.clone() })
    }
}

impl Asked {
    pub fn header(&self, name: impl axum::http::header::AsHeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Scheme and authority by which the client reached us, for links.
    pub fn base(&self) -> String {
        let plain = |text: &str| {
            text.len() < 256 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte))
        };
        match self.header("host").filter(|host| plain(host)) {
            None => String::new(),
            Some(host) => {
                let scheme = if self.header("x-forwarded-proto") == Some("https") { "https" } else { "http" };
                format!("{scheme}://{host}")
            }
        }
    }
}

/// Proof that whoever asks may write here.
pub struct Writing;

impl FromRequestParts<Shared> for Writing {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, service: &Shared) -> Result<Self, Problem> {
        service.access.check(&parts.headers).map(|()| Self)
    }
}
