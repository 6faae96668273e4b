//! Whom a new tunnel is for: who carries it then, and what that changes of the relay.

use super::Update;
use super::inventory::New;
use crate::app::event::Command;
use crate::model::{
    Carrier, Field, FieldError, Inputs, Offers, Protocol, ProviderId, Reach, ReachBar, Secret,
    WithoutAccount, parse_typed_target,
};
use std::collections::BTreeMap;

/// Who carries a new tunnel.
pub(super) struct Carried {
    pub(super) provider: ProviderId,
    pub(super) options: BTreeMap<String, Secret>,
    /// The embedded relay is opened to the network for it.
    pub(super) opens: bool,
}

impl Carried {
    /// Whoever was chosen.
    pub(super) fn as_is(new: &New<'_>) -> Self {
        Self {
            provider: new.provider,
            options: new.options.clone(),
            opens: false,
        }
    }
}

impl Update<'_> {
    /// Who carries it, by whom it is for.
    pub(super) fn carried(&self, new: &New<'_>) -> Result<Carried, (Field, FieldError)> {
        let chosen = Carried::as_is(new);
        let Some(reach) = new.reach else {
            return Ok(chosen);
        };
        let inputs = &self.state.inputs;
        let offers = inputs.providers.of(new.provider);
        let relay = &inputs.relay;
        match Carrier::of(reach, offers.joins, relay.joined.is_some()) {
            Carrier::Chosen => is_for(reach, offers, new).map(|()| chosen),
            Carrier::Embedded { lan } => match reach.bar(relay) {
                Some(ReachBar::OpenToNetwork) => Err((Field::Reach, FieldError::OpenToNetwork)),
                Some(ReachBar::Joined { address }) => {
                    Err((Field::Reach, FieldError::RelayJoined { address }))
                }
                None => Ok(Carried {
                    opens: lan && !relay.lan,
                    ..chosen
                }),
            },
            Carrier::WithoutAccount => {
                let way = first_way(inputs, new);
                let (offers, way) = way.ok_or((Field::Reach, FieldError::NoWay))?;
                Ok(Carried {
                    provider: offers.id,
                    options: options_of(&way),
                    opens: false,
                })
            }
        }
    }

    /// The options by which a provider carries for the internet what has no account there.
    pub(super) fn way_options(
        &self,
        provider: ProviderId,
        reach: Option<Reach>,
    ) -> BTreeMap<String, Secret> {
        let offers = self.state.inputs.providers.of(provider);
        let way = offers.without_account.as_ref();
        let way = way.filter(|_| reach == Some(Reach::Internet));
        way.map(options_of).unwrap_or_default()
    }

    /// Looks which programs are on this computer, where a provider runs one: somebody may be about to
    /// choose.
    pub(super) fn find_programs(&mut self) {
        let mut providers = self.state.inputs.providers.iter();
        if providers.any(|offers| offers.program.is_some() && !offers.is_remote()) {
            self.commands.push(Command::FindPrograms);
        }
    }
}

/// Whether what was chosen is for those. Others than our relay reach the internet, or whom they please;
/// by their way without an account some carry less.
fn is_for(reach: Reach, offers: &Offers, new: &New<'_>) -> Result<(), (Field, FieldError)> {
    if reach != Reach::Internet {
        let provider = offers.name.to_owned();
        return Err((Field::Reach, FieldError::NotForThose { provider }));
    }
    let goes_by = |way: &WithoutAccount| {
        let mut options = options_of(way).into_iter();
        !way.options.is_empty() && options.all(|(key, value)| new.options.get(&key) == Some(&value))
    };
    let way = offers.without_account.filter(goes_by);
    match way.filter(|way| !way.protocols.contains(&protocol(new))) {
        None => Ok(()),
        Some(way) => Err((
            Field::Protocol,
            FieldError::NotCarried {
                provider: way.name.to_owned(),
                carries: way.protocols.to_vec(),
            },
        )),
    }
}

/// The protocol that was picked; what a pasted URL says, where none was.
fn protocol(new: &New<'_>) -> Protocol {
    match new.protocol {
        Protocol::Auto => {
            let pasted = parse_typed_target(new.target).ok();
            pasted.and_then(|typed| typed.protocol).unwrap_or_default()
        }
        chosen => chosen,
    }
}

fn first_way(inputs: &Inputs, new: &New<'_>) -> Option<(&'static Offers, WithoutAccount)> {
    let is_ready = |offers: &Offers| inputs.lacks_for_new(offers.id).is_none();
    inputs.providers.first_way(protocol(new), is_ready)
}

fn options_of(way: &WithoutAccount) -> BTreeMap<String, Secret> {
    let option = |(key, value): &(&str, &str)| ((*key).to_owned(), Secret::new(value));
    way.options.iter().map(option).collect()
}
