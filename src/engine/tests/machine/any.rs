//! What must hold for any run of inputs.

use super::*;
use proptest::prelude::*;

fn any_input() -> impl Strategy<Value = Input> {
    let reason = prop_oneof![
        Just(Reason::SignedOut),
        Just(Reason::TunnelGone),
        Just(QUOTA),
        Just(Reason::TakenOver),
        Just(Reason::LinkLost),
    ];
    prop_oneof![
        Just(Input::Start),
        Just(Input::Stop),
        Just(Input::Connected),
        Just(Input::Established),
        (0u64..100_000, 0u64..3).prop_map(|(left, open)| Input::Parked {
            left: Duration::from_millis(left),
            open,
        }),
        (0u64..3).prop_map(Input::Holds),
        Just(Input::Resumed),
        Just(Input::GoingDown),
        reason.clone().prop_map(Input::Dropped),
        reason.clone().prop_map(Input::Lapsed),
        reason.prop_map(|reason| Input::ConnectFailed(reason, None)),
        (1u16..4, 0u64..4, any::<bool>(), any::<bool>()).prop_map(
            |(port, session, down, local_answers)| {
                let port = PortNumber::new(port).expect("not zero");
                let session = SessionNumber(session);
                Input::Probe(probe_of(port, session, down, local_answers))
            }
        ),
        Just(Input::RemintDue),
        Just(Input::ForceReconnect),
        Just(Input::TakeOver),
        Just(Input::Woke),
        Just(Input::SignedIn),
        Just(Input::Timer),
    ]
}

/// What the engine would have in hand if it did as it is told.
#[derive(Default)]
struct Hands {
    attempt: bool,
    session: bool,
}

impl Hands {
    fn apply(&mut self, output: Output) {
        match output {
            Output::Connect | Output::ConnectBeside => {
                assert!(!self.attempt, "one attempt at a time");
                self.attempt = true;
            }
            Output::Drain => {
                assert!(self.session, "there is one to drain");
                self.session = false;
            }
            Output::Abandon => {
                assert!(self.attempt, "there is one to abandon");
                self.attempt = false;
            }
            Output::Close | Output::Cut(_) => {
                assert!(self.session, "there is one to close");
                self.session = false;
            }
            // The new one is there.
            Output::CloseReplaced => assert!(self.session, "there is one to keep"),
            Output::ForgetTokens => {}
            Output::CheckLink => assert!(self.session, "there is one to check"),
        }
    }
}

proptest! {
    /// The machine never asks for what the engine has not got, never holds two sessions or two
    /// attempts, and its stage always tells the truth about both.
    #[test]
    fn it_always_knows_what_the_engine_holds(
        inputs in prop::collection::vec((any_input(), 0u64..40_000), 1..60),
    ) {
        let mut machine = Machine::new(Backoff::new(&Timing::default()), 0);
        let mut hands = Hands::default();
        let mut now = Instant::now();
        for (input, millis) in inputs {
            now += Duration::from_millis(millis);
            // Only what can happen: an attempt that is not there has no outcome.
            match input {
                Input::Connected | Input::ConnectFailed(..) if !hands.attempt => continue,
                Input::Established
                | Input::Parked { .. }
                | Input::Holds(_)
                | Input::Resumed
                | Input::Dropped(_)
                | Input::Lapsed(_)
                    if !hands.session =>
                {
                    continue;
                }
                _ => {}
            }
            let mut replaced = false;
            match input {
                Input::Connected => {
                    hands.attempt = false;
                    replaced = hands.session;
                    hands.session = true;
                }
                Input::ConnectFailed(..) => hands.attempt = false,
                Input::Dropped(_) | Input::Lapsed(_) => hands.session = false,
                _ => {}
            }
            for output in machine.handle(input, now, MIDDLE) {
                hands.apply(output);
                replaced &= output != Output::CloseReplaced;
            }
            prop_assert!(!replaced, "the old one is closed");
            let life = machine.life();
            let (attempt, session) = match life {
                Life::Connecting { .. } => (true, false),
                Life::Up { .. } => (hands.attempt, true),
                Life::Parked { .. } => (false, true),
                Life::Stopped
                | Life::Waiting { .. }
                | Life::SignIn(_)
                | Life::Displaced(_)
                | Life::Quota { .. }
                | Life::Failed(_) => (false, false),
            };
            prop_assert_eq!((hands.attempt, hands.session), (attempt, session));
            match life {
                Life::Waiting { next_at, .. } | Life::Quota { next_at, .. } => {
                    prop_assert_eq!(machine.deadline(), Some(next_at));
                }
                Life::Up { proven, .. } => prop_assert!(proven || machine.deadline().is_some()),
                _ => prop_assert_eq!(machine.deadline(), None),
            }
        }
    }
}
