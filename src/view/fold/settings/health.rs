//! How what is hosted is looked after, as rows: for all tunnels, for a provider, for a port.

use super::wrong;
use crate::model::{
    Action, Field, HealthKey, HealthOverrides, HealthScope, Inputs, Offers, ProbeMethod,
    ProviderId, ResolvedHealth,
};
use crate::view::fold::scene::{Group, Slot};
use crate::view::{DialogView, Entry, Msg, OptionRow, Section, messages as m};
use std::collections::BTreeMap;

/// The rows of one place.
struct Rows<'a> {
    inputs: &'a Inputs,
    scope: HealthScope,
    /// What is set there.
    own: HealthOverrides,
    /// What holds with it.
    resolved: ResolvedHealth,
    /// What would hold without it.
    beneath: ResolvedHealth,
    /// Whose tunnels they are, where that is one's.
    offers: Option<&'static Offers>,
}

/// For all tunnels.
pub(super) fn of_all(inputs: &Inputs) -> Section {
    let rows = Rows {
        inputs,
        own: inputs.own_health(&HealthScope::All),
        scope: HealthScope::All,
        resolved: inputs.usual_health(None),
        beneath: crate::model::resolve(inputs.timing, []),
        offers: None,
    };
    Section {
        head: Some((m::settings_health(), m::settings_health_line())),
        button: None,
        folded: rows.is_usual(),
        rows: rows.all(&HealthKey::ALL),
    }
}

/// For the tunnels of a provider, and whether all of that is as elsewhere.
pub(super) fn of_provider(inputs: &Inputs, offers: &'static Offers) -> (Vec<OptionRow>, bool) {
    let scope = HealthScope::Provider(offers.id);
    let rows = Rows {
        inputs,
        own: inputs.own_health(&scope),
        scope,
        resolved: inputs.usual_health(Some(offers.id)),
        beneath: inputs.usual_health(None),
        offers: Some(offers),
    };
    (rows.all(&keys(offers)), rows.is_usual())
}

/// What can be set at a provider: what somebody else serves is not connected to.
fn keys(offers: &Offers) -> Vec<HealthKey> {
    let hosts = offers.watches.is_none();
    let keys = HealthKey::ALL.into_iter();
    keys.filter(|key| hosts || key.is_of_port()).collect()
}

/// Those providers that have nothing else to be set, as far as there are tunnels of them or something is
/// set for them: else the settings are a long list of what nobody uses.
pub(super) fn of_others(inputs: &Inputs) -> impl Iterator<Item = Section> {
    let has_none =
        |offers: &&'static Offers| !inputs.accounts.keys().any(|of| of.provider == offers.id);
    let others = inputs.providers.iter().filter(has_none);
    others
        .filter(|offers| offers.token.is_none())
        .filter_map(|offers| {
            let (rows, folded) = of_provider(inputs, offers);
            let has_tunnels = inputs
                .tunnels
                .iter()
                .any(|tunnel| tunnel.provider == offers.id);
            if folded && !has_tunnels {
                return None;
            }
            let name = if offers.joins {
                m::provider_ours()
            } else {
                m::provider_named(offers.name)
            };
            Some(Section {
                head: Some((name, m::settings_health_provider())),
                button: None,
                rows,
                folded,
            })
        })
}

/// The dialog of a port: what is set for it, and for the tunnel's one connection.
pub(in crate::view::fold) fn of_port(inputs: &Inputs, group: &Group, slot: &Slot) -> DialogView {
    let (tunnel, port) = (group.tunnel, slot.port);
    let of_tunnel = Rows {
        inputs,
        scope: HealthScope::Tunnel(tunnel.id.clone()),
        own: inputs.own_health(&HealthScope::Tunnel(tunnel.id.clone())),
        resolved: inputs.health(tunnel, None),
        beneath: inputs.usual_health(Some(tunnel.provider)),
        offers: Some(group.offers),
    };
    let of_port = Rows {
        inputs,
        scope: HealthScope::Port(slot.key.clone()),
        own: inputs.own_health(&HealthScope::Port(slot.key.clone())),
        resolved: inputs.health(tunnel, Some(port)),
        beneath: inputs.health(tunnel, None),
        offers: Some(group.offers),
    };
    let (mut ports, waits): (Vec<_>, Vec<_>) = keys(group.offers)
        .into_iter()
        .partition(|key| key.is_of_port());
    ports.retain(|key| slot.protocol.is_web() || !key.is_of_web());
    let own = Section {
        rows: of_port.all(&ports),
        ..Section::default()
    };
    let whole = (!waits.is_empty()).then(|| Section {
        head: Some((m::health_of_tunnel(), m::health_of_tunnel_line())),
        rows: of_tunnel.all(&waits),
        ..Section::default()
    });
    DialogView::Settings {
        title: m::dialog_health_title(tunnel.name.as_str(), slot.port_text()),
        sections: [own].into_iter().chain(whole).collect(),
    }
}

impl Rows<'_> {
    fn all(&self, keys: &[HealthKey]) -> Vec<OptionRow> {
        keys.iter().map(|key| self.row(*key)).collect()
    }

    /// Nothing is set there, and nothing that was typed is wrong.
    fn is_usual(&self) -> bool {
        let wrong = HealthKey::ALL.into_iter().find_map(|key| self.error(key));
        self.own.is_empty() && wrong.is_none()
    }

    fn row(&self, key: HealthKey) -> OptionRow {
        match key {
            HealthKey::Probe if self.scope == HealthScope::All => OptionRow::Toggle {
                label: m::health_probe(),
                hint: Some(m::health_probe_hint()),
                on: self.resolved.policy.probes,
                set: ["off", "on"].map(|value| self.set(key, value)),
            },
            HealthKey::Probe => {
                self.choice(key, &[("on", m::health_on()), ("off", m::health_off())])
            }
            HealthKey::Method => {
                let words = ProbeMethod::ALL.map(ProbeMethod::as_str);
                self.choice(key, &words.map(|word| (word, m::health_method_named(word))))
            }
            HealthKey::Watchdog => OptionRow::Number(self.entry(key)),
            HealthKey::Interval
            | HealthKey::Timeout
            | HealthKey::Path
            | HealthKey::Expect
            | HealthKey::BackoffInitial
            | HealthKey::BackoffCap => OptionRow::Text(self.entry(key)),
        }
    }

    /// One of these; where another place says something too, also what it says.
    fn choice(&self, key: HealthKey, values: &[(&str, Msg)]) -> OptionRow {
        let beneath = self.beneath.policy.text(key);
        let usual = (self.scope != HealthScope::All).then(|| {
            let named = values.iter().find(|(value, _)| *value == beneath);
            let named = named.map_or_else(m::health_off, |(_, label)| label.clone());
            ("", m::health_usual(named))
        });
        let values: Vec<(&str, Msg)> = usual.into_iter().chain(values.iter().cloned()).collect();
        let holds = match self.own.get(key) {
            None if self.scope != HealthScope::All => String::new(),
            _ => self.resolved.policy.text(key),
        };
        OptionRow::Choice {
            label: label(key),
            chosen: values.iter().position(|(value, _)| *value == holds),
            choices: values
                .into_iter()
                .map(|(value, label)| (label, self.set(key, value)))
                .collect(),
        }
    }

    fn entry(&self, key: HealthKey) -> Entry {
        Entry {
            label: label(key),
            hint: self.hint(key),
            placeholder: self.beneath.policy.text(key),
            text: self.own.get(key).unwrap_or_default().to_owned(),
            error: self.error(key),
            set: self.set(key, ""),
            button: None,
        }
    }

    fn error(&self, key: HealthKey) -> Option<Msg> {
        let provider = self.provider();
        wrong(self.inputs, Field::Health { key, provider })
    }

    /// Which provider's section they are in.
    const fn provider(&self) -> Option<ProviderId> {
        match self.scope {
            HealthScope::Provider(id) => Some(id),
            HealthScope::All | HealthScope::Tunnel(_) | HealthScope::Port(_) => None,
        }
    }

    fn set(&self, key: HealthKey, value: &str) -> Action {
        Action::SetHealth {
            scope: self.scope.clone(),
            set: BTreeMap::from([(key, value.to_owned())]),
        }
    }

    fn hint(&self, key: HealthKey) -> Option<Msg> {
        match key {
            HealthKey::Interval => Some(self.cost()),
            HealthKey::Path => Some(m::health_path_hint()),
            HealthKey::Expect => Some(m::health_expect_hint()),
            HealthKey::Watchdog => Some(m::health_watchdog_hint()),
            HealthKey::Probe
            | HealthKey::Timeout
            | HealthKey::Method
            | HealthKey::BackoffInitial
            | HealthKey::BackoffCap => None,
        }
    }

    /// What probing costs at the interval that holds.
    fn cost(&self) -> Msg {
        let Some(offers) = self.offers else {
            return m::health_cost(self.resolved.probes_a_month(None));
        };
        let every = self.resolved.interval(offers);
        let probes = self.resolved.probes_a_month(Some(offers));
        match offers.probe.requests_a_month() {
            Some(all) => {
                let every = crate::model::duration_text(every);
                m::health_cost_counted(all, every, probes)
            }
            None => m::health_cost(probes),
        }
    }
}

fn label(key: HealthKey) -> Msg {
    match key {
        HealthKey::Probe => m::health_probe(),
        HealthKey::Interval => m::health_interval(),
        HealthKey::Timeout => m::health_timeout(),
        HealthKey::Method => m::health_method(),
        HealthKey::Path => m::health_path(),
        HealthKey::Expect => m::health_expect(),
        HealthKey::Watchdog => m::health_watchdog(),
        HealthKey::BackoffInitial => m::health_backoff_initial(),
        HealthKey::BackoffCap => m::health_backoff_cap(),
    }
}
