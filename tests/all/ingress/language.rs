//! The relay's own pages in the visitor's language, by its `Accept-Language`.

use super::fake::{Local, Relay, refusing, saying};

/// What a visitor is answered that asks for `host` with these header lines.
async fn asking(relay: &Relay, method: &str, host: &str, lines: &str) -> String {
    let request =
        format!("{method} / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{lines}\r\n");
    relay.say(request).await
}

#[tokio::test]
async fn a_page_is_in_the_language_that_the_visitor_asks_for() {
    let down = Local::at(refusing().await);
    let relay = Relay::with(&[("shop", &down)]).await;
    let garbage = format!("Accept-Language: {}\r\n", "q=;,\u{ff}*-".repeat(2_000));
    for (lines, tag, title) in [
        ("", "en-US", "Nothing is listening on the port"),
        (
            "Accept-Language: pt-BR\r\n",
            "pt-BR",
            "Nada escuta na porta",
        ),
        (
            "Accept-Language: pt-BR,pt;q=0.9,en-US;q=0.8,en;q=0.7\r\n",
            "pt-BR",
            "Nada escuta na porta",
        ),
        (
            "Accept-Language: pt;q=0.3\r\nAccept-Language: en;q=0.2\r\n",
            "pt-BR",
            "Nada escuta na porta",
        ),
        (
            "Accept-Language: pt;q=0.3, en;q=0.4\r\n",
            "en-US",
            "Nothing is listening on the port",
        ),
        (
            "Accept-Language: pt;q=0, fr\r\n",
            "en-US",
            "Nothing is listening on the port",
        ),
        (
            "Accept-Language: pt;q=7, ;;, \t,=\r\n",
            "en-US",
            "Nothing is listening on the port",
        ),
        (&garbage, "en-US", "Nothing is listening on the port"),
    ] {
        let lines = format!("Accept: text/html\r\n{lines}");
        let answer = asking(&relay, "GET", "shop.localhost", &lines).await;
        assert!(answer.starts_with("HTTP/1.1 502 "), "{answer}");
        for says in [
            format!("\r\ncontent-language: {tag}\r\n"),
            "\r\nvary: accept, accept-language\r\n".to_owned(),
            format!("<html lang=\"{tag}\">"),
            format!("<h1>{title}</h1>"),
        ] {
            assert!(answer.contains(&says), "{says}: {answer}");
        }
        // What programs go by is in no language.
        assert!(
            answer.contains("\r\nx-underpass: service-down\r\n"),
            "{answer}"
        );
    }
}

#[tokio::test]
async fn a_program_gets_its_line_and_head_gets_no_body() {
    let relay = Relay::with(&[]).await;
    let curl = "Accept: */*\r\n";
    let line = asking(&relay, "GET", "gone.localhost", curl).await;
    assert!(line.starts_with("HTTP/1.1 404 "), "{line}");
    assert!(
        line.contains("\r\n\r\n404 No such tunnel (gone.localhost): "),
        "{line}"
    );
    let asked = format!("{curl}Accept-Language: pt-BR\r\n");
    let line = asking(&relay, "GET", "gone.localhost", &asked).await;
    assert!(
        line.contains("\r\n\r\n404 Este túnel não existe (gone.localhost): "),
        "{line}"
    );
    let length = |answer: &str| {
        let at = answer.split("content-length: ").nth(1)?;
        at.split("\r\n").next().map(str::to_owned)
    };
    let head = asking(&relay, "HEAD", "gone.localhost", &asked).await;
    assert!(head.ends_with("\r\n\r\n"), "{head}");
    assert!(head.contains("\r\ncontent-language: pt-BR\r\n"), "{head}");
    assert_eq!(length(&head), length(&line));
}

#[tokio::test]
async fn what_a_service_answers_is_its_own() {
    let (address, _service) =
        saying(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 4\r\nConnection: close\r\n\r\nmine")
            .await;
    let relay = Relay::with(&[("shop", &Local::at(address))]).await;
    let answer = asking(
        &relay,
        "GET",
        "shop.localhost",
        "Accept-Language: pt-BR\r\n",
    )
    .await;
    assert!(answer.ends_with("\r\n\r\nmine"), "{answer}");
    let head = answer.to_ascii_lowercase();
    assert!(
        !head.contains("content-language") && !head.contains("vary"),
        "{head}"
    );
}
