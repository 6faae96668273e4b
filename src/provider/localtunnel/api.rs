//! The server's few requests: a name, and how a name is. What it answers is a stranger's, and checked.

use super::dialect::HEADERS;
use super::offers::{invalid, is_name};
use crate::base::local::{self, is_here};
use crate::model::Reason;
use crate::provider::ConnectError;
use crate::provider::http::{map_failure, read};
use reqwest::{Client, Response, StatusCode, Url};
use serde::Deserialize;
use std::fmt::Display;
use std::net::IpAddr;
use std::time::Duration;

/// As much of an answer is read, in bytes.
const LONGEST_ANSWER: usize = 64 * 1024;

/// The longest URL of a tunnel, in bytes.
const LONGEST_URL: usize = 512;

/// So much of what was not understood is shown, in characters.
const SHOWN: usize = 60;

/// So many connections are kept where the server does not say how many it takes, as its own usual is.
const USUAL_CONNECTIONS: u32 = 10;

/// More are never kept for one name.
const MOST_CONNECTIONS: u32 = 50;

/// `localtunnel.me` leads to `loca.lt`.
const MOST_REDIRECTS: usize = 3;

/// What programs send that are no browser.
const USER_AGENT: &str = concat!("underpass/", env!("CARGO_PKG_VERSION"));

/// A name that is ours for as long as connections to it are open; the first within a second.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Lease {
    pub(super) name: String,
    /// Where visitors reach it.
    pub(super) url: String,
    /// Where the connections go.
    pub(super) host: String,
    pub(super) port: u16,
    /// So many are kept open.
    pub(super) connections: u32,
}

#[derive(Deserialize)]
struct Reply {
    id: String,
    port: u16,
    max_conn_count: Option<u32>,
    url: String,
    ip: Option<String>,
}

#[derive(Deserialize)]
struct Complaint {
    message: String,
}

#[derive(Deserialize)]
struct Sockets {
    connected_sockets: u32,
}

/// How a name is.
#[derive(Debug)]
pub(super) enum Status {
    /// So many connections to it are open, as the server sees it.
    Connected(u32),
    /// The server does not know it, or does not know the question.
    Unknown,
    /// The server answers, and not that.
    Other,
    NotHeard(ConnectError),
}

/// One server.
pub(super) struct Api {
    client: Client,
    /// Ends with a slash.
    base: Url,
}

impl Api {
    pub(super) fn new(base: Url, within: Duration) -> Result<Self, ConnectError> {
        let failed = |error: &dyn Display| {
            let detail = error.to_string();
            ConnectError::new(Reason::Other { detail })
        };
        // What speaks no TLS may be asked by a computer without certificates.
        let tls = local::config(base.scheme() == "http").map_err(|error| failed(&error))?;
        let mut builder = Client::builder()
            .user_agent(USER_AGENT)
            .redirect(reqwest::redirect::Policy::limited(MOST_REDIRECTS))
            .timeout(within)
            .tls_backend_preconfigured(tls);
        if is_here(base.host_str().unwrap_or_default()) {
            builder = builder.no_proxy();
        }
        let client = builder.build().map_err(|error| failed(&error))?;
        Ok(Self { client, base })
    }

    /// As it is called: `HOST:PORT`.
    fn address(&self) -> String {
        let port = self.base.port_or_known_default().unwrap_or_default();
        format!("{}:{port}", self.base.host_str().unwrap_or_default())
    }

    async fn get(&self, path: &str) -> Result<Response, ConnectError> {
        let failed = |detail: String| ConnectError::new(Reason::Other { detail });
        let url = self
            .base
            .join(path)
            .map_err(|error| failed(error.to_string()))?;
        let mut request = self.client.get(url);
        for (name, value) in HEADERS {
            request = request.header(name, value);
        }
        let host = self.base.host_str().unwrap_or_default();
        let sent = request.send().await;
        sent.map_err(|error| {
            if error.is_redirect() {
                self.stranger("it leads in a circle")
            } else {
                map_failure(&error, host, &self.address())
            }
        })
    }

    /// Asks for this name, or for any. Another one comes where that is taken.
    pub(super) async fn lease(&self, name: Option<&str>) -> Result<Lease, ConnectError> {
        let response = self.get(name.unwrap_or("?new")).await?;
        let status = response.status();
        let from = response.url().host_str().unwrap_or_default().to_owned();
        let host = self.base.host_str().unwrap_or_default();
        let body = read(response, LONGEST_ANSWER).await;
        let body = body.map_err(|error| map_failure(&error, host, &self.address()))?;
        match status {
            StatusCode::OK => self.accept(&body, &from),
            StatusCode::TOO_MANY_REQUESTS => {
                Err(ConnectError::new(Reason::QuotaUsedUp { until: None }))
            }
            StatusCode::REQUEST_TIMEOUT => Err(trouble(status)),
            status if status.is_server_error() => Err(trouble(status)),
            _ => Err(match (serde_json::from_slice(&body), name) {
                (Ok(Complaint { message }), Some(name)) => {
                    let (server, said) = (self.address(), shown(&message));
                    invalid(format!(
                        "subdomain: {server} does not take “{name}” ({said})"
                    ))
                }
                (Ok(Complaint { message }), None) => ConnectError::new(Reason::Refused {
                    detail: shown(&message),
                }),
                (Err(_), _) => self.stranger(&format!("it answered {}", status.as_u16())),
            }),
        }
    }

    /// Checks what the server at `from` gave.
    fn accept(&self, body: &[u8], from: &str) -> Result<Lease, ConnectError> {
        let reply: Result<Reply, _> = serde_json::from_slice(body);
        let reply = reply.map_err(|_| {
            let said = shown(&String::from_utf8_lossy(body));
            self.stranger(&format!("it said “{said}”"))
        })?;
        let url = Url::parse(&reply.url).ok().filter(is_public_url);
        if !is_id(&reply.id) || reply.port == 0 || url.is_none() {
            let (id, url) = (shown(&reply.id), shown(&reply.url));
            let said = format!("it gave “{id}” at port {} and “{url}”", reply.port);
            return Err(self.stranger(&said));
        }
        let host = match reply.ip.as_deref().map(str::parse::<IpAddr>) {
            None => from.trim_matches(['[', ']']).to_owned(),
            // A server elsewhere has no business on this computer.
            Some(Ok(ip)) if !is_here(&ip.to_string()) || is_here(from) => ip.to_string(),
            Some(_) => return Err(self.stranger("the address that it gave is none")),
        };
        let wanted = reply.max_conn_count.unwrap_or(USUAL_CONNECTIONS);
        Ok(Lease {
            name: reply.id,
            url: reply.url.trim_end_matches('/').to_owned(),
            host,
            port: reply.port,
            connections: wanted.clamp(1, MOST_CONNECTIONS),
        })
    }

    /// Asks how a name is. It costs nothing, and no visitor has to wait for it.
    pub(super) async fn status(&self, name: &str) -> Status {
        let response = match self.get(&format!("api/tunnels/{name}/status")).await {
            Ok(response) => response,
            Err(error) => return Status::NotHeard(error),
        };
        match response.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => return Status::Unknown,
            _ => return Status::Other,
        }
        let body = read(response, LONGEST_ANSWER).await.unwrap_or_default();
        match serde_json::from_slice(&body) {
            Ok(Sockets { connected_sockets }) => Status::Connected(connected_sockets),
            // A server that answers everything with a page of its own.
            Err(_) => Status::Unknown,
        }
    }

    fn stranger(&self, why: &str) -> ConnectError {
        let server = self.address();
        let detail = format!("{server} isn't a localtunnel server: {why}");
        ConnectError::new(Reason::ProtocolFault { detail })
    }
}

fn trouble(status: StatusCode) -> ConnectError {
    let status = status.as_u16();
    ConnectError::new(Reason::ServiceTrouble { status })
}

/// Whether it can be asked for again, as a name or as one that the server has made.
fn is_id(id: &str) -> bool {
    let taken = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    is_name(id) || (1..=63).contains(&id.len()) && id.bytes().all(taken)
}

fn is_public_url(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
        && url.host_str().is_some()
        && url.username().is_empty()
        && url.password().is_none()
        && url.as_str().len() <= LONGEST_URL
}

/// What a person may be shown of a stranger's words.
fn shown(said: &str) -> String {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    let said: String = said.chars().map(plain).collect();
    said.trim().chars().take(SHOWN).collect()
}
