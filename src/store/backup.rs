//! All settings and tunnels as one file, without secrets, and what becomes of it in a home.
//!
//! A restore adds what is missing and changes no tunnel that is there: it may be newer than the backup.
//! Whoever wants the very state of then restores into an empty home. The settings are the backup's, but
//! for what is this computer's own: whether the program starts with it, and the relay that it has joined.

use crate::base::files::{self, Unusable};
use crate::model::{Settings, Tunnel, TunnelId, UnixMillis};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeSet;
use std::io;
use std::path::Path;

/// The version that is written.
const VERSION: u64 = 1;

/// The largest that is read, in bytes.
const LARGEST: u64 = 16 * 1024 * 1024;

/// What a backup has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Backup {
    pub made_at: UnixMillis,
    pub settings: Settings,
    pub tunnels: Vec<Tunnel>,
}

/// What a restore makes of what is there.
#[derive(Clone, Debug, PartialEq)]
pub struct Restored {
    pub settings: Settings,
    pub added: Vec<Tunnel>,
    /// Those that are there already, and stay.
    pub kept: Vec<Tunnel>,
}

#[derive(Serialize)]
struct Written<'a> {
    version: u64,
    backup: &'a Backup,
}

#[derive(Deserialize)]
struct Read {
    version: Option<u64>,
    backup: Option<Value>,
}

impl Backup {
    /// The files of the home that it is made of.
    pub const FILES: [&str; 2] = ["settings.json", "tunnels.json"];

    /// Writes it in one step, for its owner alone.
    ///
    /// # Errors
    /// It could not be written; what was there is as it was.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        let written = Written {
            version: VERSION,
            backup: self,
        };
        let mut text = serde_json::to_vec_pretty(&written)?;
        text.push(b'\n');
        files::replace(path, &text)
    }

    /// Reads one, and checks all of it.
    ///
    /// # Errors
    /// It is no backup, a newer version's, or there is something in it that cannot be taken.
    pub fn read(path: &Path) -> Result<Self, Unusable> {
        let bytes = files::read(path, LARGEST).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => Unusable::Absent,
            _ => Unusable::Unreadable(error),
        })?;
        Self::parse(&bytes)
    }

    fn parse(bytes: &[u8]) -> Result<Self, Unusable> {
        let corrupt = |error: &dyn std::fmt::Display| Unusable::Corrupt(error.to_string());
        let read: Read = serde_json::from_slice(bytes).map_err(|error| corrupt(&error))?;
        match read.version {
            Some(version @ 1..=VERSION) => version,
            Some(0) | None => return Err(corrupt(&"it has no version")),
            Some(version) => return Err(Unusable::TooNew(version)),
        };
        let backup = read.backup.ok_or_else(|| corrupt(&"it has no backup"))?;
        let backup: Self = serde_json::from_value(backup).map_err(|error| corrupt(&error))?;
        let timing = backup.settings.timing.resolve();
        timing.map_err(|error| corrupt(&error))?;
        let mut ids = BTreeSet::new();
        for tunnel in &backup.tunnels {
            let mut numbers = BTreeSet::new();
            let is_whole = ids.insert(&tunnel.id)
                && tunnel.ports.iter().all(|port| numbers.insert(port.number));
            if !is_whole {
                return Err(corrupt(&format_args!("{} is in it twice", tunnel.id)));
            }
        }
        Ok(backup)
    }

    /// What becomes of a home that has these.
    pub fn restored(self, settings: &Settings, tunnels: &[Tunnel]) -> Restored {
        let labels = |tunnel: &Tunnel| -> Vec<TunnelId> {
            let labels = tunnel.ports.iter().map(|port| port.label.clone());
            labels.chain([tunnel.id.clone()]).collect()
        };
        let mut taken: BTreeSet<TunnelId> = tunnels.iter().flat_map(labels).collect();
        let (mut added, mut kept) = (vec![], vec![]);
        for tunnel in self.tunnels {
            let own = labels(&tunnel);
            if own.iter().any(|label| taken.contains(label)) {
                kept.push(tunnel);
            } else {
                taken.extend(own);
                added.push(tunnel);
            }
        }
        let mut new = self.settings;
        new.autostart = settings.autostart;
        if settings.relay.joined.is_some() {
            // Its token would be shown to another relay.
            new.relay.joined.clone_from(&settings.relay.joined);
        }
        Restored {
            settings: new,
            added,
            kept,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Port, PortNumber, Protocol, ProviderId, Target, Theme};

    fn tunnel(id: &str, port: u16) -> Tunnel {
        let id = TunnelId::new(id).expect("an id");
        let target = Target::local(PortNumber::new(port).expect("not 0"));
        Tunnel {
            name: id.to_string(),
            ports: vec![Port::new(target, Protocol::Http, id.clone())],
            id,
            provider: ProviderId::RELAY,
            chosen: crate::model::Chosen::default(),
            created_at: UnixMillis(1),
            expires_at: None,
            remote: None,
        }
    }

    fn backup() -> Backup {
        let mut settings = Settings {
            theme: Theme::Dark,
            autostart: true,
            ..Settings::default()
        };
        settings.relay.joined = Some("then.example:1#ab".to_owned());
        Backup {
            made_at: UnixMillis(7),
            settings,
            tunnels: vec![tunnel("web", 80), tunnel("api", 81)],
        }
    }

    #[test]
    fn what_is_written_is_read_and_for_its_owner_alone() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("b.json");
        backup().write(&path).expect("written");
        assert_eq!(Backup::read(&path).expect("read"), backup());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(&path)
                .expect("there")
                .permissions()
                .mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn what_is_no_backup_or_a_newer_one_is_refused_whole() {
        let good = serde_json::to_value(backup()).expect("JSON");
        let file = |version: u64, backup: &Value| {
            serde_json::json!({"version": version, "backup": backup}).to_string()
        };
        assert!(Backup::parse(file(1, &good).as_bytes()).is_ok());
        let newer = Backup::parse(file(2, &Value::Null).as_bytes());
        assert!(matches!(newer, Err(Unusable::TooNew(2))));
        let mut twice = good.clone();
        twice["tunnels"][1] = twice["tunnels"][0].clone();
        let mut bad_tunnel = good.clone();
        bad_tunnel["tunnels"][1]["id"] = "Not An Id".into();
        let mut bad_time = good.clone();
        bad_time["settings"]["timing"]["probe_interval_ms"] = 0.into();
        let texts = [twice, bad_tunnel, bad_time].map(|it| file(1, &it));
        let own = r#"{"version":1,"data":[]}"#.to_owned();
        let others = [
            String::new(),
            "[]".to_owned(),
            "{}".to_owned(),
            own,
            file(0, &good),
        ];
        for text in texts.iter().chain(&others) {
            let refused = Backup::parse(text.as_bytes());
            assert!(matches!(refused, Err(Unusable::Corrupt(_))), "{text}");
        }
    }

    #[test]
    fn what_is_there_stays_and_what_is_missing_is_added() {
        let mut there = Settings::default();
        there.relay.joined = Some("now.example:1#cd".to_owned());
        // Whose port has the label of a tunnel of the backup.
        let mut other = tunnel("other", 9);
        other.ports[0].label = TunnelId::new("api").expect("an id");
        let restored = backup().restored(&there, &[other]);
        let ids = |tunnels: &[Tunnel]| -> Vec<String> {
            tunnels.iter().map(|tunnel| tunnel.id.to_string()).collect()
        };
        assert_eq!(
            (ids(&restored.added), ids(&restored.kept)),
            (vec!["web".to_owned()], vec!["api".to_owned()])
        );
        assert_eq!(restored.settings.theme, Theme::Dark);
        assert!(!restored.settings.autostart, "that is the other computer's");
        assert_eq!(restored.settings.relay.joined, there.relay.joined);
        let empty = backup().restored(&Settings::default(), &[]);
        assert_eq!(empty.settings.relay.joined, backup().settings.relay.joined);
        assert_eq!(empty.added.len(), 2);
    }
}
