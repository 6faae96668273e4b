//! The proxy that stands between this computer and the world, if one does: which one is meant, and
//! how to get through it.
//!
//! A name and a password for it are secrets: nothing here prints them. It knows nothing of relays.

use super::race::{self, NotReached, reach};
use crate::base::local;
use crate::link::{ReadAhead, Transport};
use http::header::{HOST, PROXY_AUTHORIZATION};
use http::{Request, StatusCode, Uri};
use http_body_util::Empty;
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::client::legacy::connect::proxy::SocksV5;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use std::fmt;
use std::future::{Ready, poll_fn, ready};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio_rustls::TlsConnector;
use tower_service::Service;

/// The largest head that a proxy may answer with.
const HEAD: usize = 16 * 1024;

/// Which proxy is to be used for what.
#[derive(Clone, Debug, Default)]
pub struct Proxies(Option<Arc<Rules>>);

#[derive(Debug)]
struct Rules {
    proxy: Matcher,
    /// What `NO_PROXY` lists. The matcher reads it too, and knows no `*` for addresses, no port
    /// and no brackets.
    except: String,
}

impl Proxies {
    /// As the environment says it: `HTTPS_PROXY`, else `ALL_PROXY`, but not for what `NO_PROXY` lists;
    /// lower-case names too.
    pub fn from_env() -> Self {
        let listed = |name| std::env::var(name).ok().filter(|list| !list.is_empty());
        let except = listed("NO_PROXY").or_else(|| listed("no_proxy"));
        Self(Some(Arc::new(Rules {
            proxy: Matcher::from_env(),
            except: except.unwrap_or_default(),
        })))
    }

    /// This one, but not for the names and addresses that `except` lists (as in `NO_PROXY`).
    pub fn one(url: &str, except: &str) -> Self {
        let matcher = Matcher::builder().https(url).no(except);
        Self(Some(Arc::new(Rules {
            proxy: matcher.build(),
            except: except.to_owned(),
        })))
    }

    /// The proxy to use for a host, as `HOST:PORT`; `None` when it is reached directly.
    pub fn address_for(&self, host: &str, port: u16) -> Option<String> {
        self.find(host, port).map(|proxy| proxy.address())
    }

    pub(super) fn find(&self, host: &str, port: u16) -> Option<Proxy> {
        if super::is_here(host) {
            return None;
        }
        let target = target(host, port).ok()?;
        let rules = self.0.as_ref()?;
        if is_excepted(&rules.except, host, port) {
            return None;
        }
        let found = rules.proxy.intercept(&target)?;
        Some(Proxy(found))
    }
}

/// Whether a list in the manner of `NO_PROXY` has this host: `*`, a name or the end of one, or an
/// address, each with a port behind it or without.
fn is_excepted(list: &str, host: &str, port: u16) -> bool {
    let host = unbracketed(host.strip_suffix('.').unwrap_or(host)).to_ascii_lowercase();
    let entries = list
        .split([',', ' ', '\t'])
        .filter(|entry| !entry.is_empty());
    entries.map(str::to_ascii_lowercase).any(|entry| {
        let named = match entry.rsplit_once(':') {
            Some((name, digits)) if !name.contains(':') || name.ends_with(']') => {
                match digits.parse::<u16>() {
                    Ok(only) if only == port => name,
                    Ok(_) => return false,
                    Err(_) => &entry,
                }
            }
            Some(_) | None => &entry,
        };
        let named = unbracketed(named);
        let end = named.strip_prefix('*').unwrap_or(named);
        let end = end.strip_prefix('.').unwrap_or(end);
        match (end, host.parse::<IpAddr>()) {
            ("", _) => named == "*",
            (end, Ok(address)) => end.parse() == Ok(address),
            (end, Err(_)) => {
                let before = host.strip_suffix(end);
                before.is_some_and(|before| before.is_empty() || before.ends_with('.'))
            }
        }
    })
}

/// Why there is no way through a proxy.
#[derive(Debug)]
pub(in crate::provider) enum NotThrough {
    /// This computer has no route to anywhere.
    Offline(String),
    /// The proxy is not there, or not for us: it lets nothing through.
    Useless(String),
    /// It does not let this through.
    Denied(String),
}

pub(super) struct Proxy(Intercept);

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.address())
    }
}

enum Scheme {
    Http,
    Https,
    /// Names are resolved here, or by the proxy.
    Socks5 {
        here: bool,
    },
}

impl Proxy {
    /// `HOST:PORT`, and nothing of what may stand before it.
    pub(super) fn address(&self) -> String {
        let uri = self.0.uri();
        format!("{}:{}", uri.host().unwrap_or_default(), self.port())
    }

    fn port(&self) -> u16 {
        let uri = self.0.uri();
        uri.port_u16().unwrap_or(match uri.scheme_str() {
            Some("http") => 80,
            Some("https") => 443,
            _ => 1080,
        })
    }

    fn scheme(&self) -> Result<Scheme, NotThrough> {
        match self.0.uri().scheme_str() {
            Some("http") => Ok(Scheme::Http),
            Some("https") => Ok(Scheme::Https),
            Some("socks5") => Ok(Scheme::Socks5 { here: true }),
            Some("socks5h") => Ok(Scheme::Socks5 { here: false }),
            other => Err(NotThrough::Useless(format!(
                "{} is not spoken here",
                other.unwrap_or_default()
            ))),
        }
    }

    /// A connection to `host:port` through it.
    pub(super) async fn reach(
        &self,
        host: &str,
        port: u16,
    ) -> Result<Box<dyn Transport>, NotThrough> {
        let scheme = self.scheme()?;
        let own = unbracketed(self.0.uri().host().unwrap_or_default());
        let stream = reach(own, self.port(), false)
            .await
            .map_err(map_not_reached)?;
        let target = target(host, port).map_err(|error| NotThrough::Denied(error.to_string()))?;
        Ok(match scheme {
            Scheme::Http => self.ask(stream, &target).await?,
            Scheme::Https => {
                let stream = encrypt(stream, own).await.map_err(useless)?;
                self.ask(stream, &target).await?
            }
            Scheme::Socks5 { here: true } => {
                let target = resolve(host, port).await?;
                Box::new(self.ask_socks(stream, target).await?)
            }
            Scheme::Socks5 { here: false } => Box::new(self.ask_socks(stream, target).await?),
        })
    }

    /// HTTP's CONNECT.
    async fn ask<S: Transport>(
        &self,
        stream: S,
        target: &Uri,
    ) -> Result<Box<dyn Transport>, NotThrough> {
        let mut builder = http1::Builder::new();
        let opened = builder.max_buf_size(HEAD).handshake(TokioIo::new(stream));
        let (mut sender, mut connection) = opened.await.map_err(useless)?;
        let request = self.request(target).map_err(useless)?;
        let mut answer = pin!(sender.send_request(request));
        let mut over = false;
        let answer = poll_fn(|cx| {
            // Nobody else drives it; an error in it reaches the answer.
            over = over || connection.poll_without_shutdown(cx).is_ready();
            answer.as_mut().poll(cx)
        });
        let status = answer.await.map_err(useless)?.status();
        if status == StatusCode::PROXY_AUTHENTICATION_REQUIRED {
            return Err(NotThrough::Useless(status.to_string()));
        }
        if !status.is_success() {
            return Err(NotThrough::Denied(status.to_string()));
        }
        if !over {
            let end = poll_fn(|cx| connection.poll_without_shutdown(cx));
            end.await.map_err(useless)?;
        }
        let parts = connection.into_parts();
        let stream = parts.io.into_inner();
        Ok(if parts.read_buf.is_empty() {
            Box::new(stream)
        } else {
            // Who was to be reached speaks first.
            Box::new(ReadAhead::behind(&parts.read_buf, stream))
        })
    }

    fn request(&self, target: &Uri) -> Result<Request<Empty<Bytes>>, http::Error> {
        let authority = target
            .authority()
            .map_or("", |authority| authority.as_str());
        let mut request = Request::connect(authority).header(HOST, authority);
        if let Some(auth) = self.0.basic_auth() {
            request = request.header(PROXY_AUTHORIZATION, auth);
        }
        request.body(Empty::new())
    }

    async fn ask_socks<S: Transport>(&self, stream: S, target: Uri) -> Result<S, NotThrough> {
        let there = There(Some(TokioIo::new(stream)));
        let mut socks = SocksV5::new(self.0.uri().clone(), there);
        if let Some((name, password)) = self.0.raw_auth() {
            socks = socks.with_auth(name.to_owned(), password.to_owned());
        }
        // What failed is only told in words; with another port it may be well.
        let asked = socks.call(target).await;
        let asked = asked.map_err(|error| NotThrough::Denied(error.to_string()))?;
        Ok(asked.into_inner())
    }
}

/// A connection that is there already, as the library wants to be given one.
struct There<S>(Option<TokioIo<S>>);

impl<S: Transport> Service<Uri> for There<S> {
    type Response = TokioIo<S>;
    type Error = io::Error;
    type Future = Ready<io::Result<TokioIo<S>>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let stream = self.0.take();
        ready(stream.ok_or_else(|| io::ErrorKind::NotConnected.into()))
    }
}

/// TLS to a proxy, verified as the system does it: the password for it goes in there.
async fn encrypt<S: Transport>(stream: S, host: &str) -> io::Result<impl Transport> {
    let config = local::config(false).map_err(io::Error::other)?;
    let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
    let connector = TlsConnector::from(Arc::new(config));
    connector.connect(name, stream).await
}

/// The library would block its thread for this.
async fn resolve(host: &str, port: u16) -> Result<Uri, NotThrough> {
    let denied = |error: &dyn fmt::Display| NotThrough::Denied(error.to_string());
    let found = race::resolve(host, port).await.map_err(|e| denied(&e))?;
    let address: &SocketAddr = found.first().ok_or_else(|| denied(&"no address"))?;
    target(&address.ip().to_string(), port).map_err(|error| denied(&error))
}

/// Where to, as the libraries want it.
fn target(host: &str, port: u16) -> Result<Uri, http::Error> {
    let host = unbracketed(host);
    let authority = if host.contains(':') {
        format!("[{host}]:{port}")
    } else {
        format!("{host}:{port}")
    };
    Uri::builder()
        .scheme("https")
        .authority(authority)
        .path_and_query("/")
        .build()
}

fn unbracketed(host: &str) -> &str {
    host.strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host)
}

fn map_not_reached(fault: NotReached) -> NotThrough {
    match fault {
        NotReached::Offline(said) => NotThrough::Offline(said),
        NotReached::UnknownHost(said) | NotReached::Closed(said) => NotThrough::Useless(said),
    }
}

fn useless(error: impl fmt::Display) -> NotThrough {
    NotThrough::Useless(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    fn address(url: &str, except: &str, host: &str) -> Option<String> {
        Proxies::one(url, except).address_for(host, 7443)
    }

    #[test]
    fn a_proxy_is_used_but_not_for_this_computer_or_what_is_excepted() {
        let url = "http://proxy.example:3128";
        let used = Some("proxy.example:3128".to_owned());
        assert_eq!(address(url, "", "relay.example"), used);
        assert_eq!(address(url, "10.0.0.0/8, other.example", "192.0.2.7"), used);
        assert_eq!(address(url, "", "2001:db8::1"), used);
        for (except, host) in [
            ("", "localhost"),
            ("", "web.localhost"),
            ("", "127.0.0.1"),
            ("", "127.8.9.1"),
            ("", "::1"),
            ("example", "relay.example"),
            ("10.0.0.0/8", "10.1.2.3"),
            ("2001:db8::/32", "2001:db8::1"),
            ("*", "relay.example"),
            ("*", "192.0.2.7"),
            (" * ", "2001:db8::1"),
            ("other.example, *", "192.0.2.7"),
            ("192.0.2.7:7443", "192.0.2.7"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:db8::1]:7443", "2001:db8::1"),
            (".example", "relay.example"),
            ("*.example", "relay.example"),
            ("RELAY.example", "relay.EXAMPLE."),
            ("relay.example:7443", "relay.example"),
        ] {
            assert_eq!(address(url, except, host), None, "{except} {host}");
        }
        for (except, host) in [
            ("192.0.2.7:443", "192.0.2.7"),
            ("lay.example", "relay.example"),
            ("*", ""),
            ("2001:db8::2", "2001:db8::1"),
        ] {
            let listed = is_excepted(except, host, 7443);
            assert_eq!(listed, except == "*", "{except} {host}");
        }
        assert_eq!(Proxies::default().address_for("relay.example", 1), None);
    }

    #[tokio::test]
    async fn what_the_far_end_says_first_is_not_lost() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let proxy = Proxies::one(&url, "").find("far.example", 7835);
        let proxy = proxy.expect("it is used");
        let answering = async {
            let (mut socket, _) = listener.accept().await.expect("it comes");
            let mut asked = [0; 1024];
            let read = socket.read(&mut asked).await.expect("it asks");
            assert!(asked[..read].starts_with(b"CONNECT far.example:7835 "));
            let answer = b"HTTP/1.1 200 OK\r\n\r\nhello";
            socket.write_all(answer).await.expect("it is open");
        };
        let (stream, ()) = tokio::join!(proxy.reach("far.example", 7835), answering);
        let (mut stream, mut said) = (stream.expect("it is let through"), String::new());
        stream.read_to_string(&mut said).await.expect("text");
        assert_eq!(said, "hello");
    }

    #[test]
    fn a_port_that_is_not_named_is_the_usual_one() {
        for (url, expected) in [
            ("proxy.example", "proxy.example:80"),
            ("https://proxy.example", "proxy.example:443"),
            ("socks5h://[2001:db8::9]", "[2001:db8::9]:1080"),
        ] {
            let found = address(url, "", "relay.example");
            assert_eq!(found.as_deref(), Some(expected));
        }
    }

    #[test]
    fn the_name_and_password_are_never_printed() {
        for scheme in ["http", "https", "socks5", "socks5h"] {
            let url = format!("{scheme}://anna:s3cret@proxy.example:8080");
            let proxies = Proxies::one(&url, "");
            let proxy = proxies.find("relay.example", 1).expect("there is one");
            let said = format!("{proxies:?} {proxy:?} {}", proxy.address());
            assert!(!said.contains("s3cret") && !said.contains("anna"), "{said}");
            assert!(said.contains("proxy.example:8080"), "{said}");
        }
    }
}
