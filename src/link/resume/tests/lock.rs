//! The lock of a session under test: the real one, or, in a model check, one that lets the check
//! choose who goes on whenever somebody takes it.

use std::cell::Cell;
use std::ops::{Deref, DerefMut};
use std::sync::PoisonError;

thread_local! {
    static MODELLED: Cell<bool> = const { Cell::new(false) };
}

/// As long as it lives, the locks that this thread makes are the model's.
pub(super) struct Modelled;

impl Modelled {
    pub(super) fn begin() -> Self {
        MODELLED.set(true);
        Self
    }
}

impl Drop for Modelled {
    fn drop(&mut self) {
        MODELLED.set(false);
    }
}

/// As `parking_lot::Mutex`.
pub(in crate::link::resume) enum Mutex<T> {
    Real(parking_lot::Mutex<T>),
    Modelled(shuttle::sync::Mutex<T>),
}

/// As `parking_lot::MutexGuard`.
pub(in crate::link::resume) enum Guard<'a, T> {
    Real(parking_lot::MutexGuard<'a, T>),
    Modelled(shuttle::sync::MutexGuard<'a, T>),
}

impl<T> Mutex<T> {
    pub(in crate::link::resume) fn new(value: T) -> Self {
        if MODELLED.get() {
            Self::Modelled(shuttle::sync::Mutex::new(value))
        } else {
            Self::Real(parking_lot::Mutex::new(value))
        }
    }

    pub(in crate::link::resume) fn lock(&self) -> Guard<'_, T> {
        match self {
            Self::Real(lock) => Guard::Real(lock.lock()),
            Self::Modelled(lock) => {
                Guard::Modelled(lock.lock().unwrap_or_else(PoisonError::into_inner))
            }
        }
    }
}

impl<T> Deref for Guard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        match self {
            Self::Real(guard) => guard,
            Self::Modelled(guard) => guard,
        }
    }
}

impl<T> DerefMut for Guard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        match self {
            Self::Real(guard) => guard,
            Self::Modelled(guard) => guard,
        }
    }
}
