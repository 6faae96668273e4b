//! The request of a probe: what shows that it is one, and what is set of it.

use super::{ProbePlan, refusal};
use crate::model::{
    PROBE_HEADER, ProbeDialect, ProbeMethod, PublicAnswer, RelayVerdict, Secret, StatusRanges,
};

/// The public URL, with the path that is set for probes.
pub(super) fn asked_url(plan: &ProbePlan) -> Option<reqwest::Url> {
    let mut url = reqwest::Url::parse(&plan.url).ok()?;
    if let Some(path) = &plan.request.path {
        let (path, query) = path.split_once('?').unzip();
        let path = path.or(plan.request.path.as_deref()).unwrap_or_default();
        // Not joined: a path never leads to another host.
        url.set_path(path);
        url.set_query(query);
    }
    Some(url)
}

pub(super) const fn method(plan: &ProbePlan) -> reqwest::Method {
    match plan.request.method {
        ProbeMethod::Head => reqwest::Method::HEAD,
        ProbeMethod::Get => reqwest::Method::GET,
        ProbeMethod::Options => reqwest::Method::OPTIONS,
    }
}

/// What is expected of the service. That its provider has had enough of probes is no answer of it.
pub(super) fn expected(plan: &ProbePlan, public: &PublicAnswer) -> StatusRanges {
    match public {
        PublicAnswer::Status { code, .. } if plan.offers.probe.is_limit(*code) => {
            StatusRanges::default()
        }
        _ => plan.request.expected.clone(),
    }
}

/// The request with what shows that it is a probe's.
pub(super) fn dress(
    request: reqwest::RequestBuilder,
    dialect: &dyn ProbeDialect,
    key: Option<&Secret>,
) -> reqwest::RequestBuilder {
    let headers = dialect.headers().iter().copied();
    let key = key.map(|key| (PROBE_HEADER, key.expose()));
    headers.chain(key).fold(request, |request, (name, value)| {
        request.header(name, value)
    })
}

/// Whether the page at `url` is a refusal of its name. What is asked for by HEAD has no page.
pub(super) async fn refuses_the_name(
    client: &reqwest::Client,
    url: &reqwest::Url,
    dialect: &dyn ProbeDialect,
    key: Option<&Secret>,
) -> bool {
    let request = dress(client.get(url.clone()), dialect, key);
    let Ok(mut response) = request.send().await else {
        return false;
    };
    let mut body = Vec::new();
    while body.len() < refusal::LOOKED_AT
        && let Ok(Some(part)) = response.chunk().await
    {
        body.extend_from_slice(&part);
    }
    body.truncate(refusal::LOOKED_AT);
    let own = header(&response, RelayVerdict::HEADER).is_some();
    !own && refusal::is_of_the_name(response.status().as_u16(), &body)
}

pub(super) fn header<'r>(response: &'r reqwest::Response, name: &str) -> Option<&'r str> {
    response.headers().get(name)?.to_str().ok()
}
