//! Signing in: keys of files, with passphrases and certificates, of an agent, and answers to questions.

use super::fake::{Fake, Manner};
use super::sshd::SshAgent;
use super::*;
use crate::model::Secret;

async fn detail(connector: &SshConnector) -> String {
    let error = refused(connector, &tcp(1)).await;
    let Reason::KeysRefused { detail, .. } = error.reason else {
        panic!("{error:?}");
    };
    detail
}

#[tokio::test]
async fn a_key_is_taken_with_its_passphrase_alone() {
    let Some(sshd) = sshd("") else { return };
    let (number, _service) = echo().await;
    sshd.make_key("locked", "s3cret");
    sshd.write("authorized_keys", &sshd.read("locked.pub"));
    let identity = text(&sshd.path("locked"));
    let with = |passphrase: Option<&str>| {
        let mut more = vec![("identity", identity.as_str())];
        more.extend(passphrase.map(|it| ("passphrase", it)));
        to(&sshd, &more)
    };
    echoes(&host(&with(Some("s3cret")), &tcp(number)).await).await;
    let told = detail(&with(None)).await;
    assert!(
        told.contains("encrypted") && told.contains("passphrase"),
        "{told}"
    );
    let told = detail(&with(Some("another"))).await;
    assert!(
        told.contains("passphrase") && !told.contains("another"),
        "{told}"
    );
    assert_eq!(refused(&with(None), &tcp(1)).await.class(), Class::SignIn);
}

#[tokio::test]
async fn a_passphrase_comes_from_where_secrets_are_kept() {
    let Some(sshd) = sshd("") else { return };
    let (number, _service) = echo().await;
    sshd.make_key("locked", "s3cret");
    sshd.write("authorized_keys", &sshd.read("locked.pub"));
    let mut options = Options::default();
    for (key, value) in [
        ("server", sshd.url()),
        ("identity", text(&sshd.path("locked"))),
        ("known-hosts", text(&sshd.path("known_hosts"))),
    ] {
        options.set(key, &value).expect("it is one");
    }
    let kept = |of: &TunnelId, key: &str| {
        let is_its = of.as_str() == "web" && key == "passphrase";
        Ok(is_its.then(|| Secret::new("s3cret")))
    };
    let connector = SshConnector::new(Arc::new(kept), Ok(options)).with_agent(None);
    let mut order = tcp(number);
    order.secrets.insert("passphrase".to_owned());
    echoes(&host(&connector, &order).await).await;
    order.secrets.insert("password".to_owned());
    let error = refused(&connector, &order).await;
    assert!(
        matches!(error.reason, Reason::OptionsInvalid { .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn an_agent_signs_for_whoever_has_no_key_in_a_file() {
    let Some(sshd) = sshd("") else { return };
    let (number, _service) = echo().await;
    sshd.make_key("other", "");
    let agent = SshAgent::start(sshd.path("").as_path());
    agent.add(&sshd.path("other"));
    agent.add(&sshd.path("id"));
    let socket = Some(agent.socket().to_owned());
    // The public half names the one that is meant.
    let public = text(&sshd.path("id.pub"));
    let connector = to(&sshd, &[("identity", &public)]);
    echoes(&host(&connector.with_agent(socket.clone()), &tcp(number)).await).await;
    let connector = to(&sshd, &[("identity", &public)]);
    let told = detail(&connector).await;
    assert!(told.contains("nothing to show"), "{told}");
    sshd.write("authorized_keys", "");
    let connector = to(&sshd, &[("identity", &public)]).with_agent(socket);
    let told = detail(&connector).await;
    assert!(
        told.contains("of the agent") && told.contains("SHA256:"),
        "{told}"
    );
    assert_eq!(
        told.matches("SHA256:").count(),
        1,
        "the one that is meant: {told}"
    );
}

#[tokio::test]
async fn a_certificate_beside_a_key_is_shown_first_and_rsa_signs_without_sha_1() {
    let Some(sshd) = sshd("") else { return };
    let (number, _service) = echo().await;
    sshd.make_key("authority", "");
    sshd.certify("authority", "id", &super::sshd::user(), false);
    let authority = text(&sshd.path("authority.pub"));
    sshd.configure(&format!("TrustedUserCAKeys {authority}"));
    let keys = sshd.read("authorized_keys");
    sshd.write("authorized_keys", "");
    echoes(&host(&to(&sshd, &[]), &tcp(number)).await).await;
    sshd.make_key_of("rsa", "rsa", "");
    sshd.write(
        "authorized_keys",
        &format!("{keys}{}", sshd.read("rsa.pub")),
    );
    let rsa = text(&sshd.path("rsa"));
    echoes(&host(&to(&sshd, &[("identity", &rsa)]), &tcp(number)).await).await;
}

#[tokio::test]
async fn what_is_not_taken_is_told_with_what_would_be() {
    let Some(sshd) = sshd("") else { return };
    sshd.write("authorized_keys", "");
    let told = detail(&to(&sshd, &[])).await;
    assert!(
        told.contains("SHA256:") && told.contains("it takes publickey"),
        "{told}"
    );
    let told = detail(&to(&sshd, &[("identity", "/there/is/none")])).await;
    assert!(told.contains("/there/is/none"), "{told}");
}

#[tokio::test]
async fn a_password_answers_what_is_not_to_be_seen() {
    for manner in [Manner::Questions, Manner::Password] {
        let fake = Fake::start(manner).await;
        host(&fake.connector(&[("password", "s3cret")]), &tcp(1)).await;
        let told = detail(&fake.connector(&[("password", "another")])).await;
        assert!(!told.contains("another"), "{told}");
        detail(&fake.connector(&[])).await;
    }
    let fake = Fake::start(Manner::Endless).await;
    let error = refused(&fake.connector(&[("password", "s3cret")]), &tcp(1)).await;
    assert!(
        matches!(error.reason, Reason::ProtocolFault { .. }),
        "{error:?}"
    );
}

/// A server on the way asks for a password, too: it is not the one that is meant.
#[tokio::test]
async fn a_server_on_the_way_is_not_told_the_password_of_the_one_behind_it() {
    let gate = Fake::start(Manner::Password).await;
    let jump = format!("ssh://anna@127.0.0.1:{}", gate.port);
    let behind = format!("ssh://anna@127.0.0.1:{}", closed().await);
    let connector = gate.connector(&[("password", "s3cret"), ("jump", &jump), ("server", &behind)]);
    let told = detail(&connector).await;
    assert!(!told.contains("the password"), "{told}");
}
