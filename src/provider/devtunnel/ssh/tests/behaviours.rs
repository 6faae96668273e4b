//! What a host may rely on: ports, channels, their fields and their ends.

use super::super::{Event, IncomingKind, RefuseCode, Refused};
use super::far::{Said, port_fields, seeded};
use super::live::Live;
use crate::model::Secret;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::Instant;

#[tokio::test(start_paused = true)]
async fn both_ends_greet_and_negotiate_nothing() {
    let mut live = Live::new().await;
    live.relay.until(|far| far.said.len() == 2).await;
    let [Said::Ident(name), Said::KexInit(_)] = &live.relay.far.said[..] else {
        panic!("{:?}", live.relay.far.said);
    };
    assert!(name.starts_with("SSH-2.0-underpass_"));
}

#[tokio::test(start_paused = true)]
async fn a_port_is_served_once_the_relay_says_so_and_not_when_it_refuses() {
    let mut live = Live::new().await;
    let token = Secret::new("host-token");
    for answer in [Ok(()), Err(Refused::Denied)] {
        let (outer, token) = (live.outer.clone(), token.clone());
        let asked = tokio::spawn(async move { outer.forward(8080, &token).await });
        let mut fields = port_fields(8080)[..17].to_vec();
        fields.extend_from_slice(b"\0\0\0\x0ahost-token");
        let request = Said::Request("tcpip-forward".to_owned(), true, fields);
        live.relay.until(|far| far.has_said(&request)).await;
        live.relay.far.said.clear();
        live.relay.far.reply(answer.is_ok());
        let answered = live.relay.during(asked).await.expect("it did not panic");
        assert_eq!(answered, answer);
    }
}

#[tokio::test(start_paused = true)]
async fn answers_go_to_those_who_asked_in_their_order() {
    let mut live = Live::new().await;
    let asked: Vec<_> = (0..8_u16)
        .map(|port| {
            let outer = live.outer.clone();
            tokio::spawn(async move { outer.forward(9000 + port, &Secret::new("t")).await })
        })
        .collect();
    // Two for the greeting.
    live.relay.until(|far| far.said.len() == 10).await;
    for port in 0..8 {
        live.relay.far.reply(port % 3 == 0);
    }
    for (port, asked) in asked.into_iter().enumerate() {
        let answer = live.relay.during(asked).await.expect("it did not panic");
        assert_eq!(answer.is_ok(), port % 3 == 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_relay_that_never_answers_is_not_waited_for_for_ever() {
    let mut live = Live::new().await;
    let (outer, token, began) = (live.outer.clone(), Secret::new("t"), Instant::now());
    let answer = live.relay.during(outer.forward(80, &token)).await;
    assert_eq!(answer, Err(Refused::NoAnswer));
    assert_eq!(began.elapsed().as_secs(), 30);
    live.relay.far.reply(true);
    live.relay.far.request("keepalive@openssh.com");
    live.relay
        .until(|far| far.has_said(&Said::Reply(true)))
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_port_is_given_up_without_an_answer() {
    let mut live = Live::new().await;
    assert_eq!(live.outer.cancel_forward(8080).await, Ok(()));
    let fields = port_fields(8080)[..17].to_vec();
    let request = Said::Request("cancel-tcpip-forward".to_owned(), false, fields);
    live.relay.until(|far| far.has_said(&request)).await;
}

#[tokio::test(start_paused = true)]
async fn a_sign_of_life_is_reported_and_answered_but_other_requests_are_refused() {
    let mut live = Live::new().await;
    live.relay.far.request("keepalive@openssh.com");
    live.relay.far.request("hostkeys-00@openssh.com");
    live.relay.until(|far| far.said.len() == 4).await;
    let said = &live.relay.far.said[2..];
    assert_eq!(said, [Said::Reply(true), Said::Reply(false)]);
    assert!(matches!(live.events.recv().await, Some(Event::Alive)));
    tokio::time::advance(Duration::from_secs(2)).await;
    live.relay.far.request("keepalive@openssh.com");
    let event = live.relay.during(live.events.recv()).await;
    assert!(matches!(event, Some(Event::Alive)));
}

#[tokio::test(start_paused = true)]
async fn the_second_version_says_more_of_a_visitor_and_is_told_more() {
    let mut live = Live::new().await;
    for (asked, enabled) in [(true, true), (true, false), (false, false)] {
        let id = live.relay.far.open_port(8080, "visitor-token", asked);
        let incoming = live.incoming().await;
        let expected = IncomingKind::Forwarded {
            host: "127.0.0.1".to_owned(),
            port: 8080,
            origin: "203.0.113.9".to_owned(),
            origin_port: 40_000,
            access_token: Secret::new("visitor-token"),
            e2ee: asked,
        };
        assert_eq!(incoming.kind, expected);
        let _channel = incoming.accept(enabled);
        live.relay
            .until(|far| far.channel(id).theirs.is_some())
            .await;
        assert_eq!(live.relay.far.channel(id).extra, [u8::from(enabled)]);
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_version_says_less_and_is_told_less() {
    let mut live = Live::new().await;
    let id = live.relay.far.open("forwarded-tcpip", &port_fields(22));
    let incoming = live.incoming().await;
    assert!(matches!(
        &incoming.kind,
        IncomingKind::Forwarded { access_token, e2ee: false, .. } if access_token.expose().is_empty()
    ));
    let _channel = incoming.accept(false);
    live.relay
        .until(|far| far.channel(id).theirs.is_some())
        .await;
    assert!(live.relay.far.channel(id).extra.is_empty());
    let (id, _channel) = live.session().await;
    assert!(live.relay.far.channel(id).extra.is_empty());
}

#[tokio::test(start_paused = true)]
async fn channels_are_refused_with_the_reason() {
    let mut live = Live::new().await;
    let codes = [
        RefuseCode::Prohibited,
        RefuseCode::ConnectFailed,
        RefuseCode::UnknownType,
        RefuseCode::Shortage,
    ];
    for code in codes {
        let id = live.relay.far.open_session();
        live.incoming().await.refuse(code, "because");
        live.relay
            .until(|far| far.channel(id).refused == Some(code as u32))
            .await;
    }
    let id = live.relay.far.open_session();
    drop(live.incoming().await);
    live.relay
        .until(|far| far.channel(id).refused == Some(2))
        .await;
    let id = live.relay.far.open("x11", b"whatever");
    live.relay
        .until(|far| far.channel(id).refused == Some(3))
        .await;
}

#[tokio::test(start_paused = true)]
async fn each_direction_ends_on_its_own() {
    let mut live = Live::new().await;
    let (id, mut channel) = live.session().await;
    live.relay.far.write(id, b"question");
    live.relay.far.finish(id);
    let mut question = Vec::new();
    live.relay
        .during(channel.read_to_end(&mut question))
        .await
        .expect("it ends");
    assert_eq!(question, b"question");
    channel
        .write_all(b"answer")
        .await
        .expect("the other way is open");
    channel.shutdown().await.expect("it ends");
    let error = channel.write_all(b"more").await.expect_err("it has ended");
    assert_eq!(error.kind(), std::io::ErrorKind::BrokenPipe);
    live.relay.until(|far| far.channel(id).eof).await;
    assert_eq!(live.relay.far.channel(id).received, b"answer");
    assert!(!live.relay.far.channel(id).closed);

    let (id, mut channel) = live.session().await;
    channel.shutdown().await.expect("it ends");
    live.relay.until(|far| far.channel(id).eof).await;
    live.relay.far.write(id, b"still");
    let mut still = [0; 5];
    live.relay
        .during(channel.read_exact(&mut still))
        .await
        .expect("it comes");
    drop(channel);
    live.relay.until(|far| far.channel(id).closed).await;
}

#[tokio::test(start_paused = true)]
async fn a_close_ends_what_is_read_and_breaks_what_is_written() {
    let mut live = Live::new().await;
    let (id, mut channel) = live.session().await;
    live.relay.far.write(id, b"last words");
    live.relay.far.close(id);
    let mut last = Vec::new();
    live.relay
        .during(channel.read_to_end(&mut last))
        .await
        .expect("it ends");
    assert_eq!(last, b"last words");
    let error = channel
        .write_all(b"too late")
        .await
        .expect_err("nobody reads it");
    assert_eq!(error.kind(), std::io::ErrorKind::BrokenPipe);
    live.relay.until(|far| far.channel(id).closed).await;
}

#[tokio::test(start_paused = true)]
async fn a_writer_that_waits_learns_of_a_close() {
    let mut live = Live::new().await;
    let (id, mut channel) = live.session().await;
    live.relay.far.channel(id).adjusts = false;
    let writes = tokio::spawn(async move { channel.write_all(&vec![1; 4 << 20]).await });
    live.relay
        .until(|far| far.channel(id).received.len() == 256 * 1024)
        .await;
    live.relay.far.close(id);
    let wrote = live.relay.during(writes).await.expect("it did not panic");
    assert_eq!(
        wrote.expect_err("broken").kind(),
        std::io::ErrorKind::BrokenPipe
    );
}

#[tokio::test(start_paused = true)]
async fn what_was_written_before_a_shutdown_goes_out_after_the_channel_is_dropped() {
    let mut live = Live::new().await;
    let (id, mut channel) = live.session().await;
    live.relay.far.channel(id).adjusts = false;
    let bytes = seeded(1, 400 * 1024);
    let writes = async {
        channel.write_all(&bytes).await.expect("it is taken");
        channel.shutdown().await.expect("it ends");
        drop(channel);
    };
    live.relay.during(writes).await;
    live.relay
        .until(|far| far.channel(id).received.len() == 256 * 1024)
        .await;
    assert!(!live.relay.far.channel(id).closed);
    live.relay.far.adjust(id, 1 << 20);
    live.relay.until(|far| far.channel(id).closed).await;
    assert!(live.relay.far.channel(id).eof);
    assert_eq!(live.relay.far.channel(id).received, bytes);
}

#[tokio::test(start_paused = true)]
async fn without_a_shutdown_only_what_the_window_takes_goes_out() {
    let mut live = Live::new().await;
    let (id, mut channel) = live.session().await;
    live.relay.far.channel(id).adjusts = false;
    let bytes = seeded(2, 400 * 1024);
    live.relay
        .during(channel.write_all(&bytes))
        .await
        .expect("it is taken");
    drop(channel);
    live.relay.until(|far| far.channel(id).closed).await;
    assert!(!live.relay.far.channel(id).eof);
    assert_eq!(live.relay.far.channel(id).received, bytes[..256 * 1024]);
}

#[tokio::test(start_paused = true)]
async fn what_is_under_way_to_a_dropped_channel_is_of_no_interest() {
    let mut live = Live::new().await;
    let (id, channel) = live.session().await;
    drop(channel);
    live.relay.until(|far| far.channel(id).closed).await;
    live.relay.far.write(id, &[1; 1000]);
    live.relay.far.finish(id);
    live.relay.far.about(97, id);
    let (other, mut channel) = live.session().await;
    live.relay.far.write(other, b"x");
    assert_eq!(
        live.relay
            .during(channel.read_u8())
            .await
            .expect("it lives"),
        b'x'
    );
}

#[tokio::test(start_paused = true)]
async fn requests_in_a_channel_are_refused_and_its_side_stream_is_passed_over() {
    let mut live = Live::new().await;
    let (id, mut channel) = live.session().await;
    let theirs = live.relay.far.channel(id).theirs.expect("it is open");
    live.relay.far.packet(|out| {
        out.push(98);
        out.extend_from_slice(&theirs.to_be_bytes());
        out.extend_from_slice(b"\0\0\0\x05shell\x01");
    });
    live.relay.far.packet(|out| {
        out.push(95);
        out.extend_from_slice(&theirs.to_be_bytes());
        out.extend_from_slice(b"\0\0\0\x01\0\0\0\x05error");
    });
    live.relay.until(|far| far.channel(id).failures == 1).await;
    live.relay.far.write(id, b"y");
    assert_eq!(
        live.relay
            .during(channel.read_u8())
            .await
            .expect("it lives"),
        b'y'
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_not_understood_is_said_with_its_number() {
    let mut live = Live::new().await;
    live.relay.far.packet(|out| out.push(2));
    live.relay.far.packet(|out| out.push(200));
    // The key exchange was packet 0.
    live.relay
        .until(|far| far.has_said(&Said::Unimplemented(2)))
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_channel_that_is_closed_before_it_is_accepted_reads_as_ended() {
    let mut live = Live::new().await;
    let id = live.relay.far.open_session();
    let incoming = live.incoming().await;
    live.relay.far.channel(id).theirs = Some(0);
    live.relay.far.close(id);
    live.relay.far.request("keepalive@openssh.com");
    live.relay
        .until(|far| far.has_said(&Said::Reply(true)))
        .await;
    let mut channel = incoming.accept(false);
    assert_eq!(channel.read(&mut [0; 9]).await.expect("it ends"), 0);
    assert!(channel.write_all(b"x").await.is_err());
    live.session().await;
}
