//! What was chosen at a provider, checked against what it offers: files are written by other versions
//! and by hand.

use super::ConnectError;
use crate::model::{Offers, ProviderOptions, Reason};

/// What was chosen cannot be had.
pub(super) fn invalid(offers: &Offers, detail: String) -> ConnectError {
    let provider = offers.name.to_owned();
    ConnectError::new(Reason::OptionsInvalid { provider, detail })
}

/// Whether each thing that was chosen is known and can be taken.
pub(super) fn check(offers: &Offers, chosen: &ProviderOptions) -> Result<(), ConnectError> {
    for (key, value) in &chosen.0 {
        let why = match offers.option(key) {
            None => "this version does not know it".to_owned(),
            Some(option) if option.is_secret() => {
                "a secret is not kept here: set it again".to_owned()
            }
            Some(option) if !option.takes(value) => format!("it takes {}", option.values()),
            Some(_) => continue,
        };
        return Err(invalid(offers, format!("{key}: {why}")));
    }
    Ok(())
}
