//! Finds out that the other end of a WebSocket is dead: nobody else would.

use crate::link::websocket::Pulse;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

/// The other end is asked for a sign of life so often.
const ASK_EVERY: Duration = Duration::from_mins(1);

/// It gives one within this time.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// And within this, when there is a reason to doubt it.
const ANSWER_IN_DOUBT: Duration = Duration::from_secs(5);

/// Asks at once and then every minute, and whenever `doubt` is notified. Says each answer to `alive`,
/// and ends when there is none.
pub(super) async fn watch(pulse: &Pulse, doubt: &Notify, mut alive: impl FnMut()) {
    let mut patience = ANSWER_WITHIN;
    loop {
        let heard = pulse.heard();
        let answer = tokio::select! {
            answer = timeout(patience, pulse.ping()) => answer,
            () = doubt.notified() => {
                patience = ANSWER_IN_DOUBT;
                continue;
            }
        };
        match answer {
            Ok(()) => alive(),
            // It has much to say, and its answer stands behind that.
            Err(_) if pulse.heard() != heard => {
                patience = ANSWER_WITHIN;
                continue;
            }
            Err(_) => return,
        }
        patience = tokio::select! {
            () = sleep(ASK_EVERY) => ANSWER_WITHIN,
            () = doubt.notified() => ANSWER_IN_DOUBT,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::Instant;

    #[tokio::test(start_paused = true)]
    async fn who_answers_nothing_is_given_up_and_in_doubt_sooner() {
        let (began, doubt) = (Instant::now(), Notify::new());
        watch(&Pulse::default(), &doubt, || panic!("nobody answers")).await;
        assert_eq!(began.elapsed(), ANSWER_WITHIN);
        let began = Instant::now();
        doubt.notify_one();
        watch(&Pulse::default(), &doubt, || panic!("nobody answers")).await;
        assert_eq!(began.elapsed(), ANSWER_IN_DOUBT);
    }
}
