//! A provider's account in the whole app, one that is a list in memory: what is clicked, hosted,
//! signed in to and changed.

use crate::support::account::FakeAccount;
use crate::support::computer::{Computer, Desk};
use crate::support::screen::Shown;
use crate::support::web::WebService;
use underpass::model::{
    Access, AccountId, AccountState, Action, Health, Metrics, NoticeKind, PortKey, PortNumber,
    Protocol, Reason, TunnelId,
};
use underpass::provider::devtunnel::OFFERS;
use underpass::provider::{Ended, SessionEvent};
use underpass::view::{Badge, DialogView};

/// The one account.
const fn whose() -> AccountId {
    AccountId::only(OFFERS.id)
}

fn port(number: u16) -> PortNumber {
    PortNumber::new(number).expect("not 0")
}

fn row(shown: &Shown, key: &PortKey) -> Option<Badge> {
    let mut rows = shown.view.window.cards.iter().flat_map(|card| &card.rows);
    rows.find(|row| row.key == *key).map(|row| row.badge)
}

async fn until_badge(desk: &mut Desk, key: &PortKey, badge: Badge) {
    let what = format!("{}:{} is {badge:?}", key.tunnel, key.port);
    let is = |shown: &Shown| (row(shown, key) == Some(badge)).then_some(());
    desk.screen.until(&what, is).await;
}

async fn until_signed_in(desk: &mut Desk) {
    let is = |shown: &Shown| {
        shown
            .inputs
            .account(&whose())
            .state
            .is_ready()
            .then_some(())
    };
    desk.screen.until("somebody is signed in", is).await;
}

fn create(name: &str, port: u16) -> Action {
    Action::CreateTunnel {
        name: name.to_owned(),
        provider: OFFERS.id,
        reach: None,
        access: Access::Private,
        target: port.to_string(),
        protocol: Protocol::Http,
        public_port: String::new(),
        options: [].into(),
    }
}

#[tokio::test]
async fn what_the_account_has_appears_and_is_hosted_with_one_targeted_question() {
    let service = WebService::start("it");
    let computer = Computer::new();
    computer.account.signed_in();
    let mine = computer.account.add("web.usw2", &[service.port()], 0);
    let other = computer.account.add("docs.usw2", &[4000], 1);
    let mut desk = computer.start();
    let key = PortKey::new(&mine, port(service.port()));
    until_badge(&mut desk, &key, Badge::Stopped).await;
    until_badge(
        &mut desk,
        &PortKey::new(&other, port(4000)),
        Badge::Elsewhere,
    )
    .await;
    assert_eq!(computer.account.calls("list"), 1);
    assert_eq!(computer.account.calls("show"), 0);

    desk.act(Action::Host {
        tunnel: mine.clone(),
    });
    desk.until_works(&key).await;
    let asked = |shown: &Shown| {
        let remote = shown.inputs.tunnel(&mine)?.remote.as_ref()?;
        (remote.hosts == 1).then_some(())
    };
    desk.screen.until("it was asked about", asked).await;
    assert_eq!(computer.account.calls("show"), 1);
    assert_eq!(computer.account.calls("list"), 1, "never the whole account");
    desk.quit().await;
    let audit = computer.audit();
    assert_eq!(audit[0].provider, "devtunnel");

    // The next start paints what was there before it has asked anybody.
    computer.account.cloud().state = AccountState::SignedOut;
    let mut again = computer.start();
    let first = |shown: &Shown| Some(shown.view.window.cards.len());
    assert_eq!(again.screen.until("anything is shown", first).await, 2);
}

#[tokio::test]
async fn a_tunnel_is_made_hosted_under_its_real_id_changed_and_deleted() {
    let (service, second) = (WebService::start("it"), WebService::start("second"));
    let computer = Computer::new();
    computer.account.signed_in();
    let mut desk = computer.start();
    until_signed_in(&mut desk).await;
    desk.act(create("My shop", service.port()));
    let real = TunnelId::new("my-shop-7f3k.usw2").expect("an id");
    let key = PortKey::new(&real, port(service.port()));
    desk.until_works(&key).await;
    let card = desk.screen.now().view.window.cards[0].clone();
    assert_eq!((card.name.as_str(), card.public), ("My shop", false));

    desk.act(Action::AddPort {
        tunnel: real.clone(),
        target: second.port().to_string(),
        protocol: Protocol::Http,
        public_port: String::new(),
    });
    let added = PortKey::new(&real, port(second.port()));
    desk.until_works(&added).await;
    desk.act(Action::SetAccess {
        tunnel: real.clone(),
        access: Access::Public,
    });
    // Its stand-in's URL is this computer's, so the card does not call it public.
    let public = |shown: &Shown| {
        let remote = shown.inputs.tunnel(&real)?.remote.as_ref()?;
        (remote.access == Access::Public).then_some(())
    };
    desk.screen.until("it is public", public).await;
    desk.act(Action::RemovePort { key });
    let one = |shown: &Shown| (shown.inputs.tunnel(&real)?.ports.len() == 1).then_some(());
    desk.screen.until("one port is left", one).await;
    desk.act(Action::DeleteTunnel {
        tunnel: real.clone(),
    });
    let none = |shown: &Shown| shown.inputs.tunnels.is_empty().then_some(());
    desk.screen.until("it is gone", none).await;
    assert!(computer.account.cloud().tunnels.is_empty());
    assert_eq!(computer.account.calls("mint"), 1, "all in one session");
}

#[tokio::test]
async fn a_slow_change_is_shown_at_once_and_a_refused_one_goes_back_with_its_reason() {
    let computer = Computer::new();
    computer.account.signed_in();
    let mut desk = computer.start();
    until_signed_in(&mut desk).await;
    computer.account.open(false);
    computer.account.cloud().refuse = Some(Reason::TooManyTunnels { limit: 10 });
    desk.act(create("web", 3000));
    let creating = |shown: &Shown| {
        let card = shown.view.window.cards.first()?;
        (card.rows[0].badge == Badge::Creating).then_some(())
    };
    desk.screen.until("it is being made", creating).await;
    computer.account.open(true);
    let refused = |shown: &Shown| {
        let mut notices = shown.inputs.notices.iter();
        notices.find_map(|notice| match &notice.kind {
            NoticeKind::ChangeRefused { name, reason, .. } => Some((name.clone(), reason.clone())),
            _ => None,
        })
    };
    let (name, reason) = desk.screen.until("it was refused", refused).await;
    assert_eq!(name, "web");
    assert_eq!(reason, Reason::TooManyTunnels { limit: 10 });
    assert!(desk.screen.now().view.window.cards.is_empty());
}

#[tokio::test]
async fn a_sign_in_that_expires_is_told_and_hosting_goes_on_by_itself_after_it() {
    let service = WebService::start("it");
    let computer = Computer::new();
    computer.account.signed_in();
    let mine = computer.account.add("web.usw2", &[service.port()], 0);
    let mut desk = computer.start();
    let key = PortKey::new(&mine, port(service.port()));
    until_badge(&mut desk, &key, Badge::Stopped).await;
    desk.act(Action::Host {
        tunnel: mine.clone(),
    });
    desk.until_works(&key).await;
    expire(&computer.account).await;
    until_badge(&mut desk, &key, Badge::SignIn).await;
    let told = desk.screen.now();
    assert_eq!(told.view.tray.worst, Some(Badge::SignIn));
    let banner = &told.view.window.banners[0];
    let sign_in = banner.remedy.as_ref().expect("one click").action.clone();
    let expected = Action::SignIn {
        account: whose(),
        way: "microsoft".to_owned(),
        device: false,
    };
    assert_eq!(sign_in, expected);

    desk.screen.skip();
    desk.act(sign_in);
    desk.until_works(&key).await;
    assert!(desk.screen.now().view.window.banners.is_empty());
}

/// The session ends, and no token is given any more.
async fn expire(account: &FakeAccount) {
    let last = {
        let mut cloud = account.cloud();
        cloud.no_token = Some(Reason::SignedOut);
        cloud.state = AccountState::SignedOut;
        cloud.sessions.last().cloned()
    };
    let last = last.expect("there is a session");
    let ended = SessionEvent::Ended(Ended::new(Reason::SignedOut));
    last.send(ended).await.expect("the engine listens");
}

#[tokio::test]
async fn a_code_is_shown_until_the_sign_in_is_given_up_or_done() {
    let computer = Computer::new();
    computer.account.cloud().state = AccountState::SignedOut;
    let mut desk = computer.start();
    let out = |shown: &Shown| {
        (shown.inputs.account(&whose()).state == AccountState::SignedOut).then_some(())
    };
    desk.screen.until("nobody is signed in", out).await;
    computer.account.open(false);
    let sign_in = || Action::SignIn {
        account: whose(),
        way: "git-hub".to_owned(),
        device: true,
    };
    desk.act(sign_in());
    let code = |shown: &Shown| match shown.view.window.dialog.as_ref()? {
        DialogView::Account { code, .. } => code.as_ref().map(|(code, _)| code.clone()),
        _ => None,
    };
    let code = desk.screen.until("there is a code", code).await;
    assert_eq!(code, "ABCD-1234");
    desk.screen.skip();
    desk.act(Action::CancelSignIn { account: whose() });
    desk.screen.until("it was given up", out).await;
    computer.account.open(true);
    desk.act(sign_in());
    until_signed_in(&mut desk).await;
}

#[tokio::test]
async fn another_machine_takes_over_and_is_taken_over() {
    let service = WebService::start("it");
    let computer = Computer::new();
    computer.account.signed_in();
    let mine = computer.account.add("web.usw2", &[service.port()], 1);
    let mut desk = computer.start();
    let key = PortKey::new(&mine, port(service.port()));
    until_badge(&mut desk, &key, Badge::Elsewhere).await;
    let card = desk.screen.now().view.window.cards[0].clone();
    let tunnel = mine.clone();
    assert_eq!(card.primary.action, Action::TakeOver { tunnel });
    desk.act(card.primary.action);
    desk.until_works(&key).await;
    let last = computer.account.cloud().sessions.last().cloned();
    let kicked = SessionEvent::Ended(Ended::new(Reason::TakenOver));
    let last = last.expect("there is a session");
    last.send(kicked).await.expect("the engine listens");
    until_badge(&mut desk, &key, Badge::TakenOver).await;
}

#[tokio::test]
async fn counts_are_polled_for_the_panel_and_the_offer_reaches_the_connector() {
    let service = WebService::start("it");
    let computer = Computer::new();
    computer.account.signed_in();
    let mine = computer.account.add("web.usw2", &[service.port()], 0);
    let metrics = Metrics {
        connections: Some(3),
        ..Metrics::default()
    };
    computer.account.cloud().metrics = [(port(service.port()), metrics)].into();
    let mut desk = computer.start();
    let key = PortKey::new(&mine, port(service.port()));
    until_badge(&mut desk, &key, Badge::Stopped).await;
    desk.send(underpass::app::Event::WindowShown(true));
    desk.act(Action::Select { key: key.clone() });
    let counted = |shown: &Shown| {
        let samples = shown.inputs.account(&whose()).metrics.get(&key)?;
        samples.back().copied()
    };
    assert_eq!(desk.screen.until("it is counted", counted).await, metrics);
    desk.act(Action::SetOption {
        provider: OFFERS.id,
        key: "offer".to_owned(),
        value: "v1".to_owned(),
    });
    desk.act(Action::Host {
        tunnel: mine.clone(),
    });
    desk.until_works(&key).await;
    desk.until_health(&key, Health::Operational).await;
    let options = computer.account.cloud().options.clone();
    assert_eq!(options[0].text("offer"), Some("v1"));
}

/// Until the account, or its connector, was asked this.
async fn until_called(account: &FakeAccount, what: &str) {
    let called = async {
        while account.calls(what) == 0 {
            tokio::task::yield_now().await;
        }
    };
    let patience = std::time::Duration::from_secs(20);
    let called = tokio::time::timeout(patience, called).await;
    called.unwrap_or_else(|_| panic!("it is never asked: {what}"));
}

#[tokio::test]
async fn the_program_s_end_waits_for_a_change_that_is_half_made() {
    let service = WebService::start("it");
    let computer = Computer::new();
    computer.account.signed_in();
    let mine = computer.account.add("web.usw2", &[service.port()], 0);
    let mut desk = computer.start();
    let key = PortKey::new(&mine, port(service.port()));
    until_badge(&mut desk, &key, Badge::Stopped).await;
    desk.act(Action::Host {
        tunnel: mine.clone(),
    });
    desk.until_works(&key).await;
    computer.account.open(false);
    desk.act(Action::AddPort {
        tunnel: mine,
        target: "4000".to_owned(),
        protocol: Protocol::Http,
        public_port: String::new(),
    });
    until_called(&computer.account, "add").await;
    let goes_on = async {
        // The goodbye is said meanwhile.
        until_called(&computer.account, "close").await;
        computer.account.open(true);
    };
    tokio::join!(desk.quit(), goes_on);
    assert_eq!(computer.account.cloud().tunnels[0].ports.len(), 2);
}
