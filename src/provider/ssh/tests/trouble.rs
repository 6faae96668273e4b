//! What goes wrong: connections that break or say nothing, keys that are not the server's, ports that
//! are not to be had.

use super::fake::{Fake, Manner};
use super::*;
use crate::model::PortNumber;
use std::time::Instant;

#[tokio::test]
async fn a_connection_that_breaks_is_made_again_at_the_same_port() {
    let Some(sshd) = sshd("") else { return };
    let (number, _service) = echo().await;
    let connector = to(&sshd, &[]);
    let mut session = host(&connector, &tcp(number)).await;
    let before = url(&session).to_owned();
    sshd.kill();
    let ended = ended(&mut session).await;
    assert_eq!(ended.reason, Reason::LinkLost, "{ended:?}");
    drop(session);
    let session = host(&connector, &tcp(number)).await;
    assert_eq!(url(&session), before);
    echoes(&session).await;
}

#[tokio::test]
async fn a_visitor_whose_connection_breaks_passes_for_no_whole_one() {
    let Some(sshd) = sshd("") else { return };
    let (heard, mut ends) = tokio::sync::mpsc::channel(1);
    let (number, _service) = service(move |mut socket| {
        let heard = heard.clone();
        async move {
            let mut all = Vec::new();
            let _ = heard.send(socket.read_to_end(&mut all).await).await;
        }
    })
    .await;
    let session = host(&to(&sshd, &[]), &tcp(number)).await;
    let mut visitor = visit(&session).await;
    visitor.write_all(b"half of it").await.expect("it is open");
    while session
        .traffic
        .read()
        .values()
        .all(|port| port.bytes_in == 0)
    {
        tokio::task::yield_now().await;
    }
    session.part.drop_link();
    let heard = timeout(SOON, ends.recv()).await.expect("it hears of it");
    assert!(heard.expect("one").is_err(), "it is reset");
}

#[tokio::test]
async fn a_server_that_says_nothing_is_not_there() {
    let Some(sshd) = sshd("") else { return };
    let (number, _service) = echo().await;
    let connector = to(&sshd, &[]);
    let mut session = host(&connector, &tcp(number)).await;
    sshd.signal("STOP");
    let began = Instant::now();
    session.part.check_link();
    assert_eq!(ended(&mut session).await.reason, Reason::LinkSilent);
    let took = began.elapsed();
    assert!(took < quick().silence + Duration::from_secs(2), "{took:?}");
    let usual = Patience::default();
    assert!(usual.silence <= Duration::from_secs(5) && usual.beat * 2 < usual.silence);
}

/// With these options: what our old connection holds is told as that, and had once it is free.
async fn held(sshd: &Sshd, more: &[(&str, &str)]) {
    let (number, _service) = echo().await;
    let connector = to(sshd, more);
    let mut session = host(&connector, &tcp(number)).await;
    let had = url(&session).to_owned();
    sshd.signal("STOP");
    ended(&mut session).await;
    drop(session);
    let error = refused(&connector, &tcp(number)).await;
    let end = had.rsplit([':', '/']).next().expect("a place").to_owned();
    assert!(
        matches!(&error.reason, Reason::StillHeld { place } if place.contains(&end)),
        "{had}: {:?}",
        error.reason
    );
    assert_eq!(error.class(), Class::Transient);
    // The server misses it. One that is killed leaves its socket behind.
    sshd.kill();
    if let Some(path) = had.strip_prefix("unix://127.0.0.1") {
        std::fs::remove_file(path).expect("it is there");
    }
    let session = host(&connector, &tcp(number)).await;
    assert_eq!(url(&session), had);
}

#[tokio::test]
async fn a_port_that_our_old_connection_holds_is_told_as_that_and_had_once_it_is_free() {
    let Some(sshd) = sshd("") else { return };
    let chosen = closed().await.to_string();
    held(&sshd, &[("remote-port", &chosen)]).await;
}

#[tokio::test]
async fn so_is_a_port_that_the_server_chose() {
    let Some(sshd) = sshd("") else { return };
    held(&sshd, &[]).await;
}

#[tokio::test]
async fn so_is_a_socket() {
    let Some(sshd) = sshd("") else { return };
    let path = text(&sshd.path("web.sock"));
    held(&sshd, &[("socket", &path)]).await;
}

/// Why a port is refused that was chosen, asked for until that is told for good.
async fn refused_in_the_end(connector: &SshConnector, order: &HostOrder) -> (Vec<String>, String) {
    let mut held = Vec::new();
    let asking = async {
        loop {
            match refused(connector, order).await.reason {
                Reason::StillHeld { place } => held.push(place),
                Reason::Refused { detail } => return detail,
                other => panic!("{other:?}"),
            }
            tokio::time::sleep(quick().held / 2).await;
        }
    };
    let detail = timeout(SOON, asking).await.expect("it is not for ever");
    (held, detail)
}

/// Its holder may be our own connection of an earlier run, or anybody: nobody can tell.
#[tokio::test]
async fn a_chosen_port_that_is_taken_is_waited_for_and_not_for_ever() {
    let Some(sshd) = sshd("") else { return };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let taken = listener.local_addr().expect("it is bound").port();
    let taken = taken.to_string();
    let more = [("remote-port", taken.as_str()), ("name", "127.0.0.1")];
    let (held, detail) = refused_in_the_end(&to(&sshd, &more), &tcp(1)).await;
    assert!(!held.is_empty(), "{detail}");
    for told in &held {
        assert!(
            told.contains(&taken) && told.contains("other ports"),
            "{told}"
        );
    }
    assert!(
        detail.contains(&taken) && detail.contains("another program") && detail.contains("1 s"),
        "{detail}"
    );
    // Another run of the program has it as soon as it is free.
    let connector = to(&sshd, &more);
    assert_eq!(refused(&connector, &tcp(1)).await.class(), Class::Transient);
    drop(listener);
    assert!(url(&host(&connector, &tcp(1)).await).ends_with(&taken));
}

#[tokio::test]
async fn a_chosen_port_is_not_waited_for_where_none_is_to_be_had() {
    let fake = Fake::start(Manner::Nobody).await;
    for (taken, chosen, tried) in [(vec![9000, 0], "9000", true), (vec![80], "80", false)] {
        fake.said.lock().taken = taken;
        let connector = fake.connector(&[("remote-port", chosen)]);
        let (held, detail) = refused_in_the_end(&connector, &tcp(1)).await;
        assert_eq!(held, [""; 0]);
        assert!(detail.contains(chosen), "{detail}");
        assert_eq!(detail.contains("which was tried"), tried, "{detail}");
    }
    let asked = fake.said.lock().asked.clone();
    assert_eq!(asked, [":9000", ":0", ":80"]);
}

#[tokio::test]
async fn a_port_that_was_given_back_is_somebody_else_s() {
    let fake = Fake::start(Manner::Nobody).await;
    let connector = fake.connector(&[("remote-port", "9000")]);
    assert!(host(&connector, &tcp(1)).await.close().await);
    fake.said.lock().taken = vec![9000];
    assert_eq!(refused(&connector, &tcp(1)).await.class(), Class::Fatal);
}

#[tokio::test]
async fn a_port_that_cannot_be_added_says_why_and_is_asked_for_again() {
    let fake = Fake::start(Manner::Nobody).await;
    let mut session = host(&fake.connector(&[]), &tcp(3000)).await;
    fake.said.lock().taken = vec![9000];
    let mut second = port(4000, Protocol::Tcp);
    second.public_port = PortNumber::new(9000);
    let ports = vec![port(3000, Protocol::Tcp), second];
    session.part.set_ports(ports);
    let event = next(&mut session).await;
    assert!(
        matches!(&event, SessionEvent::Lacking(lacking)
            if lacking.iter().map(|(port, why)| (port.get(), why.code())).eq([(4000, "still-held")])),
        "{event:?}"
    );
    assert!(matches!(next(&mut session).await, SessionEvent::Ports(live) if live.len() == 1));
    fake.said.lock().taken.clear();
    assert_eq!(next(&mut session).await, SessionEvent::Lacking([].into()));
    assert!(matches!(next(&mut session).await, SessionEvent::Ports(live) if live.len() == 2));
}

#[tokio::test]
async fn a_server_that_forwards_nothing_is_told_so() {
    let Some(sshd) = sshd("AllowTcpForwarding no") else {
        return;
    };
    let error = refused(&to(&sshd, &[]), &tcp(1)).await;
    assert_eq!(error.class(), Class::Fatal);
    let detail = error.reason.detail().expect("it says why").to_owned();
    assert!(detail.contains("AllowTcpForwarding"), "{detail}");
}

#[tokio::test]
async fn a_server_s_key_is_known_or_it_is_told_what_it_is() {
    let Some(sshd) = sshd("") else { return };
    let (number, _service) = echo().await;
    let (address, fingerprint) = (format!("127.0.0.1:{}", sshd.port()), sshd.fingerprint());
    let known = sshd.read("known_hosts");
    sshd.make_key("other", "");
    let other = format!("[127.0.0.1]:{} {}", sshd.port(), sshd.read("other.pub"));
    let revoked = format!("{known}@revoked * {}", sshd.read("host.pub"));
    let wrong = "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU";
    let unknown = Reason::HostKeyUnknown {
        address: address.clone(),
        fingerprint: fingerprint.clone(),
    };
    let changed = Reason::HostKeyChanged {
        address: address.clone(),
        fingerprint: fingerprint.clone(),
    };
    let is_revoked = Reason::HostKeyRevoked {
        address,
        fingerprint: fingerprint.clone(),
    };
    for (text, pin, expected) in [
        (known.as_str(), None, None),
        ("", None, Some(unknown)),
        (&other, None, Some(changed.clone())),
        ("", Some(fingerprint.as_str()), None),
        (&known, Some(wrong), Some(changed)),
        (&other, Some(&fingerprint), None),
        (&revoked, None, Some(is_revoked.clone())),
        (&revoked, Some(&fingerprint), Some(is_revoked)),
    ] {
        sshd.write("known", text);
        let path = text_of(&sshd);
        let mut more = vec![("known-hosts", path.as_str())];
        more.extend(pin.map(|pin| ("host-key", pin)));
        let connected = connect(&to(&sshd, &more), &tcp(number)).await;
        assert_eq!(
            connected.err().map(|error| error.reason),
            expected,
            "{text} {pin:?}"
        );
        assert_eq!(sshd.read("known"), text, "it is never written");
    }
}

#[tokio::test]
async fn a_key_that_was_accepted_is_good_for_its_server_until_it_shows_another() {
    let Some(sshd) = sshd("") else { return };
    let (number, _service) = echo().await;
    sshd.write("known", "");
    let (known, address) = (text_of(&sshd), format!("127.0.0.1:{}", sshd.port()));
    let wrong = "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU";
    for (place, pin, expected) in [
        (address.as_str(), sshd.fingerprint(), None),
        (&address, wrong.to_owned(), Some("host-key-changed")),
        ("127.0.0.1:1", sshd.fingerprint(), Some("host-key-unknown")),
    ] {
        let accepted = format!("a.example:22 {wrong}, {place} {pin}");
        let more = [
            ("known-hosts", known.as_str()),
            ("accepted", accepted.as_str()),
        ];
        let connected = connect(&to(&sshd, &more), &tcp(number)).await;
        let reason = connected.err().map(|error| error.reason.code());
        assert_eq!(reason, expected, "{place} {pin}");
    }
}

fn text_of(sshd: &Sshd) -> String {
    text(&sshd.path("known"))
}

#[tokio::test]
async fn the_recorded_key_is_asked_for_where_the_server_has_several() {
    let Some(sshd) = sshd("") else { return };
    let (number, _service) = echo().await;
    sshd.make_key_of("rsa", "host-rsa", "");
    sshd.configure(&format!("HostKey {}", text(&sshd.path("host-rsa"))));
    let known = format!("[127.0.0.1]:{} {}", sshd.port(), sshd.read("host-rsa.pub"));
    sshd.write("known_hosts", &known);
    echoes(&host(&to(&sshd, &[]), &tcp(number)).await).await;
}

#[tokio::test]
async fn a_host_certificate_is_taken_from_an_authority_that_is_named_and_for_its_host() {
    let Some(sshd) = sshd("") else { return };
    let (number, _service) = echo().await;
    sshd.make_key("authority", "");
    sshd.certify("authority", "host", "127.0.0.1", true);
    sshd.configure(&format!(
        "HostCertificate {}",
        text(&sshd.path("host-cert.pub"))
    ));
    let named = format!(
        "@cert-authority [127.0.0.1]:* {}",
        sshd.read("authority.pub")
    );
    sshd.write("known_hosts", &named);
    echoes(&host(&to(&sshd, &[]), &tcp(number)).await).await;
    let revoked = format!("{named}@revoked * {}", sshd.read("authority.pub"));
    sshd.write("known_hosts", &revoked);
    let error = refused(&to(&sshd, &[]), &tcp(number)).await;
    assert!(
        matches!(error.reason, Reason::HostKeyUnknown { .. }),
        "{error:?}"
    );
    sshd.write("known_hosts", &named);
    sshd.certify("authority", "host", "another.example", true);
    let error = refused(&to(&sshd, &[]), &tcp(number)).await;
    assert!(
        matches!(error.reason, Reason::HostKeyUnknown { .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn what_is_no_server_or_does_not_answer_is_told_in_time() {
    let (number, _service) = service(|mut socket| async move {
        let _ = socket.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    })
    .await;
    let at = |number: u16| format!("ssh://anna@127.0.0.1:{number}");
    let error = refused(&connector(&[("server", &at(number))]), &tcp(1)).await;
    assert!(
        matches!(error.class(), Class::Fatal | Class::Transient),
        "{error:?}"
    );
    let error = refused(&connector(&[("server", &at(closed().await))]), &tcp(1)).await;
    assert!(
        matches!(error.reason, Reason::RelayUnreachable { .. }),
        "{error:?}"
    );
    let (silent, _service) = service(|socket| async move {
        std::future::pending::<()>().await;
        drop(socket);
    })
    .await;
    let patience = Patience {
        greeting: Duration::from_millis(200),
        ..quick()
    };
    let connector = connector(&[("server", &at(silent))]).with_patience(patience);
    assert_eq!(refused(&connector, &tcp(1)).await.reason, Reason::TimedOut);
    // One that says without end what no server says.
    let (endless, _service) =
        service(|mut socket| async move { while socket.write_all(&[b'x'; 4096]).await.is_ok() {} })
            .await;
    let connector = super::connector(&[("server", &at(endless))]);
    refused(&connector, &tcp(1)).await;
}

#[tokio::test]
async fn a_disk_that_does_not_answer_is_told_in_time() {
    let (answers, waits) = std::sync::mpsc::channel::<()>();
    let reading = move || {
        let _ = waits.recv();
        Ok(())
    };
    let read = connector::read_within(Duration::from_millis(50), reading);
    let read = timeout(SOON, read).await.expect("in time");
    let error = read.expect_err("it is not waited for");
    let told = error.reason.detail().unwrap_or_default();
    assert!(told.contains("disk does not answer"), "{error:?}");
    drop(answers);
}
