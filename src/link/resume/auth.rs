//! Who may resume: an id to look the session up by, and a proof that ties the attempt to the
//! session's secret, to this attempt alone, and to this very TLS connection.

use ring::hmac;
use std::fmt;

/// What a session is looked up by. Knowing it proves nothing.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId(pub [u8; 16]);

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Enough to follow one session through a log.
        write!(
            f,
            "{:02x}{:02x}{:02x}{:02x}",
            self.0[0], self.0[1], self.0[2], self.0[3]
        )
    }
}

/// The TLS exporter of one connection: both its ends have the same, no other connection has it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Binding(pub [u8; 32]);

impl fmt::Debug for Binding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// What both ends of a session share and never send.
#[derive(Clone)]
pub struct Secret(hmac::Key);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

pub(super) const PROOF: usize = 32;

/// Which end proves: an answer must not pass for a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Dialling,
    Dialled,
}

/// What is proven.
#[derive(Clone, Copy, Debug)]
pub(super) struct Claim {
    pub(super) side: Side,
    pub(super) id: SessionId,
    pub(super) epoch: u64,
    pub(super) next: u64,
}

impl Secret {
    /// The secret of the session that begins on the connection with this binding.
    pub fn derive(first_link: Binding, id: SessionId) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &first_link.0);
        let mut context = hmac::Context::with_key(&key);
        context.update(b"underpass resume secret");
        context.update(&id.0);
        Self(hmac::Key::new(hmac::HMAC_SHA256, context.sign().as_ref()))
    }

    pub(super) fn prove(&self, claim: Claim, link: Binding) -> [u8; PROOF] {
        let mut proof = [0; PROOF];
        proof.copy_from_slice(hmac::sign(&self.0, &message(claim, link)).as_ref());
        proof
    }

    /// In constant time.
    pub(super) fn verify(&self, claim: Claim, link: Binding, proof: &[u8; PROOF]) -> bool {
        hmac::verify(&self.0, &message(claim, link), proof).is_ok()
    }
}

fn message(claim: Claim, link: Binding) -> [u8; 65] {
    let mut message = [0; 65];
    message[0] = match claim.side {
        Side::Dialling => 1,
        Side::Dialled => 2,
    };
    message[1..17].copy_from_slice(&claim.id.0);
    message[17..25].copy_from_slice(&claim.epoch.to_be_bytes());
    message[25..33].copy_from_slice(&claim.next.to_be_bytes());
    message[33..].copy_from_slice(&link.0);
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_holds_for_one_claim_on_one_connection_with_one_secret() {
        let (id, link) = (SessionId([1; 16]), Binding([2; 32]));
        let secret = Secret::derive(link, id);
        let claim = Claim {
            side: Side::Dialling,
            id,
            epoch: 3,
            next: 4,
        };
        let proof = secret.prove(claim, link);
        assert!(secret.verify(claim, link, &proof));
        assert!(Secret::derive(link, id).verify(claim, link, &proof));
        let others = [
            Claim {
                side: Side::Dialled,
                ..claim
            },
            Claim {
                id: SessionId([9; 16]),
                ..claim
            },
            Claim { epoch: 4, ..claim },
            Claim { next: 5, ..claim },
        ];
        for other in others {
            assert!(!secret.verify(other, link, &proof), "{other:?}");
        }
        assert!(!secret.verify(claim, Binding([3; 32]), &proof));
        let other = Secret::derive(link, SessionId([9; 16]));
        assert!(!other.verify(claim, link, &proof));
        let other = Secret::derive(Binding([3; 32]), id);
        assert!(!other.verify(claim, link, &proof));
    }

    #[test]
    fn nothing_secret_prints() {
        let (id, link) = (SessionId([0xab; 16]), Binding([0xcd; 32]));
        let printed = format!("{:?} {link:?} {id:?}", Secret::derive(link, id));
        assert_eq!(printed, "*** *** abababab");
    }
}
