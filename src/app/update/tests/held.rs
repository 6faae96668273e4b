//! A session whose link is down: what is written, probed and told meanwhile and after it.

use super::*;

impl Rig {
    fn park(&mut self, open: u64) -> Vec<Command> {
        let since = self.at;
        self.engine(EngineEvent::Life(Life::Parked {
            session: SessionNumber(1),
            since,
            until: UnixMillis(since.0 + 600_000),
            open,
        }))
    }

    /// A report that was made at `at` and arrives now.
    fn probe_of(&mut self, at: UnixMillis, health: Health) -> Vec<Command> {
        self.put(Event::Probed(ProbeReport {
            key: key(),
            session: SessionNumber(1),
            at,
            local: LocalAnswer::Accepts,
            public: PublicAnswer::Accepted { latency_us: 9 },
            diagnosis: health.into(),
        }))
    }

    fn shown_health(&self) -> Option<Health> {
        let probe = self.state.inputs.probes.get(&key())?;
        probe.last.as_ref().map(ProbeReport::health)
    }

    fn notices(&self) -> Vec<NoticeKind> {
        let notices = self.state.inputs.notices.iter();
        notices.map(|notice| notice.kind.clone()).collect()
    }
}

fn lines(commands: &[Command]) -> Vec<(Kind, String)> {
    let audits = audits(commands).into_iter();
    audits.map(|(kind, cause, _)| (kind, cause)).collect()
}

fn lost(open: u64) -> NoticeKind {
    let tunnel = id("web");
    NoticeKind::HeldLost { tunnel, open }
}

#[test]
fn a_blip_is_written_as_held_and_resumed_within_one_run() {
    let mut rig = Rig::with_tunnel();
    let up = audits(&rig.session(1, true));
    let held = audits(&rig.park(2));
    assert_eq!((held[0].0, held[0].1.as_str()), (Kind::Held, ""));
    assert_eq!(audits(&rig.park(1)), [], "another count is no other line");
    let resumed = audits(&rig.session(1, true));
    assert_eq!((resumed[0].0, resumed[0].1.as_str()), (Kind::Resumed, ""));
    assert_eq!((held.len(), resumed.len()), (1, 1), "no down and no up");
    assert_eq!((&held[0].2, &resumed[0].2), (&up[0].2, &up[0].2));
    assert_eq!(rig.notices(), [], "a blip is no news");
}

#[test]
fn a_hold_in_vain_is_a_down_and_cut_visitors_are_told_once() {
    let mut rig = Rig::hosting();
    rig.park(2);
    let down = lines(&rig.lose(Reason::LinkLost));
    assert_eq!(down, [(Kind::Down, "dropped".to_owned())]);
    assert_eq!(rig.notices(), [lost(2)]);
    let up = lines(&rig.session(2, true));
    assert_eq!(up, [(Kind::Up, "reconnected".to_owned())]);
    assert_eq!(rig.notices(), [lost(2)], "until it is put away");
    let id = rig.state.inputs.notices[0].id;
    rig.act(Action::DismissNotice { id });
    assert_eq!(rig.notices(), []);
}

#[test]
fn the_next_loss_takes_the_place_of_the_last_and_a_stop_of_both() {
    let mut rig = Rig::hosting();
    for open in [2, 3] {
        rig.session(1, true);
        rig.park(open);
        rig.lose(Reason::LinkLost);
        assert_eq!(rig.notices(), [lost(open)]);
    }
    rig.act(Action::Stop { tunnel: id("web") });
    assert_eq!(rig.notices(), []);
}

#[test]
fn nothing_is_told_where_nobody_was_cut_off_or_somebody_asked_for_it() {
    for (open, reason) in [(0, Reason::LinkLost), (2, Reason::Forced)] {
        let mut rig = Rig::hosting();
        rig.park(open);
        rig.lose(reason);
        assert_eq!(rig.notices(), []);
    }
}

#[test]
fn what_needs_the_person_after_a_hold_is_told_alone() {
    let mut rig = Rig::hosting();
    rig.park(2);
    let since = rig.at;
    rig.engine(EngineEvent::Life(Life::Displaced(Outage {
        since,
        reason: Reason::TakenOver,
    })));
    assert!(matches!(rig.notices()[..], [NoticeKind::NeedsYou { .. }]));
}

#[test]
fn probes_pause_and_begin_anew_after_the_resume() {
    let mut rig = Rig::hosting();
    rig.probe(1, Health::Operational);
    assert_eq!(rig.shown_health(), Some(Health::Operational));
    let commands = rig.park(1);
    assert!(commands.contains(&Command::StopProbe(key())));
    assert_eq!(rig.probe(1, Health::Down), [], "nobody hears of it");
    assert_eq!(rig.act(Action::CheckNow { key: key() }), []);
    let commands = rig.session(1, true);
    let begun = |command: &Command| matches!(command, Command::Probe(_));
    assert_eq!(commands.iter().filter(|c| begun(c)).count(), 1);
    assert_eq!(rig.shown_health(), None, "green needs a new proof");
    rig.probe(1, Health::Operational);
    assert_eq!(rig.shown_health(), Some(Health::Operational));
}

#[test]
fn a_report_from_before_the_resume_proves_nothing() {
    let mut rig = Rig::hosting();
    let before = rig.at;
    rig.park(1);
    rig.session(1, true);
    for health in [Health::Operational, Health::Down] {
        assert_eq!(rig.probe_of(before, health), []);
        assert_eq!(rig.shown_health(), None);
    }
    // The clock is set back: reports bear earlier times, and count.
    rig.at.0 -= 500_000;
    rig.probe(1, Health::Operational);
    assert_eq!(rig.shown_health(), Some(Health::Operational));
}

#[test]
fn hosting_again_while_held_asks_for_a_dial_and_throws_nothing_away() {
    let mut rig = Rig::hosting();
    rig.park(1);
    let dial = Command::Tell(id("web"), EngineCommand::Reconnect);
    for action in [
        Action::Host { tunnel: id("web") },
        Action::Reconnect { tunnel: id("web") },
    ] {
        let commands = rig.act(action);
        assert!(commands.contains(&dial), "{commands:?}");
        assert_eq!(starts(&commands), 0);
    }
    assert!(matches!(rig.life(), Life::Parked { .. }));
}

#[test]
fn a_stop_while_held_is_a_stop() {
    let mut rig = Rig::hosting();
    rig.park(2);
    let commands = rig.act(Action::Stop { tunnel: id("web") });
    let kinds: Vec<_> = audits(&commands).iter().map(|line| line.0).collect();
    assert_eq!(kinds, [Kind::ManualStop, Kind::Down]);
    assert_eq!(rig.notices(), []);
}
