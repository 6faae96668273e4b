//! Errands to the accounts: each is a task that reports back by an event, so that nothing waits for a
//! provider that takes its time.

use super::event::{AskNumber, Event};
use super::run::Mailbox;
use crate::model::{AccountId, AccountState, NoticeKind, Pending, Program, Reason, Tunnel};
use crate::provider::{Inventory, Registry};
use std::collections::HashMap;
use std::sync::Arc;
use tokio::task::{AbortHandle, JoinSet};

/// Runs the errands on the current runtime.
pub(super) struct Errands {
    providers: Registry,
    mailbox: Mailbox,
    /// Changes of an account are made one after the other, whichever tunnel they are of: a provider's
    /// program is asked once at a time anyway.
    turns: HashMap<AccountId, Arc<tokio::sync::Mutex<()>>>,
    /// Those under way.
    changing: JoinSet<()>,
    signing_in: HashMap<AccountId, AbortHandle>,
}

impl Drop for Errands {
    fn drop(&mut self) {
        self.signing_in.values().for_each(AbortHandle::abort);
    }
}

impl Errands {
    pub(super) fn new(providers: Registry, mailbox: Mailbox) -> Self {
        Self {
            providers,
            mailbox,
            turns: HashMap::new(),
            changing: JoinSet::new(),
            signing_in: HashMap::new(),
        }
    }

    fn inventory(&self, account: &AccountId) -> Result<Arc<dyn Inventory>, Reason> {
        self.providers.inventory(account)
    }

    /// Asks what an account has, and first how far this computer is with it.
    pub(super) fn ask_account(
        &self,
        account: AccountId,
        asked: AskNumber,
        preflight: bool,
        known: Vec<Tunnel>,
    ) {
        let (inventory, mailbox) = (self.inventory(&account), self.mailbox.clone());
        let provider = self.providers.find(account.provider);
        let program = provider.and_then(|provider| provider.offers().program);
        tokio::spawn(async move {
            let result = async {
                let inventory = inventory?;
                if preflight {
                    let state = inventory.account().preflight().await;
                    mailbox.send(Event::Account {
                        account: account.clone(),
                        state: state.clone(),
                    });
                    hinders(state, program).map_or(Ok(()), Err)?;
                }
                inventory.list(known).await
            };
            let result = result.await;
            mailbox.send(Event::Listed {
                account,
                asked,
                result,
            });
        });
    }

    /// Asks how far this computer is with an account.
    pub(super) fn preflight(&self, account: AccountId) {
        let (inventory, mailbox) = (self.inventory(&account), self.mailbox.clone());
        tokio::spawn(async move {
            let Ok(inventory) = inventory else {
                return;
            };
            let state = inventory.account().preflight().await;
            mailbox.send(Event::Account { account, state });
        });
    }

    /// Asks about one tunnel.
    pub(super) fn ask_tunnel(&self, account: &AccountId, asked: AskNumber, known: Tunnel) {
        let (inventory, mailbox) = (self.inventory(account), self.mailbox.clone());
        tokio::spawn(async move {
            let tunnel = known.id.clone();
            let answer = async { inventory?.show(tunnel.to_string(), Some(known)).await };
            let result = answer.await.map(Box::new);
            mailbox.send(Event::Shown {
                asked,
                tunnel,
                result,
            });
        });
    }

    /// Changes what an account has.
    pub(super) fn change(&mut self, account: AccountId, change: Pending, known: Tunnel) {
        let (inventory, mailbox) = (self.inventory(&account), self.mailbox.clone());
        let turn = Arc::clone(self.turns.entry(account.clone()).or_default());
        // Those that are done are not kept.
        while self.changing.try_join_next().is_some() {}
        self.changing.spawn(async move {
            let done = async {
                let _turn = turn.lock().await;
                inventory?.change(change.clone(), known.clone()).await
            };
            let (made, error) = match done.await {
                Ok(made) => (made.map(Box::new), None),
                Err(reason) => {
                    tracing::warn!(tunnel = %known.id, reason = reason.code(), "the provider did not take a change");
                    let refused = NoticeKind::ChangeRefused {
                        account,
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

    /// Signs in; a sign-in to the same account that is under way is given up.
    pub(super) fn sign_in(&mut self, account: AccountId, way: String, device: bool) {
        self.cancel_sign_in(&account);
        let (inventory, mailbox) = (self.inventory(&account), self.mailbox.clone());
        let (codes, whose) = (mailbox.clone(), account.clone());
        let on_code = move |code| {
            codes.send(Event::DeviceCode {
                account: whose.clone(),
                code,
            });
        };
        let to = account.clone();
        let task = tokio::spawn(async move {
            let result = async {
                let inventory = inventory?;
                let signing_in = inventory.account().sign_in(way, device, Box::new(on_code));
                signing_in.await?;
                Ok(inventory.account().preflight().await)
            };
            let result = result.await;
            mailbox.send(Event::SignedIn {
                account: to,
                result,
            });
        });
        self.signing_in.insert(account, task.abort_handle());
    }

    pub(super) fn cancel_sign_in(&mut self, account: &AccountId) {
        if let Some(task) = self.signing_in.remove(account) {
            task.abort();
        }
    }

    pub(super) fn sign_out(&mut self, account: AccountId) {
        self.cancel_sign_in(&account);
        let (inventory, mailbox) = (self.inventory(&account), self.mailbox.clone());
        tokio::spawn(async move {
            let result = async { inventory?.account().sign_out().await };
            let result = result.await;
            mailbox.send(Event::SignedOut { account, result });
        });
    }
}

/// Why there is no list to be had.
fn hinders(state: AccountState, program: Option<Program>) -> Option<Reason> {
    match state {
        AccountState::Ready { .. } => None,
        AccountState::NotInstalled => Some(Reason::NotInstalled {
            program: program
                .map(|program| program.name.to_owned())
                .unwrap_or_default(),
        }),
        AccountState::Unknown | AccountState::SignedOut | AccountState::SigningIn { .. } => {
            Some(Reason::SignedOut)
        }
        AccountState::Failed { reason, .. } => Some(reason),
    }
}
