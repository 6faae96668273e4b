//! The relay's lot: retention, caps, and what a late host is told.

use super::net::{self, Dice, Pipe, Plan};
use super::rig::{FIRST_LINK, SECOND};
use super::stream::{ByteStream, stream};
use crate::link::resume::{
    Caps, Config, Handle, ResumeRefusal, Secret, SessionDriver, SessionEnd, SessionId,
    SessionStore, Status, StoreFull,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

struct Guest {
    handle: Handle,
    stream: ByteStream,
    _far: Pipe,
}

fn id(n: u16) -> SessionId {
    let mut id = [0; 16];
    id[..2].copy_from_slice(&n.to_be_bytes());
    SessionId(id)
}

fn make(n: u16, config: Config) -> (Handle, ByteStream, SessionDriver) {
    stream(config, id(n), Secret::derive(FIRST_LINK, id(n)))
}

/// A session with a link.
fn admit(lot: &SessionStore<u8>, account: u8, n: u16) -> Result<Guest, StoreFull> {
    let (handle, stream, driver) = make(n, Config::default());
    let (near, far, _) = net::pipe(Plan::CLEAN, Dice::new(1));
    handle.begin(near).expect("it is new");
    tokio::spawn(driver.run());
    tokio::spawn(lot.admit(account, handle.clone())?);
    Ok(Guest {
        handle,
        stream,
        _far: far,
    })
}

async fn settle() {
    // All of a test is over before a silent link is dead.
    tokio::time::sleep(SECOND / 1_000).await;
}

#[tokio::test(start_paused = true)]
async fn a_parked_session_is_kept_ten_minutes_and_its_end_is_remembered_for_two() {
    let lot = SessionStore::new(Caps::default());
    let mut guest = admit(&lot, 1, 1).expect("there is room");
    settle().await;
    assert_eq!(lot.len(), (1, 0));
    guest.handle.disconnect();
    tokio::time::sleep(SECOND * 599).await;
    assert_eq!(lot.len(), (1, 1));
    assert!(lot.find(id(1), &1).is_ok());
    assert_eq!(
        lot.find(id(1), &2).err(),
        Some(ResumeRefusal::Unknown),
        "not its own"
    );
    tokio::time::sleep(SECOND * 2).await;
    assert!(guest.stream.read(&mut [0]).await.is_err());
    assert_eq!(lot.find(id(1), &1).err(), Some(ResumeRefusal::Expired));
    assert_eq!(lot.find(id(1), &2).err(), Some(ResumeRefusal::Unknown));
    tokio::time::sleep(SECOND * 121).await;
    assert_eq!(lot.find(id(1), &1).err(), Some(ResumeRefusal::Unknown));
    assert_eq!(lot.len(), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn an_account_evicts_its_own_oldest_parked_session_and_no_attached_one() {
    let lot = SessionStore::new(Caps {
        sessions_per_account: 3,
        ..Caps::default()
    });
    let guests: Vec<Guest> = (0..3).filter_map(|n| admit(&lot, 1, n).ok()).collect();
    let other = admit(&lot, 2, 9).expect("there is room");
    settle().await;
    assert!(
        matches!(admit(&lot, 1, 3), Err(StoreFull)),
        "all have a link"
    );
    other.handle.disconnect();
    guests[2].handle.disconnect();
    settle().await;
    guests[1].handle.disconnect();
    settle().await;
    let _next = admit(&lot, 1, 3).expect("one goes");
    settle().await;
    assert_eq!(
        *guests[2].handle.status().borrow(),
        Status::Ended(SessionEnd::CannotResume(ResumeRefusal::Evicted))
    );
    assert_eq!(lot.find(id(2), &1).err(), Some(ResumeRefusal::Evicted));
    assert!(
        lot.find(id(1), &1).is_ok() && lot.find(id(0), &1).is_ok() && lot.find(id(9), &2).is_ok()
    );
}

#[tokio::test(start_paused = true)]
async fn a_session_that_got_its_link_back_in_between_is_not_given_up() {
    let lot = SessionStore::new(Caps::default());
    let guest = admit(&lot, 1, 1).expect("there is room");
    assert!(!guest.handle.give_up_if_parked(ResumeRefusal::Evicted));
    assert!(matches!(
        *guest.handle.status().borrow(),
        Status::Attached { .. }
    ));
    guest.handle.disconnect();
    assert!(guest.handle.give_up_if_parked(ResumeRefusal::Evicted));
}

#[tokio::test(start_paused = true)]
async fn a_session_that_ended_well_is_remembered_as_such() {
    let lot = SessionStore::new(Caps::default());
    let (relay, mut far_stream, driver) = make(1, Config::default());
    let (host, mut near_stream, near_driver) = make(1, Config::default());
    let (near, far, _) = net::pipe(Plan::CLEAN, Dice::new(1));
    host.begin(near).expect("it is new");
    relay.begin(far).expect("it is new");
    for driver in [driver, near_driver] {
        tokio::spawn(driver.run());
    }
    tokio::spawn(lot.admit(1, relay).expect("there is room"));
    let (there, back) = tokio::join!(near_stream.shutdown(), far_stream.shutdown());
    assert!(there.is_ok() && back.is_ok());
    settle().await;
    assert_eq!(lot.len(), (0, 0));
    assert_eq!(lot.find(id(1), &1).err(), Some(ResumeRefusal::Finished));
    assert_eq!(lot.find(id(1), &2).err(), Some(ResumeRefusal::Unknown));
    tokio::time::sleep(SECOND * 121).await;
    assert_eq!(lot.find(id(1), &1).err(), Some(ResumeRefusal::Unknown));
}

#[tokio::test(start_paused = true)]
async fn a_thousand_parked_sessions_stay_within_the_budget_and_attached_ones_stay() {
    const EACH: usize = 10_000;
    let caps = Caps {
        sessions_per_account: 2_000,
        bytes_per_account: 400 * EACH,
        bytes: 500 * EACH,
        ..Caps::default()
    };
    let lot = SessionStore::new(caps);
    let attached = admit(&lot, 0, u16::MAX).expect("there is room");
    let mut guests = Vec::new();
    for n in 0..1_000_u16 {
        let account = u8::try_from(n % 4).expect("it is small");
        let mut guest = admit(&lot, account, n).expect("there is room");
        guest
            .stream
            .write_all(&[1; EACH])
            .await
            .expect("it is taken");
        guest.handle.disconnect();
        guests.push(guest);
        settle().await;
        assert!(lot.parked_bytes() <= caps.bytes);
    }
    assert_eq!(lot.len(), (501, 500));
    let held: usize = guests
        .iter()
        .skip(500)
        .map(|guest| guest.handle.shrink())
        .sum();
    assert_eq!(held, 500 * EACH, "what is counted is what is held");
    let ends = guests
        .iter()
        .filter(|guest| guest.handle.fence().is_err())
        .count();
    assert_eq!(ends, 500);
    assert!(matches!(
        *attached.handle.status().borrow(),
        Status::Attached { .. }
    ));
}
