//! Each page: its status, its verdict, its text, and nothing of a visitor's unescaped.

use super::*;
use crate::model::Fingerprint;
use proptest::prelude::*;

const EN: Language = Language::EnUs;

fn reader(language: Language) -> Reader {
    Reader {
        form: Form::Html,
        languages: language.tag().into(),
    }
}

const ALL: [Page; 19] = [
    Page::Fault(Fault::ALL[0]),
    Page::Fault(Fault::ALL[1]),
    Page::Fault(Fault::ALL[2]),
    Page::Fault(Fault::ALL[3]),
    Page::Fault(Fault::ALL[4]),
    Page::Uncarried(message::Fault::TooLarge),
    Page::Uncarried(message::Fault::UnknownCoding),
    Page::Relay,
    Page::BadHost,
    Page::BadMethod,
    Page::OtherHost,
    Page::NotForBrowsers,
    Page::Failed(RelayVerdict::Service(ServiceFault::Refused)),
    Page::Failed(RelayVerdict::Service(ServiceFault::NotHttp)),
    Page::Failed(RelayVerdict::Service(ServiceFault::TimedOut)),
    Page::Failed(RelayVerdict::Service(ServiceFault::UntrustedCertificate {
        fingerprint: Fingerprint([7; 32]),
    })),
    Page::Failed(RelayVerdict::Full),
    Page::Failed(RelayVerdict::NoHost),
    Page::Failed(RelayVerdict::UnknownTunnel),
];

#[test]
fn each_failure_has_the_status_its_verdict_promises() {
    let status = |verdict| Page::Failed(verdict).text(EN).status.as_u16();
    let service = |fault| status(RelayVerdict::Service(fault));
    assert_eq!(service(ServiceFault::Refused), 502);
    assert_eq!(service(ServiceFault::NotHttp), 502);
    assert_eq!(service(ServiceFault::TimedOut), 504);
    assert_eq!(service(ServiceFault::HostFull), 503);
    assert_eq!(service(ServiceFault::Loop), 508);
    assert_eq!(status(RelayVerdict::Full), 503);
    assert_eq!(status(RelayVerdict::NoHost), 503);
    assert_eq!(status(RelayVerdict::UnknownTunnel), 404);
}

#[test]
fn only_failures_read_as_verdicts() {
    for page in ALL {
        let answer = page.answer(b"web.localhost", &reader(EN));
        let value = answer.headers()[RelayVerdict::HEADER].to_str();
        let verdict = RelayVerdict::parse(value.expect("it is text"));
        match page {
            Page::Failed(expected) => assert_eq!(verdict, Some(expected)),
            Page::Uncarried(_) => {
                assert_eq!(verdict, Some(RelayVerdict::Service(ServiceFault::NotHttp)));
            }
            _ => assert_eq!(verdict, None),
        }
    }
}

#[test]
fn a_program_gets_one_line() {
    for page in ALL {
        let line = line(&page.text(EN), b"web.localhost");
        assert_eq!(line.matches('\n').count(), 1, "{line}");
        assert!(line.ends_with('\n') && line.contains("(web.localhost)"));
    }
}

#[test]
fn a_page_says_which_language_it_is_in_and_is_in_it() {
    for page in ALL {
        let [en, pt] = Language::ALL.map(|language| {
            let answer = page.answer(b"web.localhost", &reader(language));
            let headers = answer.headers();
            assert_eq!(headers[CONTENT_LANGUAGE], language.tag());
            assert_eq!(headers[VARY], "accept, accept-language");
            let html = String::from_utf8(answer.body().bytes().to_vec()).expect("it is text");
            assert!(html.contains(&format!("<html lang=\"{}\">", language.tag())));
            page.text(language)
        });
        assert_eq!((en.status, en.verdict), (pt.status, pt.verdict));
        assert_ne!(en.title, pt.title);
        assert_ne!(en.what, pt.what);
        assert_ne!(en.side, pt.side);
        assert_ne!(en.remedy, pt.remedy);
    }
}

#[test]
fn a_browser_is_known_by_what_it_accepts() {
    let form = |accept: &str| {
        let value = HeaderValue::from_str(accept).expect("it is valid");
        Form::of(&HeaderMap::from_iter([(ACCEPT, value)]))
    };
    assert_eq!(
        form("text/html,application/xhtml+xml,*/*;q=0.8"),
        Form::Html
    );
    assert_eq!(form("application/xml, TEXT/HTML;q=0.9"), Form::Html);
    assert_eq!(form("application/json"), Form::Line);
    assert_eq!(form("*/*"), Form::Line);
    assert_eq!(Form::of(&HeaderMap::new()), Form::Line);
}

proptest! {
    #[test]
    fn a_hostile_name_cannot_leave_its_place(name in proptest::collection::vec(any::<u8>(), 0..300)) {
        for page in ALL {
            let text = page.text(EN);
            let hostile = document(&text, &name, EN);
            let plain = document(&text, b"", EN);
            for special in ['<', '>', '"', '\''] {
                prop_assert_eq!(
                    hostile.matches(special).count(),
                    plain.matches(special).count()
                );
            }
            prop_assert_eq!(line(&text, &name).matches(char::is_control).count(), 1);
        }
    }
}
