//! Who this host is to the service: the same from one start to the next, and another one for each
//! install and tunnel.

use crate::model::TunnelId;
use sha2::{Digest as _, Sha256};

/// Keeps what is derived here apart from what anybody else derives of the same things.
const DOMAIN: &str = "underpass dev tunnels host 1";

/// The id of this install as a host of this tunnel.
pub(super) fn host_id(install: &str, tunnel: &TunnelId) -> String {
    let mut hash = Sha256::new();
    for part in [DOMAIN, install, tunnel.as_str()] {
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    // Of version 8: as one likes.
    uuid::Builder::from_custom_bytes(bytes)
        .into_uuid()
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_the_same_one_each_time_and_another_one_elsewhere() {
        let id = |text| TunnelId::new(text).expect("an id");
        let here = host_id("install", &id("web.usw2"));
        assert_eq!(here, host_id("install", &id("web.usw2")));
        assert_ne!(here, host_id("other", &id("web.usw2")));
        assert_ne!(here, host_id("install", &id("web.euw")));
        assert_eq!(here.len(), 36);
        assert_eq!(&here[14..15], "8");
        // It stays the same from one version of this program to the next.
        assert_eq!(here, "682fa039-c30c-836d-85e9-d52f590f15e4");
    }
}
