//! Keeps everything that the app shows, and waits for what a test wants to see.

use super::wait::within;
use std::sync::{Arc, Mutex};
use tokio::sync::watch;
use underpass::model::{Inputs, UnixMillis};
use underpass::view::{Renderer, View, WindowOp};

/// What was shown at one moment.
#[derive(Clone, Debug)]
pub struct Shown {
    pub inputs: Inputs,
    pub view: Arc<View>,
}

type All = Arc<Mutex<Vec<Arc<Shown>>>>;

/// The renderer that the app is handed.
pub struct Recorder {
    all: All,
    count: watch::Sender<usize>,
}

/// The test's end: reads in order, and misses nothing.
pub struct Screen {
    all: All,
    count: watch::Receiver<usize>,
    /// What was found last; the next search begins with it.
    at: usize,
}

/// A recorder and the screen that shows what it records.
pub fn record() -> (Recorder, Screen) {
    let all = All::default();
    let (sender, count) = watch::channel(0);
    let recorder = Recorder {
        all: Arc::clone(&all),
        count: sender,
    };
    (recorder, Screen { all, count, at: 0 })
}

impl Renderer for Recorder {
    fn render(&mut self, _: UnixMillis, inputs: &Inputs, view: Arc<View>) {
        let inputs = inputs.clone();
        let mut all = self.all.lock().expect("nobody panicked");
        all.push(Arc::new(Shown { inputs, view }));
        let count = all.len();
        drop(all);
        // The test may not look any more.
        let _ = self.count.send(count);
    }

    fn window(&mut self, _: WindowOp) {}

    fn quit(&mut self) {}
}

impl Screen {
    /// Goes on to the first moment at which `find` finds something.
    pub async fn until<T>(&mut self, what: &str, find: impl Fn(&Shown) -> Option<T>) -> T {
        let _describe = Describe {
            what,
            all: Arc::clone(&self.all),
        };
        within(what, async {
            loop {
                if let Some(found) = self.search(&find) {
                    return found;
                }
                let more = self.count.changed().await;
                assert!(more.is_ok(), "the app ended");
            }
        })
        .await
    }

    fn search<T>(&mut self, find: &impl Fn(&Shown) -> Option<T>) -> Option<T> {
        let all = self.all.lock().expect("nobody panicked");
        for (at, shown) in all.iter().enumerate().skip(self.at) {
            if let Some(found) = find(shown) {
                self.at = at;
                return Some(found);
            }
        }
        // The newest stays true until something else is shown.
        self.at = self.at.max(all.len().saturating_sub(1));
        None
    }

    /// What is shown now.
    pub fn now(&self) -> Arc<Shown> {
        let all = self.all.lock().expect("nobody panicked");
        Arc::clone(all.last().expect("the first event is shown"))
    }

    /// Skips what was shown so far: only what comes counts.
    pub fn skip(&mut self) {
        self.at = self.all.lock().expect("nobody panicked").len();
    }
}

/// Says what was shown last when a wait fails.
struct Describe<'w> {
    what: &'w str,
    all: All,
}

impl Drop for Describe<'_> {
    fn drop(&mut self) {
        let failed = std::thread::panicking();
        let Ok(all) = self.all.lock() else { return };
        let Some(last) = all.last().filter(|_| failed) else {
            return;
        };
        eprintln!("waited for {}; last shown:", self.what);
        for (tunnel, host) in &last.inputs.hosts {
            eprintln!("  {tunnel}: {:?} {:?}", host.life, host.live);
        }
        for (key, probe) in &last.inputs.probes {
            eprintln!("  {key:?}: {:?}", probe.last);
        }
    }
}
