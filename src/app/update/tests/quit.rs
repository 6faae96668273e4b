//! The program's end.

use super::*;

#[test]
fn quitting_is_shown_with_what_it_waits_for_and_takes_nothing_else() {
    let mut rig = Rig::hosting();
    let engine = rig.state.engines[&id("web")];
    let commands = rig.act(Action::Quit);
    assert!(commands.contains(&Command::StopEngine(id("web"))));
    assert!(commands.contains(&Command::Quit));
    assert_eq!(rig.state.inputs.quitting, Some(1));
    assert!(
        !rig.act(Action::Quit).contains(&Command::Quit),
        "once is enough"
    );
    let open = Action::OpenDialog {
        dialog: DialogKind::CreateTunnel,
    };
    assert_eq!(rig.act(open), []);
    assert_eq!(rig.state.inputs.dialog, None);
    rig.put(Event::Engine {
        tunnel: id("web"),
        engine,
        event: EngineEvent::Finished,
    });
    assert_eq!(rig.state.inputs.quitting, Some(0));
}

#[test]
fn an_engine_that_was_stopped_before_is_waited_for_too() {
    let mut rig = Rig::hosting();
    rig.act(Action::Stop { tunnel: id("web") });
    rig.act(Action::Quit);
    assert_eq!(rig.state.inputs.quitting, Some(1));
}
