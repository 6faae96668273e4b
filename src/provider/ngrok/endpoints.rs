//! The endpoints that the edge is asked for: one a port, of one of three kinds.

use super::options::{Endpoint, Options};
use super::policy;
use crate::model::Port;
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use ngrok::config::TunnelBuilder as _;
use ngrok::conn::EndpointConn;
use ngrok::session::RpcError;
use ngrok::tunnel::{AcceptError, EndpointInfo as _, TunnelInfo as _};

/// What visitors of one port come to, as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    endpoint: Endpoint,
    /// A name, or the `HOST:PORT` of a TCP endpoint.
    place: Option<String>,
    policy: Option<String>,
    pooling: bool,
    binding: Option<&'static str>,
}

impl Wanted {
    pub(super) fn of(port: &Port, options: &Options) -> Self {
        let endpoint = options.endpoint_of(port);
        let host = port.options.host_header.local_name(port);
        let host = host.filter(|_| endpoint == Endpoint::Http);
        Self {
            endpoint,
            place: match endpoint {
                Endpoint::Tcp => options.address.clone(),
                Endpoint::Http | Endpoint::Tls => options.domain.clone(),
            },
            policy: policy::build(options, endpoint, host.as_deref()),
            pooling: options.pooling,
            binding: options.binding.map(super::options::Binding::as_str),
        }
    }

    /// The same at the place where it was before, unless another one is chosen.
    fn at(&self, url: Option<&str>) -> Self {
        let before = url
            .and_then(|url| url.split_once("://"))
            .map(|(_, rest)| rest);
        let before = before.map(|place| place.trim_end_matches('/').to_owned());
        Self {
            place: self.place.clone().or(before),
            ..self.clone()
        }
    }
}

/// An endpoint that the edge has.
#[derive(Clone, Debug)]
pub(super) struct Bound {
    pub(super) port: Port,
    pub(super) wanted: Wanted,
    pub(super) id: String,
    pub(super) url: String,
}

/// Those who come to a port.
pub(super) type Visit = (Port, Result<EndpointConn, AcceptError>);

/// Asks the edge for one endpoint: at the place where it was before, if that can be had.
pub(super) async fn bind(
    session: &ngrok::Session,
    port: Port,
    wanted: Wanted,
    before: Option<String>,
) -> Result<(Bound, BoxStream<'static, Visit>), RpcError> {
    let asked = wanted.at(before.as_deref());
    let (id, url, visits) = match asked.endpoint {
        Endpoint::Http => listen_http(session, &asked, &port).await?,
        Endpoint::Tcp => listen_tcp(session, &asked, &port).await?,
        Endpoint::Tls => listen_tls(session, &asked, &port).await?,
    };
    let of = port.clone();
    let visits = visits.map(move |visit| (of.clone(), visit)).boxed();
    let bound = Bound {
        port,
        wanted,
        id,
        url: url.trim_end_matches('/').to_owned(),
    };
    Ok((bound, visits))
}

type Listening = (
    String,
    String,
    BoxStream<'static, Result<EndpointConn, AcceptError>>,
);

/// The three builders have these methods in common, and no trait for them.
macro_rules! listen {
    ($builder:expr, $wanted:expr, $port:expr, $place:ident) => {{
        let mut builder = $builder;
        // Otherwise it says which program runs where on this computer.
        builder.forwards_to($port.target.to_string());
        if let Some(place) = &$wanted.place {
            builder.$place(place);
        }
        if let Some(policy) = &$wanted.policy {
            builder.traffic_policy(policy);
        }
        if $wanted.pooling {
            builder.pooling_enabled(true);
        }
        if let Some(binding) = $wanted.binding {
            builder.binding(binding);
        }
        let tunnel = builder.listen().await?;
        let (id, url) = (tunnel.id().to_owned(), tunnel.url().to_owned());
        Ok((id, url, tunnel.boxed()))
    }};
}

async fn listen_http(
    session: &ngrok::Session,
    wanted: &Wanted,
    port: &Port,
) -> Result<Listening, RpcError> {
    listen!(session.http_endpoint(), wanted, port, domain)
}

async fn listen_tcp(
    session: &ngrok::Session,
    wanted: &Wanted,
    port: &Port,
) -> Result<Listening, RpcError> {
    listen!(session.tcp_endpoint(), wanted, port, remote_addr)
}

async fn listen_tls(
    session: &ngrok::Session,
    wanted: &Wanted,
    port: &Port,
) -> Result<Listening, RpcError> {
    listen!(session.tls_endpoint(), wanted, port, domain)
}
