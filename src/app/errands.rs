//! Errands to an account: each is a task that reports back by an event, so that nothing waits for a
//! provider that takes its time.

use super::account::{Account, DevTunnels, Reported};
use super::event::{AskNumber, Event};
use super::run::Mailbox;
use crate::model::{AccountState, Identity, NoticeKind, Pending, Reason, Tunnel};
use std::sync::Arc;
use tokio::task::{AbortHandle, JoinSet};

/// Runs the errands on the current runtime.
pub(super) struct Errands {
    account: Arc<dyn Account>,
    mailbox: Mailbox,
    /// Changes are made one after the other, whichever tunnel they are of: the provider's program is
    /// asked once at a time anyway.
    changes: Arc<tokio::sync::Mutex<()>>,
    /// Those under way.
    changing: JoinSet<()>,
    sign_in: Option<AbortHandle>,
}

impl Drop for Errands {
    fn drop(&mut self) {
        self.cancel_sign_in();
    }
}

impl Errands {
    pub(super) fn new(parts: &DevTunnels, mailbox: Mailbox) -> Self {
        Self {
            account: Arc::clone(&parts.account),
            mailbox,
            changes: Arc::default(),
            changing: JoinSet::new(),
            sign_in: None,
        }
    }

    /// Asks what the account has, and first how far this computer is with it.
    pub(super) fn ask_account(&self, asked: AskNumber, preflight: bool, known: Vec<Tunnel>) {
        let (account, mailbox) = (Arc::clone(&self.account), self.mailbox.clone());
        tokio::spawn(async move {
            if preflight {
                let state = account.preflight().await;
                mailbox.send(Event::Account(state.clone()));
                if let Some(reason) = hinders(&state) {
                    let result = Err(reason);
                    return mailbox.send(Event::Listed { asked, result });
                }
            }
            let result = account.list(known).await;
            mailbox.send(Event::Listed { asked, result });
        });
    }

    /// Asks how far this computer is with the account.
    pub(super) fn preflight(&self) {
        let (account, mailbox) = (Arc::clone(&self.account), self.mailbox.clone());
        tokio::spawn(async move {
            let state = account.preflight().await;
            mailbox.send(Event::Account(state));
        });
    }

    /// Asks about one tunnel.
    pub(super) fn ask_tunnel(&self, asked: AskNumber, known: Tunnel) {
        let (account, mailbox) = (Arc::clone(&self.account), self.mailbox.clone());
        tokio::spawn(async move {
            let tunnel = known.id.clone();
            let answer = account.show(tunnel.to_string(), Some(known)).await;
            let result = answer.map(Box::new);
            mailbox.send(Event::Shown {
                asked,
                tunnel,
                result,
            });
        });
    }

    /// Changes what the account has.
    pub(super) fn change(&mut self, change: Pending, known: Tunnel) {
        let (account, mailbox) = (Arc::clone(&self.account), self.mailbox.clone());
        let turn = Arc::clone(&self.changes);
        // Those that are done are not kept.
        while self.changing.try_join_next().is_some() {}
        self.changing.spawn(async move {
            let done = {
                let _turn = turn.lock().await;
                make(&*account, &change, known.clone()).await
            };
            let (made, error) = match done {
                Ok(made) => (made.map(Box::new), None),
                Err(reason) => {
                    tracing::warn!(tunnel = %known.id, reason = reason.code(), "the provider did not take a change");
                    let refused = NoticeKind::ChangeRefused {
                        change: change.word(),
                        name: known.name,
                        reason,
                    };
                    (None, Some(refused))
                }
            };
            mailbox.send(Event::Changed {
                change,
                error,
                made,
            });
        });
    }

    /// The end of the changes that are under way; the caller bounds it. Later ones are not waited for.
    pub(super) fn finish(&mut self) -> impl Future<Output = ()> + use<> {
        let mut changing = std::mem::take(&mut self.changing);
        async move { while changing.join_next().await.is_some() {} }
    }

    /// Signs in; one that is under way is given up.
    pub(super) fn sign_in(&mut self, identity: Identity, device: bool) {
        self.cancel_sign_in();
        let (account, mailbox) = (Arc::clone(&self.account), self.mailbox.clone());
        let codes = mailbox.clone();
        let task = tokio::spawn(async move {
            let on_code = Box::new(move |code| codes.send(Event::DeviceCode(code)));
            let result = match account.sign_in(identity, device, on_code).await {
                Ok(()) => Ok(account.preflight().await),
                Err(reason) => Err(reason),
            };
            mailbox.send(Event::SignedIn(result));
        });
        self.sign_in = Some(task.abort_handle());
    }

    pub(super) fn cancel_sign_in(&mut self) {
        if let Some(task) = self.sign_in.take() {
            task.abort();
        }
    }

    pub(super) fn sign_out(&mut self) {
        self.cancel_sign_in();
        let (account, mailbox) = (Arc::clone(&self.account), self.mailbox.clone());
        tokio::spawn(async move {
            let result = account.sign_out().await;
            mailbox.send(Event::SignedOut(result));
        });
    }
}

/// Why there is no list to be had.
fn hinders(state: &AccountState) -> Option<Reason> {
    match state {
        AccountState::Ready { .. } => None,
        AccountState::NotInstalled => Some(Reason::NotInstalled {
            program: "devtunnel".to_owned(),
        }),
        AccountState::Unknown | AccountState::SignedOut | AccountState::SigningIn { .. } => {
            Some(Reason::SignedOut)
        }
        AccountState::Failed { reason, .. } => Some(reason.clone()),
    }
}

/// Makes the change; a tunnel that is made is brought back.
async fn make(
    account: &dyn Account,
    change: &Pending,
    known: Tunnel,
) -> Result<Option<Reported>, Reason> {
    match change.clone() {
        Pending::Create(tunnel) => {
            return account.create(tunnel).await.map(Some);
        }
        Pending::Delete(id) => match account.delete(id).await {
            // Somebody else deleted it: it is gone, as was asked for.
            Ok(()) | Err(Reason::TunnelGone) => return Ok(None),
            Err(reason) => return Err(reason),
        },
        Pending::AddPort(id, port) => account.add_port(id, port).await?,
        Pending::RemovePort(key) => account.remove_port(key).await?,
        Pending::ChangeProtocol(key, protocol) => account.change_protocol(key, protocol).await?,
        // Its own proxy does that, always.
        Pending::SetHostHeader(..) => return Ok(None),
        Pending::SetAccess(id, access) => account.set_access(id, access).await?,
        Pending::Renew(id) => account.renew(id).await?,
    }
    // One targeted question; without its answer the change stands as it was asked for.
    let id = known.id.to_string();
    Ok(account.show(id, Some(known)).await.ok())
}
