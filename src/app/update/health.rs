//! How what is hosted is looked after: what the person sets, checked with what it is laid over.

use super::Update;
use crate::model::{
    Dialog, DialogKind, Field, FieldError, HealthKey, HealthOverrides, HealthPlace, HealthScope,
    InvalidHealth, Pending, ResolvedHealth, resolve,
};
use std::collections::BTreeMap;

impl Update<'_> {
    /// Sets all of it or, where something cannot be taken, nothing.
    pub(super) fn set_health(&mut self, scope: &HealthScope, typed: &BTreeMap<HealthKey, String>) {
        let inputs = &self.state.inputs;
        let before = inputs.own_health(scope);
        let mut own = before.clone();
        let mut errors = vec![];
        let of_port = matches!(scope, HealthScope::Port(_));
        for (key, typed) in typed {
            let read = key.read(typed).filter(|_| key.is_of_port() || !of_port);
            match read {
                _ if typed.trim().is_empty() => own.put(*key, None),
                Some(value) => own.put(*key, Some(value)),
                None => {
                    let takes = key.takes().to_owned();
                    errors.push((field(scope, *key), FieldError::NotTaken { takes }));
                }
            }
        }
        if errors.is_empty()
            && let Some(resolved) = self.resolve_with(scope, &own)
        {
            // What is typed of something else is kept, whatever is wrong with the waits.
            let about = typed.keys().rfind(|key| !key.is_of_port());
            errors.extend(about.and_then(|about| above_cap(scope, *about, &resolved)));
        }
        if errors.is_empty() && own != before {
            self.keep_health(scope, own);
        }
        let typed: Vec<Field> = typed.keys().map(|key| field(scope, *key)).collect();
        self.show_wrong(&typed, errors);
    }

    /// What was wrong with what was typed now is wrong no more but for these; that is said in the dialog
    /// that is open.
    fn show_wrong(&mut self, typed: &[Field], errors: Vec<(Field, FieldError)>) {
        let dialog = &mut self.state.inputs.dialog;
        if dialog.is_none() && !errors.is_empty() {
            let (kind, errors) = (DialogKind::Settings, vec![]);
            *dialog = Some(Dialog { kind, errors });
        }
        if let Some(dialog) = dialog {
            dialog.errors.retain(|(field, error)| {
                let is_of_two = matches!(error, FieldError::InitialAboveCap { .. });
                !is_of_two && !typed.contains(field)
            });
            dialog.errors.extend(errors);
        }
    }

    /// What would hold there with this; `None` where there is no such tunnel.
    fn resolve_with(&self, scope: &HealthScope, own: &HealthOverrides) -> Option<ResolvedHealth> {
        let inputs = &self.state.inputs;
        let (set, base) = (&inputs.settings.health, inputs.timing);
        Some(match scope {
            HealthScope::All => resolve(base, [(HealthPlace::All, own)]),
            HealthScope::Provider(id) => {
                let own = (HealthPlace::Provider(*id), own);
                resolve(base, set.layers(None).chain([own]))
            }
            HealthScope::Tunnel(id) => {
                let provider = inputs.tunnel(id)?.provider;
                let own = (HealthPlace::Tunnel, own);
                resolve(base, set.layers(Some(provider)).chain([own]))
            }
            HealthScope::Port(key) => {
                inputs.tunnel(&key.tunnel)?.port(key.port)?;
                resolve(base, [(HealthPlace::Port(key.port), own)])
            }
        })
    }

    fn keep_health(&mut self, scope: &HealthScope, own: HealthOverrides) {
        match scope {
            HealthScope::All => self.set(|settings| settings.health.all = own),
            HealthScope::Provider(id) => self.set(|settings| {
                let providers = &mut settings.health.providers;
                if own.is_empty() {
                    providers.remove(id.as_str());
                } else {
                    providers.insert(id.to_string(), own);
                }
            }),
            HealthScope::Tunnel(id) => self.ask(Pending::SetHealth(id.clone(), None, own)),
            HealthScope::Port(key) => {
                let (tunnel, port) = (key.tunnel.clone(), Some(key.port));
                self.ask(Pending::SetHealth(tunnel, port, own));
            }
        }
    }
}

/// Where an error about a key is shown.
fn field(scope: &HealthScope, key: HealthKey) -> Field {
    let provider = match scope {
        HealthScope::Provider(id) => Some(*id),
        HealthScope::All | HealthScope::Tunnel(_) | HealthScope::Port(_) => None,
    };
    Field::Health { key, provider }
}

/// What was typed of the waits does not go with the other one.
fn above_cap(
    scope: &HealthScope,
    about: HealthKey,
    resolved: &ResolvedHealth,
) -> Option<(Field, FieldError)> {
    resolved.invalid.iter().find_map(|it| match it {
        InvalidHealth::InitialAboveCap {
            initial,
            cap,
            place,
        } if is_of(scope, *place) => {
            let (initial, cap) = (initial.clone(), cap.clone());
            Some((
                field(scope, about),
                FieldError::InitialAboveCap { initial, cap },
            ))
        }
        _ => None,
    })
}

/// Whether what is set for `scope` is set at `place`.
fn is_of(scope: &HealthScope, place: HealthPlace) -> bool {
    match scope {
        HealthScope::All => place == HealthPlace::All,
        HealthScope::Provider(id) => place == HealthPlace::Provider(*id),
        HealthScope::Tunnel(_) => place == HealthPlace::Tunnel,
        HealthScope::Port(key) => place == HealthPlace::Port(key.port),
    }
}
