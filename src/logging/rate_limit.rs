//! How often a kind of line comes: what strangers can cause comes once a second at most, with a count
//! of those that were left out. A kind is a place in the code, so their number is bounded.

use parking_lot::Mutex;
use std::collections::HashMap;
use std::fmt;
use std::time::{Duration, Instant};
use tracing::callsite::Identifier;
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::fmt::format::{Format, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// The rooms whose events others cause: visitors, hosts, strangers, relays.
const FROM_OUTSIDE: [&str; 3] = ["underpass::link", "underpass::provider", "underpass::relay"];

/// How many lines of a kind may come at once, and how long until there may be one more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rate {
    burst: u32,
    every: Duration,
}

/// What anyone may cause.
const STRANGERS: Rate = Rate {
    burst: 1,
    every: Duration::from_secs(1),
};

/// What takes an account's token: all hosts of a relay may come at once.
const HOSTS: Rate = Rate {
    burst: 50,
    every: Duration::from_secs(1),
};

/// The program's own doing.
const OWN: Rate = Rate {
    burst: 200,
    every: Duration::from_millis(50),
};

fn rate(kind: &Metadata<'_>) -> Rate {
    let outside = FROM_OUTSIDE
        .iter()
        .any(|room| kind.target().starts_with(room));
    match (outside, *kind.level()) {
        (true, Level::INFO) => HOSTS,
        (true, _) => STRANGERS,
        (false, _) => OWN,
    }
}

/// The token bucket of one kind.
#[derive(Debug)]
struct Bucket {
    /// When the bucket will be full again.
    full_at: Instant,
    left_out: u64,
}

impl Bucket {
    fn new(now: Instant) -> Self {
        Self {
            full_at: now,
            left_out: 0,
        }
    }

    /// Whether a line may come now: how many were left out before it.
    fn pass(&mut self, rate: Rate, now: Instant) -> Option<u64> {
        let full_at = self.full_at.max(now) + rate.every;
        if full_at > now + rate.every * rate.burst {
            self.left_out += 1;
            return None;
        }
        self.full_at = full_at;
        Some(std::mem::take(&mut self.left_out))
    }
}

/// Lines as usual, but no more of a kind than its bucket has tokens for.
pub(super) struct RateLimited {
    format: Format,
    clock: fn() -> Instant,
    buckets: Option<Mutex<HashMap<Identifier, Bucket>>>,
}

impl RateLimited {
    /// Without `bounded` all of them come.
    pub(super) fn new(colours: bool, bounded: bool) -> Self {
        Self {
            format: Format::default().with_ansi(colours),
            clock: Instant::now,
            buckets: bounded.then(Mutex::default),
        }
    }

    fn pass(&self, kind: &Metadata<'_>) -> Option<u64> {
        let Some(buckets) = &self.buckets else {
            return Some(0);
        };
        let now = (self.clock)();
        let mut buckets = buckets.lock();
        let entry = buckets.entry(kind.callsite());
        let known = entry.or_insert_with(|| Bucket::new(now));
        known.pass(rate(kind), now)
    }
}

impl<S, N> FormatEvent<S, N> for RateLimited
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        match self.pass(event.metadata()) {
            None => Ok(()),
            Some(0) => self.format.format_event(context, writer, event),
            Some(left_out) => {
                let mut line = Unended {
                    out: &mut writer,
                    ended: false,
                };
                self.format
                    .format_event(context, Writer::new(&mut line), event)?;
                writeln!(writer, " left_out={left_out}")
            }
        }
    }
}

/// Keeps the end of a line back.
struct Unended<'a, 'w> {
    out: &'a mut Writer<'w>,
    ended: bool,
}

impl fmt::Write for Unended<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if text.is_empty() {
            return Ok(());
        }
        if std::mem::take(&mut self.ended) {
            self.out.write_char('\n')?;
        }
        let whole = text.strip_suffix('\n');
        self.ended = whole.is_some();
        self.out.write_str(whole.unwrap_or(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::io;
    use std::sync::Arc;
    use tracing_subscriber::layer::SubscriberExt as _;

    #[test]
    fn one_line_a_second_and_a_count_of_the_others() {
        let begin = Instant::now();
        let mut kind = Bucket::new(begin);
        let mut at = |millis| kind.pass(STRANGERS, begin + Duration::from_millis(millis));
        assert_eq!(at(0), Some(0));
        assert_eq!([at(1), at(500), at(999)], [None; 3]);
        assert_eq!(at(1_000), Some(3));
        assert_eq!(at(1_001), None);
        assert_eq!(at(60_000), Some(1));
    }

    #[test]
    fn a_burst_is_as_long_as_it_may_be() {
        let begin = Instant::now();
        let mut kind = Bucket::new(begin);
        let passed = (0..200).filter(|_| kind.pass(HOSTS, begin).is_some());
        assert_eq!(passed.count(), 50);
    }

    /// What is written, for a test to read.
    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    thread_local! {
        static NOW: Cell<Instant> = Cell::new(Instant::now());
    }

    fn advance(by: Duration) {
        NOW.set(NOW.get() + by);
    }

    fn logged(bounded: bool, log: impl FnOnce()) -> String {
        let lines = Lines::default();
        let writer = lines.clone();
        let layer = tracing_subscriber::fmt::layer()
            .with_writer(move || writer.clone())
            .fmt_fields(super::super::fields::Fields)
            .event_format(RateLimited {
                clock: || NOW.get(),
                ..RateLimited::new(false, bounded)
            });
        let subscriber = tracing_subscriber::registry().with(layer);
        tracing::subscriber::with_default(subscriber, log);
        let bytes = lines.0.lock().clone();
        String::from_utf8(bytes).expect("it is text")
    }

    #[test]
    fn what_strangers_cause_is_counted_and_what_the_program_does_is_told() {
        let flood = || {
            for number in 0..40 {
                tracing::debug!(target: "underpass::relay::ingress", number, "a stranger");
                tracing::debug!(target: "underpass::app", number, "our own");
            }
        };
        let log = logged(true, flood);
        assert_eq!(log.matches("a stranger").count(), 1, "{log}");
        assert_eq!(log.matches("our own").count(), 40, "{log}");
        let log = logged(false, flood);
        assert_eq!(log.matches("a stranger").count(), 40, "{log}");
    }

    #[test]
    fn the_count_is_in_the_next_line() {
        let log = logged(true, || {
            let strange = |again: bool| {
                tracing::debug!(target: "underpass::relay", again, "a stranger");
            };
            strange(false);
            strange(false);
            advance(Duration::from_secs(1));
            strange(true);
        });
        assert!(log.contains("a stranger again=true left_out=1\n"), "{log}");
        assert_eq!(log.lines().count(), 2, "{log}");
    }
}
