//! Signing in to an account, and out of it.

use super::account::{add_trouble, clear_trouble, is_signing_in, refresh, set_account, tunnels_of};
use super::{Commands, host, listing, set};
use crate::app::event::Command;
use crate::app::state::State;
use crate::model::{
    AccountId, AccountState, DeviceCode, Dialog, DialogKind, Offers, Reason, UnixMillis,
};
use crate::view::WindowOp;

/// The person wants to sign in.
pub(super) fn sign_in(state: &mut State, account: &AccountId, way: &str, device: bool) -> Commands {
    clear_trouble(state, account);
    let mut commands = set(state, |settings| {
        settings.set_option(account.provider, Offers::LAST_WAY, way);
    });
    let lacks_program = state.inputs.account(account).state == AccountState::NotInstalled;
    if lacks_program || device {
        // There is something to read: how to install it, or the code.
        let account = account.clone();
        state.inputs.dialog = Some(Dialog {
            kind: DialogKind::Account { account },
            errors: vec![],
        });
        commands.push(Command::Window(WindowOp::Show));
    }
    if !lacks_program {
        state.inputs.account_mut(account).state = AccountState::SigningIn { device: None };
        commands.push(Command::SignIn {
            account: account.clone(),
            way: way.to_owned(),
            device,
        });
    }
    commands
}

/// The code to be typed is known.
pub(super) fn handle_code(state: &mut State, account: &AccountId, code: DeviceCode) {
    if let AccountState::SigningIn { device } = &mut state.inputs.account_mut(account).state {
        *device = Some(code);
    }
}

/// The person gives the sign-in up; it may have come to its end at the same moment.
pub(super) fn cancel_sign_in(state: &mut State, at: UnixMillis, account: &AccountId) -> Commands {
    if !is_signing_in(state, account) {
        return vec![];
    }
    state.inputs.account_mut(account).state = AccountState::SignedOut;
    let mut commands = vec![Command::CancelSignIn(account.clone())];
    commands.extend(refresh(state, at, account, true));
    commands
}

/// A sign-in came to its end.
pub(super) fn handle_signed_in(
    state: &mut State,
    at: UnixMillis,
    account: &AccountId,
    result: Result<AccountState, Reason>,
) -> Commands {
    if !is_signing_in(state, account) {
        // It was given up.
        return vec![];
    }
    match result {
        Ok(found) => {
            let ready = found.is_ready();
            let mut commands = set_account(state, account, found, ready);
            if ready {
                commands.extend(refresh(state, at, account, false));
            }
            commands
        }
        Err(reason) => {
            state.inputs.account_mut(account).state = match reason {
                Reason::NotInstalled { .. } => AccountState::NotInstalled,
                _ => AccountState::SignedOut,
            };
            add_trouble(state, at, account, reason);
            vec![]
        }
    }
}

/// The sign-out came to its end: with it goes what the account has.
pub(super) fn handle_signed_out(
    state: &mut State,
    at: UnixMillis,
    account: &AccountId,
    result: Result<(), Reason>,
) -> Commands {
    if let Err(reason) = result {
        add_trouble(state, at, account, reason);
        return vec![];
    }
    clear_trouble(state, account);
    // A list that was asked for before is none of what is there now.
    let listing = state.ledger.account(account);
    listing.asked = None;
    listing.again = None;
    let facts = state.inputs.account_mut(account);
    facts.state = AccountState::SignedOut;
    facts.refreshing = false;
    let gone = tunnels_of(state, account);
    let mut commands: Commands = gone
        .iter()
        .flat_map(|id| host::stop(state, at, id))
        .collect();
    commands.extend(listing::drop_tunnels(state, &gone));
    commands
}
