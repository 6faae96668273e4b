//! The file that `cloudflared tunnel create` leaves: which tunnel it is for.

use super::offers::OFFERS;
use crate::provider::{ConnectError, chosen};
use serde::Deserialize;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::time::Duration;
use tokio::time::timeout;

/// Many times what there is in one.
const LONGEST: u64 = 64 * 1024;

/// A disk that takes longer is gone.
const WITHIN: Duration = Duration::from_secs(5);

#[derive(Deserialize)]
struct Credentials {
    #[serde(rename = "TunnelID")]
    tunnel: String,
}

/// The id of the tunnel whose credentials these are.
pub(super) async fn tunnel_of(path: &Path) -> Result<String, ConnectError> {
    let owned = path.to_owned();
    let reading = tokio::task::spawn_blocking(move || read(&owned));
    let read = match timeout(WITHIN, reading).await {
        Ok(Ok(read)) => read,
        Ok(Err(panicked)) => Err(panicked.to_string()),
        Err(_) => Err("the disk does not answer".to_owned()),
    };
    read.map_err(|why| {
        let path = path.display();
        chosen::invalid(&OFFERS, format!("credentials: {path}: {why}"))
    })
}

fn read(path: &Path) -> Result<String, String> {
    let said = |error: std::io::Error| error.to_string();
    // Whoever opens a pipe waits for its other end.
    if !path.metadata().map_err(said)?.is_file() {
        return Err("it is no file".to_owned());
    }
    let mut text = String::new();
    let file = File::open(path).map_err(said)?;
    file.take(LONGEST + 1)
        .read_to_string(&mut text)
        .map_err(said)?;
    if u64::try_from(text.len()).is_ok_and(|length| length > LONGEST) {
        return Err(
            "it is too large to be one; take the file that `cloudflared tunnel create` has written"
                .to_owned(),
        );
    }
    // What the parser says of it may quote the secret.
    let read = serde_json::from_str::<Credentials>(&text);
    let id = read.ok().map(|read| read.tunnel);
    id.filter(|id| is_id(id)).ok_or_else(|| {
        "it holds no TunnelID; take the file that `cloudflared tunnel create` has written"
            .to_owned()
    })
}

fn is_id(text: &str) -> bool {
    text.len() == 36
        && text
            .bytes()
            .all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_file_that_is_none_says_why() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("c.json");
        let secret = "c2VjcmV0";
        let read_as = |text: &[u8]| {
            fs::write(&path, text).expect("written");
            read(&path)
        };
        let id = "6ff42ae2-765d-4adf-8112-31c55c1551ef";
        let good = format!(r#"{{"AccountTag":"a","TunnelSecret":"{secret}","TunnelID":"{id}"}}"#);
        assert_eq!(read_as(good.as_bytes()).as_deref(), Ok(id));
        for bad in [
            Vec::new(),
            b"\xff\xfe".to_vec(),
            format!(r#"{{"TunnelSecret":"{secret}""#).into_bytes(),
            br#"{"TunnelID":"../../etc"}"#.to_vec(),
            vec![b' '; 100_000],
        ] {
            let said = read_as(&bad).expect_err("it is none");
            assert!(!said.is_empty() && !said.contains(secret), "{said}");
        }
        assert!(read(folder.path()).is_err_and(|said| said.contains("no file")));
        assert!(read(&folder.path().join("none")).is_err());
    }
}
