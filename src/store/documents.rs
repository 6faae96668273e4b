//! The files there are, each with its type. What the data means is the model's matter.

use super::Home;
use crate::base::files::{Document, Loaded, is_kept_aside, open_lock};
use crate::model::{
    AccountId, Catalog, LivePort, NoticeKind, PortNumber, Settings, Tunnel, TunnelId, WindowPlace,
    check_settings,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The ports of each tunnel as they were last served: what is painted before the first answer.
pub type Rows = BTreeMap<TunnelId, Vec<LivePort>>;

/// Where the embedded relay listened the last time, so that its URLs stay the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RelayPorts {
    /// Its link listener.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<PortNumber>,
    /// Its HTTP ingress.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http: Option<PortNumber>,
    /// Which HTTP port the settings asked for then; 0 is any. Files from before it was kept have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wanted: Option<u16>,
}

impl RelayPorts {
    /// They came about under settings that ask for this HTTP port.
    pub fn is_for(&self, wanted: u16) -> bool {
        self.wanted.is_none_or(|was| was == wanted)
    }
}

/// This installation's id, once it is made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Install {
    id: String,
}

impl Home {
    pub fn settings(&self) -> Document<Settings> {
        Document::new(self.path(), "settings.json", &[])
    }

    /// What is wrong with the keys of the settings. To be asked before they are loaded, which puts a file
    /// away that cannot be used.
    pub fn check_settings(&self, providers: &Catalog) -> Vec<NoticeKind> {
        let document = self.settings();
        let data = document.raw();
        let found = data.map(|data| check_settings(document.name(), &data, providers));
        found.unwrap_or_default()
    }

    /// The files that could not be used and were kept aside, as they are called now.
    pub fn kept_aside(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.path()).into_iter().flatten();
        let names = entries.flatten().map(|entry| entry.file_name());
        let names = names.map(|name| name.to_string_lossy().into_owned());
        let mut kept: Vec<String> = names.filter(|name| is_kept_aside(name)).collect();
        kept.sort_unstable();
        kept
    }

    /// The inventory, in the order it is shown. Of two tunnels with one id the first counts, and
    /// so with ports of one number.
    pub fn tunnels(&self) -> Document<Vec<Tunnel>> {
        Document::new(self.path(), "tunnels.json", &[])
            .of_entries::<Tunnel>()
            .tidied_by(drop_duplicates)
    }

    pub fn hosted(&self) -> Document<BTreeSet<TunnelId>> {
        Document::new(self.path(), "hosted.json", &[]).of_entries::<TunnelId>()
    }

    /// The accounts at providers whose token is kept.
    pub fn accounts(&self) -> Document<BTreeSet<AccountId>> {
        Document::new(self.path(), "accounts.json", &[]).of_entries::<AccountId>()
    }

    /// The row cache.
    pub fn rows(&self) -> Document<Rows> {
        Document::new(self.path(), "rows.json", &[])
    }

    pub fn relay_ports(&self) -> Document<RelayPorts> {
        Document::new(self.path(), "ports.json", &[])
    }

    /// Where the window was left.
    pub fn window_place(&self) -> Document<WindowPlace> {
        Document::new(self.path(), "window.json", &[])
    }

    /// This installation's id: random, made once. When it cannot be kept it is good for this run.
    pub fn install_id(&self) -> Loaded<String> {
        // Two programs that start at once must not make two ids. Without the lock they might.
        let lock = open_lock(&self.file("install.lock"));
        let _held = lock.and_then(|file| file.lock().map(|()| file));
        let document: Document<Install> = Document::new(self.path(), "install.json", &[]);
        let read = document.load();
        if is_install_id(&read.value.id) {
            return Loaded {
                value: read.value.id,
                notice: read.notice,
            };
        }
        let id = format!("{:032x}", rand::random::<u128>());
        let not_saved = document.save_or_notice(&Install { id: id.clone() });
        let notice: Option<NoticeKind> = not_saved.or(read.notice);
        Loaded { value: id, notice }
    }
}

fn is_install_id(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn drop_duplicates(tunnels: &mut Vec<Tunnel>) {
    let mut ids = BTreeSet::new();
    tunnels.retain(|tunnel| {
        let first = ids.insert(tunnel.id.clone());
        if !first {
            tracing::warn!(tunnel = %tunnel.id, "tunnel is in the file twice: the first counts");
        }
        first
    });
    for tunnel in tunnels {
        let mut numbers = BTreeSet::new();
        tunnel.ports.retain(|port| numbers.insert(port.number));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ProviderId, UnixMillis};

    fn tunnel(id: &str, name: &str) -> Tunnel {
        Tunnel {
            id: TunnelId::new(id).expect("an id"),
            name: name.to_owned(),
            provider: ProviderId::RELAY,
            ports: Vec::new(),
            chosen: crate::model::Chosen::default(),
            created_at: UnixMillis(1),
            expires_at: None,
            remote: None,
        }
    }

    #[test]
    fn of_two_tunnels_with_one_id_the_first_counts() {
        let dir = tempfile::tempdir().expect("a folder");
        let home = Home::at(dir.path()).expect("a home");
        let twice = vec![tunnel("a", "one"), tunnel("b", "two"), tunnel("a", "three")];
        home.tunnels().save(&twice).expect("saved");
        assert_eq!(home.tunnels().load().value, twice[..2]);
    }

    #[test]
    fn the_install_id_is_made_once_and_again_when_it_is_unusable() {
        let dir = tempfile::tempdir().expect("a folder");
        let home = Home::at(dir.path()).expect("a home");
        let first = home.install_id();
        assert!(is_install_id(&first.value) && first.notice.is_none());
        assert_eq!(home.install_id(), first);
        std::fs::write(
            home.file("install.json"),
            r#"{"version":1,"data":{"id":""}}"#,
        )
        .expect("written");
        let second = home.install_id();
        assert_ne!(second.value, first.value);
        assert_eq!(home.install_id(), second);
    }

    #[test]
    fn an_install_id_that_cannot_be_kept_serves_this_run_and_is_reported() {
        let dir = tempfile::tempdir().expect("a folder");
        let home = Home::at(dir.path().join("home")).expect("a home");
        std::fs::remove_dir(home.path()).expect("removed");
        let loaded = home.install_id();
        assert!(is_install_id(&loaded.value));
        assert!(matches!(
            loaded.notice,
            Some(NoticeKind::FileNotSaved { .. })
        ));
    }
}
