//! Many tunnels beside each other: none holds another up.

use crate::support::computer::Computer;
use crate::support::raw::RawService;
use crate::support::visitor::{Site, next_bytes};
use crate::support::wait::within;
use crate::support::web::WebService;
use hyper::body::Incoming;
use std::future::Future;
use std::pin::pin;
use tokio::io::AsyncWriteExt as _;
use underpass::model::{Action, Life, Protocol};

/// More than all buffers between a visitor and its service hold.
const FLOOD: usize = 64 * 1024 * 1024;

/// What a visitor of each other tunnel gets meanwhile.
const PAGE: usize = 256 * 1024;

#[tokio::test]
async fn nineteen_tunnels_do_not_feel_that_the_twentieth_is_stalled() {
    let deaf = RawService::deaf();
    let services: Vec<_> = (1..20).map(|n| WebService::start(&n.to_string())).collect();
    let computer = Computer::new();
    let mut desk = computer.start();
    let stalled = desk.create("stalled", deaf.port(), Protocol::Tcp);
    let keys: Vec<_> = (1..)
        .zip(&services)
        .map(|(n, service)| desk.create(&format!("web-{n}"), service.port(), Protocol::Http))
        .collect();
    let stalled_at = Site::of(&desk.until_works(&stalled).await);
    let mut sites = Vec::new();
    for key in &keys {
        sites.push(Site::of(&desk.until_works(key).await));
    }

    let mut upload = stalled_at.connect().await.expect("it accepts");
    let bytes = vec![7; FLOOD];
    let mut flood = pin!(upload.write_all(&bytes));
    let mut stuck = pin!(stuck(flood.as_mut()));
    for (n, site) in (1..).zip(&sites) {
        let visit = async {
            let mut visitor = site.visit().await;
            let answer = visitor.get(&format!("/download?{PAGE}")).await;
            let mut body = answer.into_body();
            read(&mut body, PAGE).await;
            site.get("/").await.1
        };
        let said = tokio::select! {
            said = within("a tunnel beside the stalled one", visit) => said,
            () = &mut stuck => panic!("a service that does not read took {FLOOD} bytes"),
        };
        assert_eq!(said, format!("hello from {n}"));
    }
    for key in keys.iter().chain([&stalled]) {
        assert!(matches!(desk.state(&key.tunnel), Life::Up { .. }));
    }
}

async fn stuck(flood: impl Future<Output = std::io::Result<()>>) {
    flood.await.expect("nobody resets it");
}

/// Reads at least `len` bytes: how many came.
async fn read(body: &mut Incoming, len: usize) -> usize {
    let mut got = 0;
    while got < len {
        let data = within("more bytes", next_bytes(body)).await;
        got += data.expect("there are more").len();
    }
    got
}

/// When the slower one has this much, the faster one is looked at.
const SHARE: usize = 8 * 1024 * 1024;

/// So much more the faster one may have. Starving it would be without bound.
const WIDE: usize = 16;

#[tokio::test]
async fn two_busy_tunnels_share_the_machine() {
    let (one, two) = (WebService::start("one"), WebService::start("two"));
    let computer = Computer::new();
    let mut desk = computer.start();
    let (_, first) = desk.share("one", one.port(), Protocol::Http).await;
    let (_, second) = desk.share("two", two.port(), Protocol::Http).await;
    assert_fair(&first, &second).await;
}

#[tokio::test]
async fn two_busy_ports_share_their_link() {
    let (one, two) = (WebService::start("one"), WebService::start("two"));
    let computer = Computer::new();
    let mut desk = computer.start();
    let (key, first) = desk.share("both", one.port(), Protocol::Http).await;
    desk.act(Action::AddPort {
        tunnel: key.tunnel,
        target: two.port().to_string(),
        protocol: Protocol::Http,
        public_port: String::new(),
    });
    let second = crate::support::computer::key("both", two.port());
    let second = Site::of(&desk.until_works(&second).await);
    assert_fair(&first, &second).await;
}

async fn assert_fair(first: &Site, second: &Site) {
    let endless = format!("/download?{}", usize::MAX);
    let (mut one, mut two) = (first.visit().await, second.visit().await);
    let mut one = one.get(&endless).await.into_body();
    let mut two = two.get(&endless).await.into_body();
    let mut got = [read(&mut one, 1).await, read(&mut two, 1).await];
    let both = async {
        while got[0] < SHARE || got[1] < SHARE {
            let (which, data) = tokio::select! {
                data = next_bytes(&mut one) => (0, data),
                data = next_bytes(&mut two) => (1, data),
            };
            got[which] += data.expect("it is endless").len();
        }
    };
    within("both get their share", both).await;
    let (least, most) = (got[0].min(got[1]), got[0].max(got[1]));
    assert!(most <= WIDE * least, "{got:?}");
}
