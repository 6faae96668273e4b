//! Why `underpass relay` does not do what it is for, in the person's language.
//!
//! The relay says it in English, for logs and for whoever embeds it; here each case has its message.

use super::service::Misfit;
use crate::base::files::NotYours;
use crate::cli::console::Failure;
use crate::relay::{AccountsError, OWNER, Purpose, RelayError, Warning};
use crate::view::{Msg, messages as m};
use std::path::Path;

/// What is said of an error; one that is none of ours speaks for itself.
pub(super) fn failure(error: anyhow::Error) -> Failure {
    let msg = if let Some(error) = error.downcast_ref::<RelayError>() {
        let msg = relay(error);
        if let RelayError::DataInUse { .. } = error {
            return Failure::in_use(msg);
        }
        msg
    } else if let Some(error) = error.downcast_ref::<AccountsError>() {
        accounts(error)
    } else if let Some(error) = error.downcast_ref::<Misfit>() {
        misfit(error)
    } else {
        return Failure::Other(error);
    };
    Failure::Because(msg)
}

/// What is wrong without keeping the relay from running.
pub(super) fn warning(warning: &Warning) -> Msg {
    match warning {
        Warning::AccountsCorrupt { path } => m::cli_relay_owner_only(shown(path)),
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

fn purpose(purpose: Purpose) -> Msg {
    match purpose {
        Purpose::Link => m::cli_relay_for_hosts(),
        Purpose::Http => m::cli_relay_for_visitors(),
    }
}

fn relay(error: &RelayError) -> Msg {
    match error {
        RelayError::AddressInUse {
            purpose: whose,
            address,
        } => m::cli_relay_in_use(address.to_string(), whose.option(), purpose(*whose)),
        RelayError::Listen {
            purpose: whose,
            address,
            error,
        } => m::cli_relay_not_listening(
            address.to_string(),
            error.to_string(),
            whose.option(),
            purpose(*whose),
        ),
        RelayError::Data { path, error } => m::cli_relay_data(error.to_string(), shown(path)),
        RelayError::NotYours(owner) => not_yours(owner),
        RelayError::DataInUse { path } => m::cli_relay_data_in_use(shown(path)),
        RelayError::NamesTooLarge { path, size, limit } => {
            m::cli_relay_names_large(*limit, shown(path), *size)
        }
        RelayError::NamesTooNew { path, version } => m::cli_relay_names_new(shown(path), *version),
        RelayError::Identity { path, error } => {
            m::cli_relay_identity(error.to_string(), shown(path))
        }
        RelayError::Tls { path, error } => m::cli_relay_identity(error.to_string(), shown(path)),
        RelayError::Accounts(error) => accounts(error),
    }
}

fn accounts(error: &AccountsError) -> Msg {
    match error {
        AccountsError::Io { path, error } => {
            m::cli_relay_accounts_io(error.to_string(), shown(path))
        }
        AccountsError::NewerVersion { path, found } => {
            m::cli_relay_accounts_new(*found, shown(path))
        }
        AccountsError::Corrupt { path } => m::cli_relay_accounts_corrupt(OWNER, shown(path)),
        AccountsError::OwnerToken { path } => m::cli_relay_owner_token(shown(path)),
        AccountsError::NoRelay { dir } => m::cli_relay_none(shown(dir)),
        AccountsError::NotYours(owner) => not_yours(owner),
        AccountsError::Busy { dir } => m::cli_relay_accounts_busy(shown(dir)),
        AccountsError::Exists(name) => m::cli_relay_account_exists(name),
        AccountsError::Missing(name) => m::cli_relay_account_missing(name),
        AccountsError::Owner => m::cli_relay_account_owner(OWNER),
        AccountsError::Name(name) => m::cli_relay_account_name(AccountsError::MAX_NAME, name),
    }
}

fn not_yours(NotYours { path, owner, user }: &NotYours) -> Msg {
    m::cli_relay_not_yours(owner.to_string(), shown(path), user.to_string())
}

fn misfit(misfit: &Misfit) -> Msg {
    match misfit {
        Misfit::Variables(error) => m::cli_relay_sockets(error),
        Misfit::NotListening(name) => m::cli_relay_socket_deaf(name),
        Misfit::Unknown(name) => m::cli_relay_socket_unknown(name),
        Misfit::Twice(name) => m::cli_relay_socket_twice(name),
    }
}
