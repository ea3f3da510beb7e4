//! The database's address: hosts, user, certificate and password, and the rule that a server proves who it is.
use super::{Privacy, Problem, Source, read_private_file};
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
};
use zeroize::Zeroizing;

/// A password: wiped from memory when dropped, never shown.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// The text itself, for the one place that sends it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

/// One server of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Host {
    /// The folder with a server's Unix socket, and the port in the socket's name.
    Socket(PathBuf, u16),
    /// A name or address, and a port.
    Tcp(String, u16),
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Socket(dir, _) => write!(f, "{}", dir.display()),
            Self::Tcp(name, port) => write!(f, "{name}:{port}"),
        }
    }
}

/// Where the clinic's database is.
#[derive(Debug, Clone)]
pub struct Database {
    /// The servers, in the order in which they are tried.
    pub hosts: Vec<Host>,
    /// The database's name.
    pub name: String,
    /// The login.
    pub user: String,
    /// The authority that signed the servers' certificates; `None`: the web's.
    pub ca_file: Option<PathBuf>,
    /// The login's password, if it has one.
    pub password: Option<Secret>,
}

impl Database {
    /// Reads a URL alone, as tests and the demo do.
    pub fn from_url(url: &str) -> Result<Self, String> {
        parse(url)
    }

    /// How to connect to each host, in order. TLS is checked in full for all but sockets.
    #[must_use]
    pub fn options(&self) -> Vec<PgConnectOptions> {
        self.hosts.iter().map(|host| self.options_for(host, &self.user)).collect()
    }

    /// How to connect to one host under another login than the program's.
    #[must_use]
    pub fn options_for(&self, host: &Host, user: &str) -> PgConnectOptions {
        let mut options = PgConnectOptions::new_without_pgpass().username(user).database(&self.name);
        options = match host {
            Host::Socket(dir, port) => options.socket(dir).port(*port).ssl_mode(PgSslMode::Disable),
            Host::Tcp(name, port) => options.host(name).port(*port).ssl_mode(PgSslMode::VerifyFull),
        };
        if let Some(ca) = &self.ca_file {
            options = options.ssl_root_cert(ca);
        }
        if let Some(password) = &self.password {
            options = options.password(password.reveal());
        }
        options.application_name("praxis")
    }
}

/// Puts the keys of `[database]` together.
pub(super) fn read(
    values: &BTreeMap<&'static str, (String, Source)>,
    problems: &mut Vec<Problem>,
) -> Option<Database> {
    let value = |name: &str| values.get(name).filter(|(v, _)| !v.is_empty());
    let mut wrong =
        |source: &Source, message: String| problems.push(Problem { place: source.to_string(), message });
    if let Some((mode, source)) = value("database.sslmode")
        && mode != "verify-full"
    {
        wrong(source, weak(mode));
    }
    let (url, source) = value("database.url")?;
    let mut database = match parse(url) {
        Ok(database) => database,
        Err(message) => {
            wrong(source, message);
            return None;
        }
    };
    if let Some((ca, source)) = value("database.ca_file") {
        match std::fs::File::open(ca) {
            Ok(_) => database.ca_file = Some(PathBuf::from(ca)),
            Err(e) => wrong(source, format!("database.ca_file cannot be read: {e}")),
        }
    }
    if let Some((file, source)) = value("database.password_file") {
        match password(Path::new(file)) {
            Ok(password) => database.password = Some(password),
            Err(message) => wrong(source, message),
        }
    }
    Some(database)
}

fn weak(mode: &str) -> String {
    format!(
        "sslmode {} would let another machine pose as the server. Use verify-full (with database.ca_file for an authority \
         of your own), or a Unix socket, which needs none",
        super::plain(mode)
    )
}

fn password(file: &Path) -> Result<Secret, String> {
    let wrong = |e: &dyn fmt::Display| format!("database.password_file cannot be used: {e}");
    let bytes = read_private_file(file, Privacy::Secret, 4096).map_err(|e| wrong(&e))?;
    let text = std::str::from_utf8(&bytes).map_err(|_| wrong(&"it is no text"))?;
    match text.lines().next() {
        Some(line) if !line.is_empty() => Ok(Secret(Zeroizing::new(line.to_owned()))),
        _ => Err(wrong(&"its first line is empty")),
    }
}

/// The URL without what stands between the user's colon and the last `@`, and without a `password=` parameter.
/// A URL too odd to be sure about loses more rather than less.
pub(super) fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let rest = match rest.rsplit_once('@') {
        Some((login, after)) if login.contains(':') => {
            format!("{}@{after}", login.split(':').next().unwrap_or_default())
        }
        _ => rest.to_owned(),
    };
    let is_password =
        |pair: &&str| decoded(pair.split('=').next().unwrap_or_default()).is_ok_and(|k| k == "password");
    let rest = match rest.split_once('?') {
        Some((path, query)) if query.split('&').any(|p| is_password(&p)) => {
            let kept: Vec<&str> = query.split('&').filter(|p| !is_password(p)).collect();
            [path, &kept.join("&")].join(if kept.is_empty() { "" } else { "?" })
        }
        _ => rest,
    };
    format!("{scheme}://{rest}")
}

fn parse(url: &str) -> Result<Database, String> {
    let rest = url
        .strip_prefix("postgres://")
        .or_else(|| url.strip_prefix("postgresql://"))
        .ok_or("the URL must start with postgres://")?;
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, name) = rest.split_once('/').unwrap_or((rest, ""));
    let (login, hosts) = authority.rsplit_once('@').unwrap_or(("", authority));
    let (user, password) = login.split_once(':').map_or((login, None), |(u, p)| (u, Some(p)));
    let mut user = decoded(user)?;
    let mut name = decoded(name)?;
    let mut password = password.map(decoded).transpose()?;
    let mut hosts: Vec<(String, Option<u16>)> =
        hosts.split(',').filter(|h| !h.is_empty()).map(host_and_port).collect::<Result<_, _>>()?;
    let mut ca_file = None;
    for pair in query.split('&').filter(|p| !p.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let value = decoded(value)?;
        match key {
            "host" => hosts = value.split(',').map(|h| (h.to_owned(), None)).collect(),
            "port" => {
                let ports: Vec<u16> = value.split(',').map(port).collect::<Result<_, _>>()?;
                for (n, host) in hosts.iter_mut().enumerate() {
                    host.1 = ports.get(n).or(ports.last()).copied();
                }
            }
            "user" => user = value,
            key if decoded(key)? == "password" => password = Some(value),
            "dbname" => name = value,
            "sslmode" if value == "verify-full" => {}
            "sslmode" if hosts.iter().all(|(h, _)| h.starts_with('/')) => {}
            "sslmode" => return Err(weak(&value)),
            "sslrootcert" => ca_file = Some(PathBuf::from(value)),
            _ => return Err(format!("the URL's parameter `{}` is not known", super::plain(key))),
        }
    }
    if hosts.iter().any(|(h, _)| h.is_empty()) || hosts.is_empty() {
        return Err("the URL names no host: postgres://praxis_app@HOST/clinic".into());
    }
    if [&user, &name].iter().any(|t| t.chars().any(char::is_control)) {
        return Err("the URL holds a control character".into());
    }
    let hosts = hosts
        .into_iter()
        .map(|(host, port)| match host.starts_with('/') {
            true => Host::Socket(PathBuf::from(host), port.unwrap_or(5432)),
            false => Host::Tcp(host, port.unwrap_or(5432)),
        })
        .collect();
    Ok(Database {
        hosts,
        name: if name.is_empty() { "clinic".into() } else { name },
        user: if user.is_empty() { "praxis_app".into() } else { user },
        ca_file,
        password: password.map(|p| Secret(Zeroizing::new(p))),
    })
}

fn host_and_port(text: &str) -> Result<(String, Option<u16>), String> {
    if let Some(rest) = text.strip_prefix('[') {
        let (address, after) = rest.split_once(']').ok_or("the URL's IPv6 address has no closing bracket")?;
        return Ok((address.to_owned(), after.strip_prefix(':').map(port).transpose()?));
    }
    let (host, number) = text.rsplit_once(':').map_or((text, None), |(h, p)| (h, Some(p)));
    Ok((decoded(host)?, number.map(port).transpose()?))
}

fn port(text: &str) -> Result<u16, String> {
    text.parse().ok().filter(|p| *p > 0).ok_or_else(|| "a port is a number from 1 to 65535".to_owned())
}

fn decoded(text: &str) -> Result<String, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        if *first == b'%' {
            let byte = after
                .get(..2)
                .and_then(|h| std::str::from_utf8(h).ok())
                .and_then(|h| u8::from_str_radix(h, 16).ok());
            bytes.push(byte.ok_or("a % in the URL must be written %25")?);
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).map_err(|_| "the URL is not UTF-8".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(url: &str) -> String {
        parse(url).unwrap().hosts.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn several_hosts_are_read_from_either_place() {
        assert_eq!(hosts("postgres://a@db1,db2:5433/clinic"), "db1:5432 db2:5433");
        assert_eq!(hosts("postgres://a@/clinic?host=db1,db2&port=5433"), "db1:5433 db2:5433");
        assert_eq!(hosts("postgres://a@[::1]:5433,[fe80::2]/clinic"), "::1:5433 fe80::2:5432");
        assert_eq!(hosts("postgres://a@localhost/clinic?host=/run/postgresql"), "/run/postgresql");
        assert_eq!(hosts("postgres://a@%2Frun%2Fpg/clinic"), "/run/pg");
    }

    #[test]
    fn a_password_never_shows() {
        for url in [
            "postgres://a:hunter2@db/clinic",
            "postgres://a:hunter2@db1,db2/clinic?user=b",
            "postgres://a@db/clinic?password=hunter2",
            "postgres://a@db/clinic?user=b&p%61ssword=hunter2",
            "postgres://a:hun@ter2@db/clinic",
            "postgres://a:x/hunter2@db/clinic",
            "postgres://a:hunter2?@db/clinic",
        ] {
            let shown = without_password(url);
            assert!(!shown.contains("ter2") && !shown.contains("hunter2"), "{shown}");
            assert_ne!(shown, url);
            if let Ok(database) = parse(url) {
                assert!(!format!("{database:?}").contains("hunter2"));
            }
        }
        assert_eq!(without_password("postgres://a@db/clinic?host=/x"), "postgres://a@db/clinic?host=/x");
    }

    #[test]
    fn a_weaker_check_of_the_server_is_refused_but_not_for_a_socket() {
        for mode in ["disable", "allow", "prefer", "require", "verify-ca", "nonsense"] {
            assert!(
                parse(&format!("postgres://a@db/clinic?sslmode={mode}")).unwrap_err().contains("verify-full")
            );
        }
        assert!(parse("postgres://a@db/clinic?sslmode=verify-full").is_ok());
        let tcp = parse("postgres://a@db/clinic").unwrap().options();
        assert!(matches!(tcp[0].get_ssl_mode(), PgSslMode::VerifyFull));
        assert!(parse("postgres://a@/clinic?host=/run/pg&sslmode=disable").is_ok());
    }
}
