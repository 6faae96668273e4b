//! Links within the repository lead to a file that is there, and to a heading that is in it.

use super::{Page, assert_none, pages, read, root};
use std::collections::HashMap;

/// The anchors of a page, as GitHub makes them of its headings: the second of a name is `name-1`.
fn anchors(page: &Page) -> Vec<String> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut anchors = vec![];
    for (_, line) in page.prose() {
        let Some(heading) = line.strip_prefix('#') else {
            continue;
        };
        let heading = heading.trim_start_matches('#');
        let Some(heading) = heading.strip_prefix(' ') else {
            continue;
        };
        let slug = slug(heading.trim());
        let count = seen.entry(slug.clone()).or_default();
        anchors.push(match *count {
            0 => slug,
            again => format!("{slug}-{again}"),
        });
        *count += 1;
    }
    anchors
}

fn slug(heading: &str) -> String {
    let kept = heading.chars().filter_map(|c| match c {
        ' ' => Some('-'),
        '-' | '_' => Some(c),
        c if c.is_alphanumeric() => Some(c),
        _ => None,
    });
    kept.collect::<String>().to_lowercase()
}

/// Where the links and pictures of a line lead.
fn targets(line: &str) -> Vec<&str> {
    // What is between backticks is no link.
    let open = line.split('`').step_by(2);
    let links = open.flat_map(|part| part.split("](").skip(1));
    let links = links.filter_map(|link| link.split([')', ' ']).next());
    let pictures = line.split("src=\"").skip(1);
    let sources = line.split("srcset=\"").skip(1);
    let pictures = pictures.chain(sources);
    let pictures = pictures.filter_map(|picture| picture.split('"').next());
    links.chain(pictures).collect()
}

/// Why the target, as it stands in the page, leads nowhere.
fn broken(page: &Page, target: &str) -> Option<String> {
    if target.contains("://") || target.starts_with("mailto:") {
        return None;
    }
    let (path, anchor) = match target.split_once('#') {
        Some((path, anchor)) => (path, Some(anchor)),
        None => (target, None),
    };
    let own = root().join(&page.path);
    let led = if path.is_empty() {
        own
    } else {
        own.with_file_name("").join(path)
    };
    if !led.exists() {
        return Some(format!("no file {path}"));
    }
    let anchor = anchor?;
    let led = led.canonicalize().expect("it is there");
    let there = anchors(&read(&led)).iter().any(|name| name == anchor);
    (!there).then(|| format!("no heading #{anchor}"))
}

#[test]
fn every_link_of_the_documents_leads_somewhere() {
    let (mut wrong, mut seen) = (vec![], 0);
    for page in pages() {
        for (number, line) in page.prose() {
            for target in targets(line) {
                seen += 1;
                if let Some(why) = broken(&page, target) {
                    wrong.push(format!("{}:{number}: {target}: {why}", page.path));
                }
            }
        }
    }
    assert!(seen > 100, "{seen}: links are found no more");
    assert_none("a link leads to what is there", &wrong);
}

#[test]
fn anchors_are_those_that_a_reader_of_the_page_gets() {
    let page = Page {
        path: "README.md".to_owned(),
        text: "# A, b `c`\n\n    # no heading\n\n## What happens at `x -y`?\n## A b c\n".to_owned(),
    };
    assert_eq!(anchors(&page), ["a-b-c", "what-happens-at-x--y", "a-b-c-1"]);
    assert!(
        broken(&page, "#a-b-c").is_some(),
        "the file has no such heading"
    );
    assert!(broken(&page, "docs/none.md").is_some());
    assert_eq!(broken(&page, "docs/sharing.md#to-the-internet"), None);
    assert!(broken(&page, "docs/sharing.md#to-the-moon").is_some());
}
