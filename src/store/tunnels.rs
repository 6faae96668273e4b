//! The tunnels of this computer, changed in their file one by one: whatever else somebody changes there at
//! the same time stays. It knows no account.

use super::Home;
use crate::base::files::Document;
use crate::model::{Pending, ProviderId, Tunnel, TunnelId};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::io;

/// The tunnels of the home, or of a run of which nothing is kept.
#[derive(Debug)]
pub struct SavedTunnels {
    file: Option<Document<Vec<Tunnel>>>,
    /// What the file held last.
    held: Mutex<Vec<Tunnel>>,
}

impl SavedTunnels {
    /// Those of the home, whose file held these when it was read.
    pub fn of(home: &Home, held: Vec<Tunnel>) -> Self {
        Self {
            file: Some(home.tunnels()),
            ..Self::unsaved(held)
        }
    }

    /// These, for as long as the program runs.
    pub fn unsaved(held: Vec<Tunnel>) -> Self {
        Self {
            file: None,
            held: Mutex::new(held),
        }
    }

    /// What is there, as far as the program knows.
    pub fn all(&self) -> Vec<Tunnel> {
        self.held.lock().clone()
    }

    /// Makes a change: the tunnel as it is then, none where it was deleted. `known` stands in for a
    /// tunnel that somebody has taken out of the file meanwhile.
    ///
    /// # Errors
    /// The file could not be written, or has a tunnel of a new one's id: nothing has changed.
    pub fn change(&self, change: &Pending, known: &Tunnel) -> io::Result<Option<Tunnel>> {
        let id = change.tunnel();
        self.edit(|tunnels| {
            let is_there = find(tunnels, id).is_some();
            match change {
                Pending::Create(_) if is_there => return Err(already_there(id)),
                Pending::Create(_) | Pending::Delete(_) => {}
                _ if is_there => {}
                _ => tunnels.push(known.clone()),
            }
            change.apply(tunnels);
            Ok(find(tunnels, id).cloned())
        })
    }

    /// Adds all of these.
    ///
    /// # Errors
    /// The file could not be written, or has a tunnel of such an id: nothing has changed.
    pub fn add(&self, new: &[Tunnel]) -> io::Result<()> {
        self.edit(|tunnels| {
            if let Some(there) = new.iter().find(|new| find(tunnels, &new.id).is_some()) {
                return Err(already_there(&there.id));
            }
            tunnels.extend_from_slice(new);
            Ok(())
        })
    }

    /// Takes these out again.
    ///
    /// # Errors
    /// The file could not be written: they are in it still.
    pub fn remove(&self, gone: &[Tunnel]) -> io::Result<()> {
        self.edit(|tunnels| {
            tunnels.retain(|tunnel| find(gone, &tunnel.id).is_none());
            Ok(())
        })
    }

    /// Keeps what the providers have whose tunnels are in accounts: `theirs` is all of that. The others'
    /// stay as they are.
    pub fn keep(
        &self,
        theirs: Vec<Tunnel>,
        is_theirs: impl Fn(ProviderId) -> bool,
    ) -> io::Result<()> {
        self.edit(|tunnels| {
            let by_id = |tunnel: Tunnel| (tunnel.id.clone(), tunnel);
            let mut fresh: BTreeMap<TunnelId, Tunnel> = theirs.iter().cloned().map(by_id).collect();
            tunnels.retain(|held| !is_theirs(held.provider) || fresh.contains_key(&held.id));
            for held in tunnels.iter_mut() {
                if let Some(fresh) = fresh.remove(&held.id) {
                    *held = fresh;
                }
            }
            let new = theirs.into_iter().filter(|t| fresh.contains_key(&t.id));
            tunnels.extend(new);
            Ok(())
        })
    }

    fn edit<R>(&self, change: impl FnOnce(&mut Vec<Tunnel>) -> io::Result<R>) -> io::Result<R> {
        let mut held = self.held.lock();
        match &self.file {
            Some(file) => file.edit(&mut held, change),
            None => change(&mut held),
        }
    }
}

fn already_there(id: &TunnelId) -> io::Error {
    let detail = format!("{id} is in it already");
    io::Error::new(io::ErrorKind::AlreadyExists, detail)
}

fn find<'t>(tunnels: &'t [Tunnel], id: &TunnelId) -> Option<&'t Tunnel> {
    tunnels.iter().find(|tunnel| tunnel.id == *id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        Port, PortKey, PortNumber, PortOptions, Protocol, Remote, Target, UnixMillis,
    };
    use std::fs;

    const FAR: ProviderId = ProviderId::SAMPLE;

    fn id(text: &str) -> TunnelId {
        TunnelId::new(text).expect("an id")
    }

    fn tunnel(text: &str, provider: ProviderId) -> Tunnel {
        Tunnel {
            id: id(text),
            name: text.to_owned(),
            provider,
            ports: vec![],
            chosen: crate::model::Chosen::default(),
            created_at: UnixMillis(1),
            expires_at: None,
            remote: (provider == FAR).then(Remote::default),
        }
    }

    fn port(number: u16) -> Port {
        let number = PortNumber::new(number).expect("not zero");
        Port {
            number,
            protocol: Protocol::Http,
            target: Target::local(number),
            label: id("web"),
            public_port: None,
            options: PortOptions::default(),
        }
    }

    fn add(text: &str, number: u16) -> Pending {
        Pending::AddPort(id(text), port(number))
    }

    /// `web` of ours and `far.usw2` of an account.
    fn home() -> (tempfile::TempDir, Home, Vec<Tunnel>) {
        let dir = tempfile::tempdir().expect("a folder");
        let home = Home::at(dir.path()).expect("a home");
        let held = vec![tunnel("web", ProviderId::RELAY), tunnel("far.usw2", FAR)];
        home.tunnels().save(&held).expect("saved");
        (dir, home, held)
    }

    fn shown(tunnels: &[Tunnel]) -> Vec<String> {
        let line = |tunnel: &Tunnel| {
            let ports = tunnel.ports.iter().map(|port| format!(" {}", port.number));
            format!("{}{}", tunnel.id, ports.collect::<String>())
        };
        tunnels.iter().map(line).collect()
    }

    fn in_file(home: &Home) -> Vec<String> {
        shown(&home.tunnels().load().value)
    }

    #[test]
    fn two_programs_that_change_it_lose_nothing_of_each_other() {
        let (_dir, home, held) = home();
        let programs = [1, 2].map(|_| SavedTunnels::of(&home, held.clone()));
        std::thread::scope(|scope| {
            for (program, first) in programs.iter().zip([1_u16, 101]) {
                let known = &held[0];
                scope.spawn(move || {
                    for number in first..first + 20 {
                        program.change(&add("web", number), known).expect("made");
                    }
                });
            }
        });
        assert_eq!(home.tunnels().load().value[0].ports.len(), 40);
        let theirs = programs[0]
            .change(&add("web", 200), &held[0])
            .expect("made");
        assert_eq!(theirs.map(|tunnel| tunnel.ports.len()), Some(41));
    }

    #[test]
    fn a_change_finds_what_others_did_meanwhile() {
        let (_dir, home, held) = home();
        let ours = SavedTunnels::of(&home, held.clone());
        home.tunnels()
            .save(&vec![tunnel("new", ProviderId::RELAY)])
            .expect("saved");
        ours.change(&add("web", 80), &held[0])
            .expect("what is known stands in");
        assert_eq!(in_file(&home), ["new", "web 80"]);
        let again = Pending::Create(tunnel("new", ProviderId::RELAY));
        let refused = ours.change(&again, &tunnel("new", ProviderId::RELAY));
        let refused = refused.expect_err("that is another one");
        assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists);
        for _ in 0..2 {
            let gone = ours.change(&Pending::Delete(id("new")), &held[0]);
            assert_eq!(gone.expect("gone is gone"), None);
        }
        assert_eq!(in_file(&home), ["web 80"]);
    }

    #[test]
    fn a_file_that_is_gone_or_spoilt_is_made_again_with_all_that_was_in_it() {
        let (_dir, home, held) = home();
        let ours = SavedTunnels::of(&home, held.clone());
        fs::remove_file(home.tunnels().path()).expect("removed");
        ours.change(&add("web", 80), &held[0]).expect("made");
        assert_eq!(in_file(&home), ["web 80", "far.usw2"]);
        fs::write(home.tunnels().path(), "{").expect("written");
        let key = PortKey::new(&id("web"), port(80).number);
        ours.change(&Pending::RemovePort(key), &held[0])
            .expect("made");
        assert_eq!(in_file(&home), ["web", "far.usw2"]);
    }

    #[test]
    fn several_are_added_all_or_none() {
        let (_dir, home, held) = home();
        let ours = SavedTunnels::of(&home, held);
        let new = |ids: [&str; 2]| ids.map(|id| tunnel(id, ProviderId::RELAY));
        ours.add(&new(["a", "web"])).expect_err("one is there");
        assert_eq!(in_file(&home), ["web", "far.usw2"]);
        ours.add(&new(["a", "b"])).expect("added");
        assert_eq!(in_file(&home), ["web", "far.usw2", "a", "b"]);
        ours.remove(&new(["a", "b"])).expect("taken out");
        assert_eq!(in_file(&home), ["web", "far.usw2"]);
    }

    #[test]
    fn what_an_account_has_takes_only_its_own_place() {
        let (_dir, home, held) = home();
        let ours = SavedTunnels::of(&home, held.clone());
        ours.change(&add("web", 80), &held[0]).expect("made");
        let keep = |listed: &[&str]| {
            let listed = listed.iter().map(|id| tunnel(id, FAR)).collect();
            ours.keep(listed, |provider| provider == FAR).expect("kept");
            in_file(&home)
        };
        assert_eq!(
            keep(&["b.usw2", "far.usw2"]),
            ["web 80", "far.usw2", "b.usw2"]
        );
        assert_eq!(keep(&["b.usw2"]), ["web 80", "b.usw2"]);
    }

    #[test]
    fn a_change_that_cannot_be_written_is_none() {
        let (_dir, home, held) = home();
        let ours = SavedTunnels::of(&home, held.clone());
        let newer = r#"{"version":99,"data":[]}"#;
        fs::write(home.tunnels().path(), newer).expect("written");
        ours.change(&add("web", 80), &held[0])
            .expect("for this run");
        assert_eq!(shown(&ours.all()), ["web 80", "far.usw2"]);
        let kept = fs::read_to_string(home.tunnels().path()).expect("there");
        assert_eq!(kept, newer, "a newer version wants it back");

        let before = shown(&ours.all());
        fs::remove_dir_all(home.path()).expect("removed");
        ours.change(&add("web", 81), &held[0])
            .expect_err("there is nowhere to write it");
        assert_eq!(shown(&ours.all()), before);
    }
}
