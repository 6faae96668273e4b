//! Diagnoses for the tests of all rooms.

use super::*;

/// An example for each word.
impl From<Health> for Diagnosis {
    fn from(health: Health) -> Self {
        match health {
            Health::Operational => Self::Works,
            Health::Unchecked => Self::UnknownName {
                host: "a.example".to_owned(),
            },
            Health::Busy => Self::Busy,
            Health::ServiceDown => Self::ServiceDown {
                fault: ServiceFault::Refused,
                accepts: false,
            },
            Health::Full => Self::Full,
            Health::Slow => Self::Slow,
            Health::Down => Self::Down {
                cause: UrlFault::Failed(Reason::TimedOut),
                service: None,
                alive: false,
            },
        }
    }
}
