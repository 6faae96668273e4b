//! Signing in to an account, and out of it.

use super::Update;
use crate::app::event::Command;
use crate::model::{AccountId, AccountState, DeviceCode, Dialog, DialogKind, Offers, Reason};
use crate::view::WindowOp;

impl Update<'_> {
    pub(super) fn sign_in(&mut self, account: &AccountId, way: &str, device: bool) {
        self.clear_trouble(account);
        self.set(|settings| settings.set_option(account.provider, Offers::LAST_WAY, way));
        let lacks_program = self.state.inputs.account(account).state == AccountState::NotInstalled;
        if lacks_program || device {
            // There is something to read: how to install it, or the code.
            let account = account.clone();
            self.state.inputs.dialog = Some(Dialog {
                kind: DialogKind::Account { account },
                errors: vec![],
            });
            self.commands.push(Command::Window(WindowOp::Show));
        }
        if !lacks_program {
            let facts = self.state.inputs.account_mut(account);
            facts.state = AccountState::SigningIn { device: None };
            self.commands.push(Command::SignIn {
                account: account.clone(),
                way: way.to_owned(),
                device,
            });
        }
    }

    /// The code to be typed is known.
    pub(super) fn handle_code(&mut self, account: &AccountId, code: DeviceCode) {
        let facts = self.state.inputs.account_mut(account);
        if let AccountState::SigningIn { device } = &mut facts.state {
            *device = Some(code);
        }
    }

    /// The person gives the sign-in up; it may have come to its end at the same moment.
    pub(super) fn cancel_sign_in(&mut self, account: &AccountId) {
        if self.is_signing_in(account) {
            self.state.inputs.account_mut(account).state = AccountState::SignedOut;
            self.commands.push(Command::CancelSignIn(account.clone()));
            self.refresh(account, true);
        }
    }

    /// A sign-in came to its end.
    pub(super) fn handle_signed_in(
        &mut self,
        account: &AccountId,
        result: Result<AccountState, Reason>,
    ) {
        if !self.is_signing_in(account) {
            // It was given up.
            return;
        }
        match result {
            Ok(found) => {
                let ready = found.is_ready();
                self.set_account(account, found, ready);
                if ready {
                    self.refresh(account, false);
                }
            }
            Err(reason) => {
                self.state.inputs.account_mut(account).state = match reason {
                    Reason::NotInstalled { .. } => AccountState::NotInstalled,
                    _ => AccountState::SignedOut,
                };
                self.add_trouble(account, reason);
            }
        }
    }

    pub(super) fn sign_out(&mut self, account: AccountId) {
        self.state.inputs.dialog = None;
        self.commands.push(Command::SignOut(account));
    }

    /// The sign-out came to its end: with it goes what the account has.
    pub(super) fn handle_signed_out(&mut self, account: &AccountId, result: Result<(), Reason>) {
        if let Err(reason) = result {
            return self.add_trouble(account, reason);
        }
        self.clear_trouble(account);
        // A list that was asked for before is none of what is there now.
        let listing = self.state.ledger.account(account);
        listing.asked = None;
        listing.again = None;
        let facts = self.state.inputs.account_mut(account);
        facts.state = AccountState::SignedOut;
        facts.refreshing = false;
        let gone = self.state.tunnels_of(account);
        for tunnel in &gone {
            self.stop(tunnel);
        }
        self.drop_tunnels(&gone);
    }
}
