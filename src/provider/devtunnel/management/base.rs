//! Where the management service of a tunnel is: at its cluster, or where a stand-in for it is.

use crate::model::{Reason, TunnelId};
use crate::provider::ConnectError;
use crate::provider::dial::is_here;
use reqwest::Url;

/// The variable that names a stand-in.
pub const VARIABLE: &str = "UNDERPASS_DEVTUNNEL_URL";

/// The version of the service's interface that we speak.
const API_VERSION: &str = "2023-09-27-preview";

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Base {
    /// At the tunnel's cluster.
    Cluster,
    /// At this place, for every tunnel.
    At(Url),
}

impl Base {
    /// As the environment says it.
    ///
    /// # Errors
    /// A sentence on what is wrong with the variable.
    pub fn from_env() -> Result<Self, String> {
        match std::env::var(VARIABLE) {
            Ok(text) if !text.trim().is_empty() => Self::at(text.trim()),
            Ok(_) | Err(std::env::VarError::NotPresent) => Ok(Self::Cluster),
            Err(std::env::VarError::NotUnicode(_)) => Err(format!("{VARIABLE} is no text")),
        }
    }

    /// At this URL: `https`, or `http` on this computer alone, where no token leaves it in the clear.
    ///
    /// # Errors
    /// A sentence on what is wrong with it.
    pub fn at(text: &str) -> Result<Self, String> {
        let url = Url::parse(text).map_err(|error| format!("{VARIABLE} is no URL: {error}"))?;
        let host = url.host_str().unwrap_or_default();
        let here = is_here(host);
        match url.scheme() {
            "https" => {}
            "http" if here => {}
            "http" => {
                return Err(format!(
                    "{VARIABLE} may be plain http only on this computer; use https for {host}"
                ));
            }
            other => {
                return Err(format!(
                    "{VARIABLE} must begin with https:// (or http:// on this computer), not {other}://"
                ));
            }
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(format!("{VARIABLE} must not carry a name or a password"));
        }
        Ok(Self::At(url))
    }

    /// Nothing is ever asked outside of this computer.
    pub(super) fn is_here(&self) -> bool {
        match self {
            Self::Cluster => false,
            Self::At(url) => is_here(url.host_str().unwrap_or_default()),
        }
    }

    /// The URL of what `path` names in a tunnel (`""` is the tunnel itself).
    pub(super) fn url(
        &self,
        tunnel: &TunnelId,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<Url, ConnectError> {
        let refused = |detail: String| ConnectError::new(Reason::Refused { detail });
        let (name, cluster) = tunnel
            .as_str()
            .rsplit_once('.')
            .ok_or_else(|| refused(format!("the tunnel's id {tunnel} names no cluster")))?;
        let mut url = match self {
            Self::At(url) => url.clone(),
            Self::Cluster => Url::parse(&format!(
                "https://{cluster}.rel.tunnels.api.visualstudio.com/"
            ))
            .map_err(|error| refused(error.to_string()))?,
        };
        let under = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("{under}/tunnels/{name}{path}"));
        url.query_pairs_mut()
            .clear()
            .extend_pairs(query)
            .append_pair("api-version", API_VERSION);
        Ok(url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tunnel_is_asked_for_at_its_cluster_or_at_the_stand_in() {
        let id = TunnelId::new("my-web.usw2").expect("an id");
        let url = Base::Cluster.url(&id, "/ports/80", &[("a", "b c")]);
        assert_eq!(
            url.expect("a URL").as_str(),
            "https://usw2.rel.tunnels.api.visualstudio.com/tunnels/my-web/ports/80?a=b+c&api-version=2023-09-27-preview"
        );
        let base = Base::at("http://localhost:9901/").expect("it is here");
        assert_eq!(
            base.url(&id, "", &[]).expect("a URL").as_str(),
            "http://localhost:9901/tunnels/my-web?api-version=2023-09-27-preview"
        );
        let without = TunnelId::new("web").expect("an id");
        let error = base.url(&without, "", &[]).expect_err("no cluster");
        assert!(matches!(error.reason, Reason::Refused { .. }));
    }

    #[test]
    fn plain_http_never_leaves_this_computer() {
        for good in [
            "http://localhost:1/",
            "http://127.0.0.1:1/",
            "http://[::1]:1",
            "https://tunnels.example/",
        ] {
            assert!(Base::at(good).is_ok(), "{good}");
        }
        for (bad, word) in [
            ("http://tunnels.example/", "https"),
            ("http://localhost.example/", "https"),
            ("ftp://localhost/", "https://"),
            ("localhost:80", "https://"),
            ("nonsense", "URL"),
            ("https://anna:pw@tunnels.example/", "password"),
        ] {
            let said = Base::at(bad).expect_err(bad);
            assert!(said.contains(word) && said.contains(VARIABLE), "{said}");
            assert!(!said.contains("pw"), "{said}");
        }
    }
}
