//! Whether a server is who it should be: by what was chosen for the tunnel, else by the person's files,
//! which are read and never written.

use super::address::Address;
use super::keys::own_folder;
use super::known_hosts::{KnownHosts, Verdict, is_like};
use super::options::{Options, Pin};
use crate::base::clock;
use crate::model::Reason;
use crate::provider::{ConnectError, Rejected};
use russh::keys::ssh_key::certificate::CertType;
use russh::keys::{Algorithm, Certificate, HashAlg, PublicKey, PublicKeyOrCertificate};
use std::borrow::Cow;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;

/// The largest file that is read.
const LARGEST: u64 = 8 * 1024 * 1024;

/// What is known of all servers.
#[derive(Clone, Debug, Default)]
pub(super) struct HostKeys {
    pins: Vec<Pin>,
    /// What counts where the files say nothing of a server.
    accepted: Vec<(String, Pin)>,
    known: KnownHosts,
}

impl HostKeys {
    /// Reads what the options name, else what OpenSSH reads. May wait for a disk.
    pub(super) fn load(options: &Options) -> Result<Self, Rejected> {
        let mut known = KnownHosts::default();
        if let Some(path) = &options.known_hosts {
            let text = read(path);
            let text = text.map_err(|error| {
                Rejected::new("known-hosts", format!("{}: {error}", path.display()))
            })?;
            known.read(&text);
        } else {
            let own = own_folder().into_iter();
            let own = own.flat_map(|own| ["known_hosts", "known_hosts2"].map(|it| own.join(it)));
            let all = ["ssh_known_hosts", "ssh_known_hosts2"]
                .map(|name| Path::new("/etc/ssh").join(name));
            for path in own.chain(all) {
                match read(&path) {
                    Ok(text) => known.read(&text),
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    Err(error) => tracing::warn!(path = %path.display(), %error, "not read"),
                }
            }
        }
        Ok(Self {
            pins: options.pins.clone(),
            accepted: options.accepted.clone(),
            known,
        })
    }

    /// Whether this is the server's. Nothing is said to it otherwise.
    pub(super) fn check(
        &self,
        at: &Address,
        shown: &PublicKeyOrCertificate,
    ) -> Result<(), ConnectError> {
        let certificate = match shown {
            PublicKeyOrCertificate::PublicKey { key, .. } => return self.check_key(at, key),
            PublicKeyOrCertificate::Certificate(certificate) => certificate,
        };
        let key = PublicKey::from(certificate.public_key().clone());
        let judged = self.known.judge(&at.host, at.port, &blob(&key));
        if judged == Verdict::Revoked || !self.pins.is_empty() {
            return self.check_key(at, &key);
        }
        match self.check_certificate(at, certificate) {
            Ok(()) => Ok(()),
            // As if there were none.
            Err(why) => {
                tracing::debug!(why, "a host certificate is not taken");
                self.check_key(at, &key)
            }
        }
    }

    fn check_key(&self, at: &Address, key: &PublicKey) -> Result<(), ConnectError> {
        let address = at.place();
        let fingerprint = key.fingerprint(HashAlg::Sha256).to_string();
        let judged = self.known.judge(&at.host, at.port, &blob(key));
        let is_pinned = self.pins.iter().any(|pin| pin.is(&fingerprint));
        let verdict = match judged {
            Verdict::Revoked => Verdict::Revoked,
            _ if is_pinned => Verdict::Known,
            _ if !self.pins.is_empty() => Verdict::Changed,
            Verdict::Unknown => self.judge_accepted(&address, &fingerprint),
            judged => judged,
        };
        let reason = match verdict {
            Verdict::Known => return Ok(()),
            Verdict::Unknown => Reason::HostKeyUnknown {
                address,
                fingerprint,
            },
            Verdict::Changed => Reason::HostKeyChanged {
                address,
                fingerprint,
            },
            Verdict::Revoked => Reason::HostKeyRevoked {
                address,
                fingerprint,
            },
        };
        let algorithm = key.algorithm().to_string();
        Err(ConnectError::with(reason, algorithm))
    }

    fn judge_accepted(&self, address: &str, fingerprint: &str) -> Verdict {
        let place = address.to_ascii_lowercase();
        let mut of = self
            .accepted
            .iter()
            .filter(|(at, _)| *at == place)
            .peekable();
        if of.peek().is_none() {
            return Verdict::Unknown;
        }
        if of.any(|(_, pin)| pin.is(fingerprint)) {
            Verdict::Known
        } else {
            Verdict::Changed
        }
    }

    fn check_certificate(&self, at: &Address, shown: &Certificate) -> Result<(), &'static str> {
        let authority = PublicKey::from(shown.signature_key().clone());
        if !self
            .known
            .is_authority(&at.host, at.port, &blob(&authority))
        {
            return Err("its authority is not named");
        }
        if shown.cert_type() != CertType::Host {
            return Err("it is a person's");
        }
        // Nobody has defined one for hosts.
        if !shown.critical_options().is_empty() {
            return Err("it has options that nobody knows");
        }
        let host = at.host.to_ascii_lowercase();
        let is_its = |principal: &String| is_like(principal, &host);
        if !shown.valid_principals().iter().any(is_its) {
            return Err("it is another host's");
        }
        let now = clock::wall().0 / 1_000;
        let fingerprint = authority.fingerprint(HashAlg::Sha256);
        let valid = shown.validate_at(now, [&fingerprint]);
        valid.map_err(|_| "it is not valid, now or at all")
    }

    /// The algorithms to ask a server for, those of the keys that are known of it first: it would show
    /// another key otherwise, which is another one.
    pub(super) fn preferred(&self, at: &Address) -> russh::Preferred {
        let usual = russh::Preferred::default();
        let known = self.known.algorithms(&at.host, at.port);
        // SHA-1 is no signature any longer.
        let taken = usual
            .key
            .iter()
            .filter(|it| !matches!(it, Algorithm::Rsa { hash: None }));
        let mut keys: Vec<Algorithm> = taken.cloned().collect();
        let is_known = |algorithm: &Algorithm| match algorithm {
            Algorithm::Rsa { .. } => known.contains(&"ssh-rsa"),
            other => known.contains(&other.as_str()),
        };
        keys.sort_by_key(|algorithm| !is_known(algorithm));
        let certificates = if self.known.has_authority(&at.host, at.port) {
            keys.clone()
        } else {
            Vec::new()
        };
        russh::Preferred {
            key: Cow::Owned(keys),
            host_key_certificates: Cow::Owned(certificates),
            ..usual
        }
    }
}

fn blob(key: &PublicKey) -> Vec<u8> {
    // A key that cannot be written is nobody's.
    key.to_bytes().unwrap_or_default()
}

/// The text of a file that is not too large. A byte that is no text spoils its line alone.
pub(super) fn read(path: &Path) -> io::Result<String> {
    // How one says that there is none.
    if path == Path::new("/dev/null") {
        return Ok(String::new());
    }
    // A pipe would be waited for as soon as it is opened.
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    let mut bytes = Vec::new();
    let file = File::open(path)?;
    file.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > LARGEST {
        return Err(io::Error::other("it is larger than 8 MiB"));
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
