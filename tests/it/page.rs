//! The page as the service hands it out: its files, what a browser may keep, what it may load. Not what it does in a
//! browser: `web/e2e` looks at that.

use flate2::read::GzDecoder;
use std::io::Read;

use crate::support::{Answer, Place, Service};

/// The page's own addresses, as its HTML names them.
fn assets(html: &str) -> Vec<&str> {
    html.split('"').filter(|part| part.starts_with("/assets/")).collect()
}

fn policy_is_strict(answer: &Answer) {
    let policy = answer.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    for word in ["unsafe", "http:", "https:", "*"] {
        assert!(!policy.contains(word), "{policy}");
    }
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
}

/// Both programs are right: one with a page, and one that says how to build it.
fn page(service: &Service) -> Option<String> {
    let answer = service.get("/");
    policy_is_strict(&answer);
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
    if answer.status == 200 {
        return Some(answer.text());
    }
    assert_eq!(answer.status, 404);
    assert!(answer.text().contains("make web-build"), "{}", answer.text());
    assert_eq!(answer.header("cache-control"), "no-store");
    eprintln!("the page is not built: its files were not looked at");
    None
}

#[test]
fn the_page_and_its_files_come_with_what_a_browser_needs_to_know() {
    let place = Place::new();
    let service = place.serve();
    let Some(html) = page(&service) else { return };
    let names = assets(&html);
    for ending in ["js", "css", "svg"] {
        assert!(names.iter().any(|name| name.rsplit('.').next() == Some(ending)), "no {ending}: {html}");
    }
    for name in names {
        let answer = service.get(name);
        assert_eq!(answer.status, 200, "{name}");
        policy_is_strict(&answer);
        assert_eq!(answer.header("cache-control"), "public, max-age=31536000, immutable");
        let kind = answer.header("content-type");
        let wanted = match name.rsplit('.').next().unwrap() {
            "js" => "text/javascript; charset=utf-8",
            "css" => "text/css; charset=utf-8",
            "svg" => "image/svg+xml",
            other => panic!("a file of an unknown kind: {other}"),
        };
        assert_eq!(kind, wanted, "{name}");
        let kept = service.send("GET", name, &[("if-none-match", answer.header("etag"))], "");
        assert_eq!((kept.status.as_u16(), kept.body.len()), (304, 0), "{name}");
        let packed = service.send("GET", name, &[("accept-encoding", "gzip")], "");
        assert_eq!(packed.header("content-encoding"), "gzip", "{name}");
        let mut plain = Vec::new();
        GzDecoder::new(&packed.body[..]).read_to_end(&mut plain).unwrap();
        assert!(plain == answer.body, "{name}: packed and plain differ");
        let refused = service.send("GET", name, &[("accept-encoding", "br;q=0, identity")], "");
        assert_eq!(refused.header("content-encoding"), "", "{name}");
    }
}

#[test]
fn the_page_is_asked_for_again_each_time_and_answered_shortly() {
    let place = Place::new();
    let service = place.serve();
    if page(&service).is_none() {
        return;
    }
    let answer = service.get("/");
    assert_eq!(answer.header("cache-control"), "no-cache");
    let again = service.send("GET", "/", &[("if-none-match", answer.header("etag"))], "");
    assert_eq!(again.status, 304);
}

#[test]
fn nothing_but_the_page_is_handed_out() {
    let place = Place::new();
    let service = place.serve();
    for path in
        ["/assets/none.js", "/assets/..%2f..%2fCargo.toml", "/assets/%2e%2e%2f%2e%2e%2fCargo.toml", "/assets/%ff"]
    {
        service.get(path).expect(404);
    }
    for path in ["/assets/", "/assets/../../Cargo.toml", "/index.html", "/map.js"] {
        assert_eq!(service.get(path).status, 404, "{path}");
    }
}
