//! The key by which the clients of a tunnel know its host: made once, published with the endpoint,
//! never stored.

use crate::model::Reason;
use crate::provider::ConnectError;
use russh::keys::{Algorithm, EcdsaCurve, PrivateKey};
use std::fmt;

/// What Microsoft's clients know: they have no Ed25519.
pub(super) const ALGORITHM: Algorithm = Algorithm::Ecdsa {
    curve: EcdsaCurve::NistP384,
};

pub struct HostKey {
    pub(super) private: PrivateKey,
    public: String,
}

impl fmt::Debug for HostKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostKey")
            .field("public", &self.public)
            .finish_non_exhaustive()
    }
}

impl HostKey {
    pub fn make() -> Result<Self, ConnectError> {
        let other = |detail: String| {
            ConnectError::with(
                Reason::Other {
                    detail: detail.clone(),
                },
                detail,
            )
        };
        let private = PrivateKey::random(&mut rand::rng(), ALGORITHM);
        let private = private.map_err(|error| other(error.to_string()))?;
        let line = private.public_key().to_openssh();
        let line = line.map_err(|error| other(error.to_string()))?;
        // `ecdsa-sha2-nistp384 AAAA…`
        let blob = line.split_whitespace().nth(1).unwrap_or_default();
        let public = blob.to_owned();
        Ok(Self { private, public })
    }

    /// The public half as an SSH blob, in Base64.
    pub fn public(&self) -> &str {
        &self.public
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_public_half_is_published_and_the_private_one_never_prints() {
        let key = HostKey::make().expect("a key");
        // A length of 19, then the name: "ecdsa-sha2-nistp384".
        assert!(key.public().starts_with("AAAAE2VjZHNhLXNoYTItbmlzdHAzODQ"));
        assert!(!format!("{key:?}").to_lowercase().contains("private"));
        assert_ne!(key.public(), HostKey::make().expect("a key").public());
    }
}
