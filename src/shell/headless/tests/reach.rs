//! What stands below a URL: for whom it is.

use super::super::changes::Given;
use super::*;
use crate::model::Reach;

pub(super) fn url(reach: Option<Reach>, lan_url: Option<&str>, widens: bool) -> Change {
    Change::Url {
        key: key(),
        target: "localhost:3000".to_owned(),
        given: Given {
            url: "http://web.localhost/".to_owned(),
            lan_url: lan_url.map(str::to_owned),
            reach,
            private: false,
            widens,
        },
    }
}

#[test]
fn below_the_url_it_says_for_whom_that_is_and_how_it_could_be_for_more() {
    let text = Catalogue::new(Language::EnUs);
    let below = |reach, lan_url, widens| {
        let msg = words::reach(AT, &url(reach, lan_url, widens))?;
        let line = text.format(&msg);
        Some(line.split_once("  ").expect("time, then text").1.to_owned())
    };
    assert_eq!(
        below(None, None, true),
        None,
        "what is not known is not said"
    );
    for (reach, lan_url, widens, says) in [
        (Reach::Here, None, false, "Only on this computer."),
        (
            Reach::Here,
            None,
            true,
            "Only on this computer. For this network: --reach network. For anybody on the internet: \
             --reach internet.",
        ),
        (
            Reach::Network,
            None,
            true,
            "For this network. For anybody on the internet: --reach internet.",
        ),
        (
            Reach::Network,
            Some("http://10.0.0.1:4/"),
            true,
            "For this network: http://10.0.0.1:4/ (for anybody on the internet: --reach internet)",
        ),
        (Reach::Internet, None, false, "For anybody on the internet."),
    ] {
        let said = below(Some(reach), lan_url, widens);
        assert_eq!(said, Some(format!("web  {says}")));
    }
    let line = |change: &Change| short(&json::change(AT, ClockShift::default(), change));
    assert_eq!(
        line(&url(Some(Reach::Network), Some("http://10.0.0.1:4/"), true)),
        r#""event":"url","tunnel":"web","port":3000,"url":"http://web.localhost/","lan_url":"http://10.0.0.1:4/","reach":"network""#
    );
}
