//! Who this host is to the service: the same from one start to the next, and another one for each
//! install and tunnel.

use crate::base::digest::hex;
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
    uuid(bytes)
}

/// These bytes as a UUID (of version 8: as one likes).
pub(super) fn uuid(mut bytes: [u8; 16]) -> String {
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    [
        &bytes[..4],
        &bytes[4..6],
        &bytes[6..8],
        &bytes[8..10],
        &bytes[10..],
    ]
    .map(hex)
    .join("-")
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
        assert_eq!(uuid([0; 16]), "00000000-0000-8000-8000-000000000000");
    }
}
