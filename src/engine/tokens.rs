//! The token cache: is what we have still usable, and when should it be replaced?
//!
//! Pure: time comes in, as read from a clock that runs on while the machine sleeps, since tokens grow old
//! meanwhile. It does not know what a token is, nor how one is made.

use std::time::Duration;

/// A token is replaced after this share of its life: 20 of 24 hours.
const REMINT_SHARE: (u32, u32) = (5, 6);

/// A token that ends within this time is not handed out: it might end on the way.
const MARGIN: Duration = Duration::from_mins(1);

/// Keeps what was minted last.
#[derive(Debug)]
pub struct TokenCache<T> {
    minted: Option<Minted<T>>,
}

#[derive(Debug)]
struct Minted<T> {
    tokens: T,
    at: Duration,
    lifetime: Option<Duration>,
}

impl<T> Default for TokenCache<T> {
    fn default() -> Self {
        Self { minted: None }
    }
}

impl<T> TokenCache<T> {
    /// Keeps `tokens`, good for `lifetime` from `now`, or for ever.
    pub fn store(&mut self, tokens: T, lifetime: Option<Duration>, now: Duration) {
        self.minted = Some(Minted {
            tokens,
            at: now,
            lifetime,
        });
    }

    /// What may be used now.
    pub fn usable(&self, now: Duration) -> Option<&T> {
        let minted = self.minted.as_ref()?;
        let alive = match minted.lifetime {
            None => true,
            Some(lifetime) => now + MARGIN < minted.at + lifetime,
        };
        alive.then_some(&minted.tokens)
    }

    /// When the tokens should be replaced while they still work.
    pub fn remint_at(&self) -> Option<Duration> {
        let minted = self.minted.as_ref()?;
        let (share, whole) = REMINT_SHARE;
        Some(minted.at + minted.lifetime? * share / whole)
    }

    /// Forgets them: they failed, or the person signed in anew.
    pub fn forget(&mut self) {
        self.minted = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_hours(1);

    #[test]
    fn a_day_s_token_is_replaced_after_20_hours_and_used_for_24() {
        let now = 5 * HOUR;
        let mut cache = TokenCache::default();
        assert_eq!((cache.usable(now), cache.remint_at()), (None, None));
        cache.store("token", Some(24 * HOUR), now);
        assert_eq!(cache.remint_at(), Some(now + 20 * HOUR));
        assert_eq!(cache.usable(now + 23 * HOUR), Some(&"token"));
        assert_eq!(cache.usable(now + (24 * HOUR).saturating_sub(MARGIN)), None);
    }

    #[test]
    fn a_token_without_end_is_never_replaced() {
        let now = 5 * HOUR;
        let mut cache = TokenCache::default();
        cache.store(1, None, now);
        assert_eq!(cache.remint_at(), None);
        assert_eq!(cache.usable(now + 10_000 * HOUR), Some(&1));
    }

    #[test]
    fn what_was_forgotten_is_gone() {
        let now = 5 * HOUR;
        let mut cache = TokenCache::default();
        cache.store(1, None, now);
        cache.forget();
        assert_eq!(cache.usable(now), None);
    }
}
