//! What the desktop is asked, by a service that writes it down.

use super::*;
use std::sync::mpsc::{self, Receiver, Sender};

/// Writes down what it is asked; waits for `release` where there is one.
struct Fake {
    seen: Sender<String>,
    release: Option<Receiver<()>>,
    refuses: bool,
    last: u32,
}

impl Service for Fake {
    type Place = u32;

    fn show(&mut self, note: &Note, instead: Option<&u32>) -> Result<u32, DesktopError> {
        if let Some(release) = &self.release {
            let _ = release.recv();
        }
        let place = instead.map_or(String::new(), |place| format!(" in {place}"));
        let _ = self.seen.send(format!("show {}{place}", note.title));
        if self.refuses {
            return Err(DesktopError::new("no such service"));
        }
        self.last = instead.copied().unwrap_or(self.last + 1);
        Ok(self.last)
    }

    fn withdraw(&mut self, place: &u32) -> Result<(), DesktopError> {
        let _ = self.seen.send(format!("withdraw {place}"));
        Err(DesktopError::new("it is gone already"))
    }
}

fn fake() -> (Fake, Receiver<String>) {
    let (seen, arrived) = mpsc::channel();
    let fake = Fake {
        seen,
        release: None,
        refuses: false,
        last: 0,
    };
    (fake, arrived)
}

fn note(id: u64, title: &str) -> Note {
    Note {
        id: AlertId::Told(id),
        title: title.to_owned(),
        body: "body".to_owned(),
        buttons: vec![("Stop all".to_owned(), Action::StopAll)],
        open: ("Show".to_owned(), Action::OpenWindow),
    }
}

fn follower(service: Fake) -> Follower<Fake> {
    Follower {
        service,
        board: Board::default(),
        refused: false,
    }
}

#[test]
fn what_is_new_is_shown_what_changes_is_changed_and_what_is_over_withdrawn() {
    let (fake, arrived) = fake();
    let mut follower = follower(fake);
    let mut follow = |notes: Vec<Note>| {
        follower.follow(notes);
        arrived.try_iter().collect::<Vec<_>>()
    };
    assert_eq!(follow(vec![note(1, "a")]), ["show a"]);
    assert_eq!(follow(vec![note(1, "a")]), [""; 0], "it is there");
    let both = follow(vec![note(1, "a"), note(2, "b")]);
    assert_eq!(both, ["show b"]);
    assert_eq!(follow(vec![note(1, "a"), note(2, "c")]), ["show c in 2"]);
    assert_eq!(
        follow(vec![note(3, "d")]),
        ["withdraw 1", "withdraw 2", "show d"]
    );
}

#[test]
fn what_was_put_away_stays_away() {
    let (fake, arrived) = fake();
    let mut follower = follower(fake);
    follower.follow(vec![note(1, "a")]);
    for shown in follower.board.lock().values_mut() {
        shown.place = Standing::PutAway;
    }
    follower.follow(vec![note(1, "b")]);
    follower.follow(vec![]);
    assert_eq!(arrived.try_iter().collect::<Vec<_>>(), ["show a"]);
}

#[test]
fn a_desktop_that_refuses_is_asked_again_with_the_next_notice_and_no_more() {
    let (mut fake, arrived) = fake();
    fake.refuses = true;
    let mut follower = follower(fake);
    follower.follow(vec![note(1, "a")]);
    follower.follow(vec![note(1, "a"), note(2, "b")]);
    follower.follow(vec![]);
    let asked: Vec<String> = arrived.try_iter().collect();
    assert_eq!(asked, ["show a", "show a", "show b"]);
}

#[test]
fn what_was_refused_is_shown_when_the_service_comes_if_it_is_wanted_still() {
    let (mut fake, arrived) = fake();
    fake.refuses = true;
    let mut follower = follower(fake);
    follower.follow(vec![note(1, "a"), note(2, "b"), note(3, "c")]);
    follower.follow(vec![note(1, "a"), note(3, "d")]);
    let asked: Vec<String> = arrived.try_iter().collect();
    assert_eq!(asked, ["show a", "show b", "show c", "show a"]);
    follower.service.refuses = false;
    follower.retry();
    assert_eq!(arrived.try_iter().collect::<Vec<_>>(), ["show a", "show d"]);
    follower.retry();
    follower.follow(vec![note(1, "a"), note(3, "d")]);
    assert_eq!(arrived.try_iter().count(), 0, "once");
    follower.follow(vec![]);
    let gone: Vec<String> = arrived.try_iter().collect();
    assert_eq!(gone, ["withdraw 1", "withdraw 2"]);
}

#[test]
fn a_service_that_comes_has_the_thread_try_again() {
    let slot = Arc::new(Slot::default());
    let came = Slot::came(&slot);
    came();
    came();
    assert!(matches!(slot.next(), Some(Next::Retry)));
    slot.wanted.lock().notes = Some(vec![]);
    came();
    assert!(
        matches!(slot.next(), Some(Next::Follow(_))),
        "it tries again by itself"
    );
    slot.wanted.lock().ended = true;
    assert!(slot.next().is_none());
}

#[test]
fn a_desktop_that_hangs_stops_nobody_and_gets_the_newest_list_alone() {
    let (hold, release) = mpsc::channel::<()>();
    let (mut fake, arrived) = fake();
    fake.release = Some(release);
    let notifier = Notifier::start_with(fake, Board::default(), Arc::default()).expect("a thread");
    for id in 0..1_000 {
        notifier.follow(vec![note(id, &id.to_string())]);
    }
    drop(hold);
    drop(notifier);
    let shown: Vec<String> = arrived.iter().filter(|it| it.starts_with("show")).collect();
    assert!(shown.len() <= 2, "{shown:?}");
    assert_eq!(shown.last().map(String::as_str), Some("show 999"));
}
