//! The server with a client of the same library: what Microsoft's clients do is the rig's to show.

use super::*;
use crate::model::{Port, PortNumber, Protocol, Target, TunnelId};
use crate::provider::TrafficBoard;
use russh::client;
use russh::{ChannelOpenFailure, Error};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::AbortOnDropHandle;

/// Takes the host key that was published, and no other.
struct Client {
    published: String,
}

impl client::Handler for Client {
    type Error = Error;

    async fn check_server_key(
        &mut self,
        key: &russh::keys::PublicKeyOrCertificate,
    ) -> Result<bool, Self::Error> {
        let russh::keys::PublicKeyOrCertificate::PublicKey { key, .. } = key else {
            return Ok(false);
        };
        let line = key.to_openssh().expect("it can be written");
        Ok(line.split_whitespace().nth(1) == Some(self.published.as_str()))
    }
}

fn port(number: u16) -> Port {
    let number = PortNumber::new(number).expect("a port");
    Port {
        number,
        protocol: Protocol::Http,
        target: Target::local(number),
        label: TunnelId::new("web").expect("a label"),
        public_port: None,
        options: crate::model::PortOptions::default(),
    }
}

struct Rig {
    key: HostKey,
    inner: Inner,
    visitors: Arc<Visitors>,
    traffic: Arc<TrafficBoard>,
    ports: watch::Sender<Vec<u16>>,
}

fn rig(ports: &[u16]) -> Rig {
    let traffic = Arc::new(TrafficBoard::default());
    let served: Vec<Port> = ports.iter().map(|number| port(*number)).collect();
    let visitors = Arc::new(Visitors::new(&served, Arc::clone(&traffic)));
    let key = HostKey::make().expect("a key");
    Rig {
        inner: Inner::new(&key, Pool::default(), Arc::clone(&visitors)),
        key,
        visitors,
        traffic,
        ports: watch::Sender::new(ports.to_vec()),
    }
}

impl Rig {
    fn serve_client(&self, io: DuplexStream) -> AbortOnDropHandle<()> {
        let (inner, ports) = (self.inner.clone(), self.ports.subscribe());
        let serving = async move { inner.serve_client(io, ports).await };
        AbortOnDropHandle::new(tokio::spawn(serving))
    }

    async fn sign_in(&self, io: DuplexStream) -> client::Handle<Client> {
        let config = client::Config {
            preferred: Preferred {
                kex: Cow::Borrowed(&[kex::ECDH_SHA2_NISTP384]),
                ..preferred()
            },
            ..client::Config::default()
        };
        let published = self.key.public().to_owned();
        let connecting = client::connect_stream(Arc::new(config), io, Client { published });
        let mut client = connecting.await.expect("it connects");
        let signed_in = client.authenticate_none("tunnel").await;
        assert!(signed_in.expect("it is answered").success());
        client
    }

    async fn client(&self) -> (client::Handle<Client>, AbortOnDropHandle<()>) {
        self.client_over(256 * 1024).await
    }

    async fn client_over(&self, room: usize) -> (client::Handle<Client>, AbortOnDropHandle<()>) {
        let (near, far) = duplex(room);
        let serving = self.serve_client(far);
        (self.sign_in(near).await, serving)
    }
}

async fn service() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("bound").port();
    (listener, port)
}

async fn accept(listener: &TcpListener) -> TcpStream {
    listener.accept().await.expect("a connection").0
}

#[tokio::test]
async fn a_client_reaches_a_port_both_ways_and_each_side_ends_by_itself() {
    let (listener, number) = service().await;
    let rig = rig(&[number]);
    let (client, _serving) = rig.client().await;
    let opening = client.channel_open_direct_tcpip("127.0.0.1", u32::from(number), "::1", 9);
    let (channel, mut service) = tokio::join!(opening, accept(&listener));
    let mut visitor = channel.expect("it opens").into_stream();
    let question = vec![7; 3 * 1024 * 1024];
    let expected = question.clone();
    let asking = tokio::spawn(async move {
        visitor.write_all(&question).await.expect("it goes");
        visitor.shutdown().await.expect("it goes");
        let mut answer = Vec::new();
        visitor.read_to_end(&mut answer).await.expect("it comes");
        answer
    });
    let mut heard = Vec::new();
    service.read_to_end(&mut heard).await.expect("it comes");
    assert!(heard == expected);
    service.write_all(b"answer").await.expect("still open");
    drop(service);
    assert_eq!(asking.await.expect("it ends"), b"answer");
    let counted = rig.traffic.read();
    let counted = counted.values().next().expect("a port");
    assert_eq!((counted.bytes_in, counted.bytes_out), (3 * 1024 * 1024, 6));
}

#[tokio::test]
async fn what_is_not_served_or_not_there_is_refused_with_its_reason() {
    let (listener, number) = service().await;
    drop(listener);
    let rig = rig(&[number]);
    let (client, _serving) = rig.client().await;
    let open = |port: u32| client.channel_open_direct_tcpip("127.0.0.1", port, "::1", 9);
    for (port, expected) in [
        (u32::from(number), ChannelOpenFailure::ConnectFailed),
        (1, ChannelOpenFailure::AdministrativelyProhibited),
        (70_000, ChannelOpenFailure::AdministrativelyProhibited),
    ] {
        let Err(Error::ChannelOpenFailure(found)) = open(port).await else {
            panic!("{port} is open");
        };
        assert_eq!(found, expected, "{port}");
    }
    // A port that comes later is served then.
    let (listener, late) = service().await;
    rig.visitors.set(&[port(late)]);
    let (channel, _service) = tokio::join!(open(u32::from(late)), accept(&listener));
    assert!(channel.is_ok());
}

#[tokio::test]
async fn a_session_that_a_client_never_uses_harms_nobody() {
    let (listener, number) = service().await;
    let rig = rig(&[number]);
    let (client, _serving) = rig.client().await;
    let unused = client.channel_open_session().await.expect("it opens");
    unused
        .data_bytes(vec![1; 100])
        .await
        .expect("it goes nowhere");
    let opening = client.channel_open_direct_tcpip("127.0.0.1", u32::from(number), "::1", 9);
    let (channel, _service) = tokio::join!(opening, accept(&listener));
    assert!(channel.is_ok());
}

#[tokio::test]
async fn a_visitor_s_one_channel_carries_its_port_and_nothing_else() {
    let (listener, number) = service().await;
    let rig = rig(&[number]);
    let (near, far) = duplex(64 * 1024);
    let (reached, mut service) =
        tokio::join!(rig.visitors.reach(u32::from(number)), accept(&listener));
    let (inner, reached) = (rig.inner.clone(), reached.expect("it is there"));
    let serving = async move { inner.serve_visitor(far, reached).await };
    let serving = AbortOnDropHandle::new(tokio::spawn(serving));
    let client = rig.sign_in(near).await;
    let channel = client.channel_open_session().await.expect("it opens");
    let mut visitor = channel.into_stream();
    visitor.write_all(b"hello").await.expect("it goes");
    let mut heard = [0; 5];
    service.read_exact(&mut heard).await.expect("it comes");
    assert_eq!(&heard, b"hello");
    assert!(client.channel_open_session().await.is_err(), "there is one");
    let other = client.channel_open_direct_tcpip("127.0.0.1", u32::from(number), "::1", 9);
    assert!(other.await.is_err());
    drop(service);
    let mut rest = Vec::new();
    visitor.read_to_end(&mut rest).await.expect("it ends");
    drop((visitor, client));
    serving.await.expect("the session ends with its client");
}

/// Microsoft's clients act on the close of a channel alone, and close nothing before that.
#[tokio::test]
async fn the_end_of_a_service_closes_its_channel() {
    let (listener, number) = service().await;
    let rig = rig(&[number]);
    let (client, _serving) = rig.client().await;
    let opening = client.channel_open_direct_tcpip("127.0.0.1", u32::from(number), "::1", 9);
    let (channel, mut service) = tokio::join!(opening, accept(&listener));
    let mut channel = channel.expect("it opens");
    service.write_all(b"bye").await.expect("it goes");
    drop(service);
    let mut said = Vec::new();
    while let Some(message) = channel.wait().await {
        match message {
            russh::ChannelMsg::Data { data } => said.push(format!("{data:?}")),
            russh::ChannelMsg::Eof => said.push("eof".to_owned()),
            russh::ChannelMsg::Close => said.push("close".to_owned()),
            _ => {}
        }
    }
    assert_eq!(said, ["b\"bye\"", "eof", "close"]);
}

#[tokio::test]
async fn the_end_of_a_service_ends_its_visitor_s_session() {
    let (listener, number) = service().await;
    let rig = rig(&[number]);
    let (near, far) = duplex(64 * 1024);
    let (reached, mut service) =
        tokio::join!(rig.visitors.reach(u32::from(number)), accept(&listener));
    let (inner, reached) = (rig.inner.clone(), reached.expect("it is there"));
    let serving = async move { inner.serve_visitor(far, reached).await };
    let serving = AbortOnDropHandle::new(tokio::spawn(serving));
    let client = rig.sign_in(near).await;
    let channel = client.channel_open_session().await.expect("it opens");
    let mut visitor = channel.into_stream();
    let much = vec![3; 700_000];
    service.write_all(&much).await.expect("it goes");
    drop(service);
    let mut heard = Vec::new();
    visitor.read_to_end(&mut heard).await.expect("it ends");
    assert!(heard == much);
    serving.await.expect("it ends, though the visitor is there");
}

/// Both ways at once, more than all queues hold: a server that stopped to read one way to write the
/// other would hang. The client here is one that does, so there is room for it on the way.
#[tokio::test]
async fn much_goes_both_ways_at_once() {
    const MUCH: usize = 24 * 1024 * 1024;
    let (listener, number) = service().await;
    let rig = rig(&[number]);
    let (client, _serving) = rig.client_over(2 * MUCH).await;
    let opening = client.channel_open_direct_tcpip("127.0.0.1", u32::from(number), "::1", 9);
    let (channel, service) = tokio::join!(opening, accept(&listener));
    let _echo = AbortOnDropHandle::new(tokio::spawn(async move {
        let (mut read, mut write) = service.into_split();
        tokio::io::copy(&mut read, &mut write).await
    }));
    let (mut read, mut write) = tokio::io::split(channel.expect("it opens").into_stream());
    let sending = async {
        let part = vec![5; 64 * 1024];
        for _ in 0..MUCH / part.len() {
            write.write_all(&part).await.expect("it goes");
        }
        write.shutdown().await.expect("it goes");
    };
    let receiving = async {
        let mut got = 0;
        let mut part = vec![0; 64 * 1024];
        loop {
            match read.read(&mut part).await.expect("it comes") {
                0 => break got,
                count => got += count,
            }
        }
    };
    let ((), got) = tokio::join!(sending, receiving);
    assert_eq!(got, MUCH);
}

#[tokio::test(start_paused = true)]
async fn whoever_does_not_sign_in_is_not_waited_for_for_ever() {
    let rig = rig(&[]);
    let (mut near, far) = duplex(64 * 1024);
    let serving = rig.serve_client(far);
    near.write_all(b"SSH-2.0-nobody\r\n")
        .await
        .expect("it goes");
    let began = tokio::time::Instant::now();
    serving.await.expect("it ends");
    assert_eq!(began.elapsed(), SIGNED_IN_WITHIN);
    let mut rest = Vec::new();
    near.read_to_end(&mut rest).await.expect("it is closed");
}

#[tokio::test]
async fn garbage_ends_a_session_and_nothing_else() {
    let rig = rig(&[]);
    for garbage in [
        &b"SSH-1.0-old\r\n"[..],
        b"GET / HTTP/1.1\r\n\r\n",
        b"SSH-2.0-x\r\n\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
        b"",
    ] {
        let (mut near, far) = duplex(64 * 1024);
        let serving = rig.serve_client(far);
        near.write_all(garbage).await.expect("it goes");
        drop(near);
        serving.await.expect("it ends, and does not panic");
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_says_nothing_is_not_waited_for_for_ever() {
    let rig = rig(&[]);
    let (_silent, io) = duplex(1024);
    let serving = rig.serve_client(io);
    let ended = timeout(SPEAKS_WITHIN + Duration::from_secs(1), serving).await;
    assert!(ended.is_ok(), "it is waited for still");
}
