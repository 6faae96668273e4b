//! Behaviours of the step as a whole: events in, facts and commands out.
