//! The management service of Dev Tunnels: registers this host, and makes sure of the ports.
//!
//! It asks once; whether to ask again is the engine's business. Tokens go into one header and nowhere
//! else.

mod answer;
mod base;
mod shapes;
#[cfg(test)]
mod tests;

pub(super) use answer::{Half, map_status};
pub use base::Base;
pub(super) use shapes::{Endpoint, EndpointReply, TunnelReply};

use crate::base::local;
use crate::model::{Port, Reason, Secret, TunnelId};
use crate::provider::ConnectError;
use crate::provider::http::{map_failure, read};
use answer::{REQUEST_ID, between, header, is_signed};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Client, Method, StatusCode, Url};
use serde_json::Value;
use std::time::Duration;

/// What both halves of the service know us as.
pub(super) const USER_AGENT: &str = concat!("underpass/", env!("CARGO_PKG_VERSION"));

/// The service answers within this time, or it does not.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);

/// As much of the body as any answer may have.
const LONGEST_BODY: usize = 1024 * 1024;

/// A client of the service. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Management {
    client: Client,
    base: Base,
}

impl Management {
    pub(super) fn new(base: Base) -> Result<Self, ConnectError> {
        Self::with_patience(base, ANSWER_WITHIN)
    }

    fn with_patience(base: Base, patience: Duration) -> Result<Self, ConnectError> {
        let here = base.is_here();
        let failed = |error: &dyn std::fmt::Display| {
            let detail = error.to_string();
            ConnectError::with(Reason::Other { detail }, error)
        };
        // What is here speaks no TLS, and a computer without certificates may still ask it.
        let plain = matches!(&base, Base::At(url) if url.scheme() == "http");
        let tls = local::config(plain).map_err(|error| failed(&error))?;
        let mut builder = Client::builder()
            .user_agent(USER_AGENT)
            .redirect(reqwest::redirect::Policy::none())
            .timeout(patience)
            .tls_backend_preconfigured(tls);
        if here {
            builder = builder.no_proxy();
        }
        let client = builder.build().map_err(|error| failed(&error))?;
        Ok(Self { client, base })
    }

    pub(super) async fn tunnel(
        &self,
        id: &TunnelId,
        token: &Secret,
    ) -> Result<TunnelReply, ConnectError> {
        let url = self.base.url(id, "", &[("includePorts", "true")])?;
        let value = self.ask(Method::GET, url, token, None).await?;
        Ok(shapes::tunnel(&value))
    }

    /// Registers this host.
    pub(super) async fn put_endpoint(
        &self,
        id: &TunnelId,
        endpoint: &Endpoint,
        token: &Secret,
    ) -> Result<EndpointReply, ConnectError> {
        let url = self.endpoint_url(id, endpoint)?;
        let body = endpoint.body();
        let value = self.ask(Method::PUT, url, token, Some(&body)).await?;
        Ok(shapes::endpoint(&value))
    }

    /// Takes this host off the register; that it is not on it is as well.
    pub(super) async fn delete_endpoint(
        &self,
        id: &TunnelId,
        endpoint: &Endpoint,
        token: &Secret,
    ) -> Result<(), ConnectError> {
        let url = self.endpoint_url(id, endpoint)?;
        match self.ask(Method::DELETE, url, token, None).await {
            Ok(_) => Ok(()),
            Err(error) if error.reason == Reason::TunnelGone => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Makes a port that the tunnel does not have.
    pub(super) async fn put_port(
        &self,
        id: &TunnelId,
        port: &Port,
        token: &Secret,
    ) -> Result<(), ConnectError> {
        let number = port.number.get();
        let url = self.base.url(id, &format!("/ports/{number}"), &[])?;
        let body = shapes::port_body(number, port.protocol.as_str());
        let asked = self.ask(Method::PUT, url, token, Some(&body)).await;
        asked.map(drop)
    }

    fn endpoint_url(&self, id: &TunnelId, endpoint: &Endpoint) -> Result<Url, ConnectError> {
        let path = format!("/endpoints/{}", endpoint.id());
        let mode = [("connectionMode", "TunnelRelay")];
        self.base.url(id, &path, &mode)
    }

    /// What the service answers with; `Null` when that is nothing, or no JSON.
    async fn ask(
        &self,
        method: Method,
        url: Url,
        token: &Secret,
        body: Option<&Value>,
    ) -> Result<Value, ConnectError> {
        let (host, address) = (host(&url), address(&url));
        let path = url.path().to_owned();
        let mut request = self.client.request(method.clone(), url);
        request = request
            .header(AUTHORIZATION, authorization(token)?)
            .header(ACCEPT, "application/json");
        if let Some(body) = body {
            let body = body.to_string();
            request = request.header(CONTENT_TYPE, "application/json").body(body);
        }
        let lost = |error: reqwest::Error| map_failure(&error, &host, &address);
        let response = request.send().await.map_err(lost)?;
        let (status, headers) = (response.status(), response.headers().clone());
        tracing::debug!(
            %method,
            path,
            status = status.as_u16(),
            request = header(&headers, REQUEST_ID),
            "the management service answered"
        );
        let body = read(response, LONGEST_BODY).await.map_err(lost)?;
        if status.is_success() {
            return match serde_json::from_slice(&body) {
                Ok(value) if is_signed(&headers) || shapes::is_known(&value) => Ok(value),
                Err(_) if is_signed(&headers) || body.is_empty() && method == Method::DELETE => {
                    Ok(Value::Null)
                }
                Ok(_) | Err(_) => Err(between(status.as_u16(), &address)),
            };
        }
        let said = String::from_utf8_lossy(&body);
        let error = map_status(
            status.as_u16(),
            &headers,
            &said,
            (Half::Management, &address),
        );
        if status != StatusCode::NOT_FOUND || method != Method::DELETE {
            tracing::warn!(
                %method,
                path,
                status = status.as_u16(),
                request = header(&headers, REQUEST_ID),
                detail = error.detail,
                "the management service refused"
            );
        }
        Err(error)
    }
}

/// The header that carries a token; it never prints.
pub(super) fn authorization(token: &Secret) -> Result<HeaderValue, ConnectError> {
    let text = format!("tunnel {}", token.expose());
    let mut value = HeaderValue::try_from(text)
        .map_err(|_| ConnectError::with(Reason::SignedOut, "the token cannot stand in a header"))?;
    value.set_sensitive(true);
    Ok(value)
}

fn host(url: &Url) -> String {
    url.host_str().unwrap_or_default().to_owned()
}

fn address(url: &Url) -> String {
    format!(
        "{}:{}",
        host(url),
        url.port_or_known_default().unwrap_or_default()
    )
}
