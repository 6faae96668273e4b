//! Whatever comes and goes, the sums hold and nobody with a link is named.

use super::*;
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Step {
    Insert(u8, u8),
    Park(u8, usize),
    Unpark(u8),
    Remove(u8),
    Evict(u8),
}

fn any_step() -> impl Strategy<Value = Step> {
    let id = 0..12_u8;
    prop_oneof![
        (id.clone(), 0..3_u8).prop_map(|(id, account)| Step::Insert(id, account)),
        (id.clone(), 0..100_usize).prop_map(|(id, bytes)| Step::Park(id, bytes)),
        id.clone().prop_map(Step::Unpark),
        id.clone().prop_map(Step::Remove),
        id.prop_map(Step::Evict),
    ]
}

fn sid(id: u8) -> SessionId {
    SessionId([id; 16])
}

proptest! {
    #[test]
    fn the_budgets_hold_and_only_parked_sessions_go(steps in prop::collection::vec(any_step(), 0..200)) {
        let caps = Caps { sessions_per_account: 4, bytes_per_account: 120, bytes: 200, ..Caps::default() };
        let mut parking = Parking::new(caps);
        let now = Duration::ZERO;
        for step in steps {
            match step {
                Step::Insert(id, account) => { parking.insert(sid(id), account); }
                Step::Park(id, bytes) => parking.park(sid(id), bytes),
                Step::Unpark(id) => parking.unpark(sid(id)),
                Step::Remove(id) => parking.remove(sid(id)),
                Step::Evict(id) => parking.evict(sid(id), ResumeRefusal::Evicted, now),
            }
            while let Some(id) = parking.over() {
                prop_assert!(parking.sessions[&id].parked.is_some());
                parking.evict(id, ResumeRefusal::Evicted, now);
            }
            prop_assert!(parking.over.is_empty());
            let parked = parking.sessions.values().filter_map(|entry| entry.parked);
            prop_assert_eq!(parked.clone().map(|(_, bytes)| bytes).sum::<usize>(), parking.parked_bytes);
            prop_assert_eq!(parked.count(), parking.parked.len());
            prop_assert!(parking.parked_bytes <= caps.bytes);
            for (account, sum) in &parking.accounts {
                let its = || parking.sessions.values().filter(|entry| entry.account == *account);
                prop_assert_eq!(its().count(), sum.sessions);
                let bytes: usize = its().filter_map(|entry| entry.parked).map(|(_, bytes)| bytes).sum();
                prop_assert_eq!(bytes, sum.parked_bytes);
                prop_assert_eq!(its().filter(|entry| entry.parked.is_some()).count(), sum.parked.len());
                prop_assert!(sum.sessions <= caps.sessions_per_account && bytes <= caps.bytes_per_account);
            }
        }
    }
}
