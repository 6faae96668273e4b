//! Whose a tunnel is: other accounts, other computers of the same account, taking over.

use crate::support::computer::{self, Computer, key};
use crate::support::forwarder::Forwarder;
use crate::support::relay::TestRelay;
use crate::support::screen::Shown;
use crate::support::wait::never;
use crate::support::web::WebService;
use underpass::model::{Action, Life, Protocol, Reason};
use underpass::view::Badge;

#[tokio::test]
async fn a_name_that_another_account_holds_is_refused() {
    let (mine, theirs) = (WebService::start("mine"), WebService::start("theirs"));
    let relay = TestRelay::start().await;
    let first = Computer::joined(&relay.join_link());
    let mut desk = first.start();
    let (held, site) = desk.share("web", mine.port(), Protocol::Http).await;
    let before = desk.until_state(&held.tunnel, "hosting").await;

    let second = Computer::joined(&relay.invite("anna"));
    let mut other = second.start();
    let wanted = other.create("web", theirs.port(), Protocol::Http);
    let state = other.until_state(&wanted.tunnel, "failed").await;
    let name = "web".to_owned();
    assert_eq!(state.reason(), Some(&Reason::NameTaken { name }));
    let row = other.screen.now().view.window.cards[0].rows[0].clone();
    assert_eq!(row.badge, Badge::Failed);
    assert_eq!(site.get("/").await.1, "hello from mine");
    assert_eq!(desk.state(&held.tunnel), before);

    let (_, free) = other.share("other", theirs.port(), Protocol::Http).await;
    assert_eq!(free.get("/").await.1, "hello from theirs");
    other.quit().await;
    let audit = second.audit();
    let kind = audit.first().map(|record| record.kind.as_str());
    assert_eq!(kind, Some("tunnel.start_failed"));
}

#[tokio::test]
async fn a_take_over_is_asked_for_and_final() {
    let (old, new) = (WebService::start("old"), WebService::start("new"));
    let relay = TestRelay::start().await;
    let mut wire = Forwarder::to(relay.link_address());
    let first = Computer::joined(&wire.join_link(&relay.join_link()));
    let mut before = first.start();
    let (key, site) = before.share("web", old.port(), Protocol::Http).await;
    wire.next().await;
    let url = before.until_works(&key).await;

    let second = Computer::joined(&relay.join_link());
    let mut after = second.start();
    let wanted = after.create("web", new.port(), Protocol::Http);
    let state = after.until_state(&wanted.tunnel, "displaced").await;
    assert_eq!(state.reason(), Some(&Reason::HostedElsewhere));
    assert_eq!(site.get("/").await.1, "hello from old");

    let tunnel = wanted.tunnel.clone();
    after.act(Action::TakeOver { tunnel });
    assert_eq!(after.until_works(&wanted).await, url);
    assert_eq!(site.get("/").await.1, "hello from new");
    let state = before.until_state(&key.tunnel, "displaced").await;
    assert_eq!(state.reason(), Some(&Reason::TakenOver));
    never("the old host comes back by itself", wire.next()).await;
    assert!(matches!(after.state(&wanted.tunnel), Life::Up { .. }));

    // Taking over was meant once: hosting again evicts nobody, whoever took over before.
    before.act(Action::TakeOver {
        tunnel: key.tunnel.clone(),
    });
    before.until_works(&key).await;
    after.until_state(&wanted.tunnel, "displaced").await;
    assert_eq!(site.get("/").await.1, "hello from old");
    after.screen.skip();
    after.act(Action::Host {
        tunnel: wanted.tunnel.clone(),
    });
    let refused = |shown: &Shown| {
        let state = computer::state(shown, &wanted.tunnel)?;
        (state.reason() == Some(&Reason::HostedElsewhere)).then_some(())
    };
    after.screen.until("it is hosted elsewhere", refused).await;
    assert_eq!(site.get("/").await.1, "hello from old");
}

#[tokio::test]
async fn the_same_computer_comes_back_without_being_asked() {
    let service = WebService::start("it");
    let relay = TestRelay::start().await;
    let computer = Computer::joined(&relay.join_link());
    let mut desk = computer.start();
    let (_, site) = desk.share("web", service.port(), Protocol::Http).await;
    desk.quit().await;
    let mut again = computer.start();
    again.until_works(&key("web", service.port())).await;
    assert_eq!(site.get("/").await.1, "hello from it");
}
