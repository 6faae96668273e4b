//! Signing in to a server: by nothing at all, by keys, by answers to its questions, by a password, in
//! this order, and only by what it says that it takes.

use super::address::Address;
use super::errors::words;
use super::handler::Handler;
use super::keys::{Agent, FileKey, Files, MOST_KEYS, ask_agent, called};
use crate::model::{Reason, Secret};
use crate::provider::ConnectError;
use russh::client::{AuthResult, Handle, KeyboardInteractiveAuthResponse as Response, Prompt};
use russh::keys::agent::AgentIdentity;
use russh::keys::{HashAlg, PrivateKeyWithHashAlg, PublicKey};
use russh::{MethodKind, MethodSet};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// So many times a server may ask something.
const MOST_ROUNDS: usize = 8;

/// Who signs in, and with what.
pub(super) struct Who<'a> {
    pub(super) at: &'a Address,
    pub(super) user: String,
    pub(super) files: &'a Files,
    pub(super) agent: Option<&'a Path>,
    pub(super) password: Option<&'a Secret>,
    /// It asks for a password, and takes an empty one.
    pub(super) blank_password: bool,
    /// Whether the server has ended the connection in due form.
    pub(super) dismissed: &'a AtomicBool,
}

/// Who one is, for whoever reads it: before a plus services have a token.
fn told_user(user: &str) -> String {
    match user.split_once('+') {
        Some((_, rest)) => format!("***+{rest}"),
        None => user.to_owned(),
    }
}

/// How far signing in has come.
struct Attempt<'a> {
    who: &'a Who<'a>,
    handle: &'a mut Handle<Handler>,
    /// What the server takes from here on.
    takes: MethodSet,
    /// What was shown and not taken.
    shown: Vec<String>,
    /// How often the server has said so.
    refusals: usize,
    /// The password was among what was shown.
    has_said_secret: bool,
    keys: usize,
    /// For RSA, once it is known.
    hash: Option<HashAlg>,
}

/// It was let in, or may go on.
type Step = Result<bool, ConnectError>;

/// Signs in.
pub(super) async fn sign_in(
    handle: &mut Handle<Handler>,
    who: &Who<'_>,
) -> Result<(), ConnectError> {
    let none = handle.authenticate_none(&who.user).await;
    let mut attempt = Attempt {
        who,
        handle,
        takes: MethodSet::empty(),
        shown: Vec::new(),
        refusals: 0,
        has_said_secret: false,
        keys: 0,
        hash: None,
    };
    // Who is let in asks nothing more: there would be no answer.
    let done = attempt.note(none.map_err(|error| lost(&error))?)?
        || attempt.show_keys().await?
        || attempt.answer_questions().await?
        || attempt.say_password().await?;
    if done { Ok(()) } else { Err(attempt.refused()) }
}

fn lost(error: &russh::Error) -> ConnectError {
    ConnectError::with(Reason::LinkLost, words(&error.to_string()))
}

impl Attempt<'_> {
    fn takes(&self, method: MethodKind) -> bool {
        self.takes.contains(&method)
    }

    /// Takes an answer in. The library passes a connection that is gone for a refusal, after which the
    /// server takes nothing; one of the server's own says what it takes.
    fn note(&mut self, result: AuthResult) -> Step {
        let AuthResult::Failure {
            remaining_methods, ..
        } = result
        else {
            return Ok(true);
        };
        let is_said = !self.shown.is_empty() && !remaining_methods.is_empty();
        self.refusals += usize::from(is_said);
        if self.handle.is_closed() {
            return Err(self.handle_closed());
        }
        self.takes = remaining_methods;
        Ok(false)
    }

    /// A server that has had enough hangs up, in due form or after it has refused something; else it is
    /// the connection that broke. Only a password is not shown again and again: that locks people out.
    fn handle_closed(&self) -> ConnectError {
        let is_dismissed = self.who.dismissed.load(Ordering::Acquire);
        let has_refused = self.refusals > 0 || is_dismissed || self.has_said_secret;
        if self.shown.is_empty() || !has_refused {
            let said = "the connection was closed while signing in";
            return ConnectError::with(Reason::LinkLost, said);
        }
        self.refused()
    }

    fn refused(&self) -> ConnectError {
        let who = self.who;
        let takes: Vec<&str> = self.takes.iter().map(<&str>::from).collect();
        let mut parts = vec![format!("as {}", told_user(&who.user))];
        if self.shown.is_empty() {
            parts.push("nothing to show".to_owned());
        } else {
            parts.push(format!("not taken: {}", self.shown.join(", ")));
        }
        parts.extend(who.files.notes.iter().cloned());
        if !takes.is_empty() {
            parts.push(format!("it takes {}", takes.join(", ")));
        }
        ConnectError::new(Reason::KeysRefused {
            address: who.at.place(),
            detail: words(&parts.join("; ")),
        })
    }

    async fn show_keys(&mut self) -> Step {
        if !self.takes(MethodKind::PublicKey) {
            return Ok(false);
        }
        for key in &self.who.files.keys {
            if self.who.files.only.is_some() && self.show_file(key).await? {
                return Ok(true);
            }
        }
        if self.show_agent().await? {
            return Ok(true);
        }
        for key in &self.who.files.keys {
            if self.who.files.only.is_none() && self.show_file(key).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether another key may be shown.
    fn has_room(&mut self) -> bool {
        self.keys += 1;
        self.keys <= MOST_KEYS && self.takes(MethodKind::PublicKey)
    }

    async fn show_file(&mut self, file: &FileKey) -> Step {
        let user = self.who.user.clone();
        if let Some(certificate) = &file.certificate
            && self.has_room()
        {
            let (key, certificate) = (file.key.clone(), certificate.clone());
            let shown = self
                .handle
                .authenticate_openssh_cert(&user, key, certificate);
            let result = shown.await.map_err(|error| lost(&error))?;
            self.shown
                .push(format!("certificate of {}", called(file.key.public_key())));
            if self.note(result)? {
                return Ok(true);
            }
        }
        if !self.has_room() {
            return Ok(false);
        }
        let hash = self.hash(file.key.public_key()).await?;
        let key = PrivateKeyWithHashAlg::new(file.key.clone(), hash);
        let result = self.handle.authenticate_publickey(&user, key).await;
        let result = result.map_err(|error| lost(&error))?;
        self.shown.push(called(file.key.public_key()));
        self.note(result)
    }

    /// What an RSA key signs with; SHA-1 is no signature any longer.
    async fn hash(&mut self, key: &PublicKey) -> Result<Option<HashAlg>, ConnectError> {
        if !key.algorithm().is_rsa() {
            return Ok(None);
        }
        if let Some(hash) = self.hash {
            return Ok(Some(hash));
        }
        let best = self.handle.best_supported_rsa_hash().await;
        let best = best.map_err(|error| lost(&error))?.flatten();
        let hash = best.unwrap_or(HashAlg::Sha256);
        self.hash = Some(hash);
        Ok(Some(hash))
    }

    async fn show_agent(&mut self) -> Step {
        let only = &self.who.files.only;
        let has_all = |only: &Vec<PublicKey>| {
            let has = |key: &PublicKey| {
                let files = &self.who.files.keys;
                files
                    .iter()
                    .any(|file| file.key.public_key().key_data() == key.key_data())
            };
            only.iter().all(has)
        };
        if only.as_ref().is_some_and(has_all) {
            return Ok(false);
        }
        let (mut agent, held) = match ask_agent(self.who.agent).await {
            Ok(asked) => asked,
            Err(why) => {
                tracing::debug!(why, "no agent");
                return Ok(false);
            }
        };
        for identity in held {
            let key = identity.public_key().into_owned();
            let is_wanted = only
                .as_ref()
                .is_none_or(|only| only.iter().any(|it| it.key_data() == key.key_data()));
            if is_wanted && self.has_room() && self.show_held(&mut agent, identity, &key).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn show_held(
        &mut self,
        agent: &mut Agent,
        identity: AgentIdentity,
        key: &PublicKey,
    ) -> Step {
        let hash = self.hash(key).await?;
        let user = self.who.user.clone();
        let result = match identity {
            AgentIdentity::PublicKey { key, .. } => {
                let shown = self
                    .handle
                    .authenticate_publickey_with(user, key, hash, agent);
                shown.await
            }
            AgentIdentity::Certificate { certificate, .. } => {
                let shown =
                    self.handle
                        .authenticate_certificate_with(user, certificate, hash, agent);
                shown.await
            }
        };
        self.shown.push(format!("{} of the agent", called(key)));
        match result {
            Ok(result) => self.note(result),
            // It may hold others that it signs with.
            Err(error) => {
                tracing::debug!(%error, "the agent does not sign");
                Ok(false)
            }
        }
    }

    async fn answer_questions(&mut self) -> Step {
        let may = self.who.password.is_some() || self.who.blank_password || self.keys == 0;
        if !self.takes(MethodKind::KeyboardInteractive) || !may {
            return Ok(false);
        }
        let user = self.who.user.clone();
        let started = self
            .handle
            .authenticate_keyboard_interactive_start(user, None);
        let mut response = started.await.map_err(|error| lost(&error))?;
        for _ in 0..MOST_ROUNDS {
            let prompts = match response {
                Response::Success => return Ok(true),
                Response::Failure {
                    remaining_methods, ..
                } => {
                    self.shown.push("answers to its questions".to_owned());
                    self.has_said_secret = true;
                    return self.note(AuthResult::Failure {
                        remaining_methods,
                        partial_success: false,
                    });
                }
                Response::InfoRequest { prompts, .. } => prompts,
            };
            let answers = prompts.iter().map(|prompt| self.answer(prompt)).collect();
            let responded = self
                .handle
                .authenticate_keyboard_interactive_respond(answers);
            response = responded.await.map_err(|error| lost(&error))?;
        }
        let detail = "it never stops asking".to_owned();
        Err(ConnectError::new(Reason::ProtocolFault { detail }))
    }

    /// What is not to be seen is the password; whatever else it may ask, there is nobody to say it.
    fn answer(&self, prompt: &Prompt) -> String {
        match self.who.password {
            Some(password) if !prompt.echo => password.expose().to_owned(),
            _ => String::new(),
        }
    }

    async fn say_password(&mut self) -> Step {
        let password = match self.who.password {
            Some(password) => password.expose(),
            None if self.who.blank_password => "",
            None => return Ok(false),
        };
        if !self.takes(MethodKind::Password) {
            return Ok(false);
        }
        let said = self.handle.authenticate_password(&self.who.user, password);
        let result = said.await.map_err(|error| lost(&error))?;
        self.shown.push("the password".to_owned());
        self.has_said_secret = true;
        self.note(result)
    }
}
