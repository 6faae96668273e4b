//! The limiter's tables and properties, on paused time.

use super::*;
use proptest::prelude::*;
use tokio::time::advance;

fn limiter(total: usize, per_network: usize) -> Arc<Limiter> {
    Limiter::new("tests", Share { total, per_network })
}

fn network(last: u8) -> Network {
    Network::of(IpAddr::from([192, 0, 2, last]))
}

#[test]
fn a_network_is_an_ipv4_address_or_half_an_ipv6_one() {
    let of = |text: &str| Network::of(text.parse().expect("an address"));
    assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
    assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
    assert_eq!(of("2001:db8:0:1::2"), of("2001:db8:0:1:ffff::9"));
    assert_ne!(of("2001:db8:0:1::2"), of("2001:db8:0:2::2"));
    assert_eq!(of("2001:db8:0:1::2").to_string(), "2001:db8:0:1::/64");
}

#[tokio::test(start_paused = true)]
async fn what_is_at_rest_goes_before_whatever_is_of_use() {
    let limiter = limiter(3, 3);
    let busy = [limiter.admit(network(1)), limiter.admit(network(1))];
    advance(Duration::from_secs(1)).await;
    let kept = limiter.admit(network(2));
    kept.rest();
    assert!(limiter.try_admit(network(3)).is_none());
    let newcomer = limiter.admit(network(3));
    assert!(kept.is_evicted());
    assert!(
        busy.iter()
            .chain([&newcomer])
            .all(|permit| !permit.is_evicted())
    );
    drop(kept);
    assert_eq!((limiter.usage().used, limiter.resting()), (3, 0));
    busy[1].rest();
    busy[1].touch();
    let _same = limiter.admit(network(1));
    assert!(busy[1].is_evicted() && !busy[0].is_evicted());
}

#[tokio::test(start_paused = true)]
async fn a_place_that_was_at_rest_counts_to_whom_it_is_of_use() {
    let limiter = limiter(100, 2);
    let mut kept = limiter.admit(network(1));
    kept.rest();
    let own = [limiter.admit(network(2)), limiter.admit(network(2))];
    kept.resume(network(2));
    assert_eq!((limiter.usage().used, limiter.resting()), (2, 0));
    assert!(own[0].is_evicted() && !own[1].is_evicted() && !kept.is_evicted());
    let first = limiter.admit(network(1));
    let second = limiter.admit(network(1));
    assert!(!first.is_evicted() && !second.is_evicted() && !kept.is_evicted());
    // What was taken back comes back to nobody.
    let mut gone = limiter.admit(network(3));
    gone.rest();
    assert!(limiter.evict() && gone.is_evicted());
    gone.resume(network(4));
    assert_eq!(limiter.usage().used, 4);
    drop((own, kept, first, second, gone));
    assert_eq!((limiter.usage().used, limiter.resting()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn one_network_too_many_costs_it_its_idlest() {
    let limiter = limiter(100, 2);
    let first = limiter.admit(network(1));
    advance(Duration::from_secs(1)).await;
    let second = limiter.admit(network(1));
    let other = limiter.admit(network(2));
    advance(Duration::from_secs(1)).await;
    first.activity().touch();
    let third = limiter.admit(network(1));
    second.evicted().await;
    assert!(!first.is_evicted() && !third.is_evicted() && !other.is_evicted());
    drop(second);
    assert_eq!(limiter.usage().used, 3);
}

#[tokio::test(start_paused = true)]
async fn when_all_are_taken_whoever_has_most_pays_and_nobody_new() {
    let limiter = limiter(4, 3);
    let old = limiter.admit(network(1));
    let many = [(); 3].map(|()| limiter.admit(network(2)));
    let new = limiter.admit(network(3));
    assert!(!old.is_evicted() && !new.is_evicted());
    assert_eq!(many.iter().filter(|permit| permit.is_evicted()).count(), 1);
}

#[tokio::test(start_paused = true)]
async fn whoever_has_most_pays_for_its_own_newest() {
    let limiter = limiter(3, 3);
    let old = limiter.admit(network(1));
    let mut many = vec![limiter.admit(network(2)), limiter.admit(network(2))];
    for _ in 0..10 {
        many.push(limiter.admit(network(2)));
    }
    assert!(!old.is_evicted());
    let left = many.iter().filter(|permit| !permit.is_evicted());
    assert_eq!(left.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn of_equals_the_idlest_goes() {
    let limiter = limiter(2, 2);
    let busy = limiter.admit(network(1));
    let idle = limiter.admit(network(2));
    advance(Duration::from_secs(1)).await;
    busy.activity().touch();
    let _new = limiter.admit(network(3));
    assert!(idle.is_evicted() && !busy.is_evicted());
}

#[tokio::test(start_paused = true)]
async fn whoever_has_come_further_goes_last() {
    let limiter = limiter(2, 2);
    let far = limiter.admit(network(1));
    far.reach(1);
    advance(Duration::from_secs(1)).await;
    let near = limiter.admit(network(1));
    let _new = limiter.admit(network(1));
    assert!(near.is_evicted() && !far.is_evicted());
}

#[tokio::test(start_paused = true)]
async fn a_proxy_may_have_all() {
    let limiter = limiter(3, 1);
    let proxy = Network::Proxy(IpAddr::from([127, 0, 0, 1]));
    let all = [(); 3].map(|()| limiter.admit(proxy));
    assert!(all.iter().all(|permit| !permit.is_evicted()));
    let _one_more = limiter.admit(proxy);
    assert_eq!(all.iter().filter(|permit| permit.is_evicted()).count(), 1);
}

proptest! {
    /// Whoever comes, leaves and is active: the bounds hold, the newest stays, and nobody with
    /// less than another has paid for a third.
    #[test]
    fn bounds_hold_and_are_fair(
        total in 1..12_usize,
        per_network in 1..6_usize,
        steps in prop::collection::vec((0..6_u8, 0..4_u8, any::<prop::sample::Index>()), 0..80),
    ) {
        let limiter = limiter(total, per_network);
        let mut live: Vec<(u8, Permit)> = Vec::new();
        for (who, what, index) in steps {
            if what == 0 && !live.is_empty() {
                live.swap_remove(index.index(live.len()));
                continue;
            }
            let count = |live: &[(u8, Permit)], who| live.iter().filter(|(of, _)| *of == who).count();
            let most = live.iter().map(|(of, _)| count(&live, *of)).max().unwrap_or(0);
            let new = limiter.admit(network(who));
            prop_assert!(!new.is_evicted());
            let gone: Vec<u8> = live.iter().filter(|(_, permit)| permit.is_evicted()).map(|(of, _)| *of).collect();
            prop_assert!(gone.len() <= 1);
            for of in gone {
                let had = count(&live, of);
                prop_assert!(had == most || (of == who && had >= per_network));
            }
            live.push((who, new));
            live.retain(|(_, permit)| !permit.is_evicted());
            prop_assert!(live.len() <= total);
            prop_assert!(live.iter().all(|(of, _)| count(&live, *of) <= per_network));
            prop_assert_eq!(limiter.usage().used, live.len());
        }
        drop(live);
        prop_assert_eq!(limiter.usage().networks, 0);
    }
}
