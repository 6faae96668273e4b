//! What is written down, and what never is.

use crate::support::computer::{Computer, key};
use crate::support::relay::TestRelay;
use crate::support::screen::Shown;
use crate::support::wait::within;
use crate::support::web::WebService;
use underpass::model::{Action, Protocol, Secret};

#[tokio::test]
async fn every_up_has_its_down_and_a_stop_by_hand_its_own_line() {
    let service = WebService::start("it");
    let computer = Computer::new();
    let mut desk = computer.start();
    let (key, _) = desk.share("web", service.port(), Protocol::Http).await;
    let tunnel = key.tunnel.clone();
    desk.act(Action::Stop { tunnel });
    desk.until_state(&key.tunnel, "stopped").await;
    let tunnel = key.tunnel.clone();
    desk.act(Action::Host { tunnel });
    desk.until_works(&key).await;
    desk.quit().await;
    let audit = computer.audit();
    let kinds: Vec<_> = audit.iter().map(|record| record.kind.as_str()).collect();
    let expected = [
        "tunnel.up",
        "tunnel.manual_stop",
        "tunnel.down",
        "tunnel.up",
        "tunnel.down",
    ];
    assert_eq!(kinds, expected);
    assert_eq!(audit[0].run, audit[2].run);
    assert_eq!(audit[3].run, audit[4].run);
    assert_ne!(audit[0].run, audit[3].run);
}

#[tokio::test]
async fn the_panel_tells_what_happened_before_the_program_started_and_goes_on_from_there() {
    let service = WebService::start("it");
    let computer = Computer::new();
    let mut desk = computer.start();
    let (key, _) = desk.share("web", service.port(), Protocol::Http).await;
    let tunnel = || key.tunnel.clone();
    desk.act(Action::Stop { tunnel: tunnel() });
    desk.until_state(&key.tunnel, "stopped").await;
    desk.quit().await;

    let mut again = computer.start();
    again.act(Action::Select { key: key.clone() });
    let lines = |shown: &Shown| {
        let panel = shown.view.window.panel.as_ref()?;
        let lines = panel.timeline.iter().map(|line| line.text.id);
        Some(lines.collect::<Vec<_>>())
    };
    let before = ["past-manual-stop", "log-started"];
    let is_before = |shown: &Shown| lines(shown).filter(|lines| *lines == before);
    again.screen.until("the log was read", is_before).await;
    again.act(Action::Host { tunnel: tunnel() });
    again.until_works(&key).await;
    let shown = lines(&again.screen.now()).expect("it is selected");
    assert!(shown.ends_with(&before) && shown.len() > 2, "{shown:?}");
    // What was written meanwhile is known without reading again.
    let shown = again.screen.now();
    let past = shown.inputs.past.as_ref().expect("it is selected");
    let kinds: Vec<_> = past
        .events
        .iter()
        .map(|event| event.kind.as_str())
        .collect();
    again.quit().await;
    let records = computer.audit();
    let written: Vec<_> = records.iter().map(|record| record.kind.as_str()).collect();
    assert!(
        kinds.len() == 4 && written.starts_with(&kinds),
        "{kinds:?} {written:?}"
    );
}

#[tokio::test]
async fn a_token_is_in_the_file_of_secrets_and_nowhere_else() {
    let service = WebService::start("it");
    let mut relay = TestRelay::start().await;
    let link = relay.join_link();
    let computer = Computer::new();
    let mut desk = computer.start();
    let join = link.reveal();
    desk.act(Action::JoinRelay {
        link: Secret::new(&join),
    });
    let (web, _) = desk.share("web", service.port(), Protocol::Http).await;
    within("the relay goes down", relay.shut_down()).await;
    desk.until_state(&web.tunnel, "reconnecting").await;
    relay.come_back().await;
    desk.until_works(&web).await;
    let shown = desk.screen.now();
    let token = link.token.expose();
    assert!(!format!("{:?}", shown.inputs).contains(token));
    let view = serde_json::to_string(&shown.view).expect("it is plain data");
    assert!(!view.contains(token));
    desk.quit().await;

    let holders: Vec<_> = computer
        .files()
        .into_iter()
        .filter(|file| {
            let bytes = std::fs::read(file).expect("it can be read");
            String::from_utf8_lossy(&bytes).contains(token)
        })
        .filter_map(|file| Some(file.file_name()?.to_string_lossy().into_owned()))
        .collect();
    assert_eq!(holders, ["secrets.json"]);
    assert_eq!(
        computer.audit().first().map(|r| r.tunnel.clone()),
        Some("web".into())
    );

    let mut again = computer.start();
    again.until_works(&key("web", service.port())).await;
}
