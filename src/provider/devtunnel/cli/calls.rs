//! One function a command: what is asked, and what comes back. It decides nothing.

use super::super::Identity;
use super::device::CodeReader;
use super::errors::{self, About, Verdict, failed};
use super::limits::{self, Limits};
use super::shapes::{self, Entry, Listed, PortTold, Told, User};
use crate::base::clock;
use crate::model::{Access, DeviceCode, PortNumber, Protocol, Reason, Secret, TunnelId};
use crate::provider::ConnectError;
use crate::provider::program::{Answer, Program, Watch};
use std::time::Duration;

/// A code that is typed elsewhere is good for 15 minutes; then the program gives up by itself.
const SIGN_IN_WITHIN: Duration = Duration::from_mins(16);

/// The longest that a tunnel may live: the service's own maximum.
const LONGEST: &str = "30d";

/// The program's commands.
#[derive(Clone, Debug)]
pub struct Cli {
    program: Program,
}

#[derive(Clone, Copy, Debug)]
pub struct New<'a> {
    /// The id that is asked for; the service picks one where there is none.
    pub id: Option<&'a str>,
    /// What is written about it.
    pub description: &'a str,
    pub access: Access,
}

impl Cli {
    pub fn new(program: Program) -> Self {
        Self { program }
    }

    /// `list`.
    pub async fn list(&self) -> Result<Vec<Listed>, ConnectError> {
        self.read(&["list", "--json"], About::Account, shapes::listing)
            .await
    }

    /// `show`.
    pub async fn show(&self, id: &str) -> Result<Told, ConnectError> {
        let argv = ["show", id, "--json"];
        self.read(&argv, About::Tunnel(id), shapes::tunnel).await
    }

    /// `create`.
    pub async fn create(&self, new: New<'_>) -> Result<Told, ConnectError> {
        let description = description(new.description);
        let mut argv = vec!["create"];
        argv.extend(new.id);
        argv.extend(description.iter().map(String::as_str));
        argv.extend(["--expiration", LONGEST]);
        match new.access {
            Access::Public => argv.push("--allow-anonymous"),
            Access::Private => {}
        }
        argv.push("--json");
        let about = About::NewTunnel(new.id.unwrap_or_default());
        self.read(&argv, about, shapes::tunnel).await
    }

    /// `update --expiration`.
    pub async fn renew(&self, id: &TunnelId) -> Result<Told, ConnectError> {
        let argv = ["update", id.as_str(), "--expiration", LONGEST, "--json"];
        self.read(&argv, About::Tunnel(id.as_str()), shapes::tunnel)
            .await
    }

    /// `delete`.
    pub async fn delete(&self, id: &TunnelId) -> Result<(), ConnectError> {
        let argv = ["delete", id.as_str(), "--force", "--json"];
        self.ask(&argv, About::Tunnel(id.as_str())).await.map(drop)
    }

    /// `port create`.
    pub async fn create_port(
        &self,
        id: &TunnelId,
        port: PortNumber,
        protocol: Protocol,
    ) -> Result<PortTold, ConnectError> {
        let number = port.to_string();
        let argv = [
            "port",
            "create",
            id.as_str(),
            "--port-number",
            &number,
            "--protocol",
            protocol.as_str(),
            "--json",
        ];
        self.read(&argv, About::Tunnel(id.as_str()), shapes::port)
            .await
    }

    /// `port delete`.
    pub async fn delete_port(&self, id: &TunnelId, port: PortNumber) -> Result<(), ConnectError> {
        let number = port.to_string();
        let argv = [
            "port",
            "delete",
            id.as_str(),
            "--port-number",
            &number,
            "--json",
        ];
        self.ask(&argv, About::Tunnel(id.as_str())).await.map(drop)
    }

    /// `access list`, of the tunnel or of one port.
    pub async fn access(
        &self,
        id: &TunnelId,
        port: Option<PortNumber>,
    ) -> Result<Vec<Entry>, ConnectError> {
        self.about_access("list", id, port, &[]).await
    }

    /// `access reset`, of the tunnel or of one port.
    pub async fn reset_access(
        &self,
        id: &TunnelId,
        port: Option<PortNumber>,
    ) -> Result<Vec<Entry>, ConnectError> {
        self.about_access("reset", id, port, &[]).await
    }

    /// `access create --anonymous`, of the tunnel or of one port; `deny` keeps everybody out.
    pub async fn let_in(
        &self,
        id: &TunnelId,
        port: Option<PortNumber>,
        deny: bool,
    ) -> Result<Vec<Entry>, ConnectError> {
        let more: &[&str] = if deny {
            &["--anonymous", "--deny"]
        } else {
            &["--anonymous"]
        };
        self.about_access("create", id, port, more).await
    }

    async fn about_access(
        &self,
        what: &str,
        id: &TunnelId,
        port: Option<PortNumber>,
        more: &[&str],
    ) -> Result<Vec<Entry>, ConnectError> {
        let number = port.map(|port| port.to_string());
        let mut argv = vec!["access", what, id.as_str()];
        if let Some(number) = &number {
            argv.extend(["--port-number", number]);
        }
        argv.extend(more);
        argv.push("--json");
        self.read(&argv, About::Tunnel(id.as_str()), shapes::access)
            .await
    }

    /// `token`, for one scope: asked for two at once, the program makes one that is good for none.
    pub async fn token(
        &self,
        id: &TunnelId,
        scope: &str,
    ) -> Result<(Secret, Option<Duration>), ConnectError> {
        let argv = ["token", id.as_str(), "--scopes", scope, "--json"];
        let read = |text: &str| shapes::token(text, clock::wall());
        self.read(&argv, About::Tunnel(id.as_str()), read).await
    }

    /// `user show`. It ends well, too, when nobody is signed in.
    pub async fn user(&self) -> Result<User, ConnectError> {
        let answer = self.run(&["user", "show", "--json"]).await?;
        if answer.code == Some(0) {
            return shapes::user(&answer.stdout).ok_or_else(unreadable);
        }
        match errors::classify(&answer, About::Account, clock::wall()) {
            Verdict::Is(error) => Err(error),
            Verdict::NotPermitted(detail) => Err(ConnectError::with(Reason::SignedOut, detail)),
        }
    }

    /// `user login`. Dropping the future gives it up.
    pub async fn sign_in(
        &self,
        identity: Identity,
        device: bool,
        on_code: &mut (dyn FnMut(DeviceCode) + Send),
    ) -> Result<(), ConnectError> {
        let mut argv = vec!["user", "login"];
        argv.push(match identity {
            Identity::Microsoft => "-e",
            Identity::GitHub => "-g",
        });
        if device {
            argv.push("-d");
        }
        let mut codes = CodeReader::default();
        let mut on_line = |line: &str| {
            if let Some(code) = codes.read(line).filter(|_| device) {
                on_code(code);
            }
        };
        let watch = Watch {
            within: SIGN_IN_WITHIN,
            // One of them is the person's browser.
            with_children: false,
            on_line: &mut on_line,
        };
        let answer = self.program.watch(&argv, watch).await;
        let answer = answer.map_err(|fault| errors::of_fault(&fault))?;
        self.checked(answer, About::Account).await.map(drop)
    }

    /// `user logout`.
    pub async fn sign_out(&self) -> Result<(), ConnectError> {
        self.ask(&["user", "logout"], About::Account)
            .await
            .map(drop)
    }

    /// `limits`.
    pub async fn limits(&self) -> Result<Limits, ConnectError> {
        let read = |text: &str| Some(limits::read(text));
        self.read(&["limits", "--json"], About::Account, read).await
    }

    /// `--version`.
    pub async fn version(&self) -> Result<String, ConnectError> {
        self.read(&["--version"], About::Account, shapes::version)
            .await
    }

    async fn read<T>(
        &self,
        argv: &[&str],
        about: About<'_>,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, ConnectError> {
        let text = self.ask(argv, about).await?;
        read(&text).ok_or_else(unreadable)
    }

    async fn ask(&self, argv: &[&str], about: About<'_>) -> Result<String, ConnectError> {
        let answer = self.run(argv).await?;
        self.checked(answer, about).await
    }

    async fn run(&self, argv: &[&str]) -> Result<Answer, ConnectError> {
        let answer = self.program.run(argv).await;
        answer.map_err(|fault| errors::of_fault(&fault))
    }

    /// What it printed, if it ended well.
    async fn checked(&self, answer: Answer, about: About<'_>) -> Result<String, ConnectError> {
        if answer.code == Some(0) {
            return Ok(answer.stdout);
        }
        match errors::classify(&answer, about, clock::wall()) {
            Verdict::Is(error) => Err(error),
            Verdict::NotPermitted(detail) => {
                let user = self.user().await;
                Err(match user {
                    Ok(user) => errors::not_permitted(about, user.signed_in, detail),
                    Err(error) if error.reason == Reason::SignedOut => error,
                    Err(_) => failed(detail),
                })
            }
        }
    }
}

/// It ended well and said nothing that could be read. What it said stays untold: it may be a token.
fn unreadable() -> ConnectError {
    failed("its answer could not be read")
}

/// The description as arguments: as one where the program would take it for an option, or, with an
/// `@`, for a file of arguments.
fn description(text: &str) -> Vec<String> {
    let text = text.trim();
    if text.is_empty() {
        Vec::new()
    } else if text.starts_with(['-', '@']) {
        vec![format!("--description={text}")]
    } else {
        vec!["--description".to_owned(), text.to_owned()]
    }
}

#[cfg(test)]
mod tests {
    use super::description;

    #[test]
    fn a_description_is_never_taken_for_something_else() {
        assert_eq!(description(" My shop "), ["--description", "My shop"]);
        assert_eq!(description("-a"), ["--description=-a"]);
        assert_eq!(description("@/etc/passwd"), ["--description=@/etc/passwd"]);
        assert_eq!(description(" "), [""; 0]);
    }
}
