//! Probe samples and traffic as series from 0 to 1.

use super::amount::{latency, share, size, span};
use crate::model::{Health, Metrics, ProbeFacts, Sample, Traffic};
use crate::view::{Badge, Msg, messages as m};
use std::collections::VecDeque;

/// A probe that got no answer.
const NO_VALUE: f32 = -1.0;

/// A series and what its 1.0 stands for.
pub(super) type Series = (Vec<f32>, Option<Msg>);

/// The latency of each sample; negative for one without an answer.
pub(super) fn latencies(samples: &VecDeque<Sample>) -> Series {
    let values: Vec<Option<u64>> = samples.iter().map(|sample| sample.latency_us).collect();
    scaled(&values, latency)
}

/// Bytes a second, both ways together, between one sample and the next. A counter that went back
/// belongs to a new engine: what it has counted is all of the step.
pub(super) fn traffic(samples: &VecDeque<Traffic>) -> Series {
    let sums = samples
        .iter()
        .map(|sample| sample.bytes_in.saturating_add(sample.bytes_out));
    let steps: Vec<Option<u64>> = sums
        .clone()
        .zip(sums.skip(1))
        .map(|(before, after)| Some(after.checked_sub(before).unwrap_or(after)))
        .collect();
    scaled(&steps, |bytes| m::size_rate(size(bytes)))
}

/// Bytes a second, both ways together, as the provider tells them.
pub(super) fn rates(samples: &VecDeque<Metrics>) -> Series {
    let sum = |sample: &Metrics| match (sample.upload_rate, sample.download_rate) {
        (None, None) => None,
        (up, down) => Some(up.unwrap_or(0).saturating_add(down.unwrap_or(0))),
    };
    let values: Vec<Option<u64>> = samples.iter().map(sum).collect();
    if values.iter().all(Option::is_none) {
        return Series::default();
    }
    scaled(&values, |bytes| m::size_rate(size(bytes)))
}

/// The share of the samples that worked, over what time, and each sample's badge; nothing while a
/// single sample has no time to speak of.
pub(super) fn uptime(probe: &ProbeFacts) -> Option<(Msg, Vec<Badge>)> {
    let (first, last) = (probe.samples.front()?, probe.samples.back()?);
    if probe.samples.len() < 2 {
        return None;
    }
    let parts: Vec<Badge> = probe
        .samples
        .iter()
        .map(|s| health_badge(s.health))
        .collect();
    let worked = parts.iter().filter(|badge| badge.works()).count();
    let text = m::uptime_share(share(worked, parts.len()), span(last.at.since(first.at)));
    Some((text, parts))
}

/// The badge that stands for a probe's one word.
pub(super) const fn health_badge(health: Health) -> Badge {
    match health {
        Health::Operational => Badge::Working,
        Health::Unchecked => Badge::Unchecked,
        Health::Busy => Badge::Busy,
        Health::ServiceDown => Badge::ServiceDown,
        Health::Full => Badge::Full,
        Health::Slow => Badge::Slow,
        Health::Down => Badge::Unreachable,
    }
}

fn scaled(values: &[Option<u64>], max_text: impl Fn(u64) -> Msg) -> Series {
    let max = values.iter().flatten().copied().max().unwrap_or(0);
    let scale = |value: &Option<u64>| match value {
        None => NO_VALUE,
        Some(_) if max == 0 => 0.0,
        Some(value) => fraction(*value, max),
    };
    let text = (max > 0).then(|| max_text(max));
    (values.iter().map(scale).collect(), text)
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "a pixel of a chart needs no more"
)]
fn fraction(part: u64, whole: u64) -> f32 {
    (part as f64 / whole as f64) as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::UnixMillis;

    #[test]
    fn latencies_are_shares_of_the_longest() {
        let sample = |latency_us| Sample {
            at: UnixMillis(0),
            latency_us,
            health: Health::Operational,
        };
        let samples = [Some(5_000), None, Some(20_000)].map(sample);
        let (values, max) = latencies(&VecDeque::from(samples));
        assert_eq!(values, [0.25, -1.0, 1.0]);
        assert_eq!(max, Some(latency(20_000)));
    }

    #[test]
    fn traffic_is_steps_and_survives_a_restart_of_the_counters() {
        let sample = |bytes_in| Traffic {
            bytes_in,
            ..Traffic::default()
        };
        let (values, max) = traffic(&VecDeque::from([100, 150, 250, 25].map(sample)));
        assert_eq!(values, [0.5, 1.0, 0.25]);
        assert_eq!(max, Some(m::size_rate(size(100))));
        let (values, max) = traffic(&VecDeque::from([7, 7].map(sample)));
        assert_eq!((values, max), (vec![0.0], None));
    }
}
