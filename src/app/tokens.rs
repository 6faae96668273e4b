//! The accounts whose token is kept on this computer: a list in the home, and the tokens among its
//! secrets. An account that is listed without its token, or the other way round, is one that somebody
//! has taken half away; hosting says so.

use crate::model::{AccountId, Catalog, NoticeKind, Offers, Secret};
use crate::secrets::{Kind, Secrets, SecretsError};
use crate::store::Home;
use std::collections::BTreeSet;
use std::io;

/// Those that are kept, and those that the environment has (`variable` reads it).
pub fn known(
    kept: BTreeSet<AccountId>,
    providers: &Catalog,
    variable: impl Fn(&str) -> Option<String>,
) -> BTreeSet<AccountId> {
    let mut known = kept;
    let given = |offers: &&Offers| in_variable(offers, &variable).is_some();
    let given = providers.iter().filter(given);
    known.extend(given.map(|offers| AccountId::only(offers.id)));
    known
}

/// The token of a provider's account without a name, as far as the environment has one.
fn in_variable(offers: &Offers, variable: impl Fn(&str) -> Option<String>) -> Option<Secret> {
    let spec = offers.token?;
    let text = variable(spec.variable)?;
    (spec.takes)(text.trim()).then(|| Secret::new(&text))
}

/// Keeps the token that the environment has (`variable` reads it) where none is kept, as that of the
/// account without a name. One that is kept counts more. What a person should know of it comes back.
pub fn import(
    home: &Home,
    secrets: &Secrets,
    offers: &Offers,
    variable: impl Fn(&str) -> Option<String>,
) -> Option<NoticeKind> {
    let given = in_variable(offers, variable)?;
    let account = AccountId::only(offers.id);
    let variable = offers.token?.variable.to_owned();
    let imported = match secrets.get(&account.secret_name()) {
        Ok(Some(kept)) if kept == given => return None,
        Ok(Some(_)) => return Some(NoticeKind::TokenIgnored { account, variable }),
        Ok(None) => keep(home, secrets, &account, &given),
        Err(error) => Err(error),
    };
    tracing::info!(variable, kept = imported.is_ok(), "the variable's token");
    Some(match imported {
        Ok(_) => NoticeKind::TokenImported { account, variable },
        Err(error) => NoticeKind::SecretNotKept {
            detail: error.to_string(),
        },
    })
}

/// Keeps a token, and says where.
///
/// # Errors
/// It could be kept nowhere, or nobody would know of it.
pub fn keep(
    home: &Home,
    secrets: &Secrets,
    account: &AccountId,
    token: &Secret,
) -> Result<Kind, SecretsError> {
    // A token that nobody knows of would stay for ever.
    let is_new = change(home, |known| known.insert(account.clone()))?;
    let kept = secrets.set(&account.secret_name(), token);
    if kept.is_err() && is_new {
        change(home, |known| known.remove(account))?;
    }
    kept
}

/// Forgets a token, and says whether there was one.
///
/// # Errors
/// It may still be there.
pub fn forget(home: &Home, secrets: &Secrets, account: &AccountId) -> Result<bool, SecretsError> {
    let was_there = secrets.get(&account.secret_name())?.is_some();
    secrets.delete(&account.secret_name())?;
    let was_listed = change(home, |known| known.remove(account))?;
    Ok(was_there || was_listed)
}

/// Two programs that change the list at once must not lose each other's.
fn change(
    home: &Home,
    change: impl FnOnce(&mut BTreeSet<AccountId>) -> bool,
) -> Result<bool, SecretsError> {
    let document = home.accounts();
    let mut known = document.load().value;
    if document.is_newer() {
        let error = io::Error::other("a newer version has written it; it is left as it is");
        return Err(SecretsError::Accounts(error));
    }
    let changed = document.edit(&mut known, |known| Ok(change(known)));
    changed.map_err(SecretsError::Accounts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Offers, ProviderId, TokenSpec};

    static WITH_TOKEN: Offers = Offers {
        id: ProviderId::literal("acme"),
        token: Some(TokenSpec {
            variable: "ACME_TOKEN",
            page: "https://acme.example/token",
            takes: |text| text.starts_with("acme-"),
        }),
        ..Offers::RELAY
    };

    #[test]
    fn accounts_of_one_provider_stand_side_by_side() {
        let dir = tempfile::tempdir().expect("a folder");
        let home = Home::at(dir.path()).expect("a home");
        let secrets = Secrets::open(dir.path(), true);
        let providers = Catalog::new([&WITH_TOKEN]);
        let account = |name: &str| AccountId {
            name: name.to_owned(),
            ..AccountId::only(WITH_TOKEN.id)
        };
        for name in ["", "work"] {
            let token = Secret::new(&format!("acme-{name}"));
            let kept = keep(&home, &secrets, &account(name), &token);
            assert_eq!(kept.expect("it is kept"), Kind::File);
        }
        let none = |_: &str| None;
        let all = known(home.accounts().peek().value, &providers, none);
        assert_eq!(all, BTreeSet::from([account(""), account("work")]));
        let get = |name| secrets.get(&account(name).secret_name()).expect("read");
        assert_eq!(get("work"), Some(Secret::new("acme-work")));
        assert!(forget(&home, &secrets, &account("")).expect("forgotten"));
        assert!(!forget(&home, &secrets, &account("")).expect("it was not there"));
        let left = known(home.accounts().peek().value, &providers, none);
        assert_eq!(left, BTreeSet::from([account("work")]));
        assert_eq!(get(""), None);
    }

    #[test]
    fn a_token_of_the_environment_is_an_account_without_a_name() {
        let providers = Catalog::new([&WITH_TOKEN]);
        let by = |text: &str| known([].into(), &providers, |_| Some(text.to_owned()));
        assert_eq!(by(" acme-1\n").len(), 1);
        assert!(by("").is_empty() && by("nonsense").is_empty());
    }

    #[test]
    fn a_token_of_the_environment_is_kept_once_and_the_kept_one_counts() {
        let dir = tempfile::tempdir().expect("a folder");
        let home = Home::at(dir.path()).expect("a home");
        let secrets = Secrets::open(dir.path(), true);
        let account = AccountId::only(WITH_TOKEN.id);
        let import = |text: &str| import(&home, &secrets, &WITH_TOKEN, |_| Some(text.to_owned()));
        let kept = || secrets.get(&account.secret_name()).expect("read");
        assert_eq!(import("nonsense"), None);
        assert_eq!(kept(), None);
        let variable = "ACME_TOKEN".to_owned();
        let told = import(" acme-1\n").expect("it is told");
        assert_eq!(
            told,
            NoticeKind::TokenImported {
                account: account.clone(),
                variable: variable.clone()
            }
        );
        assert_eq!(kept(), Some(Secret::new("acme-1")));
        assert!(home.accounts().load().value.contains(&account));
        assert_eq!(import("acme-1"), None, "it is told once");
        let other = import("acme-2").expect("it is told");
        let account = account.clone();
        assert_eq!(other, NoticeKind::TokenIgnored { account, variable });
        assert_eq!(kept(), Some(Secret::new("acme-1")));
    }

    #[test]
    fn a_token_that_cannot_be_kept_is_said_and_nobody_s_account() {
        let dir = tempfile::tempdir().expect("a folder");
        let home = Home::at(dir.path()).expect("a home");
        let newer = r#"{"version":99,"data":{}}"#;
        std::fs::write(home.file("secrets.json"), newer).expect("written");
        let secrets = Secrets::open(dir.path(), true);
        let told = import(&home, &secrets, &WITH_TOKEN, |_| Some("acme-1".to_owned()));
        assert!(matches!(told, Some(NoticeKind::SecretNotKept { .. })));
        assert!(home.accounts().load().value.is_empty());
    }
}
