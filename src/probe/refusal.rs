//! Whether a service refuses the name that visitors ask for: development servers and the like answer
//! nobody but who asks for a name that they know. Pure.
//!
//! A visitor then gets their refusal for everything, while the service and the tunnel are both fine.

use crate::model::HostHeader;

/// As much of an answer is looked at, in bytes: their pages say so at the beginning.
pub(super) const LOOKED_AT: usize = 8 * 1024;

/// One kind of server that refuses names.
struct HostNameRefusal {
    /// The status it does so with.
    status: u16,
    /// What its page holds, in lower case: all of it.
    words: &'static [&'static str],
}

/// What servers say, as their sources have it.
const REFUSALS: [HostNameRefusal; 8] = [
    // Vite's `preview` and `dev`, and what is built on it (SvelteKit, Nuxt, Astro, Angular, Storybook).
    HostNameRefusal {
        status: 403,
        words: &["blocked request. this host", "is not allowed"],
    },
    // webpack-dev-server, and Create React App, Vue CLI and Angular with it.
    HostNameRefusal {
        status: 403,
        words: &["invalid host header"],
    },
    HostNameRefusal {
        status: 403,
        words: &["invalid host/origin header"],
    },
    // Django, with and without its page for developers.
    HostNameRefusal {
        status: 400,
        words: &["disallowedhost"],
    },
    HostNameRefusal {
        status: 400,
        words: &["invalid http_host header"],
    },
    // Rails.
    HostNameRefusal {
        status: 403,
        words: &["blocked host"],
    },
    // Jupyter, which gives its reason to the log alone: this is the page of its forbidden root.
    HostNameRefusal {
        status: 403,
        words: &["403 : forbidden", "jupyter"],
    },
    // HTTP.sys, IIS and ASP.NET Core.
    HostNameRefusal {
        status: 400,
        words: &["invalid hostname"],
    },
];

/// Whether an answer of this status is worth a look at its body: the service is asked by the
/// visitors' name, and may be asked by another.
pub(super) fn is_possible(asked_by: &HostHeader, status: u16) -> bool {
    let by_visitors_name = matches!(asked_by, HostHeader::Auto | HostHeader::Keep);
    by_visitors_name && REFUSALS.iter().any(|refusal| refusal.status == status)
}

/// Whether an answer refuses the name that was asked for.
pub(super) fn is_of_the_name(status: u16, body: &[u8]) -> bool {
    let text = String::from_utf8_lossy(body).to_ascii_lowercase();
    REFUSALS.iter().any(|refusal| {
        refusal.status == status && refusal.words.iter().all(|word| text.contains(word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_development_servers_say_is_known() {
        for (status, body) in [
            (
                403,
                "Blocked request. This host (\"shop.example.org\") is not allowed.\n\
                 To allow this host, add \"shop.example.org\" to `server.allowedHosts` in vite.config.js.",
            ),
            (403, "Invalid Host header"),
            (
                400,
                "<title>DisallowedHost\n          at /</title><h1>DisallowedHost at /</h1>\
                 <pre class=\"exception_value\">Invalid HTTP_HOST header: &#x27;shop&#x27;",
            ),
            (403, "<h1>Blocked hosts: shop.example.org</h1>"),
            (403, "<title>Jupyter Server</title><h1>403 : Forbidden</h1>"),
            (400, "<H2>Bad Request - Invalid Hostname</H2>"),
        ] {
            assert!(is_of_the_name(status, body.as_bytes()), "{body}");
            assert!(is_possible(&HostHeader::Auto, status));
        }
    }

    #[test]
    fn other_refusals_are_the_services_own_business() {
        for (status, body) in [
            (403, "Forbidden"),
            (400, "Bad Request"),
            (200, "Invalid Host header"),
            (404, "Blocked request. This host is not allowed."),
            (403, "\u{fffd}"),
        ] {
            assert!(!is_of_the_name(status, body.as_bytes()), "{status} {body}");
        }
        assert!(!is_possible(&HostHeader::Auto, 200));
        assert!(!is_possible(&HostHeader::Rewrite, 403));
    }
}
