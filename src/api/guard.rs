//! Who may write, until there are accounts: this machine; others only when the service is open.

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, header};

use crate::api::problem::{Kind, Problem};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Reached from this machine alone. Pages of other sites must not write through its browser.
    Loopback,
    /// Reached from elsewhere: nobody writes.
    ReadOnly,
    /// Reached from elsewhere: everybody writes.
    Open,
}

impl Access {
    pub fn of(address: SocketAddr, open: bool) -> Self {
        match (address.ip().is_loopback(), open) {
            (true, _) => Self::Loopback,
            (false, true) => Self::Open,
            (false, false) => Self::ReadOnly,
        }
    }

    /// May a request with these headers write?
    pub(super) fn check(self, headers: &HeaderMap) -> Result<(), Problem> {
        if self == Self::ReadOnly {
            let detail = "this address is not this machine's alone, so the service is read-only: start it with --open to let others write";
            return Err(Problem::new(Kind::ReadOnly, detail));
        }
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let host = text(header::HOST).unwrap_or_default();
        // A page of another name that was made to point here (DNS rebinding) would send its own name.
        if self == Self::Loopback && !is_loopback(host) {
            let detail = "Host names another machine: send writes to 127.0.0.1 or localhost";
            return Err(Problem::new(Kind::WrongOrigin, detail));
        }
        match headers.get(header::ORIGIN) {
            None => Ok(()),
            Some(_) if text(header::ORIGIN).is_some_and(|origin| is_of_host(origin, host)) => Ok(()),
            Some(_) => Err(Problem::new(
                Kind::WrongOrigin,
                "Origin is another site: writes are taken from the service's own page only",
            )),
        }
    }
}

fn is_of_host(origin: &str, host: &str) -> bool {
    let authority = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
    authority.is_some_and(|authority| authority.eq_ignore_ascii_case(host))
}

/// Whether a `Host` (with or without a port) is a name of this machine for itself.
fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn may(access: Access, host: &'static str, origin: Option<&'static str>) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().unwrap());
        }
        access.check(&headers).is_ok()
    }

    #[test]
    fn only_this_machine_and_its_own_page_write_on_loopback() {
        for host in ["localhost", "localhost:8080", "127.0.0.1:1", "[::1]:8080", "127.8.8.8"] {
            assert!(may(Access::Loopback, host, None), "{host}");
        }
        for host in ["evil.example", "192.168.1.2:8080", "localhost.evil.example", ""] {
            assert!(!may(Access::Loopback, host, None), "{host}");
        }
        assert!(may(Access::Loopback, "localhost:8080", Some("http://localhost:8080")));
        for origin in ["http://evil.example", "null", "http://localhost:9090", "localhost:8080"] {
            assert!(!may(Access::Loopback, "localhost:8080", Some(origin)), "{origin}");
        }
    }

    #[test]
    fn elsewhere_only_an_open_service_takes_writes() {
        assert!(!may(Access::ReadOnly, "map.example", None));
        assert!(may(Access::Open, "map.example", None));
        assert!(!may(Access::Open, "map.example", Some("http://evil.example")));
    }
}
