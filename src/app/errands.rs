//! Errands to the accounts and to this computer's file: each is a task that reports back by an event, so
//! that nothing waits for a provider that takes its time.

use super::event::{AskNumber, Event};
use super::run::Mailbox;
use crate::model::{AccountId, AccountState, Pending, Program, Reason, Tunnel, TunnelId};
use crate::provider::{Account, Inventory, Registry};
use std::collections::HashMap;
use std::sync::Arc;
use tokio::task::{AbortHandle, JoinSet};

/// Runs the errands on the current runtime.
pub(super) struct Errands {
    providers: Registry,
    /// Where the tunnels are of whoever keeps none, or is not in this build.
    here: Arc<dyn Inventory>,
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
    pub(super) fn new(providers: Registry, here: Arc<dyn Inventory>, mailbox: Mailbox) -> Self {
        Self {
            providers,
            here,
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
                    let state = account_of(&*inventory, &account)?.preflight().await;
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
            let found = async { Ok(account_of(&*inventory?, &account)?.preflight().await) };
            let found: Result<_, Reason> = found.await;
            if let Ok(state) = found {
                mailbox.send(Event::Account { account, state });
            }
        });
    }

    pub(super) fn ask_tunnel(&self, account: &AccountId, asked: AskNumber, tunnel: TunnelId) {
        let (inventory, mailbox) = (self.inventory(account), self.mailbox.clone());
        tokio::spawn(async move {
            let answer = async { inventory?.show(tunnel.to_string()).await };
            let result = answer.await.map(Box::new);
            mailbox.send(Event::Shown {
                asked,
                tunnel,
                result,
            });
        });
    }

    /// Changes what an account has, or the file of this computer.
    pub(super) fn change(&mut self, account: AccountId, change: Pending, known: Tunnel) {
        let inventory = self.inventory(&account);
        let inventory = inventory.unwrap_or_else(|_| Arc::clone(&self.here));
        let mailbox = self.mailbox.clone();
        let turn = Arc::clone(self.turns.entry(account).or_default());
        // Those that are done are not kept.
        while self.changing.try_join_next().is_some() {}
        self.changing.spawn(async move {
            let result = {
                let _turn = turn.lock().await;
                inventory.change(change.clone(), known).await
            };
            if let Err(reason) = &result {
                let (tunnel, reason) = (change.tunnel(), reason.code());
                tracing::warn!(%tunnel, reason, "a change was not taken");
            }
            let result = result.map(|made| made.map(Box::new));
            mailbox.send(Event::Changed { change, result });
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
                let own = account_of(&*inventory, &to)?;
                own.sign_in(way, device, Box::new(on_code)).await?;
                Ok(own.preflight().await)
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
            let result = async { account_of(&*inventory?, &account)?.sign_out().await };
            let result = result.await;
            mailbox.send(Event::SignedOut { account, result });
        });
    }
}

/// The account that an inventory is of.
fn account_of<'i>(
    inventory: &'i dyn Inventory,
    account: &AccountId,
) -> Result<&'i dyn Account, Reason> {
    inventory.account().ok_or_else(|| Reason::NoProvider {
        provider: account.provider.to_string(),
    })
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
