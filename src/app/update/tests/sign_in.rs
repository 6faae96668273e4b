//! Signing in and out, and what waits for it.

use super::account::{REAL, found, list_asked, ready, signed_in, signed_out, tunnel, whose};
use super::*;
use crate::app::event::Poll;
use crate::app::update::next_poll;
use crate::model::{AccountState, DeviceCode, Offers};

#[test]
fn a_sign_in_wakes_what_waits_for_it() {
    let mut rig = Rig::with(&[tunnel(REAL, &[3000])]);
    rig.create("web", "4000");
    rig.act(Action::Host { tunnel: id(REAL) });
    assert!(
        rig.sign_in_needed(REAL)
            .contains(&Command::Preflight(whose()))
    );
    rig.put(found(AccountState::SignedOut));
    assert_eq!(rig.facts().state, AccountState::SignedOut);
    assert!(
        rig.state
            .inputs
            .notices
            .iter()
            .any(|n| matches!(&n.kind, NoticeKind::NeedsYou { tunnel, .. } if *tunnel == id(REAL)))
    );
    let commands = rig.act(Action::SignIn {
        account: whose(),
        way: "github".to_owned(),
        device: true,
    });
    let asked = Command::SignIn {
        account: whose(),
        way: "github".to_owned(),
        device: true,
    };
    assert!(commands.contains(&asked));
    let code = DeviceCode {
        url: "https://example.org".to_owned(),
        code: "ABCD".to_owned(),
    };
    rig.put(Event::DeviceCode {
        account: whose(),
        code: code.clone(),
    });
    // A preflight that was under way knows less.
    rig.put(found(AccountState::SignedOut));
    assert_eq!(rig.facts().state.device_code(), Some(&code));
    let commands = rig.put(signed_in(Ok(ready())));
    let told = |tunnel: &str| Command::Tell(id(tunnel), EngineCommand::SignedIn);
    assert!(commands.contains(&told(REAL)));
    assert!(
        !commands.contains(&told("web")),
        "the relay's are not asked"
    );
    assert!(list_asked(&commands).is_some());
    let options = rig.state.inputs.settings.options(whose().provider);
    assert_eq!(options.text(Offers::LAST_WAY), Some("github"));
}

#[test]
fn a_sign_in_that_is_given_up_or_fails_leaves_everything_as_it_was() {
    let mut rig = Rig::account();
    rig.put(signed_out());
    let sign_in = Action::SignIn {
        account: whose(),
        way: "microsoft".to_owned(),
        device: false,
    };
    rig.act(sign_in.clone());
    let commands = rig.act(Action::CancelSignIn { account: whose() });
    assert_eq!(commands[0], Command::CancelSignIn(whose()));
    rig.put(signed_in(Ok(ready())));
    assert_eq!(rig.facts().state, AccountState::SignedOut);
    rig.act(sign_in);
    rig.put(signed_in(Err(Reason::TimedOut)));
    assert_eq!(rig.facts().state, AccountState::SignedOut);
    let reason = Reason::TimedOut;
    assert_eq!(
        rig.state.inputs.notices[0].kind,
        NoticeKind::AccountTrouble {
            account: whose(),
            reason
        }
    );
}

#[test]
fn a_sign_out_takes_the_account_s_tunnels_along_and_no_older_list_brings_them_back() {
    let mut rig = Rig::with(&[tunnel(REAL, &[3000])]);
    rig.create("web", "4000");
    rig.act(Action::Host { tunnel: id(REAL) });
    let old = list_asked(&rig.act(Action::Refresh)).expect("it asks");
    assert!(
        rig.act(Action::SignOut { account: whose() })
            .contains(&Command::SignOut(whose()))
    );
    let commands = rig.put(signed_out());
    assert!(commands.contains(&Command::StopEngine(id(REAL))));
    assert_eq!(rig.ids(), ["web"]);
    rig.list(old, vec![tunnel(REAL, &[3000])]);
    assert_eq!(rig.ids(), ["web"]);
}

#[test]
fn a_refusal_that_the_account_does_not_share_is_not_asked_for_again_and_again() {
    let mut rig = Rig::with(&[tunnel(REAL, &[3000])]);
    rig.act(Action::Host { tunnel: id(REAL) });
    let told = Command::Tell(id(REAL), EngineCommand::SignedIn);
    rig.sign_in_needed(REAL);
    assert!(rig.facts().state.is_ready());
    for _ in 0..2 {
        assert!(!rig.put(found(ready())).contains(&told));
    }
    // Signing in anew helps, and what was known before does not end that.
    rig.act(Action::SignIn {
        account: whose(),
        way: "microsoft".to_owned(),
        device: false,
    });
    assert!(!rig.put(found(ready())).contains(&told));
    assert!(rig.put(signed_in(Ok(ready()))).contains(&told));
    rig.sign_in_needed(REAL);
    // So does signing in elsewhere.
    rig.put(found(AccountState::SignedOut));
    assert!(rig.put(found(ready())).contains(&told));
    assert!(!rig.put(found(ready())).contains(&told), "once");
}

#[test]
fn what_failed_for_want_of_the_program_goes_on_once_it_is_there() {
    let mut rig = Rig::with(&[tunnel(REAL, &[3000])]);
    rig.act(Action::Host { tunnel: id(REAL) });
    let reason = Reason::NotInstalled {
        program: "devtunnel".to_owned(),
    };
    let since = rig.at;
    rig.engine_of(REAL, Life::Failed(Outage { since, reason }));
    rig.put(found(AccountState::NotInstalled));
    let told = Command::Tell(id(REAL), EngineCommand::Reconnect);
    assert!(rig.put(found(ready())).contains(&told));
    assert!(!rig.put(found(ready())).contains(&told), "once");
}

#[test]
fn a_sign_in_elsewhere_is_noticed_though_no_list_is_asked_for() {
    let mut rig = Rig::with(&[tunnel(REAL, &[3000])]);
    rig.act(Action::Host { tunnel: id(REAL) });
    rig.sign_in_needed(REAL);
    rig.put(found(AccountState::SignedOut));
    assert!(next_poll(&rig.state, Poll::Hosted).is_some());
    let due = rig.put(Event::Due(Poll::Hosted));
    assert!(due.contains(&Command::Preflight(whose())));
    let commands = rig.put(found(ready()));
    assert!(commands.contains(&Command::Tell(id(REAL), EngineCommand::SignedIn)));
}
