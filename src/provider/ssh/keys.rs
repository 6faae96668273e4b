//! What is shown to a server: the key of a file with its certificate, and what an agent holds.

use super::host_key::read;
use super::options::Options;
use crate::model::Secret;
use russh::keys::agent::AgentIdentity;
use russh::keys::agent::client::{AgentClient, AgentStream};
use russh::keys::{
    Certificate, Error, HashAlg, PrivateKey, PublicKey, decode_secret_key, load_public_key,
};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// So many keys are shown: a server takes six attempts, one of which asks what it takes at all.
pub(super) const MOST_KEYS: usize = 5;

/// The agent answers within this time.
const AGENT_WITHIN: Duration = Duration::from_secs(5);

/// Those that OpenSSH tries, in its order.
const USUAL: [&str; 3] = ["id_rsa", "id_ecdsa", "id_ed25519"];

pub(super) type Agent = AgentClient<Box<dyn AgentStream + Send + Unpin>>;

/// A key of a file.
#[derive(Clone, Debug)]
pub(super) struct FileKey {
    pub(super) key: Arc<PrivateKey>,
    pub(super) certificate: Option<Certificate>,
}

/// What there is of files.
#[derive(Clone, Debug, Default)]
pub(super) struct Files {
    pub(super) keys: Vec<FileKey>,
    /// The only keys that the agent is asked for; any, where nobody chose one.
    pub(super) only: Option<Vec<PublicKey>>,
    /// What stood in the way of others.
    pub(super) notes: Vec<String>,
}

/// Where a person keeps keys and the servers' names; `None` where nobody knows whose home it is.
pub(super) fn own_folder() -> Option<PathBuf> {
    let home = std::env::home_dir().filter(|home| home.is_absolute());
    home.map(|home| home.join(".ssh"))
}

impl Files {
    /// Reads the key that was chosen, else the usual ones. May wait for a disk.
    pub(super) fn load(options: &Options) -> Self {
        let mut files = Self::default();
        if let Some(path) = &options.identity {
            let public = files.add(path, options.passphrase.as_ref());
            files.only = Some(public.into_iter().collect());
            return files;
        }
        for path in own_folder()
            .into_iter()
            .flat_map(|own| USUAL.map(|name| own.join(name)))
        {
            if path.is_file() {
                files.add(&path, options.passphrase.as_ref());
            }
        }
        files
    }

    /// Adds a key; gives its public half, which is all that there is where the agent has the rest.
    fn add(&mut self, path: &Path, passphrase: Option<&Secret>) -> Option<PublicKey> {
        let note = |why: String| format!("{}: {why}", path.display());
        let certificate = with_suffix(path, "-cert.pub");
        let certificate = read(&certificate).ok();
        let certificate = certificate.and_then(|text| Certificate::from_openssh(text.trim()).ok());
        let public = || load_public_key(with_suffix(path, ".pub")).ok();
        let text = match read(path) {
            Ok(text) => text,
            Err(error) => {
                self.notes.push(note(error.to_string()));
                return public();
            }
        };
        // The public half alone names a key that the agent has.
        if let Ok(public) = PublicKey::from_openssh(text.trim()) {
            return Some(public);
        }
        let passphrase = passphrase.map(Secret::expose);
        match decode_secret_key(&text, passphrase) {
            Ok(key) => {
                let public = key.public_key().clone();
                let key = Arc::new(key);
                self.keys.push(FileKey { key, certificate });
                Some(public)
            }
            Err(Error::KeyIsEncrypted) => {
                self.notes
                    .push(note("it is encrypted: set its passphrase".to_owned()));
                public()
            }
            Err(error) => {
                let why = if passphrase.is_some() {
                    "it cannot be read with this passphrase".to_owned()
                } else {
                    format!("it is no key that can be read ({error})")
                };
                self.notes.push(note(why));
                public()
            }
        }
    }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(suffix);
    PathBuf::from(path)
}

/// Reaches the agent at this socket, and asks what it holds.
pub(super) async fn ask_agent(
    socket: Option<&Path>,
) -> Result<(Agent, Vec<AgentIdentity>), String> {
    let asking = async {
        let mut agent = reach(socket).await?;
        let held = agent.request_identities().await?;
        Ok::<_, Error>((agent, held))
    };
    match timeout(AGENT_WITHIN, asking).await {
        Ok(asked) => asked.map_err(|error| error.to_string()),
        Err(_) => Err("it does not answer".to_owned()),
    }
}

#[cfg(unix)]
async fn reach(socket: Option<&Path>) -> Result<Agent, Error> {
    let socket = socket.ok_or(Error::EnvVar("SSH_AUTH_SOCK"))?;
    Ok(AgentClient::connect_uds(socket).await?.dynamic())
}

#[cfg(windows)]
async fn reach(socket: Option<&Path>) -> Result<Agent, Error> {
    let usual = Path::new(r"\\.\pipe\openssh-ssh-agent");
    let pipe = socket.unwrap_or(usual);
    match AgentClient::connect_named_pipe(pipe).await {
        Ok(agent) => Ok(agent.dynamic()),
        Err(_) => Ok(AgentClient::connect_pageant().await?.dynamic()),
    }
}

/// How a key is told apart in what a person reads.
pub(super) fn called(key: &PublicKey) -> String {
    format!("{} {}", key.algorithm(), key.fingerprint(HashAlg::Sha256))
}
