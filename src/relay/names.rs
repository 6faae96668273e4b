//! What a relay remembers from one run to the next: whose each label is, and who had which public
//! port. A restart must neither free a reserved name nor move a public port.

use super::numbers::PublicKey;
use super::registry::Registry;
use super::table::Remembered;
use crate::model::{TunnelId, UnixMillis};
use crate::store::Document;
use serde::{Deserialize, Serialize};
use std::num::NonZeroU16;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};
use tokio::task::spawn_blocking;

const FILE: &str = "names.json";

/// Changes are written down together, this long after the first of them.
const WRITE_AFTER: Duration = Duration::from_secs(1);

/// The file's data.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Names {
    labels: Vec<Name>,
    ports: Vec<PublicPort>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Name {
    label: String,
    account: Arc<str>,
    /// None when it was hosted as this was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reserved_until: Option<UnixMillis>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct PublicPort {
    account: Arc<str>,
    tunnel: String,
    number: NonZeroU16,
    public: NonZeroU16,
}

impl Names {
    pub(super) fn new<'a>(
        labels: Vec<Remembered>,
        ports: impl Iterator<Item = (&'a PublicKey, u16)>,
        now: UnixMillis,
    ) -> Self {
        let label = |remembered: Remembered| Name {
            label: remembered.label,
            account: remembered.account,
            reserved_until: remembered.left.map(|left| now.after(left)),
        };
        let port = |(key, public): (&PublicKey, u16)| {
            Some(PublicPort {
                account: Arc::clone(&key.account),
                tunnel: key.tunnel.clone(),
                number: key.number,
                public: NonZeroU16::new(public)?,
            })
        };
        Self {
            labels: labels.into_iter().map(label).collect(),
            ports: ports.filter_map(port).collect(),
        }
    }

    /// The labels, as the table knows them. What cannot be one is left out.
    pub(super) fn labels(&self, now: UnixMillis) -> impl Iterator<Item = Remembered> {
        let usable = |name: &&Name| TunnelId::label(name.label.as_str()).is_ok();
        self.labels
            .iter()
            .filter(usable)
            .map(move |label| Remembered {
                label: label.label.clone(),
                account: Arc::clone(&label.account),
                left: label.reserved_until.map(|until| until.since(now)),
            })
    }

    /// Who had which public port.
    pub(super) fn ports(&self) -> impl Iterator<Item = (PublicKey, u16)> {
        self.ports.iter().map(|port| {
            let key = PublicKey {
                account: Arc::clone(&port.account),
                tunnel: port.tunnel.clone(),
                number: port.number,
            };
            (key, port.public.get())
        })
    }
}

/// The file of one relay.
pub(super) struct Memory {
    document: Document<Names>,
    /// Two that write at once could leave the older state.
    writing: Mutex<()>,
}

impl Memory {
    pub(super) fn of(dir: &Path) -> Arc<Self> {
        Arc::new(Self {
            document: Document::new(dir, FILE, &[]),
            writing: Mutex::default(),
        })
    }

    /// What was written down the last time. A file that cannot be read is kept aside, and nothing is
    /// known.
    pub(super) fn load(&self) -> Names {
        self.document.load().value
    }

    /// Writes down what the registry knows now.
    pub(super) async fn save(self: &Arc<Self>, registry: &Arc<Registry>) {
        let (memory, registry) = (Arc::clone(self), Arc::clone(registry));
        let saved = spawn_blocking(move || {
            let _one = memory
                .writing
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            memory.document.save(&registry.names(now()))
        });
        if let Ok(Err(error)) = saved.await {
            tracing::warn!(%error, "names and ports cannot be written down");
        }
    }

    /// Writes down what changes, for as long as it is polled.
    pub(super) async fn keep(self: Arc<Self>, registry: Arc<Registry>) {
        loop {
            registry.changed().await;
            tokio::time::sleep(WRITE_AFTER).await;
            self.save(&registry).await;
        }
    }
}

/// The wall clock: the next run has another monotonic one.
pub(super) fn now() -> UnixMillis {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    UnixMillis(0).after(since.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(number: u16) -> PublicKey {
        PublicKey {
            account: "anna".into(),
            tunnel: "web".to_owned(),
            number: NonZeroU16::new(number).expect("not 0"),
        }
    }

    #[test]
    fn it_is_read_as_it_was_written_and_time_goes_on_meanwhile() {
        let dir = tempfile::tempdir().expect("there is room");
        let document: Document<Names> = Document::new(dir.path(), FILE, &[]);
        let remembered = |label: &str, left: Option<u64>| Remembered {
            label: label.to_owned(),
            account: "anna".into(),
            left: left.map(Duration::from_secs),
        };
        let labels = vec![remembered("gone", Some(100)), remembered("here", None)];
        let then = UnixMillis(1_000_000);
        let names = Names::new(labels, [(&key(22), 7501)].into_iter(), then);
        document.save(&names).expect("it is written");
        let read = Memory::of(dir.path()).load();
        assert_eq!(read, names);
        assert_eq!(read.ports().collect::<Vec<_>>(), [(key(22), 7501)]);
        let at = |seconds| {
            let now = then.after(Duration::from_secs(seconds));
            read.labels(now).collect::<Vec<_>>()
        };
        let here = remembered("here", None);
        assert_eq!(at(30), [remembered("gone", Some(70)), here.clone()]);
        assert_eq!(at(300), [remembered("gone", Some(0)), here]);
    }

    #[test]
    fn a_file_of_version_1_is_read() {
        let dir = tempfile::tempdir().expect("there is room");
        let text = include_str!("../../tests/fixtures/v1/relay-names.json");
        std::fs::write(dir.path().join(FILE), text).expect("it is written");
        let names = Memory::of(dir.path()).load();
        let labels: Vec<_> = names.labels(UnixMillis(0)).collect();
        assert_eq!(labels.len(), 2);
        assert_eq!(labels[0].left, Some(Duration::from_hours(1)));
        assert_eq!((&*labels[1].label, labels[1].left), ("shop", None));
        assert_eq!(names.ports().collect::<Vec<_>>(), [(key(5432), 7510)]);
    }

    proptest! {
        #[test]
        fn whatever_is_in_the_file_only_labels_come_out_of_it(
            label in "\\PC{0,80}",
            until in proptest::option::of(any::<u64>()),
            now in any::<u64>(),
        ) {
            let until = until.map_or(serde_json::Value::Null, Into::into);
            let names = serde_json::json!({
                "labels": [{"label": label, "account": "a", "reserved_until": until}],
            });
            let names: Names = serde_json::from_value(names).expect("it has that form");
            for remembered in names.labels(UnixMillis(now)) {
                prop_assert!(TunnelId::label(remembered.label).is_ok());
            }
        }
    }
}
