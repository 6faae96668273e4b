//! A server that lets itself be signed in to in one way, forwards nothing, and says in its session what
//! a service says.

use super::*;
use parking_lot::Mutex;
use russh::keys::{Algorithm, HashAlg, PrivateKey};
use russh::server::{Auth, ChannelOpenHandle, Config, Handle, Msg, Response, Session as Server};
use russh::{Channel, ChannelId, MethodKind, MethodSet};
use std::borrow::Cow;

/// How one is let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// By asking.
    Nobody,
    /// By a password in answer to a question.
    Questions,
    /// By a password.
    Password,
    /// It asks again and again.
    Endless,
}

#[derive(Default)]
pub struct Said {
    /// What was asked for: `HOST:PORT`, and what in the session.
    pub asked: Vec<String>,
    /// Who it was that asked.
    pub user: String,
    /// The ports that are not to be had.
    pub taken: Vec<u32>,
    session: Option<(Handle, ChannelId)>,
}

impl Said {
    /// The next session is another one.
    pub fn forget(&mut self) {
        self.session = None;
    }
}

pub struct Fake {
    pub port: u16,
    fingerprint: String,
    pub said: Arc<Mutex<Said>>,
    _task: AbortOnDropHandle<()>,
}

impl Fake {
    pub async fn start(manner: Manner) -> Self {
        let key = PrivateKey::random(&mut rand::rng(), Algorithm::Ed25519).expect("a key");
        let fingerprint = key.public_key().fingerprint(HashAlg::Sha256).to_string();
        let methods = match manner {
            Manner::Nobody => MethodKind::None,
            Manner::Questions | Manner::Endless => MethodKind::KeyboardInteractive,
            Manner::Password => MethodKind::Password,
        };
        let config = Arc::new(Config {
            keys: vec![key],
            methods: MethodSet::from(&[methods][..]),
            auth_rejection_time: Duration::from_millis(1),
            ..Config::default()
        });
        let said: Arc<Mutex<Said>> = Arc::default();
        let shared = Arc::clone(&said);
        let (port, task) = service(move |socket| {
            let (config, said) = (Arc::clone(&config), Arc::clone(&shared));
            async move {
                let running =
                    russh::server::run_stream(config, socket, Door { manner, said }).await;
                if let Ok(running) = running {
                    let _ = running.await;
                }
            }
        })
        .await;
        Self {
            port,
            fingerprint,
            said,
            _task: task,
        }
    }

    pub fn connector(&self, more: &[(&str, &str)]) -> SshConnector {
        let url = format!("ssh://anna@127.0.0.1:{}", self.port);
        self.connector_to(&url, more)
    }

    /// By another address, or as somebody else.
    pub fn connector_to(&self, url: &str, more: &[(&str, &str)]) -> SshConnector {
        let mut chosen = vec![
            ("server", url),
            ("host-key", self.fingerprint.as_str()),
            ("known-hosts", "/dev/null"),
            ("identity", "/there/is/none"),
        ];
        chosen.extend(more);
        connector(&chosen)
    }

    /// The session, once there is one.
    async fn session(&self) -> (Handle, ChannelId) {
        let waiting = async {
            loop {
                if let Some(session) = self.said.lock().session.clone() {
                    return session;
                }
                tokio::task::yield_now().await;
            }
        };
        timeout(SOON, waiting).await.expect("it is asked for")
    }

    /// Says this in the session.
    pub async fn say(&self, text: &str) {
        let (handle, channel) = self.session().await;
        let _ = handle.data(channel, text.as_bytes().to_vec()).await;
    }

    /// Ends the session.
    pub async fn end(&self) {
        let (handle, channel) = self.session().await;
        let _ = handle.close(channel).await;
    }
}

struct Door {
    manner: Manner,
    said: Arc<Mutex<Said>>,
}

fn rejected() -> Auth {
    Auth::Reject {
        proceed_with_methods: None,
        partial_success: false,
    }
}

fn let_in(is_right: bool) -> Auth {
    if is_right { Auth::Accept } else { rejected() }
}

impl russh::server::Handler for Door {
    type Error = russh::Error;

    async fn auth_none(&mut self, user: &str) -> Result<Auth, Self::Error> {
        user.clone_into(&mut self.said.lock().user);
        Ok(let_in(self.manner == Manner::Nobody))
    }

    async fn auth_password(&mut self, _: &str, password: &str) -> Result<Auth, Self::Error> {
        Ok(let_in(password == "s3cret"))
    }

    async fn auth_keyboard_interactive<'a>(
        &'a mut self,
        _: &str,
        _: &str,
        response: Option<Response<'a>>,
    ) -> Result<Auth, Self::Error> {
        let answers: Option<Vec<_>> =
            response.map(|answers| answers.map(|it| it.to_vec()).collect());
        let is_right = answers
            .as_ref()
            .and_then(|it| it.first())
            .is_some_and(|it| it == b"s3cret");
        Ok(match answers {
            Some(_) if self.manner != Manner::Endless => let_in(is_right),
            Some(_) | None => Auth::Partial {
                name: Cow::Borrowed("x"),
                instructions: Cow::Borrowed("y"),
                prompts: Cow::Borrowed(&[(Cow::Borrowed("Password: "), false)]),
            },
        })
    }

    async fn tcpip_forward(
        &mut self,
        address: &str,
        port: &mut u32,
        _: &mut Server,
    ) -> Result<bool, Self::Error> {
        let mut said = self.said.lock();
        said.asked.push(format!("{address}:{port}"));
        if said.taken.contains(port) {
            return Ok(false);
        }
        if *port == 0 {
            *port = 4;
        }
        Ok(true)
    }

    async fn cancel_tcpip_forward(
        &mut self,
        address: &str,
        port: u32,
        _: &mut Server,
    ) -> Result<bool, Self::Error> {
        let mut said = self.said.lock();
        said.asked.push(format!("no {address}:{port}"));
        Ok(true)
    }

    async fn channel_open_session(
        &mut self,
        _: Channel<Msg>,
        reply: ChannelOpenHandle,
        _: &mut Server,
    ) -> Result<(), Self::Error> {
        reply.accept().await;
        Ok(())
    }

    async fn shell_request(
        &mut self,
        channel: ChannelId,
        session: &mut Server,
    ) -> Result<(), Self::Error> {
        session.channel_success(channel)?;
        self.begin("shell", channel, session);
        Ok(())
    }

    async fn exec_request(
        &mut self,
        channel: ChannelId,
        command: &[u8],
        session: &mut Server,
    ) -> Result<(), Self::Error> {
        session.channel_success(channel)?;
        let command = String::from_utf8_lossy(command).into_owned();
        self.begin(&format!("exec {command}"), channel, session);
        Ok(())
    }
}

impl Door {
    fn begin(&self, asked: &str, channel: ChannelId, session: &Server) {
        let mut said = self.said.lock();
        said.asked.push(asked.to_owned());
        said.session = Some((session.handle(), channel));
    }
}
