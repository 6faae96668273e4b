//! The configuration file that the program is given.

use super::credentials;
use super::options::Kind;
use crate::model::Reason;
use crate::provider::ConnectError;
use serde_json::json;
use std::io::Write as _;
use std::net::SocketAddr;
use tempfile::NamedTempFile;

/// The configuration that the program is given, so that it reads none of the person's, whose rules
/// would go before ours. Dropping it deletes it.
pub(super) struct Config {
    pub(super) path: String,
    /// The tunnel's id, where it is known.
    pub(super) tunnel: String,
    _file: NamedTempFile,
}

impl Config {
    pub(super) async fn make(kind: &Kind, front: SocketAddr) -> Result<Self, ConnectError> {
        let (mut tunnel, mut text) = (String::new(), String::new());
        if let Kind::Credentials { file, hostname } = kind {
            tunnel = credentials::tunnel_of(file).await?;
            let file = std::path::absolute(file).unwrap_or_else(|_| file.clone());
            // What is JSON is YAML too, whatever is in a path.
            text = json!({
                "tunnel": tunnel,
                "credentials-file": file,
                "ingress": [
                    {"hostname": hostname, "service": format!("http://{front}")},
                    {"service": "http_status:404"},
                ],
            })
            .to_string();
        }
        let made = || -> std::io::Result<NamedTempFile> {
            let mut file = tempfile::Builder::new()
                .prefix("underpass-")
                .suffix(".yml")
                .tempfile()?;
            file.write_all(text.as_bytes())?;
            Ok(file)
        };
        let file = made().map_err(|error| {
            let detail = format!("no temporary file could be written: {error}");
            ConnectError::new(Reason::Other { detail })
        })?;
        let path = file.path().to_string_lossy().into_owned();
        Ok(Self {
            path,
            tunnel,
            _file: file,
        })
    }
}
