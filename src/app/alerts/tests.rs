//! The policy on simulated time: only its own timers and the facts' changes make it look.

use super::*;
use crate::model::{Cause, PortNumber, Protocol, Reason, ServedUrl, Standing, Trouble};
use proptest::prelude::*;

const SECOND: u64 = 1_000;

/// One notice, when it came.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Told {
    at: u64,
    kind: AlertKind,
    about: String,
}

struct Sim {
    alerts: Alerts,
    wanted: AlertSettings,
    stances: BTreeMap<String, (Standing, String)>,
    shown: Vec<Alert>,
    told: Vec<Told>,
    last_id: u64,
    /// Since the begin, in milliseconds.
    at: u64,
}

impl Sim {
    fn new(tunnels: &[&str]) -> Self {
        let well = |name: &&str| {
            let url = format!("http://{name}/");
            ((*name).to_owned(), (Standing::Well, url))
        };
        let mut sim = Self {
            alerts: Alerts::default(),
            wanted: AlertSettings::default(),
            stances: tunnels.iter().map(well).collect(),
            shown: vec![],
            told: vec![],
            last_id: 0,
            at: 0,
        };
        sim.look();
        sim
    }

    fn look(&mut self) {
        let stance = |(name, (standing, url)): (&String, &(Standing, String))| Stance {
            tunnel: id(name),
            standing: standing.clone(),
            urls: match standing {
                Standing::Well => vec![served(url)],
                _ => vec![],
            },
        };
        let stances = self.stances.iter().map(stance).collect();
        let at = UnixMillis(1_000_000 + self.at);
        self.alerts
            .follow(at, stances, self.wanted, &mut self.shown);
        for alert in self.shown.iter().filter(|alert| alert.id > self.last_id) {
            self.told.push(Told {
                at: self.at / SECOND,
                kind: alert.kind,
                about: names(alert),
            });
        }
        self.last_id = self
            .shown
            .iter()
            .map(|alert| alert.id)
            .fold(self.last_id, u64::max);
    }

    fn set(&mut self, name: &str, standing: Standing) {
        let was = self.stances.get_mut(name).expect("it is there");
        was.0 = standing;
        self.look();
    }

    fn set_url(&mut self, name: &str, url: &str) {
        let was = self.stances.get_mut(name).expect("it is there");
        was.1 = url.to_owned();
        self.look();
    }

    /// So many seconds pass, in which nothing happens but what was waited for.
    fn pass(&mut self, seconds: u64) {
        let until = self.at + seconds * SECOND;
        for _ in 0..1_000 {
            let wait = self.alerts.wait().map(|wait| wait.as_millis());
            let due = wait.map(|wait| self.at + u64::try_from(wait).expect("not for ever"));
            match due {
                Some(due) if due <= until => {
                    self.at = due;
                    self.look();
                }
                _ => {
                    self.at = until;
                    return;
                }
            }
        }
        panic!("it looks again and again");
    }

    fn told(&mut self) -> Vec<(u64, AlertKind, String)> {
        let told = self.told.drain(..);
        told.map(|told| (told.at, told.kind, told.about)).collect()
    }

    /// What the desktop shows.
    fn shown(&self) -> Vec<(AlertKind, String)> {
        let shown = self.shown.iter();
        shown.map(|alert| (alert.kind, names(alert))).collect()
    }
}

fn id(name: &str) -> TunnelId {
    TunnelId::new(name).expect("a label")
}

fn served(url: &str) -> ServedUrl {
    ServedUrl {
        port: PortNumber::new(80).expect("a port"),
        protocol: Protocol::Http,
        url: url.to_owned(),
    }
}

fn names(alert: &Alert) -> String {
    let names: Vec<&str> = alert.about.iter().map(|it| it.tunnel.as_str()).collect();
    names.join(" ")
}

fn bad(kind: AlertKind, stays: bool, reason: Reason) -> Standing {
    Standing::Bad(Trouble {
        kind,
        stays,
        port: None,
        why: Cause::Reason(reason),
    })
}

fn down() -> Standing {
    bad(AlertKind::Down, false, Reason::LinkLost)
}

fn sign_in() -> Standing {
    bad(AlertKind::SignIn, true, Reason::SignedOut)
}

fn one(at: u64, kind: AlertKind, about: &str) -> Vec<(u64, AlertKind, String)> {
    vec![(at, kind, about.to_owned())]
}

#[test]
fn down_is_told_after_a_minute_once_and_so_is_that_it_is_back() {
    let mut sim = Sim::new(&["a"]);
    sim.set("a", down());
    sim.pass(62);
    assert_eq!(sim.told(), []);
    // Another reason is no other outage.
    sim.set("a", bad(AlertKind::Down, false, Reason::Offline));
    sim.pass(3_600);
    assert_eq!(sim.told(), one(63, AlertKind::Down, "a"));
    sim.set("a", Standing::Unsure);
    assert_eq!(sim.shown().len(), 1, "nobody knows yet that it is over");
    sim.set("a", Standing::Well);
    assert_eq!(sim.shown(), [], "it is withdrawn at once");
    sim.pass(3_600);
    assert_eq!(sim.told(), one(3_665, AlertKind::Back, "a"));
}

#[test]
fn what_is_over_within_the_minute_is_no_news() {
    let mut sim = Sim::new(&["a"]);
    for standing in [down(), Standing::Unsure] {
        sim.set("a", standing);
        sim.pass(59);
    }
    sim.set("a", Standing::Well);
    sim.pass(3_600);
    // The second minute was not known to be one.
    assert_eq!(sim.told(), one(121, AlertKind::Back, "a"));
    sim.set("a", down());
    sim.pass(59);
    sim.set("a", Standing::Well);
    sim.pass(3_600);
    assert_eq!(sim.told(), []);
}

#[test]
fn many_that_fall_at_once_are_one_notice_and_those_after_them_another() {
    let mut sim = Sim::new(&["a", "b", "c", "d"]);
    for name in ["a", "b", "c"] {
        sim.set(name, down());
        sim.pass(1);
    }
    sim.pass(2);
    sim.set("d", down());
    sim.pass(65);
    // Something else happens, and it is looked before its time.
    sim.look();
    sim.pass(600);
    let told = sim.told();
    assert_eq!(told[0], (63, AlertKind::Down, "a b c".to_owned()));
    assert_eq!(told[1], (83, AlertKind::Down, "d".to_owned()));
    assert_eq!(told.len(), 2);
    sim.set("b", Standing::Well);
    let down = |about: &str| (AlertKind::Down, about.to_owned());
    assert_eq!(sim.shown(), [down("a c"), down("d")], "it says what is");
}

#[test]
fn of_two_things_within_a_minute_the_last_that_still_holds_is_told() {
    let mut sim = Sim::new(&["a"]);
    sim.set("a", sign_in());
    sim.pass(10);
    assert_eq!(sim.told(), one(3, AlertKind::SignIn, "a"));
    sim.set(
        "a",
        bad(AlertKind::Quota, true, Reason::QuotaUsedUp { until: None }),
    );
    assert_eq!(sim.shown(), [], "what was told is over");
    sim.pass(10);
    sim.set("a", bad(AlertKind::TakenOver, true, Reason::TakenOver));
    sim.pass(600);
    assert_eq!(sim.told(), one(66, AlertKind::TakenOver, "a"));
    // The person took it back, and knows.
    sim.set("a", Standing::Unsure);
    assert_eq!(sim.shown(), []);
    sim.set("a", Standing::Well);
    sim.pass(600);
    assert_eq!(sim.told(), []);
}

#[test]
fn what_the_person_stops_or_starts_is_not_told() {
    let mut sim = Sim::new(&["a"]);
    sim.set("a", down());
    sim.pass(100);
    assert_eq!(sim.told().len(), 1);
    sim.set("a", Standing::Idle);
    assert_eq!(sim.shown(), []);
    sim.set_url("a", "http://other/");
    for standing in [Standing::Starting, Standing::Unsure, Standing::Well] {
        sim.set("a", standing);
        sim.pass(600);
    }
    assert_eq!(sim.told(), []);
}

#[test]
fn another_url_is_told_and_says_that_it_works() {
    let mut sim = Sim::new(&["a"]);
    sim.set_url("a", "http://other/");
    sim.pass(100);
    assert_eq!(sim.told(), one(3, AlertKind::UrlChanged, "a"));
    sim.set("a", down());
    sim.pass(100);
    sim.set("a", Standing::Well);
    sim.set_url("a", "http://third/");
    sim.pass(600);
    let told: Vec<AlertKind> = sim.told().into_iter().map(|told| told.1).collect();
    assert_eq!(told, [AlertKind::Down, AlertKind::UrlChanged]);
    sim.set_url("a", "http://fourth/");
    sim.set_url("a", "http://third/");
    sim.pass(600);
    assert_eq!(sim.told(), [], "it is as the person knows it");
}

#[test]
fn a_computer_that_wakes_up_has_time_to_find_its_way_back() {
    let mut sim = Sim::new(&["a"]);
    sim.set("a", down());
    // No timer runs while it sleeps.
    sim.at += 3_600 * SECOND;
    sim.look();
    sim.pass(14);
    sim.set("a", Standing::Well);
    sim.pass(600);
    let told: Vec<AlertKind> = sim.told().into_iter().map(|told| told.1).collect();
    assert_eq!(told, [AlertKind::Back], "it was down for long");
    sim.set("a", down());
    sim.pass(59);
    sim.alerts.woke(UnixMillis(1_000_000 + sim.at));
    sim.look();
    let woke = sim.at / SECOND;
    sim.pass(600);
    assert_eq!(sim.told(), one(woke + 18, AlertKind::Down, "a"));
}

#[test]
fn a_kind_that_is_off_is_not_told_and_taken_away() {
    for kind in AlertKind::ALL {
        let mut sim = Sim::new(&["a"]);
        let trouble = match kind {
            AlertKind::Back | AlertKind::Down => down(),
            AlertKind::UrlChanged => Standing::Well,
            kind => bad(kind, true, Reason::SignedOut),
        };
        let play = |sim: &mut Sim| {
            sim.set("a", trouble.clone());
            if kind == AlertKind::UrlChanged {
                let other = format!("http://at{}/", sim.at);
                sim.set_url("a", &other);
            }
            sim.pass(300);
            if kind == AlertKind::Back {
                sim.set("a", Standing::Well);
                sim.pass(300);
            }
        };
        play(&mut sim);
        assert_eq!(sim.shown(), [(kind, "a".to_owned())]);
        sim.wanted.set(kind, false);
        sim.look();
        assert_eq!(sim.shown(), [], "{kind:?}");
        sim.set("a", Standing::Well);
        sim.pass(300);
        sim.told();
        play(&mut sim);
        assert!(sim.told().iter().all(|told| told.1 != kind), "{kind:?}");
    }
}

#[test]
fn nothing_is_kept_of_a_tunnel_that_is_gone() {
    let mut sim = Sim::new(&["a", "b"]);
    sim.set("a", sign_in());
    sim.pass(10);
    sim.stances.remove("a");
    sim.look();
    assert_eq!(sim.shown(), []);
    assert_eq!(sim.alerts.tracks.len(), 1);
}

fn some_standing() -> impl Strategy<Value = Standing> {
    prop_oneof![
        1 => Just(Standing::Idle),
        1 => Just(Standing::Starting),
        2 => Just(Standing::Unsure),
        4 => Just(Standing::Well),
        6 => Just(down()),
        1 => Just(sign_in()),
    ]
}

proptest! {
    #[test]
    fn never_too_often_never_too_early_and_never_stale(
        steps in proptest::collection::vec((0..4_usize, some_standing(), 0..90_u64), 1..60)
    ) {
        let tunnels = ["a", "b", "c", "d"];
        let mut sim = Sim::new(&tunnels);
        let mut down_since: BTreeMap<&str, u64> = BTreeMap::new();
        let mut owed: BTreeMap<&str, bool> = BTreeMap::new();
        let mut last: BTreeMap<String, u64> = BTreeMap::new();
        let rest = tunnels.iter().map(|name| (*name, Standing::Well, 0));
        let steps = steps.into_iter().map(|(at, standing, pass)| (tunnels[at], standing, pass));
        for (name, standing, pass) in steps.chain(rest).chain([("a", Standing::Well, 600)]) {
            if standing == down() {
                down_since.entry(name).or_insert(sim.at / SECOND);
            } else if standing != Standing::Unsure {
                down_since.remove(name);
            }
            if matches!(standing, Standing::Idle | Standing::Starting) || standing == sign_in() {
                owed.remove(name);
            }
            sim.set(name, standing);
            sim.pass(pass);
            for told in sim.told.drain(..) {
                for name in told.about.split(' ') {
                    let before = last.insert(name.to_owned(), told.at);
                    prop_assert!(before.is_none_or(|before| told.at >= before + 60));
                    let name = tunnels.into_iter().find(|it| *it == name).expect("one of them");
                    if told.kind == AlertKind::Down {
                        let since = down_since.get(name);
                        prop_assert!(since.is_some_and(|since| told.at >= since + 60));
                        owed.insert(name, true);
                    } else {
                        owed.remove(name);
                    }
                }
            }
            for alert in &sim.shown {
                for about in &alert.about {
                    let (standing, _) = &sim.stances[about.tunnel.as_str()];
                    let holds = match alert.kind {
                        AlertKind::Down => *standing == down() || *standing == Standing::Unsure,
                        AlertKind::SignIn => *standing == sign_in(),
                        _ => matches!(standing, Standing::Well | Standing::Unsure),
                    };
                    prop_assert!(holds, "{:?} of {standing:?}", alert.kind);
                }
            }
        }
        prop_assert!(owed.is_empty(), "nobody was told that they are back: {owed:?}");
        prop_assert!(sim.shown.len() <= tunnels.len());
    }
}

#[test]
fn that_nobody_asks_any_more_is_no_good_news() {
    let dead = Standing::Bad(Trouble {
        kind: AlertKind::Down,
        stays: false,
        port: None,
        why: Cause::Url,
    });
    let mut sim = Sim::new(&["a"]);
    sim.set("a", dead);
    sim.pass(100);
    assert_eq!(sim.told().len(), 1);
    sim.set("a", Standing::Unasked);
    sim.pass(600);
    assert_eq!((sim.told(), sim.shown()), (vec![], vec![]));
    // A link that is back is, whoever asks for the URL.
    sim.set("a", down());
    sim.pass(100);
    assert_eq!(sim.told().len(), 1);
    sim.set("a", Standing::Unasked);
    sim.pass(600);
    let told: Vec<AlertKind> = sim.told().into_iter().map(|told| told.1).collect();
    assert_eq!(told, [AlertKind::Back]);
}

#[test]
fn a_port_that_lacked_for_a_while_is_known_by_its_url_of_before() {
    let url = |port, url: &str| ServedUrl {
        port: PortNumber::new(port).expect("a port"),
        ..served(url)
    };
    let mut track = track::Track::default();
    let now = UnixMillis(1_000_000);
    let mut take = |urls| track.take(now, Standing::Well, urls);
    take(vec![url(80, "http://a/"), url(81, "http://b/")]);
    take(vec![url(80, "http://a/")]);
    take(vec![url(80, "http://a/"), url(81, "http://c/")]);
    let wish = track.wish(AlertSettings::default(), None);
    assert_eq!(wish.map(|wish| wish.kind), Some(AlertKind::UrlChanged));
}
