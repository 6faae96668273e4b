//! Who may have a name, how long it is kept, and for how many.

use super::*;

impl<U> Table<U> {
    /// How many of everything there are.
    fn sizes(&self) -> [usize; 5] {
        let Self {
            sessions,
            tunnels,
            live,
            accounts,
            leases,
            ..
        } = self;
        [
            sessions.len(),
            tunnels.len(),
            live.len(),
            accounts.len(),
            leases.len(),
        ]
    }
}

fn claim(account: &str, tunnel: &str, install: &str, take_over: bool) -> HostClaim {
    HostClaim {
        account: account.into(),
        tunnel: tunnel.to_owned(),
        install: install.to_owned(),
        take_over,
    }
}

/// Claims `label`: whom it displaced.
fn take(
    table: &mut Table<u64>,
    session: u64,
    claim: &HostClaim,
    label: &str,
    now: Instant,
) -> Result<Option<RegistrationId>, Refusal> {
    let displaced = table.check(claim, &[label], now)?;
    table.settle(
        RegistrationId(session),
        claim,
        vec![(label.into(), session)],
        now,
    );
    Ok(displaced)
}

fn taken(label: &str) -> Result<Option<RegistrationId>, Refusal> {
    Err(Refusal::NameTaken {
        label: label.to_owned(),
    })
}

#[test]
fn who_may_have_a_name_that_is_held() {
    let cases = [
        (
            claim("anna", "web", "i1", false),
            Ok(Some(RegistrationId(1))),
        ),
        (
            claim("anna", "web", "i2", false),
            Err(Refusal::HostedElsewhere),
        ),
        (
            claim("anna", "web", "i2", true),
            Ok(Some(RegistrationId(1))),
        ),
        (claim("anna", "other", "i1", true), taken("web")),
        (claim("bob", "web", "i1", true), taken("web")),
    ];
    for (asked, expected) in cases {
        let (mut table, now) = (Table::new(&Limits::default()), Instant::now());
        let held = take(
            &mut table,
            1,
            &claim("anna", "web", "i1", false),
            "web",
            now,
        );
        assert_eq!(held, Ok(None));
        let holder = if expected.is_ok() { 2 } else { 1 };
        assert_eq!(
            take(&mut table, 2, &asked, "web", now),
            expected,
            "{asked:?}"
        );
        assert_eq!(table.find("web"), Lookup::Live(holder), "{asked:?}");
    }
}

#[test]
fn a_name_stays_known_and_reserved_for_a_while() {
    let (mut table, now) = (Table::new(&Limits::default()), Instant::now());
    let (anna, bob) = (
        claim("anna", "web", "i", false),
        claim("bob", "web", "j", false),
    );
    assert_eq!(table.find("web"), Lookup::Unknown);
    take(&mut table, 1, &anna, "web", now).expect("it is free");
    table.leave(RegistrationId(1), now);
    assert_eq!(table.find("web"), Lookup::NoHost);
    assert_eq!(take(&mut table, 2, &bob, "web", now), taken("web"));
    let later = now + Limits::default().reserved_for;
    assert_eq!(table.find("web"), Lookup::NoHost);
    assert_eq!(take(&mut table, 3, &bob, "web", later), Ok(None));
    assert_eq!(take(&mut table, 4, &anna, "web", later), taken("web"));
}

#[test]
fn what_is_written_down_and_read_again_is_known_and_reserved_as_before() {
    let (mut table, now) = (Table::new(&Limits::default()), Instant::now());
    let hours = |n| Duration::from_hours(n);
    let (anna, bob) = (
        claim("anna", "web", "i", false),
        claim("bob", "web", "j", false),
    );
    take(&mut table, 1, &anna, "left", now).expect("it is free");
    table.leave(RegistrationId(1), now);
    take(&mut table, 2, &anna, "live", now).expect("it is free");
    let later = now + hours(10);
    let written = table.remembered(later);
    let lefts: Vec<_> = written.iter().map(|r| (&*r.label, r.left)).collect();
    assert_eq!(lefts, [("left", Some(hours(14))), ("live", None)]);

    let mut table = Table::<u64>::new(&Limits::default());
    for remembered in &written {
        table.remember(remembered, later);
    }
    for (label, free_after) in [("left", 14), ("live", 24)] {
        assert_eq!(table.find(label), Lookup::NoHost);
        let ask = |at| table.check(&bob, &[label], later + hours(at));
        assert_eq!(ask(free_after - 1), taken(label));
        assert_eq!(ask(free_after), Ok(None));
        assert_eq!(table.check(&anna, &[label], later), Ok(None));
    }
}

#[test]
fn a_session_that_was_displaced_leaves_nothing_when_it_goes() {
    let (mut table, now) = (Table::new(&Limits::default()), Instant::now());
    let anna = claim("anna", "web", "i", false);
    take(&mut table, 1, &anna, "web", now).expect("it is free");
    take(&mut table, 2, &anna, "web", now).expect("it is hers");
    table.leave(RegistrationId(1), now);
    assert_eq!(table.find("web"), Lookup::Live(2));
    assert_eq!(table.sizes(), [1, 1, 1, 1, 0]);
}

#[test]
fn new_ports_replace_the_old_ones() {
    let (mut table, now) = (Table::new(&Limits::default()), Instant::now());
    let anna = claim("anna", "web", "i", false);
    take(&mut table, 1, &anna, "web", now).expect("it is free");
    assert_eq!(
        take(&mut table, 1, &anna, "api", now),
        Ok(Some(RegistrationId(1)))
    );
    assert_eq!(table.find("web"), Lookup::NoHost);
    assert_eq!(table.find("api"), Lookup::Live(1));
    assert!(table.claim(RegistrationId(1)).is_some());
}

#[test]
fn an_account_hosts_so_many_tunnels_and_no_more() {
    let limits = Limits {
        sessions_per_account: 2,
        ..Limits::default()
    };
    let (mut table, now) = (Table::new(&limits), Instant::now());
    for (session, name) in [(1, "a"), (2, "b")] {
        let claim = claim("anna", name, "i", false);
        take(&mut table, session, &claim, name, now).expect("there is room");
    }
    let third = claim("anna", "c", "i", false);
    let refused = Err(Refusal::TooManyTunnels { limit: 2 });
    assert_eq!(take(&mut table, 3, &third, "c", now), refused);
    let again = claim("anna", "a", "i", false);
    assert_eq!(
        take(&mut table, 4, &again, "a", now),
        Ok(Some(RegistrationId(1)))
    );
    let other = claim("bob", "c", "i", false);
    assert_eq!(take(&mut table, 5, &other, "c", now), Ok(None));
}

#[test]
fn an_account_that_has_too_many_names_loses_its_own_oldest_and_nobody_elses() {
    let limits = Limits {
        names_per_account: 3,
        ..Limits::default()
    };
    let (mut table, now) = (Table::new(&limits), Instant::now());
    take(&mut table, 100, &claim("bob", "b", "i", false), "bobs", now).expect("free");
    table.leave(RegistrationId(100), now);
    for n in 0..5 {
        let name = format!("t{n}");
        take(&mut table, n, &claim("anna", &name, "i", false), &name, now).expect("free");
        table.leave(RegistrationId(n), now);
    }
    assert_eq!(table.find("t1"), Lookup::Unknown);
    assert_eq!(table.find("t2"), Lookup::NoHost);
    assert_eq!(table.find("bobs"), Lookup::NoHost);
    let carol = claim("carol", "c", "i", false);
    assert_eq!(table.check(&carol, &["bobs"], now), taken("bobs"));
    assert_eq!(table.check(&carol, &["t1"], now), Ok(None));

    let refused = Err(Refusal::TooManyNames { limit: 3 });
    assert_eq!(table.check(&carol, &["1", "2", "3", "4"], now), refused);
    take(&mut table, 9, &carol, "c", now).expect("free");
    let more = claim("carol", "d", "i", false);
    assert_eq!(table.check(&more, &["1", "2", "3"], now), refused);
    let same = table.check(&carol, &["1", "2", "3"], now);
    assert_eq!(same, Ok(Some(RegistrationId(9))), "in place of what it has");
}

#[test]
fn what_an_account_had_is_nobodys_once_it_is_gone() {
    let (mut table, now) = (Table::new(&Limits::default()), Instant::now());
    let (anna, bob) = (
        claim("anna", "web", "i", false),
        claim("bob", "web", "j", false),
    );
    take(&mut table, 1, &anna, "left", now).expect("it is free");
    table.leave(RegistrationId(1), now);
    take(&mut table, 2, &anna, "live", now).expect("it is free");
    table.forget_account("anna");
    assert_eq!(table.find("left"), Lookup::Unknown);
    assert_eq!(table.find("live"), Lookup::Live(2));
    table.leave(RegistrationId(2), now);
    assert_eq!(table.find("live"), Lookup::Unknown);
    assert_eq!(table.check(&bob, &["left", "live"], now), Ok(None));
    assert_eq!(table.sizes(), [0; 5]);
}

#[test]
fn only_what_has_changed_is_written_down() {
    let (mut table, now) = (Table::new(&Limits::default()), Instant::now());
    let anna = claim("anna", "web", "i", false);
    take(&mut table, 1, &claim("bob", "b", "i", false), "bobs", now).expect("it is free");
    take(&mut table, 2, &anna, "web", now).expect("it is free");
    assert_eq!(table.take_changes(now).0.len(), 2);
    assert_eq!(table.take_changes(now), (vec![], vec![]));
    take(&mut table, 2, &anna, "api", now).expect("it is free");
    let (mut known, forgotten) = table.take_changes(now);
    known.sort_by(|a, b| a.label.cmp(&b.label));
    let known: Vec<_> = known.iter().map(|r| (&*r.label, r.left)).collect();
    let day = Limits::default().reserved_for;
    assert_eq!(known, [("api", None), ("web", Some(day))]);
    assert_eq!(forgotten, [""; 0]);
    table.forget_account("anna");
    assert_eq!(table.take_changes(now).1, ["web"]);
}
